// A network that learns to tell points of two kinds apart, and what each of its neurons makes of the plane.

import { choose, line, select, slider } from "../../kit/controls.js";
import { fill, h, s } from "../../kit/dom.js";
import { axes, text } from "../../kit/draw.js";
import { fixed, short } from "../../kit/format.js";
import { linear, path } from "../../kit/scale.js";
import { between, colours, paint } from "../../kit/field.js";
import { busy, frame, going } from "../../kit/frame.js";
import { live } from "../../kit/live.js";
import { judged, maps } from "../math/network.js";
import { called, net } from "./net.js";
import { neuronCard, weightTable } from "./neuron_card.js";

const FINE = 40; // the plane is computed at so many places across
const DATA = [["corners", "four corners"], ["xor", "xor"], ["circles", "circles"], ["moons", "moons"], ["spirals", "spirals"]];
const CONTROLS = {
  data: ["select", "data", DATA], activation: ["select", "activation", ["tanh", "relu", "sigmoid"].map((one) => [one, one])],
  start: ["select", "start", [["random", "random"], ["zero", "zero"], ["same", "same"], ["large", "large"]]],
  hidden: ["slider", { label: "hidden neurons", min: 1, max: 32, step: 1 }], layers: ["slider", { label: "hidden layers", min: 1, max: 3, step: 1 }],
  rate: ["slider", { label: "learning rate", min: 0.001, max: 1, step: 0.01, log: true }],
  steps: ["slider", { label: "steps", min: 50, max: 5000, step: 50 }], seed: ["slider", { label: "seed", min: 0, max: 20, step: 1 }],
};

export function trained({ model, el }) {
  const it = live(model, { draw: () => view.draw() });
  let open = false; // settings were changed since the last training
  let kind = 1; // of the points that the learner puts down
  let looked = null; // a neuron that is pointed at: { at: [layer, n], from }
  let chosen = null; // [layer, n]
  let byHand = false; // weights were changed since the training
  let cross = null; // where the keyboard stands on the plane
  const own = "points" in it.settings;
  const view = frame(el, model, {
    name: own ? "A network learns" : "A network learns, from another start", keys: own ? [[["←", "→", "↑", "↓"], "on the plane"], [["Enter"], "put a point"]] : [], table: () => weightTable(shape(), now()), draw, it,
    reset: () => { open = byHand = false; chosen = looked = cross = null; it.reset(); },
  });
  const canvas = h("canvas", { "aria-hidden": "true" });
  const svg = s("svg", { class: "plot", ...(own ? { tabindex: "0", role: "application", "aria-roledescription": "plane" } : { role: "img" }) });
  const plane = h("div", { class: "layers boundary" }, canvas, svg);
  const losses = s("svg", { class: "plot", role: "img" });
  const neurons = h("div", { class: "fields" }); // where they are too many for a diagram
  const diagram = net({ look, choose: pick });
  const tell = neuronCard(view.card, (layer, m, n, weight) => {
    const weights = structuredClone(it.state.weights);
    if (m < 0) weights[layer - 1].biases[n] = weight;
    else weights[layer - 1].weights[m][n] = weight;
    byHand = true;
    it.state = { ...it.state, weights };
    view.draw();
  });
  view.picture.append(h("div", { class: "nets" }, plane, h("div", { class: "stack" }, diagram.node, neurons, losses)));
  const nets = view.picture.firstChild;
  const controls = Object.entries(CONTROLS).filter(([name]) => name in it.settings).map(([name, [form, given, options]]) => {
    const change = (value) => { open = true; it.set({ [name]: value }, { keep: false }); };
    const one = form === "select" ? select({ label: given, options, value: it.settings[name] }, change) : slider({ .../** @type {any} */ (given), value: it.settings[name] }, change);
    return /** @type {[string, any]} */ ([name, one]);
  });
  view.controls.append(...controls.map(([, one]) => one.node));
  if (own) {
    const points = line({ label: "Your points: across, up, kind", value: it.settings.points, button: "Put them down", help: "Such as 0 0 1; 0.5 -0.2 0. Or click on the plane." },
      (said) => { open = true; it.set({ points: said }, { keep: false }); });
    const kinds = choose({ legend: "A click puts down", options: [[1, "● a 1"], [0, "○ a 0"]], value: kind }, (chosen) => { kind = chosen; });
    view.controls.append(h("div", { class: "span row" }, h("span", { class: "label" }, "A click puts down"), kinds.node,
      h("button", { class: "btn sm bare", type: "button", onclick: () => { open = true; it.set({ points: "" }, { keep: false }); } }, "Take mine away")));
    view.controls.append(points.node);
    controls.push(["points", points]);
    plane.addEventListener("pointerdown", (event) => {
      const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      cross = [scales.x.invert(place.x), scales.y.invert(place.y)];
      put(...cross);
    });
    svg.addEventListener("keydown", (event) => {
      const [left, right, bottom, top] = it.state.extent;
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      cross ??= [0, 0];
      if (way) cross = [Math.max(left, Math.min(right, cross[0] + way[0] * (event.shiftKey ? 0.25 : 0.05))), Math.max(bottom, Math.min(top, cross[1] + way[1] * (event.shiftKey ? 0.25 : 0.05)))];
      else if (event.key === "Enter" || event.key === " ") put(...cross);
      else return;
      event.preventDefault();
      view.draw();
    });
  }
  const train = h("button", { class: "btn", type: "button", onclick: () => { open = byHand = false; it.keep(); } }, "Train");
  const stop = model.stop && h("button", { class: "btn bare", type: "button", hidden: true, onclick: () => model.stop() }, "Stop and keep");
  const told = h("span", { class: "small soft" });
  view.controls.append(h("div", { class: "span row" }, train, stop, told));

  function put(x, y) {
    const point = [x, y].map((one) => Number(one.toFixed(2)) + 0);
    open = true;
    it.set({ points: [...it.settings.points.split(";").map((one) => one.trim()).filter(Boolean), `${point.join(" ")} ${kind}`].join("; ") }, { keep: false });
  }
  /** The points that were put down but have not been trained on. */
  function waiting() {
    const known = new Set(it.state.points.map((point, n) => `${point.map((one) => one.toFixed(2))} ${it.state.labels[n]}`));
    return (it.settings.points ?? "").split(";").map((one) => one.trim().split(/\s+/).map(Number))
      .filter((one) => one.length === 3 && one.every(Number.isFinite) && !known.has(`${[one[0], one[1]].map((v) => v.toFixed(2))} ${one[2]}`));
  }

  let scales;
  function draw(width) {
    for (const [name, one] of controls) one.show(it.settings[name]);
    told.textContent = byHand ? "A weight was set by hand. Train begins from the start again." : open ? "What is drawn was trained with the settings before." : "";
    const on = it.waiting || model.get("busy");
    train.textContent = on ? "Train again" : "Train";
    if (stop) stop.hidden = !model.get("busy");
    if (on && it.state.step < it.state.steps) busy(view, going(model, it.state.step, it.state.steps), it.state.step / it.state.steps);
    else busy(view, it.waiting ? trainingSaid() : "");
    if (!it.state.weights) { told.textContent = "Nothing is trained yet."; return; }
    const { extent, points, labels } = it.state;
    const network = now();
    const all = maps(network, extent, FINE);
    const { wrong: errors, bits } = judged(network, points, labels);
    nets.classList.toggle("beside", width > 560);
    const theme = colours(view.picture);
    const side = Math.max(120, Math.floor(plane.clientWidth));
    const [left, right, bottom, top] = extent;
    scales = { x: linear([left, right], [0, side]), y: linear([bottom, top], [side, 0]) };
    const value = between(all.at(-1)[0]);
    const score = [all.length - 1, 0];
    let at = looked?.at ?? chosen ?? score;
    if (!all[at[0]]?.[at[1]]) at = chosen = score;
    const middle = it.state.activation === "sigmoid" && at[0] > 0 && at[0] < score[0] ? 0.5 : 0;
    paint(canvas, theme, side, between(all[at[0]][at[1]]), { middle, most: at[0] === score[0] ? 4 : 1 });
    svg.setAttribute("viewBox", `0 0 ${side} ${side}`);
    const share = ([x, y]) => [(x - left) / (right - left), (y - bottom) / (top - bottom)];
    const big = points.length < 20 ? 8 : 4.5;
    const wrong = (point, label) => (value(...share(point)) > 0 ? 1 : 0) !== label;
    const spot = ([x, y], label, cls) => s("circle", { class: `spot${label ? "" : " no"}${cls}`, r: big, cx: scales.x(x), cy: scales.y(y) });
    fill(svg, points.map((point, n) => [wrong(point, labels[n]) && s("circle", { class: "ringed", r: big + 4, cx: scales.x(point[0]), cy: scales.y(point[1]) }), spot(point, labels[n], "")]),
      waiting().map(([x, y, label]) => [spot([x, y], label, " new"), s("circle", { class: "marker fine", r: big + 5, cx: scales.x(x), cy: scales.y(y) })]),
      cross && s("path", { class: "hair", d: `M${scales.x(cross[0]) - 12} ${scales.y(cross[1])}h24m-12 -12v24` }));
    const finding = `${errors} of ${points.length} points on the wrong side; loss ${fixed(bits)} bits.`;
    svg.setAttribute("aria-label", cross ? `The plane. The cross is at ${cross.map((v) => fixed(v)).join(", ")}. ${finding}` : `The plane. ${finding}`);
    drawNeurons(theme, network, all, at);
    drawLosses();
    tell({ settings: shape(), network, at: at[0] === 0 ? score : at, place: cross ?? [0.5, 0.5], from: looked?.from ?? null,
      finding: `${errors === 0 ? `All ${points.length} points lie on the right side` : `${errors} of ${points.length} points lie on the wrong side`}, after ${it.state.step ?? it.state.steps} steps${byHand ? " and your change" : ""}. The loss is ${fixed(bits)} bits.` });
  }

  const shape = () => ({ features: ["x1", "x2"], layers: it.state.weights.slice(0, -1).map(({ biases }) => biases.length), activation: it.state.activation });
  const now = () => ({ features: ["x1", "x2"], activation: it.state.activation, layers: it.state.weights });
  function look(layer, n, focused = false, from = null) {
    looked = layer === undefined ? null : { at: [layer, n], from };
    view.draw();
  }
  function pick(layer, n, from = null) {
    chosen = [layer, n];
    looked = null;
    view.draw();
    if (from !== null) view.card.querySelectorAll("input.weight")[from]?.focus();
  }

  function drawNeurons(theme, network, all, at) {
    const widths = shape().layers;
    const many = Math.max(...widths) > 8;
    diagram.node.hidden = many;
    neurons.hidden = !many;
    if (!many) { diagram.draw({ settings: shape(), network, maps: all, chosen: at, theme, width: Math.floor(diagram.node.clientWidth) }); return; }
    const key = widths.join();
    if (neurons.dataset.key !== key) { // another network: other pictures
      neurons.dataset.key = key;
      fill(neurons, widths.flatMap((count, l) => Array.from({ length: count }, (_, n) => h("figure", { class: "small-field", onpointerenter: () => look(l + 1, n), onpointerleave: () => look() },
        h("canvas", { role: "img" }), h("figcaption", {}, called(shape(), l + 1, n).replace("neuron ", ""))))));
    }
    const middle = it.state.activation === "sigmoid" ? 0.5 : 0;
    all.slice(1, -1).flat().forEach((map, n) => {
      const one = neurons.children[n].firstChild;
      const flat = map.flatMap((row) => [...row]);
      paint(one, theme, 72, between(map), { middle, most: 1, hatched: false });
      one.setAttribute("aria-label", `Neuron ${n + 1} gives from ${fixed(Math.min(...flat))} to ${fixed(Math.max(...flat))}`);
    });
  }

  function drawLosses() {
    const found = it.state.losses.filter((one) => one !== null).map((nats) => nats / Math.LN2);
    const width = Math.max(160, Math.floor(losses.parentNode.clientWidth));
    losses.setAttribute("viewBox", `0 0 ${width} 150`);
    const top = Math.max(1.1, Math.min(3, Math.max(0, ...found)));
    const [x, y] = [linear([0, Math.max(1, it.state.step ?? it.state.steps)], [34, width - 46]), linear([0, top], [108, 26])];
    const clipped = found.map((one, n) => [(n / Math.max(1, found.length - 1)) * x.domain[1], Math.min(one, top)]);
    fill(losses, axes({ x, y, xname: "step", yname: "loss, in bits", yticks: [0, 0.5, 1].filter((one) => one < top), xticks: [0, x.domain[1]] }),
      clipped.length > 1 && s("path", { class: "ink", d: path(clipped, x, y) }),
      clipped.length > 0 && text(x(clipped.at(-1)[0]) + 6, y(clipped.at(-1)[1]) + 4, lost(), "val"));
    losses.setAttribute("aria-label", `The loss ends at ${lost()} bits`);
  }

  const lost = () => (it.state.loss === null ? "–" : fixed(it.state.loss / Math.LN2, 2)); // JSON has no nan
  const trainingSaid = () => `Training ${short(it.settings.steps)} steps in NumPy, some seconds.`;

  return () => { it.stop(); view.close(); };
}
