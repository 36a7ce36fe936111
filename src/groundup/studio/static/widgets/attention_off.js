// Heads switched off: what the text costs without them, and what comes next. State: lenses/ablation.py, `switch_off`.
// Settings: layer, head (the one that would be switched), token (after which is looked; −1 the last); off ("2.0,1.3") is answered by Python.

import { h, s } from "../kit/dom.js";
import { hatch, plot, text } from "../kit/draw.js";
import { fit, fixed, probability, shown } from "../kit/format.js";
import { lens, walk } from "../kit/lens.js";
import { clamp, range } from "../kit/scale.js";

const START = { layer: 0, head: 0, token: -1, off: "" };

/** The heads that are off, as a set of "layer.head". */
export const switchedOff = (settings) => new Set(String(settings.off ?? "").split(",").filter(Boolean));

/** The list with one head turned round, in order. */
export function turned(settings, layer, head) {
  const off = switchedOff(settings);
  const one = `${layer}.${head}`;
  if (!off.delete(one)) off.add(one);
  return [...off].sort((a, b) => a.split(".").reduce((order, part, n) => order || Number(part) - Number(b.split(".")[n]), 0)).join(",");
}

function seen({ state, settings }) {
  const layer = clamp(settings.layer, 0, state.heads.length - 1);
  const head = clamp(settings.head, 0, state.heads[layer] - 1);
  const time = state.labels.length;
  return { layer, head, time, token: settings.token < 0 ? time - 1 : clamp(settings.token, 0, time - 1), off: switchedOff(settings) };
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;
const named = (off) => [...off].map((one) => `layer ${one.split(".")[0]} head ${one.split(".")[1]}`).join(", ");

function switches(context, x, y, cell, hatched) {
  const { state } = context;
  const { layer, head, off } = seen(context);
  const layers = state.heads.length;
  return state.heads.flatMap((count, l) => [text(x, y + cell * (layers - 1 - l) + cell / 2 + 4, `layer ${l}`, "cap"), ...range(count, (n) => {
    const [left, top] = [x + 54 + cell * n, y + cell * (layers - 1 - l)];
    const box = { x: left, y: top, width: cell - 5, height: cell - 5, rx: 3 };
    const on = l === layer && n === head;
    const out = off.has(`${l}.${n}`);
    return s("g", { "data-at": `${l} ${n}` }, on ? s("rect", { class: "frame-halo", ...box }) : null,
      s("rect", { class: out ? "negh" : "bar", fill: out ? hatched.fill : null, ...box }), on ? s("rect", { class: "frame-on", ...box }) : null);
  })]);
}

/** What comes next: filled without the heads, outlined with all of them. */
function bars({ state }, token, x, y, width) {
  const most = Math.max(...state.before[token], ...state.after[token], 1e-9);
  const left = Math.min(112, width * 0.3);
  const room = width - left - 112;
  return state.next_ids[token].map((id, n) => {
    const [before, after] = [state.before[token][n], state.after[token][n]];
    const at = y + 27 * n;
    return s("g", { "data-at": `next ${n}` }, s("rect", { fill: "transparent", x, y: at, width, height: 26 }),
      text(x + left - 8, at + 17, fit(state.next_labels[token][n], left - 12), "val end"),
      s("rect", { class: "bar", x: x + left, y: at + 7, width: Math.max(0.5, (after / most) * room), height: 12 }),
      s("rect", { class: "was", x: x + left, y: at + 4, width: Math.max(0.5, (before / most) * room), height: 18 }),
      text(x + width - 54, at + 17, probability(before), "tick end"), text(x + width, at + 17, probability(after), "val end b"));
  });
}

/** The loss of each token: filled without the heads, outlined with all of them. */
function costs({ state }, token, y, width) {
  const high = 62;
  const most = Math.max(...state.losses, ...state.losses_without, 1e-9);
  const step = width / state.labels.length;
  const tall = (loss) => Math.max(0.5, (loss / most) * high);
  return [text(0, y, "nats for each token", "cap"), s("path", { class: "axis", d: `M0 ${y + 12 + high}H${width}` }), state.losses.map((loss, n) => {
    const x = step * (n + 1);
    const without = state.losses_without[n];
    return s("g", { "data-at": `loss ${n}` }, s("rect", { fill: "transparent", x, y: y + 12, width: step, height: high }),
      s("rect", { class: "bar", x: x + step * 0.22, y: y + 12 + high - tall(without), width: step * 0.5, height: tall(without) }),
      s("rect", { class: "was", x: x + step * 0.1, y: y + 12 + high - tall(loss), width: step * 0.74, height: tall(loss) }));
  }), step > 26 ? state.labels.map((label, n) => text(step * (n + 0.5), y + high + 28, fit(label, step - 3, 7.3), `tick mid${n === token ? " b strong" : ""}`)) : null];
}

function draw(context) {
  const { state, width, put } = context;
  const { layer, head, token, off } = seen(context);
  const hatched = hatch();
  const wide = width > 620;
  const heads = Math.max(...state.heads);
  const cell = Math.min(34, Math.max(15, 460 / state.heads.length), ((wide ? width * 0.42 : width) - 60) / heads);
  const grid = 22 + cell * state.heads.length;
  const rows = state.next_ids[token].length;
  const [x, top] = wide ? [Math.max(54 + cell * heads + 44, width * 0.34), 0] : [0, grid + 30];
  const body = Math.max(wide ? grid : 0, top + 30 + 27 * rows) + 36;
  const [all, without] = [mean(state.losses), mean(state.losses_without)];
  const more = without - all;
  const best = range(rows).reduce((one, n) => (Math.abs(state.after[token][n] - state.before[token][n]) > Math.abs(state.after[token][one] - state.before[token][one]) ? n : one), 0);
  const [after, next] = [shown(state.labels[token]), shown(state.next_labels[token][best])];
  const none = state.without.length === 0;
  const sentence = none ? `All heads are on, and the text costs ${fixed(all, 3)} nats a token. Switch one off to see what the model loses.`
    : `Without ${named(off)} the text costs ${fixed(without, 3)} nats a token, ${fixed(Math.abs(more), 3)} ${more < 0 ? "fewer" : "more"}. After ${after}, ${next} goes from ${probability(state.before[token][best])} to ${probability(state.after[token][best])}.`;
  const isOff = off.has(`${layer}.${head}`);
  return {
    picture: plot(width, body + 106, hatched.element, text(0, 12, "hatched is off", "cap"), switches(context, 0, 22, cell, hatched),
      text(x, top + 12, "after", "cap"), text(x + 34, top + 12, fit(state.labels[token], 110), "val"), text(width - 54, top + 12, "all on", "cap end"), text(width, top + 12, none ? "now" : "without", "cap end"),
      bars(context, token, x, top + 22, width - x), costs(context, token, body, width)),
    label: `${sentence} Layer ${layer} head ${head} is chosen, and ${isOff ? "off" : "on"}.`, told: sentence, scale: `outline: all on · filled: ${none ? "now" : "without"}`,
    controlsKey: `${layer} ${head} ${[...off]}`,
    tools: () => [h("button", { class: "btn sm", type: "button", onclick: () => put({ off: turned(context.settings, layer, head) }) }, `Switch ${isOff ? "on" : "off"} layer ${layer} head ${head}`),
      off.size ? h("button", { class: "btn sm bare", type: "button", onclick: () => put({ off: "" }) }, "All on") : ""],
  };
}

function press(key, context) {
  const { layer, head } = seen(context);
  const layers = context.state.heads.length;
  if (key === "o" || key === "O" || key === "Enter" || key === " ") { context.put({ off: turned(context.settings, layer, head) }); return true; }
  const to = walk(key, [head, layers - 1 - layer], { across: context.state.heads[layer], rows: layers });
  if (!to) return false;
  context.put({ layer: layers - 1 - to[1], head: to[0] });
  return true;
}

function pick(place, { settings, put, state }) {
  const [what, n] = place.split(" ");
  if (what === "loss") put({ token: Number(n) + 1 });
  else if (what !== "next") put({ layer: Number(what), head: Number(n), off: turned({ ...settings, off: settings.off ?? "" }, Number(what), clamp(Number(n), 0, state.heads[Number(what)] - 1)) });
}

function hint(place, context) {
  const { state } = context;
  const { token, off } = seen(context);
  const [what, n] = place.split(" ");
  if (what === "loss") return `${shown(state.labels[Number(n) + 1])}: ${fixed(state.losses[n], 3)} → ${fixed(state.losses_without[n], 3)} nats`;
  if (what === "next") return `${shown(state.next_labels[token][n])}: ${probability(state.before[token][n])} → ${probability(state.after[token][n])}`;
  return `layer ${what} head ${n}: ${off.has(`${what}.${n}`) ? "off, click to switch on" : "on, click to switch off"}`;
}

function table(context) {
  const { state } = context;
  const { token, off } = seen(context);
  return { caption: `Before and after: ${off.size ? `without ${named(off)}` : "all heads are on"}.`, head: ["what", "all on", off.size ? "without" : "now"],
    rows: [["the whole text, nats a token", Number(mean(state.losses).toPrecision(6)), Number(mean(state.losses_without).toPrecision(6))],
      ...state.next_ids[token].map((_, n) => [`${shown(state.next_labels[token][n])} after ${shown(state.labels[token])}, probability`, state.before[token][n], state.after[token][n]]),
      ...state.losses.map((loss, n) => [`${shown(state.labels[n + 1])} (token ${n + 1}), nats`, loss, state.losses_without[n]])] };
}

export default {
  render: ({ model, el }) => lens(el, model, {
    name: (context) => { const { off } = seen(context); return off.size ? `Switched off: ${named(off)}` : "Switch it off and see"; },
    keys: [[["←", "→", "↑", "↓"], "head"], [["O"], "off and on"]], start: START, draw, table, press, pick, hint,
  }),
};
