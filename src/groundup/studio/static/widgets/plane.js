// Lesson 0.2: a matrix moves the plane, and a letter in it; and two moves, in either order.

import { choose, number } from "../kit/controls.js";
import { fill, h, s } from "../kit/dom.js";
import { text } from "../kit/draw.js";
import { short } from "../kit/format.js";
import { linear, path } from "../kit/scale.js";
import { formula, frame } from "../kit/frame.js";
import { handle } from "../kit/handle.js";
import { live } from "../kit/live.js";
import * as math from "./math/plane.js";

const REACH = 4; // the map goes so far from the middle
const F = [[0, 0], [0, 2], [1, 2], [1, 1.75], [0.25, 1.75], [0.25, 1.1], [0.75, 1.1], [0.75, 0.85], [0.25, 0.85], [0.25, 0]];

/** A map at the picture's width: its two scales, as wide for a step across as for one up. */
function map(width) {
  const side = Math.min(width, 440);
  const wide = (REACH * width) / side;
  const x = linear([-wide, wide], [0, width]);
  const y = linear([-REACH, REACH], [side, 0]);
  return { side, width, x, y, at: ([a, b]) => [x(a), y(b)] };
}

/** The plane before (faint) and after a matrix. */
function drawn({ side, width, x, y }, matrix) {
  const lines = (grid, cls) => s("path", { class: cls, d: grid.map((line) => path([line[0], line.at(-1)], x, y)).join("") });
  const shape = (points) => `${path(points, x, y)}Z`;
  return s("svg", { x: 0, y: 0, width, height: side, viewBox: `0 0 ${width} ${side}`, "aria-hidden": "true" },
    lines(math.GRID, "grid"), lines(math.GRID.map((line) => math.move(matrix, line)), "soft-line"),
    s("path", { class: "axis", d: `M0 ${y(0)}H${width}M${x(0)} 0V${side}` }),
    [-3, -2, -1, 1, 2, 3].map((n) => [text(x(n), y(0) + 16, short(n), "tick mid"), text(x(0) - 6, y(n) + 4, short(n), "tick end")]),
    s("path", { class: "before", d: shape(F) }), s("path", { class: "after", d: shape(math.move(matrix, F)) }));
}

/** @param {any} place @param {number[]} end @param {string} name */
function arrow({ x, y }, [a, b], name) {
  const [x1, y1] = [x(a), y(b)];
  const long = Math.hypot(x1 - x(0), y1 - y(0)) || 1;
  const [u, v] = [(x1 - x(0)) / long, (y1 - y(0)) / long];
  return s("g", {}, s("path", { class: "ink arrow", d: `M${x(0)} ${y(0)}L${x1} ${y1}` }),
    name && text(x1 + (u > 0.5 ? 14 : -14), y1 + (v < -0.5 ? -12 : 24), name, `val halo${u > 0.5 ? "" : " end"}`));
}

function one({ model, el }) {
  const it = live(model, { compute: math.plane, draw: () => view.draw() });
  const view = frame(el, model, {
    name: "A matrix moves the plane", keys: [[["←", "→", "↑", "↓"], "move a column"], [["Shift"], "by 1"]], table, draw, it,
  });
  const svg = s("svg", { class: "plot plane", role: "group", "aria-label": "The plane, and where the matrix puts (1, 0) and (0, 1)" });
  const back = s("g");
  svg.append(back);
  view.picture.append(svg);
  const inputs = ["a", "b", "c", "d"].map((name) => number({
    label: `${{ a: "top left", b: "top right", c: "bottom left", d: "bottom right" }[name]}, ${name}`, value: it.settings[name],
    min: -99, max: 99, hidden: true, step: "any",
  }, (value) => it.set({ [name]: value })));
  view.controls.append(h("div", { class: "span row" },
    h("div", { class: "matrix", role: "group", "aria-label": "The matrix" }, inputs.map((input) => input.node)),
    h("div", { class: "row presets" }, [["Stretch", [2, 0, 0, 1]], ["Mirror", [-1, 0, 0, 1]], ["Shear", [1, 1, 0, 1]], ["Squash", [1, 1, 0.5, 0.5]]].map(([said, [a, b, c, d]]) =>
      h("button", { class: "btn sm", type: "button", onclick: () => it.set({ a, b, c, d }) }, said)))));

  let at;
  let rests = null; // the place that the pointer rests on
  const mine = () => (rests ?? (Array.isArray(it.view.point) ? it.view.point : [1, 2])).map(Number);
  const to = (names, [p, q]) => {
    const tidy = (value) => Math.max(-REACH, Math.min(REACH, Math.round(value * 10) / 10));
    it.set({ [names[0]]: tidy(p), [names[1]]: tidy(q) });
  };
  const same = ([[a, b], [c, d]]) => b === 0 && c === 0 && a === d; // every direction is kept: nothing to draw
  const handles = [["a", "c", "(1, 0)"], ["b", "d", "(0, 1)"]].map(([up, down, name]) => handle(svg, {
    label: `Where ${name} lands`, move: (px, py) => to([up, down], [at.x.invert(px), at.y.invert(py)]),
    nudge: (dx, dy, far) => to([up, down], [it.settings[up] + dx * (far ? 1 : 0.1), it.settings[down] + dy * (far ? 1 : 0.1)]),
  }));

  const put = (point) => { rests = null; it.look({ point: point.map((v) => Math.max(-REACH, Math.min(REACH, Math.round(v * 10) / 10))) }); };
  handles.push(handle(svg, {
    label: "A point of yours", small: true, move: (px, py) => put([at.x.invert(px), at.y.invert(py)]),
    nudge: (dx, dy, far) => put([mine()[0] + dx * (far ? 1 : 0.1), mine()[1] + dy * (far ? 1 : 0.1)]),
  }));
  svg.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse" || event.buttons || event.target.closest(".handle")) return;
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    rests = [at.x.invert(place.x), at.y.invert(place.y)].map((v) => Math.round(v * 10) / 10);
    view.draw();
  });
  svg.addEventListener("pointerleave", () => { if (rests) { rests = null; view.draw(); } });

  function draw(width) {
    at = map(width);
    svg.setAttribute("viewBox", `0 0 ${at.width} ${at.side}`);
    const { matrix, unit_vectors, determinant, eigenvectors, gap } = it.state;
    const point = mine();
    const [lands] = math.move(matrix, [point]);
    const [[x1, y1], [x2, y2]] = [at.at(point), at.at(lands)];
    const corner = it.state.unit_square[2];
    const kept = eigenvectors.filter(([value]) => Math.abs(value) > 1e-9).map(([, p, q]) => [p, q].map((v) => 12 * v));
    fill(back, drawn(at, matrix),
      kept.length < 3 && determinant !== 0 && !same(matrix) && kept.map(([p, q]) => s("path", { class: "marker fine", d: `M${at.x(-p)} ${at.y(-q)}L${at.x(p)} ${at.y(q)}` })),
      s("path", { class: "ink far", d: `${path(it.state.unit_square, at.x, at.y)}` }),
      Math.abs(determinant) > 0.3 && text(at.x(corner[0] / 2), at.y(corner[1] / 2) + 4, `area ${short(Math.abs(determinant), 3)}`, "val mid halo"),
      Math.hypot(x2 - x1, y2 - y1) > 8 && s("path", { class: "leg", d: `M${x1} ${y1}L${x2} ${y2}` }), s("circle", { class: "spot first", r: 4.5, cx: x2, cy: y2 }),
      unit_vectors.map((vector, n) => arrow(at, vector, ["(1, 0)", "(0, 1)"][n])));
    handles[2].show(x1, y1, point[0], `${said(point)} lands on ${said(lands)}`);
    handles.slice(0, 2).forEach((one, n) => {
      const inside = unit_vectors[n].map((v) => Math.max(-REACH, Math.min(REACH, v)));
      one.show(...at.at(inside), unit_vectors[n][0], `lands on ${said(unit_vectors[n])}`);
    });
    inputs.forEach((input, n) => input.show(it.settings["abcd"[n]]));
    const [[a, b], [c, d]] = matrix.map((row) => row.map((v) => short(v)));
    formula(view.card, {
      title: determinant === 0 ? "All of it on a line" : `Areas grow ${short(Math.abs(determinant))} times${determinant < 0 ? ", mirrored" : ""}`,
      head: ["", "first column", "second"],
      rows: [["across", a, b], ["up", c, d], { sum: ["a·d", "", short(matrix[0][0] * matrix[1][1])] }, ["− b·c", "", short(-matrix[0][1] * matrix[1][0])],
        { sum: ["determinant", "", short(determinant)] }],
      after: [sum(point, lands, matrix), h("p", { class: "small soft" }, eigenvectors.length
        ? `Not turned: ${eigenvectors.map(([value, p, q]) => `${said([p, q].map((v) => Number(v.toFixed(2))))}, stretched ${short(value, 3)} times`).join("; ")}.`
        : "Every direction is turned."),
      gap < 0.01 && h("p", { class: "small" }, "That is a quarter turn against the clock.")],
    });
  }
  /** Where a point lands: so much of the first column, and so much of the second. */
  /** @param {number[]} point @param {number[]} image @param {number[][]} matrix */
  function sum([p, q], [across, up], [[a, b], [c, d]]) {
    const card = h("div", { class: "formula" });
    formula(card, { title: `${said([p, q])} lands on ${said([across, up])}`, head: ["", "across", "up"],
      rows: [[`${short(p)} × first`, short(p * a), short(p * c)], [`+ ${short(q)} × second`, short(q * b), short(q * d)], { sum: ["lands on", short(across), short(up)] }] });
    return card;
  }
  function table() {
    return { caption: "Where points land", head: ["point", "across", "up"],
    rows: [[1, 0], [0, 1], [1, 1], [0, 2], [1, 2], mine()].map((point) => [said(point), ...math.move(it.state.matrix, [point])[0]]) };
  }
  return () => { it.stop(); view.close(); };
}

function two({ model, el }) {
  const at = () => Math.max(0, Math.min(2, it.view.stage ?? 2));
  const it = live(model, { compute: math.two_moves, draw: () => view.draw() });
  const view = frame(el, model, { name: "Two moves, one after the other", keys: [[["←", "→"], "before, between, after"]], table, draw, it });
  const svg = s("svg", { class: "plot plane", tabindex: "0", role: "slider", "aria-label": "Moves done", "aria-valuemin": 0, "aria-valuemax": 2 });
  view.picture.append(svg);
  const order = choose({ legend: "Order", options: [[false, "Turn, then stretch"], [true, "Stretch, then turn"]], value: it.settings.stretch_first },
    (stretch_first) => it.set({ stretch_first }));
  const stages = choose({ legend: "Stage", options: [[0, "Before"], [1, "One move"], [2, "Both"]], value: at() }, (chosen) => show(chosen));
  view.tools.append(stages.node);
  order.node.classList.add("span", "fit");
  view.controls.append(order.node);
  const show = (chosen) => it.look({ stage: Math.max(0, Math.min(2, chosen)) });
  svg.addEventListener("keydown", (event) => {
    const to = { ArrowRight: at() + 1, ArrowUp: at() + 1, ArrowLeft: at() - 1, ArrowDown: at() - 1, Home: 0, End: 2 }[event.key];
    if (to !== undefined) { event.preventDefault(); show(to); }
  });

  const IDENTITY = [[1, 0], [0, 1]];
  const matrices = () => [IDENTITY, math.MOVES[it.state.first], math.product(math.MOVES[it.state.then], math.MOVES[it.state.first])];
  const landed = () => matrices().map((matrix) => math.move(matrix, [[1, 0]])[0].map((v) => Number(v.toFixed(6)) + 0));

  function draw(width) {
    const place = map(width);
    const stage = at();
    svg.setAttribute("viewBox", `0 0 ${place.width} ${place.side}`);
    const point = landed()[stage];
    stages.show(stage);
    fill(svg, drawn(place, matrices()[stage]), arrow(place, point, "(1, 0)"), s("circle", { class: "spot here", r: 7, cx: place.x(point[0]), cy: place.y(point[1]) }));
    svg.setAttribute("aria-valuenow", stage);
    svg.setAttribute("aria-valuetext", `${["before", `after ${it.state.first}`, `after both`][stage]}: (1, 0) is at ${said(point)}`);
    order.show(it.settings.stretch_first);
    const { first, then, matrix, gap } = it.state;
    formula(view.card, {
      title: `First ${first}, then ${then}`, head: ["(1, 0) is at", "across", "up"],
      rows: [["before", "1", "0"], [`after ${first}`, ...landed()[1].map((v) => short(v))], [`after ${then}`, ...landed()[2].map((v) => short(v))],
        { sum: [`${then} @ ${first}`, ...matrix[0].map((v) => short(v))] }, ["", ...matrix[1].map((v) => short(v))]],
      after: [h("p", { class: "small soft" }, gap < 0.01 ? "It is at (0, 3)." : "It is not at (0, 3).")],
    });
  }
  function table() {
    return { caption: "Where (1, 0) goes", head: ["move", "across", "up"],
    rows: landed().map((point, n) => [["before", it.state.first, it.state.then][n], ...point]) };
  }
  return () => { it.stop(); view.close(); };
}

const said = (point) => `(${point.map((v) => short(v, 3)).join(", ")})`;

export default { render: (given) => ("stretch_first" in given.model.get("settings") ? two : one)(given) };
