// Byte pairs at work: the merges that make the tokens of a text, one at a time. State: lenses/merges.py. Settings: step (0 is bytes).

import { h, s } from "./lib/dom.js";
import { clamp, count, lens, plot, shown, t } from "./lib/lens.js";

const seen = ({ state, settings }) => clamp(settings.step, 0, state.steps.length);

function parts(row, fresh) {
  return h("div", { class: "toks" }, row.slice(0, 200).map((part) => h("span", { class: `tok${part === fresh ? " new" : ""}` }, shown(part))),
    row.length > 200 ? h("span", { class: "small soft" }, `and ${count(row.length - 200)} more`) : null);
}

/** Tokens left after each step: a staircase down. */
function stairs(state, step, width) {
  const left = [state.bytes, ...state.steps.map((one) => one.tokens)];
  const high = 96;
  const x = (n) => 2 + (n / Math.max(1, state.steps.length)) * (width - 60);
  const y = (tokens) => 14 + high - (high * tokens) / state.bytes;
  const d = left.map((tokens, n) => (n ? `H${x(n).toFixed(1)}V${y(tokens).toFixed(1)}` : `M${x(0)} ${y(tokens)}`)).join("");
  return plot(width, high + 30, s("path", { class: "axis", d: `M0 ${14 + high}H${width - 56}` }), s("path", { class: "line-ink", d }),
    s("circle", { class: "spot", cx: x(step), cy: y(left[step]), r: 6 }), t(width - 2, y(left[step]) + 5, count(left[step]), "val end"),
    t(0, high + 27, "tokens left, merge by merge", "cap"));
}

function draw(context) {
  const { state, width, put } = context;
  const step = seen(context);
  const one = state.steps[step - 1];
  const row = step === 0 ? state.start : one.after;
  const where = state.short ? "the text" : "a piece of the text that it is in";
  const sentence = step === 0 ? `It begins as ${count(state.bytes)} bytes. ${state.steps.length ? "The pair that was learnt first is joined first." : "No pair of them is a token."}`
    : one.whole ? `Step ${step} of ${count(state.steps.length)}: “${shown(one.token)}” is looked up whole, token ${one.id}. ${count(one.tokens)} tokens are left.`
      : `Step ${step} of ${count(state.steps.length)}: “${shown(one.left)}” and “${shown(one.right)}” become “${shown(one.token)}”, token ${one.id}${one.count > 1 ? `, in ${count(one.count)} places` : ""}. ${count(one.tokens)} tokens are left.`;
  const walked = h("ol", { class: "stack small" }, state.steps.slice(Math.max(0, step - 6), step).map((some, n) => h("li", {},
    h("span", { class: "mono soft" }, `${Math.max(0, step - 6) + n + 1}  ${some.whole ? shown(some.token) : `${shown(some.left)} + ${shown(some.right)}`} → ${some.id}`))));
  return {
    picture: h("div", { class: "stack" }, h("p", { class: "small soft" }, step ? `${where[0].toUpperCase()}${where.slice(1)} after step ${step}` : "The bytes"), parts(row, one?.token), walked, stairs(state, step, width)),
    label: sentence, told: sentence,
    tools: () => [h("button", { class: "btn sm bare", type: "button", onclick: () => put({ step: clamp(step - 1, 0, state.steps.length) }) }, "Back"),
      h("button", { class: "btn sm", type: "button", onclick: () => put({ step: clamp(step + 1, 0, state.steps.length) }) }, "Merge"),
      h("button", { class: "btn sm bare", type: "button", onclick: () => put({ step: state.steps.length }) }, "All")],
    controlsKey: `${step}`,
  };
}

function press(key, context) {
  const step = seen(context);
  const to = { ArrowRight: step + 1, ArrowLeft: step - 1, Home: 0, End: context.state.steps.length }[key];
  if (to === undefined) return false;
  context.put({ step: clamp(to, 0, context.state.steps.length) });
  return true;
}

function table({ state }) {
  return { caption: `The ${count(state.steps.length)} merges of ${state.name} on this text.`, head: ["merge", "makes", "id", "places", "tokens left"],
    rows: state.steps.slice(0, 500).map((one) => [one.whole ? "looked up whole" : `${shown(one.left)} + ${shown(one.right)}`, shown(one.token), one.id, one.count, one.tokens]) };
}

export default {
  render: ({ model, el }) => lens(el, model, { name: "Merges, one by one", keys: [[["←", "→"], "merge"]], start: { step: 0 }, draw, table, press }),
};
