// The arithmetic of lesson 1.1: a recurrent network whose state is two numbers, its weights chosen by hand.

import { round } from "./round.js";

export const LETTERS = ["a", "b", "n"];
export const ROWS = [[1, 0], [0, 1], [-1, 0.5]]; // what each letter is read as
export const RECURRENT = [[0.5, -0.5], [0.5, 0.5]]; // what the state hands on
const OUT = [[-1, 1], [-1, -1], [2, 0]]; // scores of a, b and n, from the state

/** The state after one more letter. */
export function read([one, two], letter) {
  const x = ROWS[LETTERS.indexOf(letter)];
  return RECURRENT.map(([u, v], n) => Math.tanh(x[n] + (u * one + v * two)));
}

/** Shares of a, b and n to come next. */
export function shares([one, two]) {
  const scores = OUT.map(([u, v]) => u * one + v * two);
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The states after each letter of a word. */
export function states(word) {
  const found = [];
  for (const letter of word) found.push(read(found.at(-1) ?? [0, 0], letter));
  return found;
}

export function two_numbers(settings) {
  const word = settings.word.trim().toLowerCase();
  const walked = states(word);
  const next = walked.map(shares);
  return {
    letters: [...word], states: walked.map((row) => row.map((x) => round(x, 4) + 0)), vocabulary: LETTERS,
    shares: next.map((row) => row.map((x) => round(x, 4))), share_of_n: next.at(-1)[2], length: word.length,
  };
}

/** a·b for matrices of two by two. */
const times = (A, B) => A.map((row) => [0, 1].map((j) => row[0] * B[0][j] + row[1] * B[1][j]));
const size = (matrix) => Math.hypot(...matrix.flat());

/**
 * How strongly what is read at each place moves the state at place `at`: the size of the gradient, a matrix of two by two
 * (the root of its squares' sum). What comes later cannot reach back, and has 0.
 */
export function reachOf(word, at) {
  const all = states(word);
  const found = Array(word.length).fill(0);
  let passed = [[1, 0], [0, 1]]; // from the state at `at` back to the state at `place`
  for (let place = at; place >= 0; place -= 1) {
    const bend = all[place].map((v) => 1 - v * v);
    const through = passed.map((row) => row.map((v, n) => v * bend[n]));
    found[place] = size(through);
    passed = times(through, RECURRENT);
  }
  return found;
}

/** How strongly what is read at `from` moves the state at each place: 0 before it. */
export const reachTo = (word, from) => [...word].map((_, at) => reachOf(word, at)[from]);
