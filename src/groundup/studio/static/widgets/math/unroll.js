// The arithmetic of lesson 1.1: a recurrent network whose state is two numbers, its weights chosen by hand.

import { round } from "./round.js";

export const LETTERS = ["a", "b", "n"];
export const ROWS = [[1, 0], [0, 1], [-1, 0.5]]; // what each letter is read as
export const RECURRENT = [[0.5, -0.5], [0.5, 0.5]]; // what the state hands on
export const OUT = [[-1, 1], [-1, -1], [2, 0]]; // scores of a, b and n, from the state

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

/** How far the last state would move if a letter were another: the larger of the two others, for each place. */
export function reach(word, at) {
  const [one, two] = states(word.slice(0, at + 1)).at(-1);
  return [...word.slice(0, at + 1)].map((letter, place) =>
    Math.max(...LETTERS.filter((other) => other !== letter).map((other) => {
      const [a, b] = states(word.slice(0, place) + other + word.slice(place + 1, at + 1)).at(-1);
      return Math.hypot(a - one, b - two);
    })));
}
