// The arithmetic of a picture: from numbers to places on the screen, round ticks, and labels that do not touch.
// `ticks` and `spread` give what common/charts.py gives.

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

/**
 * At most `most` round numbers from low to high, evenly spaced, with as many digits as the step needs.
 * @returns {{ value: number, text: string }[]}
 */
export function ticks(low, high, most = 5) {
  const size = 10 ** Math.floor(Math.log10((high - low) / most));
  for (const times of [1, 2, 5, 10, 20]) {
    const step = size * times;
    const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
    if (last - first + 1 > most) continue;
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    return Array.from({ length: last - first + 1 }, (_, i) => ({ value: (first + i) * step, text: ((first + i) * step).toFixed(digits) }));
  }
  return [];
}

/** Powers of ten between the ends of a logarithmic scale, as exponents. */
export function exponents([a, b], most = 5) {
  const low = Math.ceil(Math.log10(Math.min(a, b)) - 1e-9);
  const high = Math.floor(Math.log10(Math.max(a, b)) + 1e-9);
  const step = Math.max(1, Math.ceil((high - low) / (most - 1)));
  const result = [];
  for (let exponent = low; exponent <= high; exponent += step) result.push(exponent);
  return result;
}

/** Places moved apart until neighbours are `gap` away, each as little as possible. The same as common/charts.py's. */
export function spread(places, gap) {
  const order = places.map((_, i) => i).sort((a, b) => places[a] - places[b]);
  const blocks = [];
  order.forEach((i, rank) => {
    blocks.push([places[i] - gap * rank, 1]);
    while (blocks.length > 1 && blocks.at(-2)[0] > blocks.at(-1)[0]) {
      const [mean, size] = blocks.pop(), before = blocks.at(-1);
      before[0] = (before[0] * before[1] + mean * size) / (before[1] + size);
      before[1] += size;
    }
  });
  const flat = blocks.flatMap(([mean, size]) => Array(size).fill(mean));
  const result = [];
  order.forEach((i, rank) => { result[i] = flat[rank] + gap * rank; });
  return result;
}

/** The `d` of a line through points. */
export function path(points, x = (v) => v, y = (v) => v) {
  return points.map(([a, b], n) => `${n ? "L" : "M"}${x(a).toFixed(2)} ${y(b).toFixed(2)}`).join("");
}

export const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

/** The numbers from 0 to n - 1, or what `item` makes of each. */
export const range = (n, item = (i) => i) => Array.from({ length: n }, (_, i) => item(i));
