// Lesson 0.5: walk back through tanh(a·b + c), one edge at a time. The learner says each local derivative.

import { number } from "./lib/controls.js";
import { fill, h, s, text } from "./lib/dom.js";
import { fixed, short } from "./lib/format.js";
import { formula, frame } from "./lib/frame.js";
import { live } from "./lib/live.js";
import * as math from "./math/backprop.js";

const { values, gradients, edges } = math.graph();
const PLACES = { a: [0, 0], b: [0, 1], c: [0, 2], p: [1, 0.5], s: [2, 1.25], r: [3, 1.25] }; // column, row
const BOXES = { p: "×", s: "+", r: "tanh" };

export default {
  render({ model, el }) {
    const it = live(model, { compute: math.walk, draw: () => view.draw() });
    let tried = it.settings.guess !== 0;
    const view = frame(el, model, { name: "Walk back through tanh(a·b + c)", keys: [[["←", "→"], "edge"]], table, draw, keep: it.flush });
    const svg = s("svg", { class: "plot", tabindex: "0", role: "slider", "aria-label": "Edge", "aria-valuemin": 1, "aria-valuemax": 5 });
    view.picture.append(svg);
    const guess = number({ label: "Local derivative on this edge", value: it.settings.guess, min: -99, max: 99 }, (value) => { tried = true; it.set({ guess: value }); });
    const back = h("button", { class: "btn", type: "button", onclick: () => go(it.state.step - 1) }, "Back");
    const on = h("button", { class: "btn", type: "button", onclick: () => go(it.state.step + 1) }, "Go on");
    view.controls.append(h("div", { class: "walk-line" }, guess.node, back, on));
    function go(step) {
      const to = Math.max(1, Math.min(5, step));
      if (to === it.state.step) return;
      tried = to < it.state.step; // those behind are done
      it.set({ step: to, guess: tried ? Number(edges[to - 1].derivative.toFixed(3)) : 0 });
      guess.input.value = tried ? String(it.settings.guess) : "";
    }
    svg.addEventListener("keydown", (event) => {
      const { step, right } = it.state;
      const to = { ArrowRight: right ? step + 1 : step, ArrowUp: right ? step + 1 : step, ArrowLeft: step - 1, ArrowDown: step - 1, Home: 1 }[event.key];
      if (to !== undefined) { event.preventDefault(); go(to); }
    });

    function draw(width) {
      const { step, right, filled } = it.state;
      const wide = Math.min(128, (width - 60) / 4);
      const gap = (width - wide) / 3;
      const [row, tall] = [88, 52];
      const at = (name) => [PLACES[name][0] * gap, 16 + PLACES[name][1] * row];
      svg.setAttribute("viewBox", `0 0 ${width} 300`);
      const known = (name) => name === "r" || edges.findIndex((edge) => edge.to === name) < filled;
      fill(svg,
        edges.map((edge, n) => {
          const [x1, y1] = at(edge.to).map((v, i) => v + (i ? tall / 2 : wide));
          const [x2, y2] = [at(edge.result)[0], at(edge.result)[1] + tall / 2];
          const line = `M${x2} ${y2}C${x2 - (x2 - x1) / 2} ${y2} ${x1 + (x2 - x1) / 2} ${y1} ${x1} ${y1}`;
          return s("g", {}, n + 1 === step && s("path", { class: "marker", d: line }), s("path", { class: n < filled ? "ink" : "ink far", d: line }));
        }),
        Object.keys(PLACES).map((name) => {
          const [x, y] = at(name);
          return s("g", {}, s("rect", { class: `box${edges[step - 1].to === name ? " here" : ""}${known(name) ? "" : " yet"}`, x, y, width: wide, height: tall, rx: 6 }),
            BOXES[name] && text(x + wide / 2, y - 7, BOXES[name], "val mid b halo"), text(x + 8, y + 20, name, "name"),
            text(x + wide - 8, y + 20, short(values[name], 3), "val end"),
            text(x + 8, y + 42, wide > 80 ? "gradient" : "grad", "cap"), text(x + wide - 8, y + 42, known(name) ? short(gradients[name], 3) : "?", "val end b"));
        }),
        text(0, 290, "forwards →", "cap"), text(width, 290, "← backwards, from r", "cap end"));
      const edge = edges[step - 1];
      svg.setAttribute("aria-valuenow", step);
      svg.setAttribute("aria-valuetext", `edge ${step} of 5, from ${edge.box} back to ${edge.to}: ${right ? "done" : "its local derivative is asked"}`);
      if (it.settings.guess !== 0 || tried) guess.show(it.settings.guess);
      else if (document.activeElement !== guess.input) guess.input.value = "";
      back.disabled = step === 1;
      on.disabled = !right || step === 5;
      const moved = `Not yet. If ${edge.to} moves by 0.01 and all else is held, ${edge.result} moves by about ${fixed(0.01 * edge.derivative, 4)}.`;
      formula(view.card, {
        title: `Edge ${step} of 5: from ${edge.box} to ${edge.to}`,
        rows: [["arrived", short(edge.arrived, 4)], [`× how ${edge.result} moves with ${edge.to}`, right ? short(edge.derivative, 4) : "?"],
          { sum: [`passed on to ${edge.to}`, right ? short(edge.passed, 4) : "?"] }],
        after: [h("p", { class: "small" }, right
          ? filled === 5 ? "All five. What was passed on to a, b and c are their gradients." : `Right: it is ${edge.rule}. Go on.`
          : tried ? moved : `How much does ${edge.result} move, if ${edge.to} moves by 1?`)],
      });
    }
    function table() {
      return { caption: "The five edges, backwards", head: ["edge", "arrived", "local derivative", "passed on"],
        rows: edges.map((edge, n) => [`${n + 1}: ${edge.box} to ${edge.to}`, n <= it.state.filled ? short(edge.arrived, 4) : "?",
          ...(n < it.state.filled ? [short(edge.derivative, 4), short(edge.passed, 4)] : ["?", "?"])]) };
    }
    return () => { it.stop(); view.close(); };
  },
};
