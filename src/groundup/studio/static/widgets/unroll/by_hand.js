// The network of two numbers: every step of a word, and what each letter still does to the state.

import { line } from "../../kit/controls.js";
import { fill, h, s } from "../../kit/dom.js";
import { text } from "../../kit/draw.js";
import { fixed, percent, short } from "../../kit/format.js";
import { formula, frame } from "../../kit/frame.js";
import { live } from "../../kit/live.js";
import * as math from "../math/unroll.js";

const READABLE = /^[abn]{1,12}$/;

export function byHand({ model, el }) {
  const it = live(model, { compute: math.two_numbers, draw: () => view.draw() });
  let looked = null; // the letter that the pointer rests on
  const chosen = () => Math.max(0, Math.min(it.state.length - 1, looked ?? it.view.letter ?? Infinity));
  const view = frame(el, model, { name: "A state of two numbers", keys: [[["←", "→"], "letter"]], table, draw, it });
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
    looked = null;
    const { letter, ...others } = it.view; // the last letter is looked at
    it.view = others;
    it.look({});
    it.set({ word: tidy });
  }
  const show = (n) => { looked = null; it.look({ letter: Math.max(0, Math.min(it.state.length - 1, n)) }); };
  svg.addEventListener("pointerleave", () => { if (looked !== null) { looked = null; view.draw(); } });
  svg.addEventListener("keydown", (event) => {
    const to = { ArrowRight: chosen() + 1, ArrowDown: chosen() + 1, ArrowLeft: chosen() - 1, ArrowUp: chosen() - 1, Home: 0, End: it.state.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); show(to); }
  });

  function draw(width) {
    const { letters, states, shares, length } = it.state;
    const now = chosen();
    const said = letters.join("");
    const back = math.reachOf(said, now), on = math.reachTo(said, now);
    const strongest = Math.max(...back, ...on, 1e-9);
    const across = width / length >= 74;
    const [column, row] = [Math.min(120, width / length), 68];
    svg.setAttribute("viewBox", across ? `0 0 ${width} 258` : `0 0 ${width} ${length * row + 26}`);
    const heat = (strength) => Math.min(9, Math.round((9 * strength) / strongest));
    const one = (letter, n) => {
      const [x, y] = across ? [n * column, 0] : [0, 20 + n * row];
      const wide = across ? column - 16 : 74;
      const state = across ? [x, 92] : [x + 58, y];
      const put = across ? [x + wide / 2 - 18, 176] : [x, y + 5];
      const box = n > now ? s("g", { class: `h${heat(on[n])}` }, s("rect", { class: "cell", x: state[0], y: state[1], width: wide, height: 46, rx: 6 }))
        : s("rect", { class: `box${n === now ? " here" : ""}`, x: state[0], y: state[1], width: wide, height: 46, rx: 6 });
      const strength = n <= now ? back[n] : on[n];
      const reach = across ? text(x + wide / 2, 228, fixed(strength), "tick mid") : text(put[0] + 18, put[1] + 50, fixed(strength), "tick mid");
      const told = states[n].map((v, i) => text(state[0] + wide / 2, state[1] + 19 + 19 * i, fixed(v), `val mid${n > now && heat(on[n]) > 5 ? " onm" : ""}`));
      const from = n > 0 && (across ? `M${state[0] - 15} 115h12` : `M${state[0] + wide / 2} ${state[1] - 15}v13`);
      const cell = s("g", { class: n <= now ? `h${heat(back[n])}` : "h0" }, s("rect", { class: "cell", x: put[0], y: put[1], width: 36, height: 36, rx: 3 }), text(put[0] + 18, put[1] + 23, letter, "val mid b"));
      const rises = across ? `M${x + wide / 2} 172V144` : `M${put[0] + 40} ${y + 23}h14`;
      const bars = shares[n].map((share, i) => (across
        ? [s("rect", { class: i === 2 ? "bar-on" : "solid", x: x + (wide * i) / 3 + 3, y: 70 - 46 * share, width: wide / 3 - 6, height: Math.max(1, 46 * share), rx: 1 }), text(x + (wide * (i + 0.5)) / 3, 85, math.LETTERS[i], "tick mid")]
        : [s("rect", { class: i === 2 ? "bar-on" : "solid", x: 172, y: y + 2 + 15 * i, width: Math.max(1, (width - 220) * share), height: 12, rx: 1 }), text(160, y + 12 + 15 * i, math.LETTERS[i], "tick mid"), text(178 + (width - 220) * share, y + 12 + 15 * i, percent(share), "tick")]));
      return s("g", { class: "step", onclick: () => show(n), onpointermove: (event) => { if (event.pointerType === "mouse" && looked !== n) { looked = n; view.draw(); } } },
        s("rect", { class: "reach", fill: "transparent", x: across ? x - 8 : 0, y: across ? 14 : y - 8, width: across ? column : width, height: across ? 220 : row }),
        from && s("path", { class: n <= now ? "ink" : "ink thin", d: from }), s("path", { class: "ink thin", d: rises }), bars, box, told, cell, reach);
    };
    fill(svg, text(0, 12, across ? "shares of a, b and n to come next" : "letter, state, then what may come next", "cap"), letters.map(one));
    if (across) svg.append(text(0, 250, width > 520 ? "size of the gradient: how much each letter up to here moves this state, and this letter the states to come" : "size of the gradient, back and on", "cap"));
    word.show(it.settings.word);
    add.forEach((button) => { button.disabled = it.state.length >= 12; });
    svg.setAttribute("aria-valuemax", length);
    svg.setAttribute("aria-valuenow", now + 1);
    svg.setAttribute("aria-valuetext", `${letters[now]}: state ${states[now].map((v) => fixed(v)).join(" and ")}; n to come ${percent(shares[now][2])}; the first letter still moves it by ${fixed(back[0])}`);
    const before = now ? math.states(letters.slice(0, now).join("")).at(-1) : [0, 0];
    const x = math.ROWS[math.LETTERS.indexOf(letters[now])];
    const came = math.RECURRENT.map(([u, v]) => u * before[0] + v * before[1]);
    formula(view.card, {
      title: h("span", {}, "After ", h("mark", {}, letters.slice(0, now + 1).join(""))), head: ["", "first", "second"],
      rows: [["state before", ...before.map((v) => fixed(v))], [`letter ${letters[now]}`, ...x.map((v) => short(v))], ["+ handed on", ...came.map((v) => fixed(v))],
        { sum: ["sum", ...came.map((v, n) => fixed(v + x[n]))] }, { sum: ["tanh: state", ...states[now].map((v) => fixed(v))] }],
      after: [h("p", { class: "small soft" }, `Then n has ${percent(shares[now][2])}. ${reaches(letters, now, back, on)}`)],
    });
  }
  function reaches(letters, now, back, on) {
    if (letters.length === 1) return "One letter: there is no before and no after.";
    if (now > 0) return `If the first letter were read as a number that is larger by 1, this state would move by about ${fixed(back[0])}; for the last letter read it is ${fixed(back[now])}.`;
    return `If it were read as a number that is larger by 1, this state would move by about ${fixed(on[0])}, the last one by ${fixed(on.at(-1))}.`;
  }
  function table() {
    const { letters, states, shares } = it.state;
    const now = chosen();
    const back = math.reachOf(letters.join(""), now), on = math.reachTo(letters.join(""), now);
    return { caption: `Every step; reach: back from and on from letter ${now + 1}`, head: ["read", "first", "second", "then a", "then b", "then n", `reach, of letter ${now + 1}`],
      rows: letters.map((letter, n) => [letter, ...states[n].map((v) => fixed(v)), ...shares[n].map((v) => percent(v)), fixed(n <= now ? back[n] : on[n])]) };
  }
  return () => { it.stop(); view.close(); };
}
