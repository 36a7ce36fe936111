// The sampler under a microscope: from the model's scores through every filter to what is drawn from, over the whole vocabulary.
// The filters are those of generation/sampling.py, computed here so that they follow a slider. State: lenses/next_token.py, with `ids`.
// Settings: those of `Sampling`, and `rank`, the token that is looked at; position (after which token of the text) is answered by Python.

import { h, s } from "../kit/dom.js";
import { hatch, plot, text } from "../kit/draw.js";
import { count, fit, printable, probability, shown } from "../kit/format.js";
import { lens } from "../kit/lens.js";
import { clamp, range } from "../kit/scale.js";
import { slider } from "../kit/controls.js";
import * as draws from "./sampler/letters.js";

export const START = { temperature: 1, top_k: 0, top_p: 1, min_p: 0, typical_p: 1, repetition_penalty: 1, rank: 0 };
const ROWS = 14; // fewer where there is little room: the table has them all
const rowsFor = (width) => (width > 560 ? ROWS : 7);

export function softmax(logits) {
  const most = Math.max(...chunks(logits));
  const raised = logits.map((value) => Math.exp(value - most));
  const sum = raised.reduce((a, b) => a + b, 0);
  return raised.map((value) => value / sum);
}

/** Math.max takes some ten thousand arguments at most, and a vocabulary can have more. */
function* chunks(values) {
  for (let at = 0; at < values.length; at += 10_000) yield Math.max(...values.slice(at, at + 10_000));
}

/** The logits after each filter that is on: [[name, logits], ...], first "model". As `generation.sampling.stages`. */
export function stages(scores, how, ids) {
  let logits = scores.map((value) => value ?? -Infinity);
  const found = [["model", logits]];
  const note = (name, made) => { logits = made; found.push([name, made]); };
  const cut = (name, keep) => note(name, logits.map((value, i) => (keep(i) ? value : -Infinity)));
  if (how.repetition_penalty !== 1) {
    const said = new Set(ids);
    note("repetition_penalty", logits.map((value, i) => (said.has(i) ? (value < 0 ? value * how.repetition_penalty : value / how.repetition_penalty) : value)));
  }
  if (how.temperature === 0) {
    const best = logits.indexOf(Math.max(...chunks(logits)));
    cut("temperature", (i) => i === best);
    return found;
  }
  if (how.temperature !== 1) note("temperature", logits.map((value) => value / how.temperature));
  if (how.top_k > 0) {
    const bar = [...logits].sort((a, b) => b - a)[Math.min(how.top_k, logits.length) - 1];
    const before = logits;
    cut("top_k", (i) => before[i] >= bar);
  }
  if (how.top_p < 1) {
    const shares = softmax(logits);
    const order = range(logits.length).sort((a, b) => shares[a] - shares[b]); // the least likely first
    const tail = new Set();
    let held = 0;
    for (const i of order.slice(0, -1)) {
      held += shares[i];
      if (held > 1 - how.top_p) break;
      tail.add(i);
    }
    cut("top_p", (i) => !tail.has(i));
  }
  if (how.min_p > 0) {
    const shares = softmax(logits);
    const bar = how.min_p * Math.max(...chunks(shares));
    cut("min_p", (i) => shares[i] >= bar);
  }
  if (how.typical_p < 1) {
    const shares = softmax(logits);
    const entropy = -shares.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0);
    const away = shares.map((p) => Math.abs(-Math.log(p) - entropy));
    const order = range(logits.length).sort((a, b) => away[a] - away[b]);
    let held = 0;
    let last = order.length - 1;
    for (let n = 0; n < order.length; n += 1) {
      held += shares[order[n]];
      if (held >= how.typical_p) { last = n; break; }
    }
    const bar = away[order[last]];
    cut("typical_p", (i) => away[i] <= bar);
  }
  return found;
}

/** In bits: 0 is certain. */
export const entropy = (shares) => Math.max(0, -shares.reduce((sum, p) => sum + (p > 0 ? p * Math.log2(p) : 0), 0));

let kept = { scores: null, order: [], says: [] };
function ranked(scores) {
  if (kept.scores !== scores) {
    const says = softmax(scores.map((value) => value ?? -Infinity));
    kept = { scores, says, order: range(says.length).sort((a, b) => says[b] - says[a] || a - b) };
  }
  return kept;
}

function seen({ state, settings }) {
  const scores = state.stages[0].logits;
  const { order, says } = ranked(scores);
  const steps = stages(scores, settings, state.ids ?? []);
  const drawn = softmax(steps.at(-1)[1]);
  return { order, says, drawn, steps, rank: clamp(settings.rank, 0, order.length - 1) };
}

function draw(context) {
  const { state, width, put, settings } = context;
  const { order, says, drawn, rank } = seen(context);
  const hatched = hatch();
  const many = rowsFor(width);
  const first = clamp(rank - Math.floor(many / 2), 0, Math.max(0, order.length - many));
  const rows = order.slice(first, first + many);
  const most = Math.max(...rows.map((i) => Math.max(says[i], drawn[i])), 1e-12);
  const left = Math.min(150, width * 0.32);
  const room = width - left - 66;
  const lines = rows.map((i, n) => {
    const y = 8 + 27 * n;
    const out = drawn[i] === 0;
    return s("g", { "data-at": first + n },
      s("rect", { class: first + n === rank ? "axis-on" : "", fill: first + n === rank ? null : "transparent", x: 0, y, width, height: 25, rx: 3 }),
      text(4, y + 17, `${first + n + 1}`, "tick"), text(left - 8, y + 17, fit(state.vocabulary[i], left - 48), "val end"),
      out ? s("rect", { class: "negh", fill: hatched.fill, x: left, y: y + 6, width: Math.max(1, (says[i] / most) * room), height: 13 })
        : s("rect", { class: "bar", x: left, y: y + 6, width: Math.max(1, (drawn[i] / most) * room), height: 13 }),
      out ? null : s("path", { class: "hair", d: `M${left + (says[i] / most) * room} ${y + 2}v21` }),
      text(width - 2, y + 17, out ? "cut" : probability(drawn[i]), "val end"));
  });
  const under = 12 + 27 * rows.length;
  const rest = Math.max(0, 1 - rows.reduce((sum, i) => sum + drawn[i], 0));
  const left_ = drawn.filter((share) => share > 0).length;
  const i = order[rank];
  const bits = entropy(drawn);
  const sentence = `Number ${rank + 1} of ${count(order.length)}, ${shown(state.vocabulary[i])}: the model gives it ${probability(says[i])}, ${drawn[i] ? `and it is drawn with ${probability(drawn[i])}` : "and it is cut"}. ${left_ === 1 ? "One token is left" : `${count(left_)} tokens are left`}: ${bits.toFixed(2)} bits.`;
  const slide = (label, name, max, step, ends, min = 0) => slider({ label, min, max, step, value: settings[name], ends, format: (x) => String(Number(x.toFixed(2))) }, (value) => put({ [name]: value })).node;
  return {
    picture: h("div", {}, h("p", { class: "said" }, h("span", { class: "faint" }, ending(state.tokens)), h("span", { class: "caret" })),
      plot(width, under + 24, hatched.element, ...lines, text(4, under + 13, `${count(order.length - rows.length)} others`, "cap"), text(width - 2, under + 13, probability(rest), "val end"))),
    label: sentence, told: sentence,
    controls: () => {
      const more = [slide("Top-k", "top_k", Math.min(100, order.length), 1, ["0, off", "100"]), slide("Top-p", "top_p", 1, 0.01, ["0", "1, off"]), slide("Min-p", "min_p", 1, 0.01, ["0, off", "1"]),
        slide("Typical", "typical_p", 1, 0.01, ["few", "1, off"], 0.01), slide("Repetition penalty", "repetition_penalty", 2, 0.05, ["1, off", "2"], 1)];
      const open = ["top_k", "top_p", "min_p", "typical_p", "repetition_penalty"].some((name) => settings[name] !== START[name]);
      return [slide("Temperature", "temperature", 2, 0.05, ["0, greedy", "2, wild"]), ...(width > 560 ? more : [h("details", { class: "more", open }, h("summary", {}, "More filters"), more)])];
    },
    scale: "bar: drawn from · line: the model · hatched: cut",
  };
}

/** The end of the text that was read, on a line. */
function ending(tokens) {
  const text = printable(tokens.join("")).replaceAll("\n", "⏎");
  return text.length > 34 ? `… ${text.slice(-32).replace(/^\S*\s/, "")}` : text;
}

function hint(place, context) {
  const { order, says, drawn } = seen(context);
  const i = order[Number(place)];
  return `${shown(context.state.vocabulary[i])}, token ${i}: model ${probability(says[i])}, ${drawn[i] ? `drawn with ${probability(drawn[i])}` : "cut"}`;
}

function press(key, context) {
  const { order, rank } = seen(context);
  const to = { ArrowDown: rank + 1, ArrowUp: rank - 1, PageDown: rank + ROWS, PageUp: rank - ROWS, Home: 0, End: order.length - 1 }[key];
  if (to === undefined) return false;
  context.put({ rank: clamp(to, 0, order.length - 1) });
  return true;
}

function table(context) {
  const { order, says, drawn } = seen(context);
  const most = 200;
  return { caption: `The likeliest ${Math.min(most, order.length)} of ${count(order.length)} tokens.`, head: ["token", "id", "rank", "the model says", "drawn with"],
    rows: order.slice(0, most).map((i, n) => [shown(context.state.vocabulary[i]), i, n + 1, Number(says[i].toPrecision(6)), Number(drawn[i].toPrecision(6))]) };
}

/** A lesson may show draws at several temperatures instead of one distribution. */
const whole = { draw, table, press, hint, pick: (rank, { put }) => put({ rank }) };
const form = ({ state }) => (state.stages ? whole : { ...draws, pick: (rank, { look }) => look({ rank }) });

export default {
  render: ({ model, el }) => lens(el, model, {
    name: "What it says next", keys: [[["↑", "↓"], "token"]], start: START,
    draw: (context) => form(context).draw(context), table: (context) => form(context).table(context),
    press: (key, context) => form(context).press(key, context), pick: (place, context) => form(context).pick(Number(place), context),
    hint: (place, context) => /** @type {any} */ (form(context)).hint?.(place, context),
  }),
};
