// Small helpers to draw SVG: elements without innerHTML, round ticks, and labels that do not touch.
const SVG = "http://www.w3.org/2000/svg";

/** `svg("text", { x: 3, class: "cap" }, "words")`: an element; children are elements or text. */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** At most `most` round numbers from low to high, evenly spaced. The same as common/charts.py's. */
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
  const found = [];
  order.forEach((i, rank) => { found[i] = flat[rank] + gap * rank; });
  return found;
}

/** A model's number in its colour; hollow where it is not trained. */
export function tag(x, y, number, yet, size = 20, width = size) {
  return [
    svg("rect", { class: `tag${yet ? " yet" : ""}`, x, y: y - size / 2, width, height: size, rx: 3 }),
    svg("text", { class: `tag-n${yet ? " yet" : ""}`, x: x + width / 2, y: y + 4 }, String(number)),
  ];
}
