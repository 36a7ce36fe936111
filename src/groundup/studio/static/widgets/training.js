// How a training went: its curves, what it wrote on the way, and the diagnosis. State: lenses/training.py.
// Settings: at (which evaluation is read; −1 the last).

import { h, s } from "../kit/dom.js";
import { axes, plot, text } from "../kit/draw.js";
import { printable } from "../kit/format.js";
import { lens } from "../kit/lens.js";
import { clamp, linear, path } from "../kit/scale.js";

const seen = ({ state, settings }) => (settings.at < 0 ? state.bpb.length - 1 : clamp(settings.at, 0, state.bpb.length - 1));

function draw(context) {
  const { state, width } = context;
  const at = seen(context);
  const known = state.bpb.filter((value) => value !== null);
  const end = Math.max(...state.steps, ...state.evaluation_steps, 1);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = (high - low || 1) * 0.08;
  const x = linear([0, end], [46, width - 64]);
  const y = linear([low - room, high + room], [230, 30]);
  const points = state.evaluation_steps.map((step, i) => [step, state.bpb[i]]).filter(([, value]) => value !== null);
  const one = points[at] ?? points.at(-1);
  const finding = state.findings.map((some) => h("span", {}, h("strong", {}, `${some.what} `), `${some.evidence} ${some.advice} `));
  const sentence = one ? `At step ${one[0].toLocaleString("en")} it needs ${one[1].toFixed(3)} bits a byte.` : "It was not scored yet.";
  const sample = state.samples[at] ?? "";
  return {
    picture: h("div", { class: "stack" },
      known.length ? plot(width, 270, axes({ x, y, xname: "steps", yname: "bits per byte, held-out text", format: (v) => String(Number(v.toPrecision(3))) }),
        s("path", { class: "line", d: path(points, x, y) }), points.map(([step, value], i) => s("g", { "data-at": i }, s("circle", { cx: x(step), cy: y(value), r: 13, fill: "transparent" }),
          s("circle", { class: i === at ? "spot" : "dot", cx: x(step), cy: y(value), r: i === at ? 6 : 3.5 }))), one ? text(width - 2, y(points.at(-1)[1]) + 4, points.at(-1)[1].toFixed(2), "val end b") : null) : h("p", {}, "It was not scored yet."),
      sample ? h("p", { class: "said" }, printable(sample)) : null),
    label: sentence, told: [...finding, h("span", { class: "soft" }, sentence)], scale: `${state.budget.replace(/^(\d+k?)steps$/, "$1 steps")}, ${state.state === "budget" ? "done" : state.state}`,
  };
}

function press(key, context) {
  const to = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (!to) return false;
  context.put({ at: clamp(seen(context) + to, 0, context.state.bpb.length - 1) });
  return true;
}

const hint = (place, { state }) => `step ${state.evaluation_steps[place].toLocaleString("en")}: ${state.bpb[place]?.toFixed(3) ?? "–"} bits a byte`;

const table = ({ state }) => ({ caption: "Every evaluation.", head: ["step", "bits per byte", "loss, nats a token", "it wrote"],
  rows: state.evaluation_steps.map((step, i) => [String(step), state.bpb[i] ?? "–", state.validation_losses[i] ?? "–", printable(state.samples[i] ?? "").slice(0, 120)]) });

export default {
  render: ({ model, el }) => lens(el, model, {
    name: "How it learnt", keys: [[["←", "→"], "evaluation"]], start: { at: -1 }, draw, table, press, hint, pick: (place, { put }) => put({ at: Number(place) }),
  }),
};
