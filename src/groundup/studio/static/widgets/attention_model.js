// Every head of a model at once, layers from the bottom up. State: lenses/attention.py. Settings: layer, head, off (see attention_off.js).

import { s } from "../kit/dom.js";
import { hatch, plot, text } from "../kit/draw.js";
import { heat, lens, or, walk } from "../kit/lens.js";
import { range } from "../kit/scale.js";
import { chosen, describe } from "./attention_heads.js";
import { switchedOff, turned } from "./attention_off.js";

/** The squares of one pattern in ten strokes, a path for each: thousands of rectangles would be slow. */
function squares(pattern, size) {
  const cell = size / pattern.length;
  const gap = cell > 5 ? 1 : 0;
  const steps = range(10, () => []);
  pattern.forEach((row, y) => row.forEach((share, x) => {
    const step = Number(heat(Math.sqrt(share))[1]); // the root makes small shares visible
    if (step) steps[step].push(`M${(x * cell).toFixed(1)} ${(y * cell).toFixed(1)}h${(cell - gap).toFixed(1)}v${(cell - gap).toFixed(1)}h${(gap - cell).toFixed(1)}z`);
  }));
  return steps.map((d, step) => (d.length ? s("g", { class: `h${step}` }, s("path", { class: "px", d: d.join("") })) : null));
}

function draw(context) {
  const { state, width } = context;
  const { layer, head } = chosen(context);
  const off = switchedOff(context.settings);
  const hatched = hatch();
  const layers = state.pattern.length;
  const heads = Math.max(...state.pattern.map((one) => one.length));
  const left = 54;
  const step = Math.min(120, (width - left) / heads, Math.max(24, 560 / layers)); // thirty layers are not a tower
  const size = step - 8;
  const children = range(heads).map((n) => text(left + step * (n + 0.5) - 4, 13, step > 58 ? `head ${n}` : String(n), "cap mid"));
  state.pattern.forEach((some, l) => {
    const y = 22 + step * (layers - 1 - l);
    children.push(text(0, y + size / 2 + 4, `layer ${l}`, "cap"));
    some.forEach((pattern, n) => {
      const on = l === layer && n === head;
      children.push(s("g", { "data-at": `${l} ${n}`, transform: `translate(${left + step * n} ${y})` },
        on ? s("rect", { class: "frame-halo", x: -2, y: -2, width: size + 4, height: size + 4, rx: 3 }) : null,
        s("rect", { class: "tokbox", x: -2, y: -2, width: size + 4, height: size + 4, rx: 3 }), squares(pattern, size),
        off.has(`${l}.${n}`) ? s("rect", { class: "negh", fill: hatched.fill, x: -2, y: -2, width: size + 4, height: size + 4, rx: 3 }) : null,
        on ? s("rect", { class: "frame-on", x: -2, y: -2, width: size + 4, height: size + 4, rx: 3 }) : null));
    });
  });
  const what = describe(state, layer, head);
  const sentence = `Layer ${layer}, head ${head} looks ${what ? `mostly at ${what}` : "here and there"}: ${state.distance[layer][head].toFixed(1)} tokens back on average, ${state.entropy[layer][head].toFixed(1)} bits wide.`;
  return {
    picture: plot(width, 22 + step * layers, hatched.element, ...children), label: sentence, told: sentence,
    scale: off.size ? "hatched: switched off" : "row looks at column",
  };
}

function press(key, context) {
  const { layer, head } = chosen(context);
  const { pattern } = context.state;
  const to = walk(key, [head, pattern.length - 1 - layer], { across: pattern[layer].length, rows: pattern.length });
  if ((key === "o" || key === "O") && context.see) { context.put({ off: turned(context.settings, layer, head) }); return true; }
  if (!to) return false;
  context.put({ layer: pattern.length - 1 - to[1], head: to[0] });
  return true;
}

function hint(place, { state }) {
  const [layer, head] = place.split(" ").map(Number);
  return `layer ${layer} head ${head}: ${describe(state, layer, head) || "no one place"}, ${state.distance[layer][head].toFixed(1)} back, ${state.entropy[layer][head].toFixed(1)} bits`;
}

function table({ state }) {
  return { caption: "Every head: means over the rows of its pattern.", head: ["head", "bits", "tokens back", "before", "first", "itself", "induction"],
    rows: state.pattern.flatMap((some, l) => some.map((_, n) => [`L${l} H${n}`,
      ...["entropy", "distance", "previous", "first", "itself", "induction"].map((name) => or(state[name][l][n]))])) };
}

export default {
  render: ({ model, el }) => lens(el, model, {
    name: ({ state }) => `All ${state.pattern.flat().length} heads`, keys: [[["←", "→", "↑", "↓"], "head"]], start: { layer: 0, head: 0, token: -1, off: "" },
    draw, table, press, hint, pick: (place, { put }) => { const [layer, head] = place.split(" ").map(Number); put({ layer, head }); },
  }),
};
