// How far back a prediction can be traced: the length of its gradient at each earlier token. State: lenses/gradient_flow.py.
// Settings: token (which is read; −1 the last); of (loss or logit) is answered by Python.

import { h, s } from "../kit/dom.js";
import { plot, text } from "../kit/draw.js";
import { fit, fixed, scientific, shown } from "../kit/format.js";
import { lens } from "../kit/lens.js";
import { clamp, exponents, range } from "../kit/scale.js";
import { choose } from "../kit/controls.js";

const DECADES = 9; // what is smaller than a billionth of the largest is drawn as nothing

function seen({ state, settings, width }) {
  const time = state.labels.length;
  const token = settings.token < 0 ? time - 1 : clamp(settings.token, 0, time - 1);
  const rows = Math.min(time, width > 700 ? 30 : 22);
  return { time, token, rows, first: clamp(token - Math.floor(rows / 2), 0, time - rows) };
}

/** 0.94, 3.6, 11; powers of ten only where the zeros would have to be counted. */
const length = (x) => (x >= 0.00095 && x < 1000 ? String(Number(x.toPrecision(2))) : scientific(x));

/** How it decays, in words; as `GradientFlowTrace.sentence`. */
function decays({ factor, r2 }) {
  if (factor === null || r2 === null) return "Too few tokens to say how it decays.";
  if (r2 < 0.8) return `It does not decay by one factor a token (a fit explains ${Math.round(100 * Math.max(r2, 0))}%).`;
  if (factor >= 1) return `Each token back, the gradient grows: times ${factor.toFixed(2)}.`;
  return `Each token back, the gradient is times ${factor.toFixed(2)}: half of it is gone after ${(Math.log(0.5) / Math.log(factor)).toFixed(1)} tokens.`;
}

function draw(context) {
  const { state, width, put } = context;
  const { token, rows, first } = seen(context);
  const most = Math.max(...state.inputs, 1e-38);
  const there = state.inputs.filter((value) => value > 0);
  const least = Math.max(Math.min(...there, most) / 2, most * 10 ** -DECADES);
  const left = Math.min(120, width * 0.3);
  const right = 70;
  const x = (value) => left + ((Math.log10(Math.max(value, least)) - Math.log10(least)) / Math.max(1e-9, Math.log10(most) - Math.log10(least))) * (width - left - right);
  const lines = range(rows).map((n) => {
    const at = first + n;
    const y = 30 + 24 * n;
    return s("g", { "data-at": at }, s("rect", { class: at === token ? "axis-on" : "", fill: at === token ? null : "transparent", x: 0, y, width, height: 22, rx: 3 }),
      text(left - 8, y + 16, fit(state.labels[at], left - 14), "val end"), s("rect", { class: "bar", x: left, y: y + 5, width: Math.max(0.5, x(state.inputs[at]) - left), height: 12 }),
      text(width - 2, y + 16, length(state.inputs[at]), "val end"));
  });
  const marks = exponents([least, most], width > 600 ? 6 : 3);
  const sentence = `The gradient at ${shown(state.labels[token])}, ${state.back[token]} ${state.back[token] === 1 ? "character" : "characters"} before ${shown(state.target)}, has length ${length(state.inputs[token])}: ${length(state.inputs[token] / most)} of the largest.`;
  return {
    picture: plot(width, 36 + 24 * rows, ...marks.map((e) => s("g", {}, s("path", { class: "grid", d: `M${x(10 ** e)} 22V${30 + 24 * rows}` }), text(x(10 ** e), 14, length(10 ** e), "tick mid"))), ...lines),
    label: sentence, told: [decays(state), " ", h("span", { class: "soft" }, sentence)], scale: `then ${shown(state.target)}: ${state.of} ${fixed(state.value, 3)} · logarithmic`,
    controlsKey: state.of,
    controls: () => [choose({ legend: "The gradient of", options: [["loss", "its loss"], ["logit", "its logit"]], value: state.of }, (of) => put({ of })).node],
  };
}

function press(key, context) {
  const { time, token } = seen(context);
  const to = { ArrowDown: token + 1, ArrowRight: token + 1, ArrowUp: token - 1, ArrowLeft: token - 1, Home: 0, End: time - 1 }[key];
  if (to === undefined) return false;
  context.put({ token: clamp(to, 0, time - 1) });
  return true;
}

const hint = (place, { state }) => `${shown(state.labels[place])}, ${state.back[place]} back: ${length(state.inputs[place])}`;

const table = ({ state }) => ({ caption: `The gradient of the ${state.of} of “${shown(state.target)}”.`, head: ["token", "characters back", "length"],
  rows: state.labels.map((label, at) => [shown(label), state.back[at], state.inputs[at]]) });

export default {
  render: ({ model, el }) => lens(el, model, {
    name: "How far back it reaches", keys: [[["↑", "↓"], "token"]], start: { token: -1, of: "loss" }, draw, table, press, hint, pick: (place, { put }) => put({ token: Number(place) }),
  }),
};
