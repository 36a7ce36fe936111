// The arithmetic of lesson 0.1, as its experiments.py does it: the slope of x², and the error of a step.

import { clip } from "./round.js";

const square = (x) => x * x;
const cube = (x) => x * x * x;
const forward = (f, x, h) => (f(x + h) - f(x)) / h;
const central = (f, x, h) => (f(x + h) - f(x - h)) / (2 * h);

const WANTED = -4;
export const SIZES = Array.from({ length: 16 }, (_, n) => Number(`1e-${n + 1}`));
const CURVE = Array.from({ length: 121 }, (_, n) => [(n - 60) / 10, square((n - 60) / 10)]);

/** Stand at x on x², step h to the right, and divide. */
export function drag(settings) {
  const x = clip(settings.x, -6, 6);
  const h = clip(settings.h, 1e-6, 3);
  const slope = forward(square, x, h);
  return { x, h, slope, gap: Math.abs(slope - WANTED), wanted: WANTED, curve: CURVE };
}

/** The slope of x³ at 2, which is 12, with a step of 10 to the power of -digits. */
export function step(settings) {
  const digits = clip(Math.trunc(settings.digits), 1, SIZES.length);
  const h = SIZES[digits - 1];
  const slope = (settings.both_sides ? central : forward)(cube, 2, h);
  return {
    x: 2, h, digits, both_sides: Boolean(settings.both_sides), slope, error: Math.abs(slope - 12), sizes: SIZES,
    errors_one_side: SIZES.map((size) => Math.abs(forward(cube, 2, size) - 12)),
    errors_both_sides: SIZES.map((size) => Math.abs(central(cube, 2, size) - 12)),
  };
}
