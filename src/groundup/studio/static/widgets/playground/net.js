// A network as a picture: each neuron what it makes of the plane, each weight a line, the thicker the larger; dashed
// where it is below zero. One tab stop; arrow keys walk from neuron to neuron.

import { fill, h, s } from "../../kit/dom.js";
import { fixed } from "../../kit/format.js";
import { between, paint } from "../../kit/field.js";

const MOST = 3; // a weight of this size has the thickest line

/** How a neuron is called: what is read by its sign, the others by layer and number. */
export function called(settings, layer, n) {
  if (layer === 0) return said(settings.features[n]);
  if (layer > settings.layers.length) return "score";
  return settings.layers.length > 1 ? `${"ABCD"[layer - 1]}${n + 1}` : `neuron ${n + 1}`;
}

const SIGNS = { "x1": "x₁", "x2": "x₂", "x1^2": "x₁²", "x2^2": "x₂²", "x1*x2": "x₁·x₂", "sin x1": "sin πx₁", "sin x2": "sin πx₂" };

/** x1^2 as x₁². */
export const said = (name) => SIGNS[name];

/**
 * `look(layer, n)` on hover and focus (with nothing when the pointer leaves), `choose(layer, n, from)` on a click; `all` are
 * the features that could be read, `turn(name)` takes one in or out.
 * @param {{ all?: any, look: any, choose: any, turn?: any }} options
 */
export function net({ all, look, choose, turn }) {
  const lines = s("svg", { class: "plot net-lines", "aria-hidden": "true" });
  const nodes = h("div", { class: "net-nodes", role: "group", "aria-label": "The network. Arrow keys go from neuron to neuron." });
  const node = h("div", { class: "net" }, lines, nodes);
  let buttons = []; // [column][row]
  let built = "", at = [0, 0];

  nodes.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const column = Math.max(0, Math.min(buttons.length - 1, at[0] + way[0]));
    const row = Math.max(0, Math.min(buttons[column].length - 1, at[1] + way[1]));
    buttons[column][row].focus();
  });
  node.addEventListener("pointerleave", () => look());

  function build(settings) {
    const columns = [all ?? settings.features, ...settings.layers.map((count) => Array(count).fill("")), ["score"]];
    buttons = columns.map((names, column) => names.map((name, row) => {
      const inner = [h("canvas", { "aria-hidden": "true" }), column === 0 && h("span", {}, said(name))];
      const button = h("button", { type: "button", class: `net-node${column === 0 ? " reads" : ""}`, tabindex: "-1" }, inner);
      const which = () => (column === 0 ? settings.features.indexOf(name) : row);
      button.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse" && which() >= 0) look(column, which()); });
      button.addEventListener("focus", () => {
        at = [column, row];
        if (which() >= 0) look(column, which(), true);
        rove();
      });
      button.addEventListener("click", () => (column === 0 ? turn?.(name) : choose(column, row)));
      return button;
    }));
    fill(nodes, buttons);
    at = [Math.min(at[0], buttons.length - 1), 0];
    rove();
  }
  function rove() {
    buttons.forEach((column, c) => column.forEach((button, r) => { button.tabIndex = c === at[0] && r === at[1] ? 0 : -1; }));
  }

  /** `network`, its `maps` and the `chosen` [layer, n], at a width in pixels. */
  function draw({ settings, network, maps, chosen, theme, width }) {
    const key = JSON.stringify([settings.features, settings.layers]);
    if (key !== built) {
      const within = nodes.contains(document.activeElement);
      const was = at;
      built = key;
      build(settings);
      if (within) buttons[Math.min(was[0], buttons.length - 1)][Math.min(was[1], buttons[Math.min(was[0], buttons.length - 1)].length - 1)].focus();
    }
    const columns = buttons.length;
    const most = Math.max(...buttons.map((column) => column.length));
    const size = Math.max(26, Math.min(42, Math.floor(width / columns) - 16, 46));
    const each = size + 12;
    const reads = width < 420 ? 14 : 46; // room for the names of what is read
    const tall = most * each + 4;
    nodes.style.height = `${tall}px`;
    const x = (column) => reads + (column * (width - reads - size)) / (columns - 1);
    const y = (column, row) => (tall - buttons[column].length * each) / 2 + row * each + 6;
    const placeOf = (column, n) => (column === 0 ? (all ?? settings.features).indexOf(settings.features[n]) : n);
    buttons.forEach((column, c) => column.forEach((button, r) => {
      const on = c > 0 || settings.features.includes((all ?? settings.features)[r]);
      const n = c === 0 ? settings.features.indexOf((all ?? settings.features)[r]) : r;
      const name = c === 0 ? said((all ?? settings.features)[r]) : called(settings, c, n);
      Object.assign(button.style, { left: `${x(c)}px`, top: `${y(c, r)}px`, width: `${size}px`, height: `${size}px` });
      button.classList.toggle("off", !on);
      button.classList.toggle("on", chosen[0] === c && chosen[1] === n);
      if (c === 0 && all) button.setAttribute("aria-pressed", String(on));
      const canvas = button.firstChild;
      if (on) {
        const map = maps[c][n];
        const middle = settings.activation === "sigmoid" && c > 0 && c < columns - 1 ? 0.5 : 0;
        paint(canvas, theme, size, between(map), { middle, most: c === columns - 1 ? 4 : 1 });
        button.setAttribute("aria-label", c === 0 ? `reads ${name}` : `${name}, bias ${fixed(network.layers[c - 1].biases[n])}`);
      } else {
        canvas.width = canvas.height = size;
        button.setAttribute("aria-label", `does not read ${name}`);
      }
    }));
    lines.setAttribute("viewBox", `0 0 ${width} ${tall}`);
    const drawn = network.layers.flatMap((layer, l) => layer.weights.flatMap((row, m) => row.map((weight, n) => {
      const [x1, y1] = [x(l) + size, y(l, placeOf(l, m)) + size / 2];
      const [x2, y2] = [x(l + 1), y(l + 1, n) + size / 2];
      const middle = (x1 + x2) / 2;
      const d = `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
      const thick = 0.4 + 5.6 * Math.min(1, Math.abs(weight) / MOST);
      const into = chosen[0] === l + 1 && chosen[1] === n;
      return s("g", {}, into && s("path", { class: "net-mark", d, "stroke-width": thick + 5 }),
        s("path", { class: `net-line${weight < 0 ? " below" : ""}`, d, "stroke-width": thick.toFixed(2), opacity: into ? 1 : 0.55 }),
        s("path", { class: "net-reach", d, onpointerenter: () => look(l + 1, n, false, m), onclick: () => choose(l + 1, n, m) }));
    })));
    fill(lines, drawn);
  }
  return { node, draw };
}
