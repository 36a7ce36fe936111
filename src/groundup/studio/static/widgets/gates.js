// Gates and states of recurrent layers, token by token: the units that move most. State: lenses/gates.py.
// Settings: layer (−1 is the top), letter (which gate or state), row (which unit), token.

import { h, s } from "../kit/dom.js";
import { hatch, plot, text } from "../kit/draw.js";
import { fit, fixed, shown } from "../kit/format.js";
import { heat, lens, walk } from "../kit/lens.js";
import { clamp, range } from "../kit/scale.js";
import { choose } from "../kit/controls.js";

const UNITS = 18;
const GATES = "rzifo";
const MEANING = {
  r: "reset: how much of the past to look at", z: "update: how much of the past to keep", n: "new: what could be written", i: "input: how much to write",
  f: "forget: how much of the cell to keep", g: "candidate: what could be written", o: "output: how much of the cell to show", c: "cell: what is kept", h: "state: what is shown and carried on",
};

/** The layer, the letter and the units that are shown, those that move most first (as `GatesTrace.selective`). */
export function selected({ state, settings, width }) {
  const letters = Object.keys(state.parts);
  const letter = letters.includes(settings.letter) ? settings.letter : letters[0];
  const layers = state.parts[letter].length;
  const layer = settings.layer < 0 ? layers - 1 : clamp(settings.layer, 0, layers - 1);
  const moves = state.movement[letter][layer];
  const units = range(moves.length).sort((a, b) => moves[b] - moves[a] || a - b).slice(0, UNITS);
  const values = state.parts[letter][layer];
  const time = state.labels.length;
  const token = settings.token < 0 ? time - 1 : clamp(settings.token, 0, time - 1);
  const columns = Math.min(time, Math.max(4, Math.floor(((width ?? 600) - 52) / 18)));
  const first = clamp(token - Math.floor(columns / 2), 0, time - columns);
  return { letters, letter, layer, layers, units, values, time, token, columns, first, row: clamp(settings.row, 0, units.length - 1) };
}

function draw(context) {
  const { state, width, put } = context;
  const { letters, letter, layer, layers, units, values, token, columns, first, row } = selected(context);
  const isGate = GATES.includes(letter);
  const hatched = hatch();
  const cell = Math.min(40, (width - 52) / columns);
  const tall = 20;
  const most = isGate ? 1 : Math.max(...units.map((unit) => Math.max(...values.map((all) => Math.abs(all[unit])))), 1e-9);
  const cells = units.flatMap((unit, r) => range(columns).map((c) => {
    const value = values[first + c][unit];
    return s("g", { "data-at": `${r} ${first + c}` }, s("rect", { class: `cell ${heat(Math.abs(value), most)}`, x: 50 + cell * c, y: 66 + tall * r, width: cell, height: tall }),
      value < 0 ? s("rect", { class: "negh", fill: hatched.fill, x: 50 + cell * c, y: 66 + tall * r, width: cell, height: tall, stroke: "none" }) : null);
  }));
  const labels = range(columns).map((c) => s("g", { transform: `translate(${50 + cell * (c + 0.5) + 4} 60) rotate(-60)` }, text(0, 0, fit(state.labels[first + c], 62), first + c === token ? "tick b strong" : "tick")));
  const frame = { x: 50 + cell * (token - first), y: 66 + tall * row, width: cell, height: tall };
  const unit = units[row];
  const course = values.map((all) => all[unit]);
  const highest = range(course.length).sort((a, b) => course[b] - course[a]).slice(0, 3).map((at) => shown(state.labels[at]));
  const value = course[token];
  const sentence = `Unit ${unit} of ${MEANING[letter]}: ${fixed(value)} at ${shown(state.labels[token])}. It is highest at ${highest.join(", ")}.`;
  return {
    picture: plot(width, 72 + tall * units.length, hatched.element, ...labels, ...units.map((one, r) => text(44, 80 + tall * r, String(one), `tick end${r === row ? " b strong" : ""}`)), ...cells,
      s("rect", { class: "frame-halo", ...frame }), s("rect", { class: "frame-on", ...frame })),
    label: sentence, told: [`Unit ${unit} of `, h("em", {}, MEANING[letter]), sentence.slice(sentence.indexOf(MEANING[letter]) + MEANING[letter].length)],
    scale: isGate ? "0 closed to 1 open" : `to ${most.toPrecision(2)}, hatched below zero`,
    controlsKey: `${letter} ${layer}`,
    controls: () => [choose({ legend: "Gate or state", options: letters.map((one) => [one, width > 560 ? MEANING[one].split(":")[0] : one]), value: letter }, (one) => put({ letter: one })).node,
      layers > 1 ? choose({ legend: "Layer", options: range(layers, (n) => [n, `layer ${n}`]), value: layer }, (one) => put({ layer: one })).node : ""],
  };
}

function press(key, context) {
  const { letters, letter, units, time, token, row } = selected(context);
  if (key === "g" || key === "G") { context.put({ letter: letters[(letters.indexOf(letter) + 1) % letters.length] }); return true; }
  const to = walk(key, [token, row], { across: time, rows: units.length });
  if (!to) return false;
  context.put({ token: to[0], row: to[1] });
  return true;
}

function hint(place, context) {
  const { units, values } = selected(context);
  const [row, token] = place.split(" ").map(Number);
  return `unit ${units[row]} at ${shown(context.state.labels[token])}: ${fixed(values[token][units[row]], 3)}`;
}

function table(context) {
  const { units, values, letter, layer } = selected(context);
  const some = units.slice(0, 8);
  return { caption: `${MEANING[letter]}, layer ${layer}: the ${some.length} units that move most.`, head: ["token", ...some.map((unit) => `unit ${unit}`)],
    rows: context.state.labels.map((label, at) => [shown(label), ...some.map((unit) => values[at][unit])]) };
}

export default {
  render: ({ model, el }) => lens(el, model, {
    name: ({ state }) => `What the ${state.cell === "rnn" ? "RNN" : state.cell.toUpperCase()} keeps`, keys: [[["←", "→"], "token"], [["↑", "↓"], "unit"], [["G"], "gate"]],
    start: { layer: -1, letter: "", row: 0, token: -1 }, draw, table, press, hint, pick: (place, { put }) => { const [row, token] = place.split(" ").map(Number); put({ row, token }); },
  }),
};
