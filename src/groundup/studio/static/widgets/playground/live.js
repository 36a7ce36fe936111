// The playground of the page: the learner builds a network, and sees it learn, step by step if they like.
//
// The model trains (static/playground.js asks the studio for it): play(), pause(), go(steps), again(), put(weights).

import { choose, line, select, slider } from "../../kit/controls.js";
import { fill, h, s } from "../../kit/dom.js";
import { axes, text } from "../../kit/draw.js";
import { fixed } from "../../kit/format.js";
import { linear, path } from "../../kit/scale.js";
import { between, colours, paint } from "../../kit/field.js";
import { formula, frame } from "../../kit/frame.js";
import { live } from "../../kit/live.js";
import { FEATURES, judged, maps } from "../math/network.js";
import { net, called } from "./net.js";
import { neuronCard, weightTable } from "./neuron_card.js";

export const EXTENT = [-1.25, 1.25, -1.25, 1.25];
const FINE = 40; // the plane is computed at so many places across
const DATA = [["circles", "circles"], ["xor", "xor"], ["moons", "moons"], ["spirals", "spirals"], ["corners", "4 corners"]];
const MOST = { layers: 4, neurons: 8 };

export function liveNetwork({ model, el }) {
  const it = live(model, { draw: () => view.draw() });
  let looked = null; // { at: [layer, neuron], from } while the pointer or the focus rests on something
  let chosen = null; // [layer, neuron]
  let kind = 1; // of the points that the learner puts down
  let place = [0.5, 0.5]; // where on the plane the numbers of the card are
  const view = frame(el, model, { name: "A network learns", keys: [[["Space"], "train, pause"], [["←", "→", "↑", "↓"], "walk"]], table: () => weightTable(it.settings, network()), draw, it, reset: () => model.startOver() });

  const play = h("button", { class: "btn main sm", type: "button", onclick: () => (model.get("busy") ? model.pause() : model.play()) }, "Train");
  const once = h("button", { class: "btn sm", type: "button", onclick: () => model.go(1) }, "One step");
  const again = h("button", { class: "btn sm bare", type: "button", onclick: () => model.again() }, "Begin again");
  const stepped = h("output", { class: "mono small", "aria-label": "Steps so far" });
  view.tools.append(stepped, play, once, again);

  const change = (name) => (value) => it.set({ [name]: value });
  const controls = {
    data: choose({ legend: "Data", options: DATA, value: it.settings.data }, change("data")),
    noise: slider({ label: "noise", min: 0, max: 0.5, step: 0.05, value: it.settings.noise }, change("noise")),
    held_out: slider({ label: "held out", min: 0, max: 0.8, step: 0.1, value: it.settings.held_out, format: (x) => `${fixed(100 * x, 0)}%` }, change("held_out")),
    batch: slider({ label: "points a step", min: 0, max: 100, step: 5, value: it.settings.batch, format: (x) => (x ? String(x) : "all") }, change("batch")),
    activation: select({ label: "activation", options: ["tanh", "relu", "sigmoid"].map((one) => [one, one]), value: it.settings.activation }, change("activation")),
    optimiser: select({ label: "goes downhill by", options: ["adam", "momentum", "gradient descent"].map((one) => [one, one]), value: it.settings.optimiser }, change("optimiser")),
    start: select({ label: "weights start", options: [["random", "random"], ["zero", "zero"], ["same", "all the same"], ["large", "30 times as large"]], value: it.settings.start }, change("start")),
    rate: slider({ label: "learning rate", min: 0.001, max: 3, step: 0.05, log: true, value: it.settings.rate }, change("rate")),
    l2: slider({ label: "L2, pulls weights to 0", min: 0, max: 0.1, step: 0.001, value: it.settings.l2 }, change("l2")),
    seed: slider({ label: "seed", min: 0, max: 20, step: 1, value: it.settings.seed }, change("seed")),
    pace: choose({ legend: "Steps for each picture", options: [[1, "1"], [10, "10"], [100, "100"]], value: it.settings.pace }, change("pace")),
  };
  const kinds = choose({ legend: "A click puts down", options: [[null, "nothing"], [1, "● a yes"], [0, "○ a no"]], value: null }, (value) => { kind = value; });
  kind = null;
  const points = line({ label: "Points of yours: across, up, kind", value: it.settings.points, button: "Put them down", help: "Such as 0 0 1; 0.5 -0.2 0, from −1.25 to 1.25." }, change("points"));
  controls.points = points;

  const canvas = h("canvas", { "aria-hidden": "true" });
  const plane = s("svg", { class: "plot", tabindex: "0", role: "application", "aria-roledescription": "plane" });
  const planes = h("div", { class: "layers boundary" }, canvas, plane);
  const title = h("p", { class: "small b" });
  const losses = s("svg", { class: "plot", role: "img" });
  const diagram = net({ all: Object.keys(FEATURES), look, choose: pick, turn });
  const layers = h("div", { class: "row net-layers" });
  view.picture.append(h("div", { class: "row data-row" }, controls.data.node), h("div", { class: "learning" },
    h("div", { class: "stack" }, layers, diagram.node), h("div", { class: "stack" }, title, planes, losses)));
  view.controls.append(...["noise", "held_out", "batch", "rate", "l2", "seed", "activation", "optimiser", "start"].map((name) => controls[name].node),
    h("div", { class: "span row" }, h("span", { class: "label" }, "Steps for each picture"), controls.pace.node),
    h("div", { class: "span row" }, h("span", { class: "label" }, "A click on the plane puts down"), kinds.node,
      h("button", { class: "btn sm bare", type: "button", onclick: () => it.set({ points: "" }) }, "Take mine away")), points.node);
  const tell = neuronCard(view.card, (layer, m, n, weight) => {
    const changed = structuredClone(it.state.weights);
    if (m < 0) changed[layer - 1].biases[n] = weight;
    else changed[layer - 1].weights[m][n] = weight;
    model.put(changed);
  });

  view.node.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target.closest("input, button, select, textarea") || event.target === plane) return;
    event.preventDefault();
    play.click();
  });

  // ---- the network ----
  const network = () => ({ features: it.settings.features, activation: it.settings.activation, layers: it.state.weights ?? [] });
  const fits = () => it.state.weights?.length === it.settings.layers.length + 1
    && it.state.weights.every(({ weights, biases }, n) => weights.length === (n ? it.settings.layers[n - 1] : it.settings.features.length)
      && biases.length === (it.settings.layers[n] ?? 1) && biases.every(Number.isFinite) && weights.flat().every(Number.isFinite));
  const last = () => [it.settings.layers.length + 1, 0];
  function look(layer, n, focused = false, from = null) {
    looked = layer === undefined ? null : { at: [layer, n], from };
    view.draw();
  }
  function pick(layer, n, from = null) {
    chosen = chosen && chosen[0] === layer && chosen[1] === n && from === null ? null : [layer, n];
    looked = null;
    view.draw();
    if (from !== null) view.card.querySelectorAll("input.weight")[from]?.focus();
  }
  function turn(name) {
    const now = it.settings.features;
    const next = now.includes(name) ? now.filter((one) => one !== name) : Object.keys(FEATURES).filter((one) => now.includes(one) || one === name);
    if (next.length > 0) it.set({ features: next });
  }
  function widths(next) {
    chosen = looked = null;
    it.set({ layers: next });
  }
  function showLayers() {
    const now = it.settings.layers;
    const key = now.join();
    if (layers.dataset.key === key) return;
    const focus = layers.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    layers.dataset.key = key;
    const button = (sign, label, off, act) => h("button", { class: "btn sm icon", type: "button", "aria-label": label, disabled: off, onclick: act }, sign);
    fill(layers, h("span", { class: "label" }, now.length === 1 ? "1 hidden layer" : `${now.length} hidden layers`),
      button("−", "One layer less", now.length === 0, () => widths(now.slice(0, -1))), button("+", "One layer more", now.length === MOST.layers, () => widths([...now, now.at(-1) ?? 4])),
      now.map((count, n) => h("span", { class: "row tight" }, h("span", { class: "small soft" }, now.length > 1 ? `${"ABCD"[n]}: ${count}` : `${count} neurons`),
        button("−", `One neuron less in layer ${n + 1}`, count === 1, () => widths(now.map((one, m) => (m === n ? one - 1 : one)))),
        button("+", `One neuron more in layer ${n + 1}`, count === MOST.neurons, () => widths(now.map((one, m) => (m === n ? one + 1 : one)))))));
    if (focus) [...layers.querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === focus && !one.disabled)?.focus();
  }

  // ---- the plane ----
  let scales = null;
  const spotAt = (event) => {
    const dot = new DOMPoint(event.clientX, event.clientY).matrixTransform(plane.getScreenCTM().inverse());
    const inside = (one) => Math.max(EXTENT[0], Math.min(EXTENT[1], one));
    return [inside(scales.x.invert(dot.x)), inside(scales.y.invert(dot.y))];
  };
  plane.addEventListener("pointermove", (event) => { place = spotAt(event); view.draw(); });
  plane.addEventListener("pointerdown", (event) => { place = spotAt(event); put(); view.draw(); });
  plane.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const far = event.shiftKey ? 0.25 : 0.05;
    if (way) place = place.map((one, n) => Math.max(EXTENT[0], Math.min(EXTENT[1], Number((one + way[n] * far).toFixed(4)))));
    else if (event.key === "Enter" || event.key === " ") put();
    else return;
    event.preventDefault();
    view.draw();
  });
  function put() {
    if (kind === null) return;
    const point = place.map((one) => Number(one.toFixed(2)) + 0);
    it.set({ points: [...it.settings.points.split(";").map((one) => one.trim()).filter(Boolean), `${point.join(" ")} ${kind}`].join("; ") });
  }

  function draw(width) {
    for (const [name, one] of Object.entries(controls)) one.show(it.settings[name]);
    const going = Boolean(model.get("busy"));
    const blown = it.state.step > 0 && (it.state.loss === null || it.state.loss === undefined);
    play.textContent = going ? "Pause" : "Train";
    play.disabled = blown;
    once.disabled = going || blown;
    stepped.textContent = `step ${it.state.step ?? 0}`;
    view.card.setAttribute("aria-live", going ? "off" : "polite");
    showLayers();
    if (!fits()) {
      if (blown) formula(view.card, { title: "It flew off", after: [h("p", { class: "small" }, `At step ${it.state.step} the weights are no numbers any more: the learning rate is too large. Begin again with a smaller one.`)] });
      return; // the studio is making it
    }
    const now = network();
    const theme = colours(view.picture);
    const all = maps(now, EXTENT, FINE);
    const at = (looked?.at ?? chosen ?? last()).map(Number);
    if (at[0] === 0 || at[0] >= all.length || at[1] >= all[at[0]].length) at.splice(0, 2, ...(at[0] === 0 && at[1] < all[0].length ? at : last()));
    const beside = width > 620;
    view.picture.querySelector(".learning").classList.toggle("beside", beside);
    diagram.draw({ settings: it.settings, network: now, maps: all, chosen: at, theme, width: Math.floor(diagram.node.clientWidth) });
    drawPlane(theme, all, at);
    drawLosses();
    const { learnt, held } = halves();
    const { wrong, of } = judged(now, held.points.length ? held.points : learnt.points, held.points.length ? held.labels : learnt.labels);
    const finding = `${wrong === 0 ? "All" : `${of - wrong} of`} ${of} ${held.points.length ? "points held out" : "points"} lie on the right side, after ${it.state.step} steps.`;
    tell({ settings: it.settings, network: now, at: at[0] === 0 ? last() : at, place, from: looked?.from ?? null, finding });
    plane.setAttribute("aria-label", `The plane. The cross is at ${place.map((one) => fixed(one)).join(", ")}. ${finding}`);
  }

  function halves() {
    const { points: all = [], labels = [], held = [] } = it.state;
    const part = (want) => ({ points: all.filter((_, n) => held[n] === want), labels: labels.filter((_, n) => held[n] === want) });
    return { learnt: part(false), held: part(true) };
  }

  function drawPlane(theme, all, at) {
    const side = Math.max(120, Math.floor(planes.clientWidth));
    const [left, right, bottom, top] = EXTENT;
    scales = { x: linear([left, right], [0, side]), y: linear([bottom, top], [side, 0]) };
    const score = at[0] === all.length - 1;
    const middle = it.settings.activation === "sigmoid" && at[0] > 0 && !score ? 0.5 : 0;
    title.textContent = score ? "What it says of each place" : at[0] === 0 ? `What it reads: ${called(it.settings, 0, at[1])}` : `What ${called(it.settings, ...at)} gives at each place`;
    paint(canvas, theme, side, between(all[at[0]][at[1]]), { middle, most: score ? 4 : 1 });
    plane.setAttribute("viewBox", `0 0 ${side} ${side}`);
    const says = between(all.at(-1)[0]);
    const share = ([x, y]) => [(x - left) / (right - left), (y - bottom) / (top - bottom)].map((one) => Math.max(0, Math.min(1, one)));
    if (spots.points !== it.state.points || spots.side !== side) placePoints(side);
    spots.rings.forEach((ring, n) => {
      const wrong = (says(...share(it.state.points[n])) > 0 ? 1 : 0) !== it.state.labels[n];
      ring.setAttribute("display", wrong ? "inline" : "none");
    });
    const cross = `M${scales.x(place[0]) - 11} ${scales.y(place[1])}h22m-11 -11v22`;
    for (const one of spots.cross) one.setAttribute("d", cross);
  }

  let spots = {}; // the points are placed once; only their rings come and go
  function placePoints(side) {
    const { points: dots = [], labels = [], held = [] } = it.state;
    const big = dots.length < 20 ? 8 : 4;
    const places = dots.map(([x, y]) => [scales.x(x), scales.y(y)]);
    spots = {
      points: it.state.points, side, rings: places.map(([cx, cy]) => s("circle", { class: "ringed", r: big + 3.5, cx, cy })),
      cross: [s("path", { class: "cross-under" }), s("path", { class: "hair" })],
    };
    fill(plane, spots.rings, places.map(([cx, cy], n) => {
      const cls = `spot${labels[n] ? "" : " no"}`;
      return held[n] ? s("rect", { class: cls, x: cx - big + 0.5, y: cy - big + 0.5, width: 2 * big - 1, height: 2 * big - 1 }) : s("circle", { class: cls, r: big, cx, cy });
    }), spots.cross);
  }

  function drawLosses() {
    const found = (it.state.history ?? []).filter(([, loss]) => loss !== null);
    const width = Math.max(160, Math.floor(losses.parentNode.clientWidth));
    losses.setAttribute("viewBox", `0 0 ${width} 150`);
    const top = Math.max(1.1, Math.min(3, Math.max(0, ...found.map(([, loss]) => loss))));
    const begun = found[0]?.[0] ?? 0;
    const [x, y] = [linear([begun, Math.max(begun + 1, it.state.step ?? 0)], [34, width - 104]), linear([0, top], [108, 26])];
    const lines = [["learns from", 1, "thin"], ["held out", 2, ""]].filter(([, n]) => found.length > 0 && Number.isFinite(found.at(-1)[n]));
    const ends = lines.map(([name, n]) => ({ name, value: found.at(-1)[n], y: y(Math.min(found.at(-1)[n], top)) + 4 })).sort((a, b) => a.y - b.y);
    if (ends.length === 2 && ends[1].y - ends[0].y < 28) ends[1].y = ends[0].y + 28;
    const over = Math.max(0, (ends.at(-1)?.y ?? 0) + 13 - 122); // both at the bottom: then further up
    fill(losses, axes({ x, y, xname: "step", yname: "loss, in bits", yticks: [0, 0.5, 1].filter((one) => one < top), xticks: x.domain }),
      lines.map(([, n, cls]) => s("path", { class: `ink ${cls}`, d: path(found.map((one) => [one[0], Math.min(one[n], top)]), x, y) })),
      ends.map((one) => [text(width - 84, one.y - over - 2, one.name, "cap halo"), text(width - 84, one.y - over + 12, fixed(one.value, 3), "val b halo")]));
    losses.setAttribute("aria-label", `Loss: ${ends.map((one) => `${one.name} ${fixed(one.value, 3)} bits`).join(", ")}`);
  }
  return () => { it.stop(); view.close(); };
}
