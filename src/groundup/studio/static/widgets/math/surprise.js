// The arithmetic of lesson 0.4's forecaster: what a forecast costs on four days, in bits.

import { clip } from "./round.js";

export const DAYS = [1, 1, 1, 0]; // 1: dry

const costs = (p) => DAYS.map((dry) => -Math.log2(dry ? p : 1 - p));
const mean = (numbers) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length;

const CURVE = Array.from({ length: 99 }, (_, n) => [(n + 1) / 100, mean(costs((n + 1) / 100))]);

export function forecaster(settings) {
  const p = clip(settings.p, 1e-6, 1 - 1e-6);
  const surprises = costs(p);
  return { p, surprises, bits: mean(surprises), days: DAYS, curve: CURVE };
}
