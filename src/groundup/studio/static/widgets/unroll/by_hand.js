// The network of two numbers: every step of a word, and what each letter still does to the state.

import { line } from "../lib/controls.js";
import { fill, h, s, text } from "../lib/dom.js";
import { fixed, percent, short } from "../lib/format.js";
import { formula, frame } from "../lib/frame.js";
import { live } from "../lib/live.js";
import * as math from "../math/unroll.js";

const READABLE = /^[abn]{1,12}$/;

export function byHand({ model, el }) {
  const it = live(model, { compute: math.two_numbers, draw: () => view.draw() });
  let chosen = it.settings.word.length - 1;
  const view = frame(el, model, { name: "A state of two numbers", keys: [[["←", "→"], "letter"]], table, draw, keep: it.flush });
  const svg = s("svg", { class: "plot", tabindex: "0", role: "slider", "aria-label": "Letter", "aria-valuemin": 1 });
  view.picture.append(svg);
  const word = line({ label: "A word of a, b and n, up to 12 letters", value: it.settings.word, button: "Read it" }, take);
  word.input.setAttribute("maxlength", "12");
  word.input.addEventListener("input", () => take(word.input.value));
  view.controls.append(word.node);
  const add = math.LETTERS.map((letter) => h("button", { class: "btn sm", type: "button", onclick: () => take(it.settings.word + letter) }, `Add ${letter}`));
  view.controls.append(h("div", { class: "span row" }, add, h("button", { class: "btn sm bare", type: "button", onclick: () => take(it.settings.word.slice(0, -1)) }, "Take the last away")));

  function take(said) {
    const tidy = said.trim().toLowerCase();
    const fits = READABLE.test(tidy);
    view.wrong.hidden = fits;
    view.wrong.textContent = fits ? "" : "Write 1 to 12 letters, each a, b or n.";
    if (!fits) return;
    chosen = tidy.length - 1;
    it.set({ word: tidy });
  }
  const show = (n) => { chosen = Math.max(0, Math.min(it.state.length - 1, n)); view.draw(); };
  svg.addEventListener("keydown", (event) => {
    const to = { ArrowRight: chosen + 1, ArrowDown: chosen + 1, ArrowLeft: chosen - 1, ArrowUp: chosen - 1, Home: 0, End: it.state.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); show(to); }
  });

  function draw(width) {
    const { letters, states, shares, length } = it.state;
    chosen = Math.min(chosen, length - 1);
    const still = math.reach(letters.join(""), chosen);
    const strongest = Math.max(...still, 1e-9);
    const across = width / length >= 74;
    const [column, row] = [Math.min(120, width / length), 62];
    svg.setAttribute("viewBox", across ? `0 0 ${width} 236` : `0 0 ${width} ${length * row + 26}`);
    const reached = (n) => Math.min(9, Math.round((9 * still[n]) / strongest));
    const one = (letter, n) => {
      const [x, y] = across ? [n * column, 0] : [0, 20 + n * row];
      const wide = across ? column - 16 : 74;
      const state = across ? [x, 92] : [x + 58, y];
      const box = s("rect", { class: `box${n === chosen ? " here" : ""}`, x: state[0], y: state[1], width: wide, height: 46, rx: 6 });
      const told = states[n].map((v, i) => text(state[0] + wide / 2, state[1] + 19 + 19 * i, fixed(v), "val mid"));
      const from = n > 0 && (across ? `M${state[0] - 15} 115h12` : `M${state[0] + wide / 2} ${state[1] - 15}v13`);
      const put = across ? [x + wide / 2 - 18, 176] : [x, y + 5];
      const cell = s("g", { class: n <= chosen ? `h${reached(n)}` : "h0" }, s("rect", { class: "cell", x: put[0], y: put[1], width: 36, height: 36, rx: 3 }), text(put[0] + 18, put[1] + 23, letter, "val mid b"));
      const rises = across ? `M${x + wide / 2} 172V144` : `M${put[0] + 40} ${y + 23}h14`;
      const bars = shares[n].map((share, i) => (across
        ? [s("rect", { class: i === 2 ? "bar-on" : "solid", x: x + (wide * i) / 3 + 3, y: 70 - 46 * share, width: wide / 3 - 6, height: Math.max(1, 46 * share), rx: 1 }), text(x + (wide * (i + 0.5)) / 3, 85, math.LETTERS[i], "tick mid")]
        : [s("rect", { class: i === 2 ? "bar-on" : "solid", x: 172, y: y + 2 + 15 * i, width: Math.max(1, (width - 220) * share), height: 12, rx: 1 }), text(160, y + 12 + 15 * i, math.LETTERS[i], "tick mid"), text(178 + (width - 220) * share, y + 12 + 15 * i, percent(share), "tick")]));
      return s("g", { class: "step", onclick: () => show(n), onpointerenter: (event) => { if (event.pointerType === "mouse") show(n); } },
        s("rect", { class: "reach", fill: "transparent", x: across ? x - 8 : 0, y: across ? 14 : y - 8, width: across ? column : width, height: across ? 220 : row }),
        from && s("path", { class: n <= chosen ? "ink" : "ink far", d: from }), s("path", { class: "ink thin", d: rises }), bars, box, told, cell);
    };
    fill(svg, text(0, 12, across ? "shares of a, b and n to come next" : "letter, state, then what may come next", "cap"), letters.map(one));
    if (across) svg.append(text(width, 232, "the darker, the more it still moves the state chosen", "cap end"));
    word.show(it.settings.word);
    add.forEach((button) => { button.disabled = it.state.length >= 12; });
    svg.setAttribute("aria-valuemax", length);
    svg.setAttribute("aria-valuenow", chosen + 1);
    svg.setAttribute("aria-valuetext", `${letters[chosen]}: state ${states[chosen].map((v) => fixed(v)).join(" and ")}; n to come ${percent(shares[chosen][2])}`);
    const before = chosen ? math.states(letters.slice(0, chosen).join("")).at(-1) : [0, 0];
    const x = math.ROWS[math.LETTERS.indexOf(letters[chosen])];
    const came = math.RECURRENT.map(([u, v]) => u * before[0] + v * before[1]);
    formula(view.card, {
      title: h("span", {}, "After ", h("mark", {}, letters.slice(0, chosen + 1).join(""))), head: ["", "first", "second"],
      rows: [["state before", ...before.map((v) => fixed(v))], [`letter ${letters[chosen]}`, ...x.map((v) => short(v))], ["+ handed on", ...came.map((v) => fixed(v))],
        { sum: ["sum", ...came.map((v, n) => fixed(v + x[n]))] }, { sum: ["tanh: state", ...states[chosen].map((v) => fixed(v))] }],
      after: [h("p", { class: "small soft" }, `Then n has ${percent(shares[chosen][2])}.`)],
    });
  }
  function table() {
    const { letters, states, shares } = it.state;
    return { caption: "Every step", head: ["read", "first", "second", "then a", "then b", "then n"],
      rows: letters.map((letter, n) => [letter, ...states[n].map((v) => fixed(v)), ...shares[n].map((v) => percent(v))]) };
  }
  return () => { it.stop(); view.close(); };
}
