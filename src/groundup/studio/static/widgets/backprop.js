// Lesson 0.5: walk back through tanh(a·b + c), one edge at a time. The learner says each local derivative.

import { choose, number } from "../kit/controls.js";
import { fill, h, s } from "../kit/dom.js";
import { text } from "../kit/draw.js";
import { fixed, short } from "../kit/format.js";
import { formula, frame } from "../kit/frame.js";
import { live } from "../kit/live.js";
import * as math from "./math/backprop.js";

const { values, gradients, edges } = math.graph();
const PLACES = { a: [0, 0], b: [0, 1], c: [0, 2], p: [1, 0.5], s: [2, 1.25], r: [3, 1.25] }; // column, row
const BOXES = { p: "×", s: "+", r: "tanh" };

export default {
  render({ model, el }) {
    const it = live(model, { compute: math.walk, draw: () => view.draw() });
    let tried = it.settings.guess !== 0;
    let looked = null; // a node that the pointer rests on
    const node = () => looked ?? it.view.node ?? null; // the one whose numbers the card explains, instead of the edge's
    const forwards = () => it.view.way === "forwards";
    const done = () => Math.max(0, Math.min(math.BOXES.length, it.view.done ?? 0)); // boxes computed, on the way forwards
    const NAMES = Object.keys(PLACES);
    const view = frame(el, model, { name: "Walk back through tanh(a·b + c)", keys: [[["←", "→"], "step"], [["↑", "↓"], "number by number"]], table, draw, it, reset: () => { tried = false; looked = null; it.reset(); } });
    const svg = s("svg", { class: "plot", tabindex: "0", role: "slider", "aria-label": "Edge", "aria-valuemin": 1, "aria-valuemax": 5 });
    view.picture.append(svg);
    const ways = choose({ legend: "Way", options: [["forwards", "Forwards"], ["backwards", "Backwards"]], value: forwards() ? "forwards" : "backwards" },
      (way) => it.look({ way, node: null }));
    view.tools.append(ways.node);
    const guess = number({ label: "Local derivative on this edge", value: it.settings.guess, min: -99, max: 99 }, (value) => { tried = true; it.set({ guess: value }); });
    const back = h("button", { class: "btn", type: "button", onclick: () => step(-1) }, "Back");
    const on = h("button", { class: "btn", type: "button", onclick: () => step(1) }, "Go on");
    view.controls.append(h("div", { class: "walk-line" }, guess.node, back, on));
    function step(by) {
      if (!forwards()) { it.look({ node: null }); go(it.state.step + by); return; }
      if (by > 0 && done() === math.BOXES.length) { it.look({ way: "backwards", node: null }); return; }
      it.look({ done: done() + by, node: null });
    }
    function go(step) {
      const to = Math.max(1, Math.min(5, step));
      if (to === it.state.step) return;
      tried = to < it.state.step; // those behind are done
      it.set({ step: to, guess: tried ? Number(edges[to - 1].derivative.toFixed(3)) : 0 });
      guess.input.value = tried ? String(it.settings.guess) : "";
    }
    svg.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const walk = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by && (forwards() || by < 0 || it.state.right)) step(by);
      else if (walk) { looked = null; it.look({ node: NAMES[(NAMES.indexOf(it.view.node ?? "r") + walk + NAMES.length) % NAMES.length] }); }
      else if (event.key === "Escape") it.look({ node: null });
      else if (!by) return;
      event.preventDefault();
    });
    svg.addEventListener("pointerleave", () => { if (looked) { looked = null; view.draw(); } });

    function draw(width) {
      const { step, right, filled } = it.state;
      const wide = Math.min(128, (width - 60) / 4);
      const gap = (width - wide) / 3;
      const [row, tall] = [88, 52];
      const at = (name) => [PLACES[name][0] * gap, 16 + PLACES[name][1] * row];
      svg.setAttribute("viewBox", `0 0 ${width} 300`);
      const known = (name) => !forwards() && (name === "r" || edges.findIndex((edge) => edge.to === name) < filled);
      const computed = (name) => !forwards() || !BOXES[name] || math.BOXES.findIndex(({ result }) => result === name) < done();
      const current = forwards() ? math.BOXES[done() - 1]?.result : edges[step - 1].to;
      fill(svg,
        edges.map((edge, n) => {
          const [x1, y1] = at(edge.to).map((v, i) => v + (i ? tall / 2 : wide));
          const [x2, y2] = [at(edge.result)[0], at(edge.result)[1] + tall / 2];
          const line = `M${x2} ${y2}C${x2 - (x2 - x1) / 2} ${y2} ${x1 + (x2 - x1) / 2} ${y1} ${x1} ${y1}`;
          return s("g", {}, (forwards() ? edge.result === current : n + 1 === step) && s("path", { class: "marker", d: line }), s("path", { class: forwards() ? (computed(edge.result) ? "ink" : "ink far") : n < filled ? "ink" : "ink far", d: line }));
        }),
        Object.keys(PLACES).map((name) => {
          const [x, y] = at(name);
          return s("g", { class: "cellbtn", onclick: () => { looked = null; it.look({ node: it.view.node === name ? null : name }); svg.focus({ preventScroll: true }); },
            onpointermove: (event) => { if (event.pointerType === "mouse" && looked !== name) { looked = name; view.draw(); } } },
          s("rect", { class: "ring", x: x - 3, y: y - 3, width: wide + 6, height: tall + 6, rx: 8, "stroke-opacity": node() === name ? 1 : 0 }),
          s("rect", { class: `box${current === name ? " here" : ""}${(forwards() ? computed(name) : known(name)) ? "" : " yet"}`, x, y, width: wide, height: tall, rx: 6 }),
            BOXES[name] && text(x + wide / 2, y - 7, BOXES[name], "val mid b halo"), text(x + 8, y + 20, name, "name"),
            text(x + wide - 8, y + 20, computed(name) ? short(values[name], 3) : "?", "val end"),
            text(x + 8, y + 42, wide > 80 ? "gradient" : "grad", "cap"), text(x + wide - 8, y + 42, known(name) ? short(gradients[name], 3) : "?", "val end b"));
        }),
        text(0, 290, "forwards →", "cap"), text(width, 290, "← backwards, from r", "cap end"));
      const edge = edges[step - 1];
      ways.show(forwards() ? "forwards" : "backwards");
      guess.node.hidden = forwards();
      svg.setAttribute("aria-valuenow", step);
      svg.setAttribute("aria-valuetext", `edge ${step} of 5, from ${edge.box} back to ${edge.to}: ${right ? "done" : "its local derivative is asked"}`);
      if (it.settings.guess !== 0 || tried) guess.show(it.settings.guess);
      else if (document.activeElement !== guess.input) guess.input.value = "";
      back.disabled = forwards() ? done() === 0 : step === 1;
      on.disabled = forwards() ? false : !right || step === 5;
      on.textContent = forwards() ? (done() === math.BOXES.length ? "Now backwards" : "Compute the next") : "Go on";
      if (node()) { svg.setAttribute("aria-valuetext", about(node(), computed, known)); return; }
      if (forwards()) { svg.setAttribute("aria-valuetext", onTheWay()); return; }
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
    /** Forwards: the box that was computed last. */
    function onTheWay() {
      const box = math.BOXES[done() - 1];
      if (!box) formula(view.card, { title: "Three numbers go in", rows: [["a", "2"], ["b", "−0.5"], ["c", "1.5"]], after: [h("p", { class: "small" }, "Compute box after box. Each keeps its value: the way back needs them.")] });
      else {
        formula(view.card, { title: box.said, rows: [...box.inputs.map((name) => [name, short(values[name], 4)]), { sum: [`${box.result}, through ${box.sign}`, short(values[box.result], 4)] }],
          after: [h("p", { class: "small" }, done() === math.BOXES.length ? "The result. Now walk back, and see who had a part in it." : "Kept. The next box reads it.")] });
      }
      return box ? `${box.said} = ${short(values[box.result], 4)}` : "nothing is computed yet";
    }

    /** Where a node's value came from, and its gradient. */
    function about(name, computed, known) {
      const box = math.BOXES.find(({ result }) => result === name);
      const into = edges.find((edge) => edge.to === name);
      const value = computed(name) ? short(values[name], 4) : "?";
      const gradient = known(name) ? short(gradients[name], 4) : "?";
      const grows = known(name) && name !== "r" ? `Raise ${name} by 0.01, and r ${gradients[name] < 0 ? "falls" : "rises"} by about ${short(Math.abs(gradients[name] * 0.01), 3)}.` : "";
      formula(view.card, { title: box ? box.said : `${name} goes in`,
        rows: [...(box ? box.inputs.map((one) => [one, computed(one) ? short(values[one], 4) : "?"]) : []), { sum: [name, value] },
          ...(forwards() ? [] : into ? [[`arrived at ${into.box}`, known(into.result) ? short(into.arrived, 4) : "?"], [`× local derivative${known(name) ? `, ${into.rule}` : ""}`, known(name) ? short(into.derivative, 4) : "?"], { sum: [`gradient of ${name}`, gradient] }]
            : [["how r moves with itself", "1"], { sum: ["gradient of r", "1"] }])],
        after: [grows && h("p", { class: "small soft" }, grows)] });
      return `${name} is ${value}, its gradient ${gradient}`;
    }

    function table() {
      if (forwards()) return { caption: "The three boxes, forwards", head: ["box", "reads", "gives"],
        rows: math.BOXES.map((box, n) => [box.said, box.inputs.map((name) => short(values[name], 4)).join(", "), n < done() ? short(values[box.result], 4) : "?"]) };
      return { caption: "The five edges, backwards", head: ["edge", "arrived", "local derivative", "passed on"],
        rows: edges.map((edge, n) => [`${n + 1}: ${edge.box} to ${edge.to}`, n <= it.state.filled ? short(edge.arrived, 4) : "?",
          ...(n < it.state.filled ? [short(edge.derivative, 4), short(edge.passed, 4)] : ["?", "?"])]) };
    }
    return () => { it.stop(); view.close(); };
  },
};
