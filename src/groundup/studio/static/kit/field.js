// A number at every place of the plane, painted: marker where it is above the middle, the stronger the higher; paper
// with hatching where it is below. A line of ink runs between. Never two hues.

import { h } from "./dom.js";

const STEPS = 10;

let asked = { key: "", found: null };

/** The colours of the theme as it is now, which a canvas has to ask for: each as one number, as a canvas keeps them. */
export function colours(near) {
  const key = getComputedStyle(near).color;
  if (asked.key !== key) asked = { key, found: look(near) };
  return asked.found;
}

function look(near) {
  const probe = h("span", { hidden: true });
  near.append(probe);
  const dot = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    dot.clearRect(0, 0, 1, 1);
    dot.fillStyle = colour;
    dot.fillRect(0, 0, 1, 1);
    return new Uint32Array(dot.getImageData(0, 0, 1, 1).data.buffer)[0];
  };
  const heat = Array.from({ length: STEPS }, (_, n) => {
    probe.className = `h${n}`;
    probe.style.color = "var(--h)"; // not by a class: the widgets' own rules may still be on their way
    return rgb(getComputedStyle(probe).color);
  });
  const token = (name) => {
    probe.className = "";
    probe.style.color = `var(--${name})`;
    return rgb(getComputedStyle(probe).color);
  };
  const found = { heat, paper: token("sheet"), hatch: token("line"), ink: token("ink") };
  probe.remove();
  return found;
}

/**
 * Paint `value(across, up)`, both from 0 to 1, onto a canvas of `size` pixels. `middle` parts yes from no, `most` is what
 * counts as full; `edge` draws the line between.
 */
export function paint(canvas, theme, size, value, { middle = 0, most = 1, edge = true, hatched = true } = {}) {
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d");
  const image = context.createImageData(size, size);
  const pixels = new Uint32Array(image.data.buffer);
  const above = new Uint8Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const over = value((column + 0.5) / size, 1 - (row + 0.5) / size) - middle;
      const place = row * size + column;
      above[place] = over > 0 ? 1 : 0;
      const step = Math.min(7, 2 + Math.floor((5.99 * Math.min(over, most)) / most));
      const line = hatched && (column + row) % 7 === 0;
      pixels[place] = over > 0 ? theme.heat[step] : line ? theme.hatch : theme.paper;
    }
  }
  if (edge) {
    for (let row = 1; row < size; row += 1) {
      for (let column = 1; column < size; column += 1) {
        const place = row * size + column;
        if (above[place] !== above[place - 1] || above[place] !== above[place - size]) pixels[place] = theme.ink;
      }
    }
  }
  context.putImageData(image, 0, 0);
}

/** A function of (across, up) between the numbers of a map whose row 0 is the bottom. */
export function between(map) {
  const [rows, columns] = [map.length, map[0].length];
  return (across, up) => {
    const [x, y] = [across * (columns - 1), up * (rows - 1)];
    const [column, row] = [Math.min(columns - 2, Math.floor(x)), Math.min(rows - 2, Math.floor(y))];
    const [u, v] = [x - column, y - row];
    return (1 - v) * ((1 - u) * map[row][column] + u * map[row][column + 1]) + v * ((1 - u) * map[row + 1][column] + u * map[row + 1][column + 1]);
  };
}
