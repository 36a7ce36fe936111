// A point in a picture that can be moved: by finger or mouse, and with the arrow keys.

import { s } from "./dom.js";

/**
 * `move(x, y)` gets a place in the picture's own pixels; `nudge(across, up, far)` gets −1, 0 or 1 twice, and `far` with
 * Shift; `ends(last)` answers Home and End.
 * @param {SVGGraphicsElement} svg
 * @param {{ label: string, move: (x: number, y: number) => void, nudge: (across: number, up: number, far: boolean) => void, ends?: (last: boolean) => void, done?: () => void, small?: boolean }} options
 */
export function handle(svg, { label, move, nudge, ends, done, small = false }) {
  const node = s("g", { class: "handle", tabindex: "0", role: "slider", "aria-label": label },
    s("circle", { class: "reach", r: small ? 14 : 22 }), s("circle", { class: "halo", r: 13 }), s("circle", { class: small ? "grip small" : "grip", r: small ? 5 : 7.5 }));
  svg.append(node);

  const place = (event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const away = { x: 0, y: 0 }; // from the middle of the point to where it was taken hold of
  let at = { x: 0, y: 0 };
  node.addEventListener("pointerdown", (event) => {
    node.setPointerCapture(event.pointerId);
    const here = place(event);
    Object.assign(away, { x: at.x - here.x, y: at.y - here.y });
    node.focus({ preventScroll: true });
    event.preventDefault();
  });
  node.addEventListener("pointermove", (event) => {
    if (!node.hasPointerCapture(event.pointerId)) return;
    const here = place(event);
    move(here.x + away.x, here.y + away.y);
  });
  node.addEventListener("pointerup", () => done?.());
  node.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], PageUp: [0, 1], PageDown: [0, -1] }[event.key];
    if (way) nudge(way[0], way[1], event.shiftKey || event.key.startsWith("Page"));
    else if (ends && (event.key === "Home" || event.key === "End")) ends(event.key === "End");
    else return;
    event.preventDefault();
  });
  return {
    node,
    /** Where it stands, and what is read aloud. */
    show(x, y, value, said) {
      at = { x, y };
      node.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)})`);
      node.setAttribute("aria-valuenow", value);
      node.setAttribute("aria-valuetext", said);
    },
  };
}
