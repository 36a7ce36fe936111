// The arithmetic of lesson 3.2: six words, two numbers each, and every number of their attention.

import { round } from "./round.js";

export const WORDS = ["the", "cat", "saw", "a", "dog", "run"];
export const X = [[0, 0], [1, 0], [0, 1], [0, 0], [2, 0], [0, 1]];
/** A thing looks for a doing, and a doing for a thing; keys are the numbers themselves, values ten times as much. */
export const parts = (x) => ({ q: x.map(([thing, doing]) => [doing, thing]), k: x, v: x.map((row) => row.map((one) => 10 * one)) });
export const { q: Q, k: K, v: V } = parts(X);

/** Queries, keys and values to all that follows, in the order in which it is computed. */
export function attend({ q, k, v, scale, causal }) {
  const products = q.map((one) => k.map((other) => one[0] * other[0] + one[1] * other[1]));
  const scores = products.map((row) => row.map((x) => x / scale));
  const allowed = q.map((_, t) => k.map((__, s) => !causal || s <= t));
  const powers = scores.map((row, t) => row.map((x, s) => (allowed[t][s] ? Math.exp(x) : 0)));
  const weights = scores.map((row, t) => {
    const largest = Math.max(...row.filter((_, s) => allowed[t][s]));
    const raised = row.map((x, s) => (allowed[t][s] ? Math.exp(x - largest) : 0));
    const sum = raised.reduce((total, x) => total + x, 0);
    return raised.map((x) => x / sum);
  });
  const context = weights.map((row) => [0, 1].map((n) => row.reduce((total, w, s) => total + w * v[s][n], 0)));
  return { products, scores, allowed, powers, weights, context };
}

const four = (rows) => rows.map((row) => row.map((x) => round(x, 4)));

export function by_hand({ query, scaled, masked }) {
  const all = attend({ q: Q, k: K, v: V, scale: scaled ? Math.SQRT2 : 1, causal: masked });
  return {
    words: WORDS, query, scaled, masked, q: Q, k: K, v: V, products: all.products, scores: four(all.scores), allowed: all.allowed,
    weights: four(all.weights), context: four(all.context),
    on_dog: round(all.weights[WORDS.indexOf(query)][WORDS.indexOf("dog")], 4),
  };
}

/** The six words in another order. */
export function reorder({ order, masked }) {
  const words = order.split(" ").filter(Boolean);
  const places = words.map((word) => WORDS.indexOf(word));
  const before = attend({ q: Q, k: K, v: V, scale: Math.SQRT2, causal: masked }).context;
  const pick = (rows) => places.map((place) => rows[place]);
  const now = attend({ q: pick(Q), k: pick(K), v: pick(V), scale: Math.SQRT2, causal: masked }).context;
  const old = pick(before);
  return {
    words, masked, moved: words.filter((word, n) => word !== WORDS[n]).length, before: four(old), now: four(now),
    largest_change: round(Math.max(...now.map((row, n) => Math.max(...row.map((x, i) => Math.abs(x - old[n][i]))))), 4),
  };
}
