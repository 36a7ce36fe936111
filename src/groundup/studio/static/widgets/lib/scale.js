// From numbers to places on the screen, and axes with their units.

import { s, text } from "./dom.js";
import { scientific, short } from "./format.js";

/** A function from [a, b] to [c, d], with its `invert`. */
export function linear([a, b], [c, d]) {
  const scale = (x) => c + ((x - a) * (d - c)) / (b - a);
  scale.invert = (y) => a + ((y - c) * (b - a)) / (d - c);
  scale.domain = [a, b];
  scale.range = [c, d];
  return scale;
}

/** The same for powers of ten. What is 0 or below stands at the lower end. */
export function logarithmic([a, b], range) {
  const inner = linear([Math.log10(a), Math.log10(b)], range);
  const scale = (x) => inner(Math.log10(Math.max(x, Math.min(a, b))));
  scale.invert = (y) => 10 ** inner.invert(y);
  scale.domain = [a, b];
  scale.range = range;
  scale.logarithmic = true;
  return scale;
}

/** At most `most` round numbers from low to high. */
export function ticks(low, high, most = 5) {
  const size = 10 ** Math.floor(Math.log10((high - low) / most));
  for (const step of [1, 2, 5, 10, 20].map((times) => times * size)) {
    const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
    if (last - first < most) return Array.from({ length: last - first + 1 }, (_, n) => (first + n) * step);
  }
  return [low, high];
}

/** Powers of ten between the ends of a logarithmic scale, as exponents. */
export function exponents([a, b], most = 5) {
  const low = Math.ceil(Math.log10(Math.min(a, b)) - 1e-9);
  const high = Math.floor(Math.log10(Math.max(a, b)) + 1e-9);
  const step = Math.max(1, Math.ceil((high - low) / (most - 1)));
  const found = [];
  for (let one = low; one <= high; one += step) found.push(one);
  return found;
}

/** Grid lines across, numbers at both axes, the unit of `y` above its top left and that of `x` at its right end. */
export function axes({ x, y, xname = "", yname = "", xticks, yticks, format = short }) {
  const [left, right] = [Math.min(...x.range), Math.max(...x.range)];
  const [top, bottom] = [Math.min(...y.range), Math.max(...y.range)];
  const marks = (scale, given, most) =>
    scale.logarithmic
      ? exponents(scale.domain, most).map((one) => [10 ** one, one < -3 || one > 4 ? scientific(Number(`1e${one}`), 0) : short(10 ** one)])
      : (given ?? ticks(Math.min(...scale.domain), Math.max(...scale.domain), most)).map((one) => [one, format(one)]);
  return s(
    "g",
    { "aria-hidden": "true" },
    marks(y, yticks, 5).map(([value, said]) => [
      s("path", { class: "grid", d: `M${left} ${y(value)}H${right}` }),
      text(left - 8, y(value) + 4, said, "tick end"),
    ]),
    s("path", { class: "axis", d: `M${left} ${bottom}H${right}` }),
    marks(x, xticks, right - left < 360 ? 4 : 5).map(([value, said]) => text(x(value), bottom + 18, said, "tick mid")),
    yname && text(0, top - 12, yname, "cap"),
    xname && text(right, bottom + 36, xname, "cap end"),
  );
}

/** The `d` of a line through points. */
export function path(points, x = (v) => v, y = (v) => v) {
  return points.map(([a, b], n) => `${n ? "L" : "M"}${x(a).toFixed(2)} ${y(b).toFixed(2)}`).join("");
}
