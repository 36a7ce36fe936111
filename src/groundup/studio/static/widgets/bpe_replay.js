// Byte pairs at work: the merges that make the tokens of a text, one at a time. State: lenses/merges.py. Settings: step (0 is bytes).

import { h, s } from "../kit/dom.js";
import { plot, text } from "../kit/draw.js";
import { count, shown } from "../kit/format.js";
import { lens } from "../kit/lens.js";
import { clamp } from "../kit/scale.js";
import { slider } from "../kit/controls.js";

const BEAT = 700; // ms for each merge, when it plays

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
    s("circle", { class: "spot", cx: x(step), cy: y(left[step]), r: 6 }), text(width - 2, y(left[step]) + 5, count(left[step]), "val end"),
    text(0, high + 27, "tokens left, merge by merge", "cap"));
}

/** `kept`: of this one widget, between its drawings: the slider, and the clock while it plays. */
function draw(context, kept) {
  const { state, width, put } = context;
  const step = seen(context);
  Object.assign(kept, { step, last: state.steps.length, put });
  kept.slider?.show(step);
  if (step === kept.last) stop(kept);
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
    tools: () => {
      kept.play = h("button", { class: "btn sm", type: "button", onclick: () => (kept.clock ? stop(kept) : play(kept)) }, kept.clock ? "Stop" : "Play");
      return [h("button", { class: "btn sm bare", type: "button", onclick: () => kept.put({ step: clamp(kept.step - 1, 0, kept.last) }) }, "Back"),
        h("button", { class: "btn sm bare", type: "button", onclick: () => kept.put({ step: clamp(kept.step + 1, 0, kept.last) }) }, "Merge"), kept.play];
    },
    controls: () => {
      if (!kept.last) return [];
      kept.slider = slider({ label: "Merges made", min: 0, max: kept.last, step: 1, value: step, ends: ["0, bytes", `${kept.last}, all`] }, (to) => kept.put({ step: to }));
      return [kept.slider.node];
    },
    controlsKey: `${state.name} ${state.text} ${kept.last}`,
  };
}

/** From the beginning, if it stands at the end. */
function play(kept) {
  if (kept.step === kept.last) kept.put({ step: 0 });
  kept.clock = setInterval(() => kept.put({ step: kept.step + 1 }), BEAT);
  kept.play.textContent = "Stop";
}

function stop(kept) {
  clearInterval(kept.clock);
  kept.clock = null;
  if (kept.play) kept.play.textContent = "Play";
}

function press(key, context, kept) {
  const step = seen(context);
  if (key === "p" || key === "P") { if (kept.clock) stop(kept); else play(kept); return true; }
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
  render({ model, el }) {
    const kept = { clock: null };
    const close = lens(el, model, { name: "Merges, one by one", keys: [[["←", "→"], "merge"], [["P"], "play"]], start: { step: 0 },
      draw: (context) => draw(context, kept), table, press: (key, context) => press(key, context, kept) });
    return () => { stop(kept); close(); };
  },
};
