// The vectors of tokens on a plane, and who is near whom in all dimensions. State: lenses/embeddings.py.
// Settings: point (which is looked at), find (what was searched for); count, method, perplexity and seed are answered by Python.

import { h, s } from "../kit/dom.js";
import { plot, text } from "../kit/draw.js";
import { fit, fixed, printable, shown } from "../kit/format.js";
import { lens } from "../kit/lens.js";
import { clamp, range } from "../kit/scale.js";
import { choose, line, number } from "../kit/controls.js";

const NEAR = 5;

/** The points whose vectors point most nearly the same way: [[point, cosine], ...], the nearest first. */
export function nearest(vectors, point, most = NEAR) {
  const length = (v) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0)) || 1e-12;
  const own = vectors[point];
  const size = length(own);
  return vectors.map((v, i) => [i, v.reduce((sum, x, d) => sum + x * own[d], 0) / (length(v) * size)])
    .filter(([i]) => i !== point).sort((a, b) => b[1] - a[1]).slice(0, most);
}

/** The point of a token by its name: as it is written, or as a word begins, whatever the case; −1 if it is not here. */
function pointOf(labels, word) {
  const wanted = word.trim().toLowerCase();
  const bare = labels.map((label) => label.trim().toLowerCase());
  const whole = labels.indexOf(word) >= 0 ? labels.indexOf(word) : bare.indexOf(wanted);
  return whole >= 0 || !wanted ? whole : bare.findIndex((label) => label.startsWith(wanted));
}

function laid(state, width) {
  const tall = clamp(width * 0.62, 300, 520);
  const [low, high] = [0, 1].map((d) => d).reduce((ends, d) => { const all = state.places.map((p) => p[d]); ends[0].push(Math.min(...all)); ends[1].push(Math.max(...all)); return ends; }, [[], []]);
  const at = state.places.map(([x, y]) => [30 + ((x - low[0]) / (high[0] - low[0] || 1)) * (width - 60), 20 + (1 - (y - low[1]) / (high[1] - low[1] || 1)) * (tall - 40)]);
  return { at, tall };
}

function draw({ state, settings, width, put }) {
  const point = clamp(settings.point, 0, state.labels.length - 1);
  const { at, tall } = laid(state, width);
  const near = nearest(state.vectors, point);
  const taken = [];
  const free = (x, y, w) => {
    const hit = taken.some(([a, b, c]) => x < a + c && a < x + w && Math.abs(y - b) < 15);
    if (!hit) taken.push([x, y, w]);
    return !hit;
  };
  const named = [point, ...near.map(([i]) => i), ...range(at.length)]; // the chosen one and its neighbours first, then the frequent
  const names = new Set();
  const texts = [];
  for (const i of named) {
    if (names.has(i)) continue;
    names.add(i);
    const label = fit(state.labels[i], 110);
    const w = label.length * 7.8;
    const x = clamp(at[i][0] + 7, 0, width - w);
    if (free(x, at[i][1], w)) texts.push(text(x, at[i][1] + 4, label, `val halo${i === point ? " b" : ""}`));
  }
  const [best, cosine] = near[0];
  const words = `Nearest to ${shown(state.labels[point])} in all ${state.vectors[0].length} dimensions: `;
  const list = near.map(([i, c]) => `${shown(state.labels[i])} ${c.toFixed(2)}`).join(", ");
  const links = near.map(([i, c], n) => [n ? ", " : "", h("button", { class: "link said", type: "button", onclick: () => put({ point: i, find: "" }) }, shown(state.labels[i])), ` ${fixed(c)}`]);
  const missing = settings.find && pointOf(state.labels, settings.find) < 0 ? `“${printable(settings.find)}” is not among these ${state.labels.length} tokens; show more of them. ` : "";
  const way = state.method === "pca" ? `The two directions hold ${Math.round(100 * (state.explained[0] + state.explained[1]))}% of the variance` : "Only who is near whom: distances between groups mean nothing";
  return {
    picture: plot(width, tall, near.map(([i, c]) => s("path", { class: "link-line", "stroke-width": Math.max(0.8, 3 * c).toFixed(1), "stroke-opacity": 0.6, d: `M${at[point]}L${at[i]}` })),
      at.map(([x, y], i) => s("g", { "data-at": i }, s("circle", { cx: x, cy: y, r: 11, fill: "transparent" }), s("circle", { class: i === point ? "spot" : "dot", cx: x, cy: y, r: i === point ? 6 : 3.5 }))), ...texts),
    label: `${words}${list}. The best is ${shown(state.labels[best])} with a cosine of ${cosine.toFixed(2)}.`,
    told: [missing, words, links, `. ${way}; trustworthiness ${state.trustworthiness.toFixed(2)} of 1.`],
    scale: state.selection, controlsKey: `${state.method} ${state.labels.length} ${state.labels[0]}`,
    controls: () => [line({ label: "Find a token", value: settings.find, button: "Find" }, (find) => { const at = pointOf(state.labels, find); put(at < 0 ? { find } : { find, point: at }); }).node,
      choose({ legend: "How it is drawn", options: [["pca", "PCA"], ["tsne", "t-SNE"]], value: state.method }, (method) => put({ method })).node,
      number({ label: "Tokens", value: settings.count, min: 4, max: 300, step: 1 }, (count) => put({ count })).node,
      number({ label: "Perplexity (t-SNE)", value: settings.perplexity, min: 1, max: 100 }, (perplexity) => put({ perplexity })).node,
      number({ label: "Seed (t-SNE)", value: settings.seed, min: 0, max: 9999, step: 1 }, (seed) => put({ seed })).node],
  };
}

function hint(place, { state, settings }) {
  const point = clamp(settings.point, 0, state.labels.length - 1);
  const cosine = nearest(state.vectors, point, state.labels.length).find(([i]) => i === Number(place))?.[1] ?? 1;
  return Number(place) === point ? shown(state.labels[place]) : `${shown(state.labels[place])}: cosine ${fixed(cosine)} with ${shown(state.labels[point])}`;
}

function press(key, { state, settings, put, width }) {
  const { at } = laid(state, width);
  const point = clamp(settings.point, 0, at.length - 1);
  const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
  if (key === "n" || key === "N") { put({ point: nearest(state.vectors, point, 1)[0][0] }); return true; }
  if (!way) return false;
  // the nearest on that side, what lies aside counting twice
  const rank = (i) => {
    const along = (at[i][0] - at[point][0]) * way[0] + (at[i][1] - at[point][1]) * way[1];
    const aside = Math.abs((at[i][0] - at[point][0]) * way[1]) + Math.abs((at[i][1] - at[point][1]) * way[0]);
    return along > 0.5 ? along + 2 * aside : Infinity;
  };
  const best = range(at.length).reduce((one, i) => (rank(i) < rank(one) ? i : one), point);
  put({ point: best });
  return true;
}

function table({ state, settings }) {
  const point = clamp(settings.point, 0, state.labels.length - 1);
  const near = new Map(nearest(state.vectors, point, state.labels.length));
  return { caption: `Places on the plane, and the cosine with “${shown(state.labels[point])}”.`, head: ["token", "across", "up", "cosine"],
    rows: state.labels.map((label, i) => [shown(label), state.places[i][0], state.places[i][1], i === point ? 1 : Number(near.get(i).toPrecision(6))]) };
}

export default {
  render: ({ model, el }) => lens(el, model, {
    name: "Tokens as points", keys: [[["←", "→", "↑", "↓"], "point"], [["N"], "nearest"]],
    start: { point: 0, find: "", count: 60, method: "pca", perplexity: 15, seed: 0 }, draw, table, press, hint, pick: (place, { put }) => put({ point: Number(place) }),
  }),
};
