// The arithmetic of lesson 0.4: one neuron, and three, with weights set by hand.

import { round } from "./round.js";

const CORNERS = [[-1, -1], [-1, 1], [1, -1], [1, 1]];
export const TASKS = { and: [0, 0, 0, 1], or: [0, 1, 1, 1], xor: [0, 1, 1, 0] };
const EDGE = 1.6;
const [ROWS, COLUMNS] = [13, 35];

/** The score of one neuron at (x, y). @param {any} weights @param {number[]} point */
export const score = (weights, [x, y]) => weights.w1 * x + weights.w2 * y + weights.bias;

/** What the two hidden neurons give, and the score, at (x, y). @param {any} one @param {number[]} point */
export function three(one, [x, y]) {
  const a = Math.tanh(one.a1 * x + one.a2 * y + one.a_bias);
  const b = Math.tanh(one.b1 * x + one.b2 * y + one.b_bias);
  return [a, b, one.out_a * a + one.out_b * b + one.out_bias];
}

export function one_neuron(settings) {
  const task = settings.task in TASKS ? settings.task : "and";
  return shown({ ...settings, task }, TASKS[task], (point) => [score(settings, point)]);
}

export const two_neurons = (settings) => shown(settings, TASKS.xor, (point) => three(settings, point));

function shown(settings, labels, network) {
  const given = CORNERS.map(network);
  const scores = given.map((row) => row.at(-1));
  const across = (n) => -EDGE + (n * 2 * EDGE) / (COLUMNS - 1);
  const up = (n) => EDGE - (n * 2 * EDGE) / (ROWS - 1);
  return {
    ...settings, right: scores.filter((one, n) => (one > 0 ? 1 : 0) === labels[n]).length, points: CORNERS, labels, scores,
    hidden: given[0].length > 1 ? given.map((row) => row.slice(0, -1)) : [], edge: EDGE,
    map: Array.from({ length: ROWS }, (_, row) =>
      Array.from({ length: COLUMNS }, (__, column) => round(network([across(column), up(row)]).at(-1), 4))),
    probabilities: scores.map((one) => 1 / (1 + Math.exp(-one))),
  };
}
