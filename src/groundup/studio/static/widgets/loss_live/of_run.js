// A run of the learner's: its losses, and what it wrote on the way. While it trains, Python is asked again each second: `asked` counts the
// questions, `answered` follows. State: lenses/losses.py. Settings: at (which score is read; −1 is the last).

import { h, s } from "../../kit/dom.js";
import { axes, plot, text } from "../../kit/draw.js";
import { count, fixed, number, printable, shown } from "../../kit/format.js";
import { lens } from "../../kit/lens.js";
import { clamp, linear, path } from "../../kit/scale.js";

const SECOND = 1000; // ms
const ENDED = { budget: "It has ended: its budget is spent.", early: "It ended early: it got no better.", interrupted: "It was stopped.", diverged: "Its loss grew beyond all numbers." };

const seen = ({ state, settings }) => (settings.at < 0 ? state.scores.length - 1 : clamp(settings.at, 0, state.scores.length - 1));

/** The loss that the axis ends at. A wild start is clipped rather than let it squeeze the rest. */
function highest(state) {
  const settled = state.losses.slice(Math.floor(state.losses.length / 10));
  return Math.max(...settled, ...state.scores.slice(1).map((one) => one.loss ?? 0), state.scores.at(-1)?.loss ?? 0) || 1;
}

function words(state) {
  const stands = state.going ? "It trains." : ENDED[state.ended] ?? "It has ended.";
  if (!state.losses.length && !state.scores.length) return state.going ? "It has not told of a step yet." : stands;
  return `${stands} ${count(Math.round(state.seconds))} ${Math.round(state.seconds) === 1 ? "second" : "seconds"} of training so far.`;
}

function draw(context) {
  const { state, width } = context;
  const at = seen(context);
  const score = state.scores[at];
  const told = score ? `At step ${count(score.step)} it needed ${number(score.bpb)} bits for a byte of text that it does not learn from: ${number(score.loss)} nats a token.` : "It was not scored yet.";
  const sentence = `${words(state)} ${told}`;
  if (!state.losses.length) return { picture: plot(width, 60, text(0, 30, "No step yet", "cap")), label: sentence, told: sentence };
  const top = highest(state);
  const right = width - (width < 420 ? 92 : 130);
  const x = linear([0, Math.max(state.steps.at(-1), state.scores.at(-1)?.step ?? 0, 1)], [44, right]);
  const low = Math.min(...state.losses, ...state.scores.map((one) => one.loss ?? Infinity));
  const y = linear([Math.max(0, low - 0.08 * (top - low || 1)), top + 0.08 * (top - low || 1)], [226, 28]);
  const high = (value) => y(Math.min(value, top));
  const scored = state.scores.map((one, n) => [one.step, one.loss, n]).filter(([, loss]) => loss !== null);
  const ends = [["learns from", state.losses.at(-1)], ...(scored.length ? [["held out", scored.at(-1)[1]]] : [])].map(([name, value]) => ({ name, value, y: high(value) })).sort((a, b) => a.y - b.y);
  if (ends[1] && ends[1].y - ends[0].y < 32) {
    ends[1].y = Math.min(ends[0].y + 32, 218); // above the numbers of the axis
    ends[0].y = ends[1].y - 32;
  }
  return {
    picture: plot(width, 272, axes({ x, y, xname: "steps", yname: "loss, nats a token" }),
      s("path", { class: "ink thin", d: path(state.losses.map((loss, n) => [state.steps[n], loss]), x, high) }),
      s("path", { class: "line", d: path(scored, x, high) }),
      scored.map(([step, loss, n]) => s("g", { "data-at": n }, s("circle", { cx: x(step), cy: high(loss), r: 13, fill: "transparent" }),
        s("circle", { class: n === at ? "spot" : "dot", cx: x(step), cy: high(loss), r: n === at ? 6 : 3.5 }))),
      ends.map((one) => [text(right + 10, one.y - 2, one.name, "cap"), text(right + 10, one.y + 13, fixed(one.value), "val b")])),
    label: sentence, told: [sentence, score?.sample ? [" It wrote: ", h("span", { class: "said" }, printable(score.sample).replace(/\s+/g, " ").trim().slice(0, 200))] : ""], scale: `budget ${state.budget}`,
  };
}

function press(key, context) {
  const to = { ArrowRight: seen(context) + 1, ArrowLeft: seen(context) - 1, Home: 0, End: context.state.scores.length - 1 }[key];
  if (to === undefined || !context.state.scores.length) return false;
  context.put({ at: clamp(to, 0, context.state.scores.length - 1) });
  return true;
}

const table = ({ state }) => ({ caption: `Every score of ${state.run}.`, head: ["step", "seconds", "bits per byte", "loss, nats a token", "it wrote"],
  rows: state.scores.map((one) => [String(one.step), one.seconds, one.bpb ?? "–", one.loss ?? "–", shown(one.sample ?? "", 100)]) });

export function ofRun({ model, el }) {
  const close = lens(el, model, {
    name: ({ state }) => `How ${state.run} learns`, keys: [[["←", "→"], "score"]], start: { at: -1 }, draw, table, press, pick: (place, { put }) => put({ at: Number(place) }),
  });
  const clock = setInterval(() => {
    if (document.hidden || !model.get("state").going || model.get("asked") !== model.get("answered")) return;
    model.set("asked", model.get("asked") + 1);
    model.save_changes();
  }, SECOND);
  return () => { clearInterval(clock); close(); };
}
