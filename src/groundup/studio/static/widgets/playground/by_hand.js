// One neuron, or two and an output, whose weights the learner sets; the four corners of a square are to be told apart.

import { choose, slider } from "../../kit/controls.js";
import { fill, h, s } from "../../kit/dom.js";
import { text } from "../../kit/draw.js";
import { added, fixed, short } from "../../kit/format.js";
import { linear } from "../../kit/scale.js";
import { colours, paint } from "../../kit/field.js";
import { formula, frame } from "../../kit/frame.js";
import { live } from "../../kit/live.js";
import * as math from "../math/playground.js";

const NAMES = {
  w1: "w₁, for across", w2: "w₂, for up", bias: "bias", a1: "A: w₁", a2: "A: w₂", a_bias: "A: bias", b1: "B: w₁", b2: "B: w₂", b_bias: "B: bias",
  out_a: "output: of A", out_b: "output: of B", out_bias: "output: bias",
};

export function byHand({ model, el }) {
  const three = "a1" in model.get("settings");
  const it = live(model, { compute: three ? math.two_neurons : math.one_neuron, draw: () => view.draw() });
  let rests = null; // a place that the pointer rests on
  const at = () => Math.max(0, Math.min(3, it.view.corner ?? 3)); // the corner that the card works out
  const view = frame(el, model, {
    name: three ? "Three neurons against XOR" : "One neuron draws a line", keys: [[["←", "→"], "corner"]], table, draw, it,
  });
  const canvas = h("canvas", { "aria-hidden": "true" });
  const svg = s("svg", { class: "plot", tabindex: "0", role: "slider", "aria-label": "Corner", "aria-valuemin": 1, "aria-valuemax": 4 });
  const boundary = h("div", { class: "layers boundary" }, canvas, svg);
  const parts = three ? ["A", "B"].map((name) => [name, h("canvas", { "aria-hidden": "true" })]) : [];
  view.picture.append(h("div", { class: "nets by-hand" }, boundary, three
    ? h("div", { class: "fields" }, parts.map(([name, one]) => h("figure", { class: "small-field" }, one, h("figcaption", {}, `${name}, a hidden neuron`))))
    : view.controls));
  const sliders = Object.keys(NAMES).filter((name) => name in it.settings).map((name) => /** @type {[string, any]} */ ([name, slider({
    label: NAMES[name], min: -4, max: 4, step: 0.1, value: it.settings[name],
  }, (value) => it.set({ [name]: value }))]));
  view.controls.append(...sliders.map(([, one]) => one.node));
  const task = !three && choose({ legend: "Wanted", options: [["and", "And"], ["or", "Or"], ["xor", "Xor"]], value: it.settings.task }, (chosen) => it.set({ task: chosen }));
  if (task) view.tools.append(task.node);
  const show = (n) => { rests = null; it.look({ corner: Math.max(0, Math.min(3, n)) }); };
  svg.addEventListener("keydown", (event) => {
    const to = { ArrowRight: at() + 1, ArrowDown: at() + 1, ArrowLeft: at() - 1, ArrowUp: at() - 1, Home: 0, End: 3 }[event.key];
    if (to !== undefined) { event.preventDefault(); show(to); }
  });
  svg.addEventListener("pointerdown", (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    show((place.x > svg.viewBox.baseVal.width / 2 ? 2 : 0) + (place.y < svg.viewBox.baseVal.height / 2 ? 1 : 0));
  });

  svg.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse") return;
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const side = svg.viewBox.baseVal.width;
    rests = [(2 * place.x) / side - 1, 1 - (2 * place.y) / side].map((one) => Math.round(one * it.state.edge * 20) / 20);
    view.draw();
  });
  svg.addEventListener("pointerleave", () => { if (rests) { rests = null; view.draw(); } });

  function draw() {
    const corner = at();
    const { edge, scores, labels, points, right } = it.state;
    const theme = colours(view.picture);
    const where = (across, up) => [(2 * across - 1) * edge, (2 * up - 1) * edge];
    const given = (across, up) => (three ? math.three(it.settings, where(across, up)) : [math.score(it.settings, where(across, up))]);
    const side = Math.max(120, Math.floor(boundary.clientWidth));
    paint(canvas, theme, side, (across, up) => given(across, up).at(-1), { most: 3 });
    parts.forEach(([, one], n) => paint(one, theme, Math.max(80, Math.floor(one.parentNode.clientWidth)), (across, up) => given(across, up)[n]));
    const [x, y] = [linear([-edge, edge], [0, side]), linear([-edge, edge], [side, 0])];
    svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
    fill(svg, s("path", { class: "axis", d: `M0 ${y(0)}H${side}M${x(0)} 0V${side}` }),
      text(side - 8, y(0) - 7, "x₁", "cap end halo"), text(x(0) + 8, 16, "x₂", "cap halo"),
      points.map(([px, py], n) => s("g", {},
        n === corner && s("circle", { class: "marker", r: 16, cx: x(px), cy: y(py) }),
        s("circle", { class: labels[n] ? "spot" : "spot no", r: 9, cx: x(px), cy: y(py) }),
        text(x(px), y(py) + (py > 0 ? -24 : 36), `${labels[n] ? "yes" : "no"} ${isRight(n) ? "✓" : "✗"}`, "name mid halo"))), rests && s("path", { class: "hair", d: `M${x(rests[0]) - 11} ${y(rests[1])}h22m-11 -11v22` }));
    for (const [name, one] of sliders) one.show(it.settings[name]);
    if (task) task.show(it.state.task);
    svg.setAttribute("aria-valuenow", corner + 1);
    svg.setAttribute("aria-valuetext", `x₁ ${short(points[corner][0])}, x₂ ${short(points[corner][1])}: score ${short(scores[corner])}, wanted ${labels[corner] ? "yes" : "no"}, ${isRight(corner) ? "right" : "not yet right"}`);
    const [x1, x2] = rests ?? points[corner];
    const one = it.settings;
    const [first, second, score] = three ? math.three(one, [x1, x2]) : [0, 0, math.score(one, [x1, x2])];
    const rows = three
      ? [[`A = tanh(${short(one.a1 * x1 + one.a2 * x2 + one.a_bias, 3)})`, fixed(first, 3)], [`B = tanh(${short(one.b1 * x1 + one.b2 * x2 + one.b_bias, 3)})`, fixed(second, 3)],
        [`${short(one.out_a, 3)} · A`, fixed(one.out_a * first, 3)], [`${added(one.out_b, 3)} · B`, fixed(one.out_b * second, 3)], ["bias", fixed(one.out_bias, 3)]]
      : [[`${short(one.w1, 3)} · ${short(x1)}`, short(one.w1 * x1)], [`${added(one.w2, 3)} · ${short(x2)}`, short(one.w2 * x2)], ["bias", short(one.bias)]];
    formula(view.card, {
      title: `${right} of 4 right`, rows: [[`${rests ? "place" : "corner"} (${short(x1)}, ${short(x2)})`, ""], ...rows, { sum: ["score", three ? fixed(score, 3) : short(score)] }],
      after: [h("p", { class: "small soft" }, `${score > 0 ? "Above 0: it says yes" : "Not above 0: it says no"}.${rests ? "" : ` Wanted: ${labels[corner] ? "yes" : "no"}.`}`)],
    });
  }
  const isRight = (n) => (it.state.scores[n] > 0 ? 1 : 0) === it.state.labels[n];

  function table() {
    const { points, hidden, scores, labels } = it.state;
    return { caption: "The four corners", head: ["x₁, x₂", ...(three ? ["A", "B"] : []), "score", "wanted", ""],
      rows: points.map((point, n) => [point.map((v) => short(v)).join(", "), ...(three ? hidden[n] : []), scores[n], labels[n] ? "yes" : "no", isRight(n) ? "right" : "not yet"]) };
  }
  return () => { it.stop(); view.close(); };
}
