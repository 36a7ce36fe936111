// How often each letter comes at several temperatures: the form in which lesson 1.3 shows a sampler. One row a letter, one column a temperature.
// State: letters, shares, model, drawn, temperatures, written, kinds, likeliest. Settings: text, temperature.

import { line, slider } from "../../kit/controls.js";
import { h, s } from "../../kit/dom.js";
import { plot, text } from "../../kit/draw.js";
import { printable, shown } from "../../kit/format.js";
import { clamp } from "../../kit/scale.js";

const row = ({ state, settings }) => clamp(settings.rank ?? 0, 0, state.letters.length - 1);

export function draw(context) {
  const { state, settings, width, put } = context;
  const at = row(context);
  const columns = state.temperatures.length;
  const left = 46;
  const step = (width - left) / columns;
  const most = Math.max(...state.drawn.flat(), 1);
  const heads = state.temperatures.map((one, c) => text(left + step * c, 16, `T = ${one}${c === columns - 1 ? (step > 90 ? ", yours" : "") : ""}`, c === columns - 1 ? "cap b" : "cap"));
  const rows = state.letters.map((letter, r) => {
    const y = 28 + 26 * r;
    return s("g", { "data-at": r }, s("rect", { class: r === at ? "axis-on" : "", fill: r === at ? null : "transparent", x: 0, y, width, height: 24, rx: 3 }),
      text(8, y + 17, shown(letter), r === at ? "val b" : "val"), state.drawn.map((all, c) => [
        s("rect", { class: c === columns - 1 ? "bar" : "pos", x: left + step * c, y: y + 6, width: Math.max(0.5, (all[r] / most) * (step - 52)), height: 12 }),
        text(left + step * c + (all[r] / most) * (step - 52) + 5, y + 17, String(all[r]), "tick")]));
  });
  const sentence = `Of 1,000 draws at T = ${state.temperatures.at(-1)}, ${shown(state.letters[at])} came ${state.drawn.at(-1)[at]} times; the model gives it ${(100 * state.model[at]).toFixed(1)}%. ${state.kinds} kinds of letter came.`;
  return {
    picture: plot(width, 34 + 26 * state.letters.length, ...heads, ...rows), label: sentence,
    told: [sentence, " It writes: ", h("span", { class: "said" }, printable(state.text + state.written))],
    controls: () => [slider({ label: "Temperature", min: 0.05, max: 5, step: 0.05, value: settings.temperature, ends: ["0.05, bold", "5, wild"], format: (x) => String(Number(x.toFixed(2))) },
      (temperature) => put({ temperature })).node, line({ label: "After", value: settings.text, button: "Draw" }, (text) => put({ text })).node],
  };
}

export function press(key, context) {
  const way = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (!way) return false;
  context.look({ rank: clamp(row(context) + way, 0, context.state.letters.length - 1) });
  return true;
}

export const table = ({ state }) => ({ caption: `1,000 draws after “${shown(state.text)}” at each temperature.`, head: ["letter", "the model says", ...state.temperatures.map((one) => `T = ${one}`)],
  rows: state.letters.map((letter, r) => [shown(letter), state.model[r], ...state.drawn.map((all) => all[r])]) });
