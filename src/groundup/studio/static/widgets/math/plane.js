// The arithmetic of lesson 0.2: what a matrix of two by two does to the plane, and two moves one after the other.

import { clip, round } from "./round.js";

/**
 * Points (x, y) times the matrix.
 * @param {number[][]} matrix
 * @param {number[][]} points
 */
export const move = ([[a, b], [c, d]], points) => points.map(([x, y]) => [a * x + b * y, c * x + d * y]);

export const product = (A, B) => A.map((row) => [0, 1].map((j) => row[0] * B[0][j] + row[1] * B[1][j]));

/** @param {number[][]} matrix */
export const determinant = ([[a, b], [c, d]]) => a * d - b * c;

const between = (low, high, count) => Array.from({ length: count }, (_, n) => (n === count - 1 ? high : low + n * ((high - low) / (count - 1))));

/** Points along the letter F: its mirror image is no letter. */
export const LETTER = [
  ...between(0, 2, 41).map((y) => [0, y]), ...between(0, 1, 21).map((x) => [x, 2]), ...between(0, 0.75, 16).map((x) => [x, 1]),
];

/** Straight lines from -3 to 3, upright ones first, then level ones. */
export const GRID = (() => {
  const along = between(-3, 3, 13);
  const at = between(-3, 3, 7);
  return [...at.map((x) => along.map((y) => [x, y])), ...at.map((y) => along.map((x) => [x, y]))];
})();

/** [value, x, y] of the directions that are only stretched, the largest value first. */
/** @param {number[][]} matrix */
export function eigenvectors([[a, b], [c, d]]) {
  if (b === 0 && c === 0 && a === d) return [[a, 1, 0], [a, 0, 1]];
  const middle = (a + d) / 2;
  const half = (a - d) / 2;
  const under = half ** 2 + b * c;
  if (under < 0) return [];
  const root = Math.sqrt(under);
  return (root > 0 ? [middle + root, middle - root] : [middle]).map((value) => {
    const rows = [[a - value, b], [c, d - value]];
    const [x, y] = Math.hypot(...rows[1]) > Math.hypot(...rows[0]) ? rows[1] : rows[0];
    const long = Math.hypot(x, y);
    const [vx, vy] = [y / long, -x / long];
    return vx > 0 || (vx === 0 && vy > 0) ? [value, vx + 0, vy + 0] : [value, -vx + 0, -vy + 0];
  });
}

export function plane(settings) {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => clip(settings[name], -99, 99));
  const matrix = [[a, b], [c, d]];
  return {
    matrix, gap: Math.max(Math.abs(a), Math.abs(b + 1), Math.abs(c - 1), Math.abs(d)),
    grid: GRID, moved_grid: GRID.map((line) => move(matrix, line)), unit_vectors: [[a, c], [b, d]],
    unit_square: move(matrix, [[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]), determinant: determinant(matrix),
    letter: LETTER, eigenvectors: eigenvectors(matrix),
  };
}

const TURNED = Math.PI / 2;
const TURN = [[Math.cos(TURNED), -Math.sin(TURNED)], [Math.sin(TURNED), Math.cos(TURNED)]];
export const MOVES = { stretch: [[3, 0], [0, 1]], turn: TURN };

export function two_moves({ stretch_first }) {
  const [first, then] = stretch_first ? ["stretch", "turn"] : ["turn", "stretch"];
  const whole = product(MOVES[then], MOVES[first]);
  const [end] = move(whole, [[1, 0]]);
  const tidy = (pair) => pair.map((x) => round(x, 12) + 0);
  return {
    first, then, matrix: whole.map(tidy), end: tidy(end), gap: Math.max(Math.abs(end[0]), Math.abs(end[1] - 3)),
    moved_grid: GRID.map((line) => move(whole, line).map(tidy)), letter: LETTER,
  };
}
