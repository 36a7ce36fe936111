// The arithmetic of lesson 0.3: down a surface, against its slope, with or without momentum.

import { clip } from "./round.js";

/** Heights across · x² + up · y². */
export const SURFACES = {
  bowl: { formula: "x² + y²", across: 1, up: 1, start: [-1.6, 1.2], steps: 20 },
  valley: { formula: "x²/2 + 10·y²", across: 0.5, up: 10, start: [-1.8, 1.0], steps: 40 },
};
const EXTENT = [-2, 2, -2, 2];
const TOO_FAR = 100 * 4; // a hundred map-widths

export const height = (surface, [x, y]) => surface.across * x ** 2 + surface.up * y ** 2;
export const slopes = (surface, [x, y]) => [2 * surface.across * x, 2 * surface.up * y];

/** Without momentum each step leaves so much of x and of y: beyond 1 it grows, below 0 it changes sides. */
export const left = (surface, rate) => [1 - 2 * rate * surface.across, 1 - 2 * rate * surface.up];

export const bowl = (settings) => descend("bowl", settings.learning_rate, 0);
export const valley = (settings) => descend("valley", settings.learning_rate, clip(settings.keep, 0, 0.99));

function descend(name, learning_rate, keep) {
  const surface = SURFACES[name];
  const rate = clip(learning_rate, 0.001, 3);
  const points = [surface.start];
  let [point, speed, diverged] = [surface.start, [0, 0], false];
  for (let number = 1; number <= surface.steps; number += 1) {
    const gradient = slopes(surface, point);
    speed = speed.map((one, n) => keep * one + gradient[n]);
    point = point.map((one, n) => one + -rate * speed[n]);
    if (!point.every((one) => Math.abs(one) < TOO_FAR)) {
      diverged = true;
      break;
    }
    points.push(point);
  }
  const heights = points.map((one) => height(surface, one));
  return {
    surface: name, formula: surface.formula, learning_rate: rate, keep, points, heights, height: heights.at(-1),
    steps: points.length - 1, diverged, extent: EXTENT, minimum: [0, 0],
  };
}
