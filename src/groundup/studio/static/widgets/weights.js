// What a model is made of: every matrix with its size, how its weights are spread, and its singular values. State: lenses/weights.py.
// Settings: weight (which is looked at).

import { h, s } from "../kit/dom.js";
import { plot, text } from "../kit/draw.js";
import { count, fit, fixed, number } from "../kit/format.js";
import { lens } from "../kit/lens.js";
import { clamp } from "../kit/scale.js";

const ROWS = 16;

const seen = ({ state, settings }) => {
  const weight = clamp(settings.weight, 0, state.weights.length - 1);
  return { weight, one: state.weights[weight], first: clamp(weight - Math.floor(ROWS / 2), 0, Math.max(0, state.weights.length - ROWS)) };
};

function spread(one, x, y, width, tall) {
  const most = Math.max(...one.histogram, 1);
  const step = width / one.histogram.length;
  return s("g", {}, one.histogram.map((n, i) => s("rect", { class: "bar", x: x + step * i, y: y + tall - (n / most) * tall, width: step * 0.85, height: (n / most) * tall })),
    s("path", { class: "axis", d: `M${x} ${y + tall}h${width}` }), text(x, y + tall + 16, fixed(-one.largest, 2), "tick"), text(x + width / 2, y + tall + 16, "0", "tick mid"),
    text(x + width, y + tall + 16, fixed(one.largest, 2), "tick end"), text(x, y - 8, "how its weights are spread", "cap"));
}

function spectrum(one, x, y, width, tall) {
  const values = one.singular_values;
  if (!values.length) return text(x, y + 20, "A vector has no singular values.", "cap");
  const most = values[0] || 1;
  const d = values.map((value, i) => `${i ? "L" : "M"}${(x + (width * i) / Math.max(1, values.length - 1)).toFixed(1)} ${(y + tall - (value / most) * tall).toFixed(1)}`).join("");
  return s("g", {}, s("path", { class: "axis", d: `M${x} ${y + tall}h${width}` }), s("path", { class: "line", d }), text(x, y - 8, "singular values", "cap"),
    text(x, y + tall + 16, "1", "tick"), text(x + width, y + tall + 16, String(values.length), "tick end"), text(x + width, y + 4, `the largest ${most.toPrecision(3)}`, "tick end"));
}

function draw(context) {
  const { state, width } = context;
  const { weight, one, first } = seen(context);
  const whole = state.parts[0];
  const most = Math.max(...state.weights.map((some) => some.count));
  const rows = state.weights.slice(first, first + ROWS);
  const wide = width > 620;
  const left = wide ? 290 : width * 0.5;
  const lines = rows.map((some, n) => {
    const y = 4 + 25 * n;
    const at = first + n;
    return s("g", { "data-at": at }, s("rect", { class: at === weight ? "axis-on" : "", fill: at === weight ? null : "transparent", x: 0, y, width, height: 23, rx: 3 }),
      text(4, y + 16, fit(some.name, left - 10), at === weight ? "val b" : "val"),
      s("rect", { class: "bar", x: left, y: y + 6, width: Math.max(1, (some.count / most) * (width - left - (wide ? 176 : 60))), height: 11, "fill-opacity": some.tied_to ? 0.25 : 1 }),
      text(width - 2, y + 16, wide ? `${some.shape.join(" × ")} · ${count(some.count)}` : count(some.count), "val end"));
  });
  const y = 60 + 25 * rows.length;
  const half = wide ? width / 2 - 16 : width;
  const rank = one.effective_rank ? ` It uses about ${one.effective_rank.toFixed(0)} of its ${one.singular_values.length} directions.` : "";
  const sentence = one.tied_to ? `${one.name} is tied to ${one.tied_to}: the same numbers, once.`
    : `${one.name} has ${count(one.count)} weights with a standard deviation of ${number(one.std, 3)}; ${one.outliers ? count(one.outliers) : "none"} lie beyond six of them.${rank}`;
  return {
    picture: plot(width, y + (wide ? 150 : 330), ...lines, ...(one.tied_to || !one.histogram.length ? [] : [spread(one, 0, y, half, 110), spectrum(one, wide ? width / 2 + 16 : 0, wide ? y : y + 175, half, 110)])),
    label: sentence, told: [h("span", {}, sentence)], scale: `${count(whole.count)} weights in all, ${count(whole.bytes)} bytes`,
  };
}

function press(key, context) {
  const { weight } = seen(context);
  const to = { ArrowDown: weight + 1, ArrowUp: weight - 1, Home: 0, End: context.state.weights.length - 1 }[key];
  if (to === undefined) return false;
  context.put({ weight: clamp(to, 0, context.state.weights.length - 1) });
  return true;
}

const hint = (place, { state }) => `${state.weights[place].name}: ${state.weights[place].shape.join(" × ")}, ${state.weights[place].count.toLocaleString("en")} weights`;

const table = ({ state }) => ({ caption: "Every tensor of weights.", head: ["name", "shape", "weights", "standard deviation", "largest", "outliers", "effective rank"],
  rows: state.weights.map((one) => [one.name, one.shape.join(" × "), one.count, one.std ?? "–", one.largest ?? "–", one.outliers, one.effective_rank ?? "–"]) });

export default {
  render: ({ model, el }) => lens(el, model, {
    name: "What it is made of", keys: [[["↑", "↓"], "weight"]], start: { weight: 0 }, draw, table, press, hint, pick: (place, { put }) => put({ weight: Number(place) }),
  }),
};
