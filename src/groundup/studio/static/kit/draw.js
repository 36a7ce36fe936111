// The parts of every picture: text, axes with their units, a model's tag, hatching, and the SVG at its true size.

import { s, uniqueId } from "./dom.js";
import { scientific, short } from "./format.js";
import { exponents, ticks } from "./scale.js";

/** An SVG at its true size. */
export const plot = (width, height, ...children) =>
  s("svg", { class: "plot", viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" }, ...children);

/** Text in a picture, at (x, y). */
export const text = (x, y, words, cls = "val", more = {}) => s("text", { x, y, class: cls, ...more }, words);

/**
 * Grid lines across, numbers at both axes, the unit of `y` above its top left and that of `x` at its right end.
 * `xticks` and `yticks` are numbers, or what `ticks` gave. `below` is how far under the axis its numbers stand.
 * @param {{ x: any, y: any, xname?: string, yname?: string, xticks?: any[], yticks?: any[], format?: (value: number) => string, below?: number }} options
 */
export function axes({ x, y, xname = "", yname = "", xticks, yticks, format = short, below = 18 }) {
  const [left, right] = [Math.min(...x.range), Math.max(...x.range)];
  const [top, bottom] = [Math.min(...y.range), Math.max(...y.range)];
  const marks = (scale, given, most) => {
    if (scale.logarithmic) return exponents(scale.domain, most).map((n) => [10 ** n, n < -3 || n > 4 ? scientific(Number(`1e${n}`), 0) : short(10 ** n)]);
    const values = given ?? ticks(Math.min(...scale.domain), Math.max(...scale.domain), most).map(({ value }) => value);
    return values.map((tick) => (typeof tick === "object" ? [tick.value, tick.text] : [tick, format(tick)]));
  };
  return s(
    "g",
    { "aria-hidden": "true" },
    marks(y, yticks, 5).map(([value, label]) => [
      s("path", { class: "grid", d: `M${left} ${y(value)}H${right}` }),
      text(left - 8, y(value) + 4, label, "tick end"),
    ]),
    s("path", { class: "axis", d: `M${left} ${bottom}H${right}` }),
    marks(x, xticks, right - left < 360 ? 4 : 5).map(([value, label]) => text(x(value), bottom + below, label, "tick mid")),
    yname && text(0, top - 12, yname, "cap"),
    xname && text(right, bottom + 36, xname, "cap end"),
  );
}

/** A model's number in its colour; hollow where it is not trained. */
export function tag(x, y, number, yet = false, size = 20, width = size) {
  return [
    s("rect", { class: `tag${yet ? " yet" : ""}`, x, y: y - size / 2, width, height: size, rx: 3 }),
    s("text", { class: `tag-n${yet ? " yet" : ""}`, x: x + width / 2, y: y + 4 }, String(number)),
  ];
}

/** A hatched pattern: put `element` into the drawing, and fill shapes with `fill`. */
export function hatch(size = 4) {
  const id = uniqueId();
  const pattern = s("pattern", { id, width: size, height: size, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    s("path", { class: "hatch-line", d: `M0 0V${size}` }));
  return { fill: `url(#${id})`, element: s("defs", {}, pattern) };
}

