// A tree of continuations: what could come next, and after each of those. State: lenses/tree.py.
// Settings: path ("0.2" is the third child of the first); breadth and depth are answered by Python. A state may have more: it is pruned.

import { h, s } from "../kit/dom.js";
import { plot, text } from "../kit/draw.js";
import { fit, printable, probability, shown } from "../kit/format.js";
import { lens } from "../kit/lens.js";
import { slider } from "../kit/controls.js";

/** The tree with no more children and levels than that: the likeliest children come first, so it is the smaller tree. */
const pruned = (node, breadth, depth) => ({ ...node, children: depth < 1 ? [] : node.children.slice(0, breadth).map((child) => pruned(child, breadth, depth - 1)) });
const smaller = (context) => ({ ...context, state: { ...context.state, depth: Math.min(context.settings.depth, context.state.depth),
  root: pruned(context.state.root, context.settings.breadth, context.settings.depth) } });

/** The nodes from the root to the place; a place that is not there ends at the last that is. */
export function walked(root, path) {
  const nodes = [root];
  const places = [];
  for (const place of path === "" ? [] : path.split(".").map(Number)) {
    const child = nodes.at(-1).children[place];
    if (!child) break;
    nodes.push(child);
    places.push(place);
  }
  return { nodes, places };
}

/** All paths from leaf to leaf with their probability, the likeliest first. */
function paths(root) {
  const found = [];
  const below = (node, before) => {
    for (const child of node.children) {
      const all = [...before, child];
      if (child.children.length) below(child, all);
      else found.push(all);
    }
  };
  below(root, []);
  return found.sort((a, b) => b.at(-1).path - a.at(-1).path);
}

function draw({ state, settings, width, put }) {
  const { nodes } = walked(state.root, settings.path);
  const on = new Set(nodes);
  const likeliest = new Set(paths(state.root)[0] ?? []);
  const column = width / (state.depth + 1);
  const tall = 27;
  let leaf = 0;
  const lines = [];
  const names = [];
  function place(node, depth, path) {
    const kids = node.children.map((child, n) => [child, place(child, depth + 1, path === "" ? String(n) : `${path}.${n}`)]);
    const y = kids.length ? (kids[0][1] + kids.at(-1)[1]) / 2 : 16 + tall * leaf++;
    const x = column * depth;
    const room = column - 14;
    for (const [child, to] of kids) {
      lines.push(s("path", { class: "link-line", "stroke-width": Math.max(0.8, 14 * child.path).toFixed(1), "stroke-opacity": likeliest.has(child) || on.has(child) ? 0.9 : 0.35,
        d: `M${x + room} ${y}C${x + room + 9} ${y} ${x + column - 9} ${to} ${x + column} ${to}` }));
    }
    const label = depth && room > 90 ? `${fit(node.label, room - 52)} ${probability(node.probability)}` : fit(node.label, room - 8);
    names.push(s("g", { "data-at": path }, s("rect", { class: `tokbox${node === nodes.at(-1) ? " on" : ""}`, x, y: y - 12, width: room, height: 24, rx: 3 }),
      text(x + 5, y + 5, label, node === nodes.at(-1) ? "val onm" : likeliest.has(node) || !depth ? "val b" : "val")));
    return y;
  }
  place(state.root, 0, "");
  const last = nodes.at(-1);
  const words = printable(nodes.slice(1).map((node) => node.label).join(""));
  const best = paths(state.root)[0] ?? [];
  const sentence = nodes.length > 1 ? `“${words}” follows with ${probability(last.path)}: ${nodes.slice(1).map((node) => probability(node.probability)).join(" × ")}.`
    : `The likeliest way is “${printable(best.map((node) => node.label).join(""))}”, with ${probability(best.at(-1)?.path ?? 0)}.`;
  return {
    picture: plot(width, tall * leaf + 8, ...lines, ...names), label: sentence, told: h("span", {}, sentence), scale: `at ${shown(state.root.label)} all others hold ${probability(Math.max(0, 1 - state.root.children.reduce((sum, child) => sum + child.probability, 0)))}`,
    controls: () => [slider({ label: "Branches", min: 1, max: 6, step: 1, value: settings.breadth, ends: ["1", "6"] }, (breadth) => put({ breadth, path: "" })).node,
      slider({ label: "Tokens far", min: 1, max: 5, step: 1, value: settings.depth, ends: ["1", "5"] }, (depth) => put({ depth, path: "" })).node],
  };
}

function press(key, { state, settings, put }) {
  const { nodes, places } = walked(state.root, settings.path);
  const to = [...places];
  const siblings = nodes.at(-2)?.children.length ?? 1;
  if (key === "ArrowRight" && nodes.at(-1).children.length) to.push(0);
  else if (key === "ArrowLeft" || key === "Home") to.pop();
  else if (key === "ArrowDown" && to.length) to.push(Math.min(siblings - 1, to.pop() + 1));
  else if (key === "ArrowUp" && to.length) to.push(Math.max(0, to.pop() - 1));
  else return key.startsWith("Arrow");
  put({ path: to.join(".") });
  return true;
}

function hint(place, { state }) {
  const node = walked(state.root, place).nodes.at(-1);
  return place === "" ? shown(node.label) : `${shown(node.label)}: ${probability(node.probability)} here, ${probability(node.path)} with all before it`;
}

function table({ state }) {
  return { caption: "Every way through the tree, the likeliest first.", head: ["text", "probability", "step by step"],
    rows: paths(state.root).slice(0, 300).map((path) => [shown(path.map((node) => node.label).join(""), 60), path.at(-1).path, path.map((node) => probability(node.probability)).join(" × ")]) };
}

export default {
  render: ({ model, el }) => lens(el, model, {
    name: "What could come", keys: [[["→"], "further"], [["←"], "back"], [["↑", "↓"], "other"]], start: { breadth: 3, depth: 3, path: "" },
    draw: (context) => draw(smaller(context)), table: (context) => table(smaller(context)), press: (key, context) => press(key, smaller(context)),
    hint: (place, context) => hint(place, smaller(context)),
    pick: (place, { put }) => put({ path: place }),
  }),
};
