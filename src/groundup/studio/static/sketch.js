// Drawing a guess: with the pointer from left to right, or with the arrow keys, on the sheet that the page brought.

const COLUMNS = 40;

/** Makes the sheet of a form drawable. Returns a function for its points, [[x, y], ...] in the units of the axes. */
export function sheet(form) {
  const svg = form.querySelector(".sketch");
  const [x0, x1] = numbers(svg.dataset.x), [y0, y1] = numbers(svg.dataset.y);
  const [left, top, right, bottom] = numbers(svg.dataset.sheet);
  const [across, up] = JSON.parse(svg.dataset.axes);
  const line = svg.querySelector(".drawn"), pen = svg.querySelector(".pen");
  const heights = new Array(COLUMNS + 1).fill(null); // as a part of the axis, from 0 to 1
  let at = 0, last = null;

  const places = () => heights.flatMap((height, column) => (height === null ? [] : [[column, height]]));
  const points = () => places().map(([column, height]) => [round(x0 + ((x1 - x0) * column) / COLUMNS), round(y0 + (y1 - y0) * height)]);

  function show() {
    const drawn = places();
    const place = ([column, height]) => `${left + ((right - left) * column) / COLUMNS} ${bottom - (bottom - top) * height}`;
    line.setAttribute("d", drawn.length ? `M${drawn.map((point) => place(/** @type {[number, number]} */ (point))).join("L")}` : "");
    form.querySelector("button:not([type])").disabled = drawn.length < 2;
    const height = heightAt(at);
    const [hair, dot] = pen.children;
    pen.setAttribute("transform", `translate(${left + ((right - left) * at) / COLUMNS} 0)`);
    dot.setAttribute("cy", bottom - (bottom - top) * height);
    hair.setAttribute("opacity", 0.4);
    const value = round(y0 + (y1 - y0) * height);
    svg.setAttribute("aria-valuenow", value);
    svg.setAttribute("aria-valuetext", `${up} ${value} at ${across} ${round(x0 + ((x1 - x0) * at) / COLUMNS)}${heights[at] === null ? ", not drawn here" : ""}`);
  }

  /** Where the pen is at a column: what was drawn there, or the nearest to its left, or to its right. */
  function heightAt(column) {
    const drawn = places();
    const before = drawn.filter(([one]) => one <= column).at(-1) ?? drawn[0];
    return before ? before[1] : 0.5;
  }

  function to(column, height) {
    const [from, was] = last ?? [column, height];
    const steps = Math.abs(column - from);
    for (let step = 0; step <= steps; step += 1) {
      const part = steps ? step / steps : 1;
      heights[from + Math.sign(column - from) * step] = was + (height - was) * part;
    }
    last = [column, height];
    at = column;
    show();
  }

  const clamp = (value) => Math.min(1, Math.max(0, value));
  function pointed(event) {
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    const x = (event.clientX - box.left) * scale, y = (event.clientY - box.top) * scale;
    to(Math.round(clamp((x - left) / (right - left)) * COLUMNS), clamp((bottom - y) / (bottom - top)));
  }

  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    last = null;
    pointed(event);
  });
  svg.addEventListener("pointermove", (event) => { if (svg.hasPointerCapture(event.pointerId)) pointed(event); });
  svg.addEventListener("pointerup", () => { last = null; });

  svg.addEventListener("focus", () => pen.setAttribute("visibility", "visible"));
  svg.addEventListener("blur", () => pen.setAttribute("visibility", "hidden"));
  svg.addEventListener("keydown", (event) => {
    const far = event.shiftKey ? 4 : 1;
    const height = heightAt(at);
    const keys = {
      ArrowUp: () => to(at, clamp(height + 0.025 * far)),
      ArrowDown: () => to(at, clamp(height - 0.025 * far)),
      ArrowRight: () => walk(Math.min(COLUMNS, at + 2 * far)),
      ArrowLeft: () => walk(Math.max(0, at - 2 * far)),
      Home: () => walk(0),
      End: () => walk(COLUMNS),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  /** Going along draws nothing: the heights that are set are joined by straight lines. */
  function walk(column) {
    at = column;
    last = null;
    show();
  }
  form.querySelector("[data-clear]").addEventListener("click", () => {
    heights.fill(null);
    walk(0);
    svg.focus();
  });
  return points;
}

const numbers = (text) => text.split(" ").map(Number);
const round = (value) => Number(value.toPrecision(6));
