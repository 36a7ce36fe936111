// The arithmetic of lesson 0.5's walk: tanh(a·b + c), forwards, and back along its five edges.

import { clip } from "./round.js";

/** Every number of the graph: values, gradients, and of each edge what arrived, its derivative, and what is passed on. */
export function graph(a = 2, b = -0.5, c = 1.5) {
  const p = a * b;
  const sum = p + c;
  const r = Math.tanh(sum);
  const bent = 1 - r ** 2; // the slope of tanh
  return {
    values: { a, b, c, p, s: sum, r },
    gradients: { r: 1, s: bent, p: bent, c: bent, a: bent * b, b: bent * a },
    edges: [
      { box: "tanh", to: "s", result: "r", arrived: 1, derivative: bent, rule: "1 − r²" },
      { box: "+", to: "p", result: "s", arrived: bent, derivative: 1, rule: "1" },
      { box: "+", to: "c", result: "s", arrived: bent, derivative: 1, rule: "1" },
      { box: "×", to: "a", result: "p", arrived: bent, derivative: b, rule: "b" },
      { box: "×", to: "b", result: "p", arrived: bent, derivative: a, rule: "a" },
    ].map((edge) => ({ ...edge, passed: edge.arrived * edge.derivative })),
  };
}

/** Forwards: each box, its operands and its formula, in the order in which they are computed. */
export const BOXES = [
  { result: "p", sign: "×", inputs: ["a", "b"], said: "p = a · b" }, { result: "s", sign: "+", inputs: ["p", "c"], said: "s = p + c" },
  { result: "r", sign: "tanh", inputs: ["s"], said: "r = tanh(s)" },
];

const EDGES = graph().edges;

/** As the lesson's function answers; `nodes` does not hang on the settings and stays what it was. */
export function walk(settings, before) {
  const step = clip(Math.trunc(settings.step), 1, EDGES.length);
  const right = Math.abs(settings.guess - EDGES[step - 1].derivative) < 0.006;
  return { step, guess: settings.guess, right, filled: right ? step : step - 1, nodes: before?.nodes ?? [] };
}
