// A trained network reads a text: what it expects at each letter, what that costs, and what of the past still counts.

import { line } from "../../kit/controls.js";
import { fill, h, s } from "../../kit/dom.js";
import { text } from "../../kit/draw.js";
import { fixed, percent } from "../../kit/format.js";
import { linear } from "../../kit/scale.js";
import { busy, formula, frame } from "../../kit/frame.js";
import { live } from "../../kit/live.js";
import { at_step } from "../math/remember.js";

const visible = (letter) => ({ " ": "·", "\n": "⏎", "\t": "⇥" }[letter] ?? letter);

export function trained({ model, el }) {
  const it = live(model, { draw: () => view.draw() });
  const view = frame(el, model, { name: "What the state still holds", keys: [[["←", "→"], "letter"]], table, draw, it });
  let step = null; // looked at now, where the pointer rests on another letter than the one chosen
  const letters = h("div", { class: "letters", role: "radiogroup", "aria-label": "Letters. Choose the last one read." });
  const bars = s("svg", { class: "plot", "aria-hidden": "true" });
  view.picture.append(letters, bars);
  const written = line({ label: "A sentence", value: it.settings.text, button: "Read it", help: "Up to 48 characters." },
    (said) => { if (said.length > 1) it.set({ text: said.slice(0, 48), step: 1 }); });
  written.input.setAttribute("maxlength", "48");
  view.controls.append(written.node);
  const chosen = () => Math.max(1, Math.min((it.state.letters?.length ?? 2) - 1, Math.round(step ?? it.settings.step)));
  /** The same text: known here already. What is kept is looked up again by the page, to see whether the goal is reached. */
  function choose(to, focus = false) {
    const now = Math.max(1, Math.min(it.state.letters.length - 1, to));
    step = null;
    it.set({ step: now });
    if (focus) letters.children[now - 1].focus();
  }
  letters.addEventListener("keydown", (event) => {
    const to = { ArrowRight: chosen() + 1, ArrowDown: chosen() + 1, ArrowLeft: chosen() - 1, ArrowUp: chosen() - 1, Home: 1, End: Infinity }[event.key];
    if (to !== undefined) { event.preventDefault(); choose(to, true); }
  });
  letters.addEventListener("pointerleave", () => { if (step !== null) { step = null; view.draw(); } });

  let shown = "";
  function draw(width) {
    written.show(it.settings.text);
    busy(view, it.waiting && it.settings.text !== it.state.letters?.join("") ? "The model reads it." : "");
    const { letters: read, all_bits, kept } = it.state;
    if (!read) return;
    if (shown !== read.join("")) {
      shown = read.join("");
      fill(letters, read.map((letter, n) => h("button", { type: "button", role: "radio", onclick: () => choose(n + 1, true),
        onpointerenter: (event) => { if (event.pointerType === "mouse" && n < read.length - 1) { step = n + 1; view.draw(); } } }, visible(letter))));
    }
    const now = chosen();
    const reach = kept[now - 1];
    const most = Math.max(...reach);
    [...letters.children].forEach((button, n) => {
      button.className = n < now ? `h${Math.min(9, Math.round((9 * reach[n]) / most))}` : n === now ? "next" : "ahead";
      button.setAttribute("aria-checked", String(n === now - 1));
      button.tabIndex = n === now - 1 ? 0 : -1;
      button.setAttribute("aria-label", `${n + 1}: ${read[n] === " " ? "space" : read[n]}${n < now ? `, ${percent(reach[n])}` : n === now ? ", comes next" : ""}`);
    });
    const each = (width - 34) / read.length;
    const y = linear([0, Math.max(6, ...all_bits)], [110, 26]);
    bars.setAttribute("viewBox", `0 0 ${width} 138`);
    fill(bars, text(0, 14, "bits that each letter costs", "cap"), [0, 3, 6].map((one) => [s("path", { class: "grid", d: `M34 ${y(one)}H${width}` }), text(26, y(one) + 4, one, "tick end")]),
      all_bits.map((bits, n) => s("rect", { class: n === now - 1 ? "bar-on" : "solid", x: 34 + (n + 1) * each + 1, y: y(bits), width: Math.max(2, each - 2), height: 110 - y(bits), rx: 1 })),
      read.map((letter, n) => (each > 9 ? text(34 + (n + 0.5) * each, 126, visible(letter), "tick mid") : null)));
    const { bits, likely } = at_step(it.state, now);
    formula(view.card, {
      title: h("span", {}, "After ", h("mark", {}, read.slice(Math.max(0, now - 10), now).map(visible).join(""))), head: ["expected", "share"],
      rows: [...likely.map(([letter, share]) => [visible(letter), percent(share)]), { sum: [`it was ${visible(read[now])}`, `${fixed(bits)} bits`] }, ["the mean", `${fixed(it.state.mean_bits)} bits`]],
      after: [h("p", { class: "small soft" }, `Marked: how much the score of ${visible(read[now])} hangs on each letter read, most of all on ${visible(read[reach.indexOf(most)])} with ${percent(most)}. Drawn from ${it.state.of}.`)],
    });
  }
  function table() {
    const { letters: read = [], all_bits, expected } = it.state;
    return { caption: "Each letter, what was expected, and what it cost", head: ["read", "expected", "it was", "bits"],
      rows: all_bits.map((bits, n) => [visible(read[n]), expected[n].map(([letter, share]) => `${visible(letter)} ${percent(share)}`).join(", "), visible(read[n + 1]), fixed(bits)]) };
  }
  return () => { it.stop(); view.close(); };
}
