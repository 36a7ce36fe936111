// Why a head looks there: query times key, number by number. State: lenses/head.py. Settings: layer, head, token (who asks), key (who answers).

import { h, s } from "../kit/dom.js";
import { hatch, plot, text } from "../kit/draw.js";
import { fit, fixed, shown } from "../kit/format.js";
import { lens } from "../kit/lens.js";
import { clamp, range } from "../kit/scale.js";

const ROWS = 10;

/** Who asks, who answers, and the terms that sum to each product; computed here, but for additive scores. */
export function taken(state, settings) {
  const time = state.labels.length;
  const token = state.additive ? state.position : settings.token < 0 ? time - 1 : clamp(settings.token, 0, time - 1);
  const seen = range(time).filter((at) => state.mask[token][at]);
  const shares = state.pattern[token];
  const rows = [...seen].sort((a, b) => shares[b] - shares[a]).slice(0, ROWS).sort((a, b) => a - b);
  const best = rows.reduce((one, at) => (shares[at] > shares[one] ? at : one), rows[0]);
  const key = rows.includes(settings.key) ? settings.key : best;
  const terms = (at) => (state.additive ? state.elementwise[at] : state.q[token].map((value, d) => value * state.k[at][d]));
  return { token, rows, key, terms, shares };
}

/** The next head, or the previous one; after the last of a layer comes the first of the next. */
function stepped({ heads = [], layer, head }, by) {
  const all = heads.flatMap((count, l) => range(count, (n) => ({ layer: l, head: n })));
  const at = all.findIndex((one) => one.layer === layer && one.head === head);
  return all[(at + by + all.length) % all.length] ?? {};
}

function draw({ state, settings, width, put }) {
  const { token, rows, key, terms, shares } = taken(state, settings);
  const hatched = hatch();
  const left = Math.min(110, width * 0.22);
  const right = width > 560 ? 150 : 104;
  const room = width - left - right;
  const query = state.q[token];
  const bar = room / query.length;
  const bars = (values, most, base, tall) => values.map((value, d) => {
    const high = Math.max(0.4, (Math.abs(value) / most) * tall);
    const x = left + bar * d + 0.1 * bar;
    return value >= 0 ? s("rect", { class: "pos", x, y: base - high, width: bar * 0.8, height: high })
      : s("rect", { class: "negh", fill: hatched.fill, x, y: base, width: bar * 0.8, height: high });
  });
  const spots = (at, base) => query.map((_, d) => s("rect", { "data-at": `${at} ${d}`, fill: "transparent", x: left + bar * d, y: base - 22, width: bar, height: 42 }));
  const mostQuery = Math.max(...query.map(Math.abs), 1e-9);
  const all = rows.map(terms);
  const most = Math.max(...all.flat().map(Math.abs), 1e-9);
  const columns = width > 560 ? /** @type {[string, number][]} */ ([["sum", 96], ["share", 2]]) : /** @type {[string, number][]} */ ([["sum", 56], ["share", 2]]);
  const head = s("g", {}, text(0, 44, "query", "cap"), text(40, 44, fit(state.labels[token], left - 52), "val"), s("path", { class: "axis", d: `M${left} 40H${left + room}` }), bars(query, mostQuery, 40, 22),
    columns.map(([word, x]) => text(width - x, 44, word, "cap end")), s("path", { class: "grid", d: `M0 72H${width}` }));
  const lines = rows.map((at, n) => {
    const y = 100 + 44 * n;
    return s("g", { "data-at": at }, s("rect", { class: at === key ? "axis-on" : "", fill: at === key ? null : "transparent", x: 0, y: y - 22, width, height: 42, rx: 3 }),
      text(4, y + 4, fit(state.labels[at], left - 8), at === key ? "val b" : "val"), s("path", { class: "axis", d: `M${left} ${y}H${left + room}` }), bars(all[n], most, y, 18), spots(at, y),
      text(width - columns[0][1], y + 4, fixed(state.products[token][at]), "val end"), text(width - 2, y + 4, fixed(shares[at]), "val end"));
  });
  const sum = fixed(state.products[token][key]);
  const [asks, answers] = [shown(state.labels[token]), shown(state.labels[key])];
  const how = state.additive ? "The terms are tanh(query + key), each times a weight." : `Times ${state.scale.toPrecision(3)} it is ${fixed(state.products[token][key] * state.scale)}`;
  const sentence = `${asks} asks and ${answers} answers: the ${query.length} products sum to ${sum}. ${state.additive ? how : `${how}, and softmax makes ${fixed(shares[key])} of it.`}`;
  return {
    picture: plot(width, 100 + 44 * rows.length - 14, hatched.element, head, ...lines), label: sentence,
    told: [h("em", {}, asks), " asks and ", h("em", {}, answers), sentence.slice(sentence.indexOf(" answers") )],
    scale: "up is positive, hatched is below zero",
    controlsKey: `${state.layer} ${state.head}`,
    tools: () => [h("button", { class: "btn sm bare", type: "button", "aria-label": "Previous head", onclick: () => put(stepped(state, -1)) }, "←"),
      h("button", { class: "btn sm bare", type: "button", "aria-label": "Next head", onclick: () => put(stepped(state, 1)) }, "→")],
  };
}

function press(key, { state, settings, put }) {
  const { token, rows, key: at } = taken(state, settings);
  const place = rows.indexOf(at);
  if (key === "ArrowUp" || key === "ArrowDown") put({ key: rows[clamp(place + (key === "ArrowDown" ? 1 : -1), 0, rows.length - 1)] });
  else if (key === "ArrowLeft" || key === "ArrowRight") put({ token: clamp(token + (key === "ArrowRight" ? 1 : -1), 0, state.labels.length - 1) });
  else if (key === "h" || key === "H") put(stepped(state, key === "h" ? 1 : -1));
  else return false;
  return true;
}

function hint(place, { state, settings }) {
  const { token, terms, shares } = taken(state, settings);
  const [at, d] = place.split(" ").map(Number);
  if (d === undefined) return `${shown(state.labels[at])}: sum ${fixed(state.products[token][at])}, share ${fixed(shares[at], 3)}`;
  if (state.additive) return `number ${d}: ${fixed(terms(at)[d], 3)}`;
  return `number ${d}: ${fixed(state.q[token][d])} × ${fixed(state.k[at][d])} = ${fixed(terms(at)[d], 3)}`;
}

function table({ state, settings }) {
  const { token, key, terms } = taken(state, settings);
  const products = terms(key);
  return { caption: `Query of “${shown(state.labels[token])}” and key of “${shown(state.labels[key])}”: their sum is ${fixed(state.products[token][key], 4)}.`,
    head: ["number", "query", "key", state.additive ? "term" : "product"],
    rows: products.map((value, d) => [String(d), state.q[token][d], state.k[key][d], Number(value.toPrecision(6))]) };
}

export default {
  render: ({ model, el }) => lens(el, model, {
    name: ({ state }) => `Why there: layer ${state.layer}, head ${state.head}`, keys: [[["↑", "↓"], "who answers"], [["←", "→"], "who asks"], [["H"], "head"]],
    start: { layer: 0, head: 0, token: -1, key: -1 }, draw, table, press, hint,
    pick: (place, { put }) => put({ key: Number(place.split(" ")[0]) }),
  }),
};
