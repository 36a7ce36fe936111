// Lesson 3.2: the same six words in another order. Move them, and see for whom anything changes.

import { check } from "../kit/controls.js";
import { fill, h, s } from "../kit/dom.js";
import { text } from "../kit/draw.js";
import { fixed } from "../kit/format.js";
import { linear } from "../kit/scale.js";
import { formula, frame } from "../kit/frame.js";
import { live } from "../kit/live.js";
import * as math from "./math/attention.js";

export default {
  render({ model, el }) {
    const it = live(model, { compute: math.reorder, draw: () => view.draw() });
    let chosen = Math.max(0, Math.min(5, it.view.at ?? 0));
    const view = frame(el, model, { name: "Another order", keys: [[["←", "→"], "choose"], [["Shift", "←", "→"], "move the word"]], table, draw, it, reset: () => { chosen = 0; it.reset(); } });
    const chips = h("div", { class: "order", role: "toolbar", "aria-label": "The six words. Shift with an arrow moves one." });
    const svg = s("svg", { class: "plot", role: "img" });
    view.picture.append(chips, svg);
    svg.classList.add("said-after");
    const masked = check({ label: "Hide the words to come", value: it.settings.masked }, (on) => it.set({ masked: on }));
    const step = (said, by) => h("button", { class: "btn sm", type: "button", onclick: () => swap(chosen, chosen + by) }, said);
    view.controls.append(masked.node, h("div", { class: "row span" }, step("Move left", -1), step("Move right", 1),
      h("button", { class: "btn sm bare", type: "button", onclick: () => it.set({ order: math.WORDS.join(" ") }) }, "As it was")));

    function swap(from, to, focus = false) {
      const words = [...it.state.words];
      if (to < 0 || to >= words.length || from === to) return;
      words.splice(to, 0, ...words.splice(from, 1));
      chosen = to;
      it.look({ at: chosen });
      it.set({ order: words.join(" ") });
      if (focus) chips.children[chosen].focus();
    }
    const buttons = math.WORDS.map((_, n) => h("button", { class: "tok", type: "button", onclick: () => { chosen = n; it.look({ at: n }); } }));
    chips.append(...buttons);
    chips.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -9, End: 9 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      const to = Math.max(0, Math.min(5, chosen + by));
      if (event.shiftKey) swap(chosen, to, true);
      else { chosen = to; it.look({ at: to }); buttons[chosen].focus(); }
    });
    buttons.forEach((button, n) => {
      let from = null;
      button.addEventListener("pointerdown", (event) => { button.setPointerCapture(event.pointerId); from = n; chosen = n; view.draw(); });
      button.addEventListener("pointermove", (event) => {
        if (from === null || !button.hasPointerCapture(event.pointerId)) return;
        const over = buttons.findIndex((one) => { const box = one.getBoundingClientRect(); return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom; });
        if (over >= 0 && over !== from) { swap(from, over); from = over; }
      });
      button.addEventListener("pointerup", () => { from = null; });
      button.addEventListener("pointercancel", () => { from = null; });
    });

    const changes = () => it.state.words.map((_, n) => Math.max(...it.state.now[n].map((x, i) => Math.abs(x - it.state.before[n][i]))));
    function draw(width) {
      const { words, before, now, largest_change, masked: on } = it.state;
      masked.show(it.settings.masked);
      buttons.forEach((button, n) => {
        button.textContent = words[n];
        button.setAttribute("aria-pressed", String(n === chosen));
        button.tabIndex = n === chosen ? 0 : -1;
      });
      const moved = changes();
      const name = Math.min(80, width * 0.18);
      const half = (width - name) / 2;
      const x = linear([0, 20], [0, half - 78]);
      svg.setAttribute("viewBox", `0 0 ${width} ${58 + 52 * 6}`);
      svg.setAttribute("aria-label", `The largest change of a context is ${fixed(largest_change)}`);
      const bars = (left, pair, y, cls) => pair.map((value, n) => [s("rect", { class: n ? "negh open" : cls, x: left, y: y + 19 * n, width: Math.max(1.5, x(value)), height: 14, rx: 1 }),
        text(left + x(value) + 6, y + 12 + 19 * n, fixed(value, 1), "tick")]);
      fill(svg, text(0, 12, "Contexts: thing is solid, doing is open", "cap"), text(name, 34, "before", "cap"), text(name + half, 34, "now", "cap"),
        words.map((word, n) => s("g", { transform: "translate(0 18)" }, n === chosen && s("rect", { class: "axis-on", x: 0, y: 31 + 52 * n, width: name - 10, height: 26, rx: 3 }),
          text(6, 49 + 52 * n, word, `name${n === chosen ? " b" : ""}`), bars(name, before[n], 28 + 52 * n, "solid"), bars(name + half, now[n], 28 + 52 * n, moved[n] > 0.00005 ? "bar-on" : "solid"),
          s("path", { class: "grid", d: `M0 ${72 + 52 * n}H${width}` }))));
      formula(view.card, {
        title: h("span", {}, "What changes for ", h("mark", {}, words[chosen])), head: ["", "thing", "doing"],
        rows: [["now", ...now[chosen].map((v) => fixed(v))], ["− before", ...before[chosen].map((v) => fixed(v))], { sum: ["change", ...now[chosen].map((v, n) => fixed(v - before[chosen][n]))] }],
        after: [h("p", { class: "small soft" }, `${on ? "The mask is on: each word sees itself and what stands before it." : "The mask is off: each word sees all six."} The largest change is ${fixed(largest_change, 1)}.`)],
      });
    }
    function table() {
      const moved = changes();
      return { caption: "Each word's context", head: ["word", "before", "now", "change"],
        rows: it.state.words.map((word, n) => [word, it.state.before[n].map((v) => fixed(v, 1)).join(", "), it.state.now[n].map((v) => fixed(v, 1)).join(", "), fixed(moved[n], 1)]) };
    }
    return () => { it.stop(); view.close(); };
  },
};
