// Lesson 0.5: three backward passes, of which one is right, beside the slopes that small steps give.

import { choose, slider } from "../kit/controls.js";
import { fill, h, s } from "../kit/dom.js";
import { text } from "../kit/draw.js";
import { fixed, scientific } from "../kit/format.js";
import { logarithmic } from "../kit/scale.js";
import { formula, frame } from "../kit/frame.js";
import { live } from "../kit/live.js";

const AGREES = 1e-8;
const WHERE = { W1: "first weights", b1: "first biases", W2: "second weights", b2: "second bias" };

export default {
  render({ model, el }) {
    const it = live(model, { draw: () => view.draw() });
    const view = frame(el, model, { name: "Do the two agree?", keys: [[["↑", "↓"], "row"], [["←", "→"], "step h"]], table, draw, it });
    const versions = choose({ legend: "Version", options: [["A", "A"], ["B", "B"], ["C", "C"]], value: it.settings.version }, (version) => it.set({ version }));
    view.tools.append(h("span", { class: "small soft" }, "Version"), versions.node);
    const svg = s("svg", { class: "plot", tabindex: "0", role: "slider", "aria-valuemin": 1, "aria-valuemax": 4 });
    let looked = null; // a row that the pointer rests on
    const worst = () => it.state.rows.reduce((most, row, n, all) => (row[3] > all[most][3] ? n : most), 0);
    const chosen = () => Math.max(0, Math.min(it.state.rows.length - 1, looked ?? it.view.row ?? worst()));
    svg.addEventListener("keydown", (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!by || !it.state.rows) return;
      event.preventDefault();
      looked = null;
      it.look({ row: Math.max(0, Math.min(it.state.rows.length - 1, chosen() + by)) });
    });
    svg.addEventListener("pointerleave", () => { if (looked !== null) { looked = null; view.draw(); } });
    view.picture.append(svg);
    const size = slider({ label: "h, the small step", min: 1e-12, max: 1, step: 0.25, log: true, value: it.settings.h, format: (x) => scientific(x), ends: ["1e−12", "1"] }, (value) => it.set({ h: value }));
    size.node.classList.add("span");
    view.controls.append(size.node);

    function draw(width) {
      versions.show(it.settings.version);
      size.show(it.settings.h);
      const { rows, difference, version, h: step } = it.state;
      if (!rows) return;
      svg.setAttribute("viewBox", `0 0 ${width} 262`);
      svg.setAttribute("opacity", it.waiting ? 0.5 : 1);
      svg.setAttribute("aria-label", `Version ${version}, h ${scientific(step)}: the largest difference is ${scientific(difference)}`);
      const left = width < 460 ? 40 : 150;
      const x = logarithmic([1e-13, 10], [left, width - 56]);
      const edge = x(AGREES);
      const now = chosen();
      fill(svg, text(0, 14, width < 460 ? "largest difference" : "largest difference between back-propagated and measured", "cap"),
        [1e-12, 1e-9, 1e-6, 1e-3, 1].map((one) => [s("path", { class: "grid", d: `M${x(one)} 26V222` }), text(x(one), 240, scientific(one, 0), "tick mid")]),
        s("path", { class: "ink far", d: `M${edge} 26V222` }), text(edge, 258, "they agree left of 1e−8", "cap mid"),
        rows.map(([name, , , off], n) => {
          const y = 36 + 48 * n;
          const agrees = off < AGREES;
          return s("g", { onpointermove: (event) => { if (event.pointerType === "mouse" && looked !== n) { looked = n; view.draw(); } }, onclick: () => it.look({ row: n }) },
            s("rect", { class: n === now ? "axis-on" : "", fill: n === now ? null : "transparent", x: 0, y: y - 4, width, height: 40, rx: 3 }), text(4, y + 20, name, "val b"), width >= 460 && text(32, y + 20, WHERE[name], "cap"),
            s("rect", { class: agrees ? "solid" : "bar-on", x: left, y: y + 4, width: Math.max(2, x(off) - left), height: 24, rx: 2 }),
            text(x(off) + 6, y + 20, `${scientific(off)} ${agrees ? "✓" : "✗"}`, "val halo"));
        }));
      const row = rows[now];
      svg.setAttribute("aria-valuenow", now + 1);
      svg.setAttribute("aria-valuetext", `${WHERE[row[0]]}: they differ by ${scientific(row[3])} at most`);
      formula(view.card, {
        title: difference < AGREES ? "The two agree" : "They do not agree", head: ["", "where it is worst"],
        rows: [["parameter", row[0]], ["back-propagated", fixed(row[1], 9)], ["− by small steps", fixed(row[2], 9)], { sum: ["difference", scientific(row[3], 2)] }],
        after: [h("p", { class: "small soft" }, difference < AGREES ? `Version ${version}, with h = ${scientific(step)}.` : "A mistake, or a step h too large or too small.")],
      });
    }
    function table() {
      return { caption: "Where the two differ most", head: ["parameter", "back-propagated", "by small steps", "difference"],
        rows: (it.state.rows ?? []).map(([name, own, measured, off]) => [name, fixed(own, 9), fixed(measured, 9), scientific(off)]) };
    }
    return () => { it.stop(); view.close(); };
  },
};
