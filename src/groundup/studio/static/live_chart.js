// A chart of curves over training time: SVG below 2,000 points, uPlot above. Nothing is drawn before there is data.
// Read a value with the pointer or the arrow keys: a hair stands there until Escape.
import { spread, svg, tag, ticks } from "./svg.js";

const MOST_IN_SVG = 2000;

/**
 * @typedef {{ points: [number, number][], number: number, kind: "main"|"now"|"train"|"ghost", name?: string, dots?: boolean }} Line
 * `chart(box).show({ unit, lines, end, finding })`: seconds to the right; `end` is where the axis ends.
 */
export function chart(box) {
  let shown = null, hair = null, plotted = null, width = 0;
  const redraw = () => { if (shown && box.clientWidth) draw(); };
  const watching = new ResizeObserver(() => { if (box.clientWidth !== width) redraw(); });
  watching.observe(box);
  addEventListener("themechange", redraw); // the canvas holds the old colours

  function draw() {
    width = box.clientWidth;
    const lines = shown.lines.filter((line) => line.points.length);
    if (!lines.some((line) => line.kind !== "ghost" && line.points.length > 1)) return;
    const count = lines.reduce((sum, line) => sum + line.points.length, 0);
    plotted?.destroy();
    plotted = null;
    if (count > MOST_IN_SVG) drawCanvas(lines);
    else drawSvg(lines);
  }

  function range(lines) {
    const end = Math.max(shown.end ?? 0, ...lines.map((line) => line.points.at(-1)[0]), 1e-9);
    // A wild start is clipped rather than let it squeeze the rest: the first tenth of the time does not count.
    const settled = lines.flatMap((line) => line.points.filter(([x]) => x > 0.1 * line.points.at(-1)[0]).map(([, y]) => y));
    settled.sort((a, b) => a - b);
    let low = settled[0], high = settled[Math.floor(0.985 * (settled.length - 1))];
    for (const line of lines) { low = Math.min(low, line.points.at(-1)[1]); high = Math.max(high, line.points.at(-1)[1]); }
    const room = 0.08 * (high - low) || 0.1 * Math.abs(high) || 0.5;
    return { end, low: low - room, high: high + room };
  }

  function drawSvg(lines) {
    const wide = width >= 560, height = wide ? 380 : 300;
    const left = 46, right = wide ? width - 190 : width - 44, top = 26, bottom = height - 34;
    const { end, low, high } = range(lines);
    const x = (value) => left + (value / end) * (right - left);
    const y = (value) => top + ((high - value) / (high - low)) * (bottom - top);
    const parts = [];
    const clip = `clip-${Math.round(Math.random() * 1e9)}`;
    parts.push(svg("clipPath", { id: clip }, svg("rect", { x: left, y: top - 4, width: right - left + 4, height: bottom - top + 8 })));
    for (const { value, text } of ticks(low, high)) {
      parts.push(svg("path", { class: "grid", d: `M${left} ${y(value).toFixed(1)}H${right}` }), svg("text", { class: "tick end", x: left - 8, y: y(value) + 4 }, text));
    }
    const below = ticks(0, end, wide ? 5 : 3);
    below.forEach(({ value, text }, i) => parts.push(svg("text", { class: "tick mid", x: x(value), y: height - 12 }, text + (i === below.length - 1 ? " s" : ""))));
    parts.push(svg("path", { class: "axis", d: `M${left} ${bottom}H${right}` }), svg("text", { class: "cap", x: 0, y: 12 }, shown.unit));
    for (const line of lines) {
      const path = line.points.map(([a, b], i) => `${i ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("");
      const group = svg("g", { class: `m${line.number}` });
      const kind = { main: "line", now: "line now", train: "line train", ghost: "line ghost" }[line.kind];
      group.append(svg("path", { class: kind, d: path, "clip-path": `url(#${clip})` }));
      if (line.dots) for (const [a, b] of line.points) if (b <= high) group.append(svg("circle", { class: "dot", cx: x(a), cy: y(b), r: 3 }));
      parts.push(group);
    }
    const named = lines.filter((line) => line.name);
    const places = spread(named.map((line) => Math.min(Math.max(y(line.points.at(-1)[1]), top), bottom)), 22);
    named.forEach((line, i) => {
      const last = line.points.at(-1), group = svg("g", { class: `m${line.number}` });
      if (line.kind !== "ghost") group.append(svg("circle", { class: "dot", cx: x(last[0]), cy: y(last[1]), r: 5 }));
      if (x(last[0]) < right - 4) group.append(svg("path", { class: "lead-line", d: `M${x(last[0]) + 8} ${y(last[1])}L${right} ${places[i]}` }));
      group.append(...tag(right + 8, places[i], line.number || "·", line.kind === "ghost", 16));
      if (wide) group.append(svg("text", { class: "cap", x: right + 31, y: places[i] + 4.5 }, line.name.slice(0, 16)), svg("text", { class: "val end", x: width, y: places[i] + 4.5 }, last[1].toFixed(2)));
      parts.push(group);
    });
    const drawn = svg("svg", { class: "plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", tabindex: 0, "aria-label": `${shown.finding} Arrow keys read values.` }, ...parts);
    const reading = drawn.contains(box.ownerDocument.activeElement) || box.contains(box.ownerDocument.activeElement);
    box.replaceChildren(drawn);
    if (reading) drawn.focus();
    const read = lines.find((line) => line.kind === "now" || line.kind === "main") ?? lines[0];
    const stand = (index) => {
      drawn.querySelectorAll(".reading").forEach((one) => one.remove());
      hair = index;
      if (index === null) return;
      const [a, b] = read.points[Math.max(0, Math.min(index, read.points.length - 1))];
      const flip = x(a) > right - 110;
      drawn.append(svg("g", { class: `reading m${read.number}` }, svg("path", { class: "hair", d: `M${x(a)} ${top}V${bottom}` }),
        svg("circle", { class: "dot", cx: x(a), cy: Math.max(top, y(b)), r: 5 }),
        svg("text", { class: `val halo b${flip ? " end" : ""}`, x: x(a) + (flip ? -8 : 8), y: top + 12 }, `${a.toFixed(0)} s · ${b.toFixed(2)}`)));
    };
    if (hair !== null) stand(hair);
    drawn.addEventListener("pointermove", (event) => {
      const at = ((event.clientX - drawn.getBoundingClientRect().left - left) / (right - left)) * end;
      let best = 0;
      read.points.forEach(([a], i) => { if (Math.abs(a - at) < Math.abs(read.points[best][0] - at)) best = i; });
      stand(best);
    });
    drawn.addEventListener("pointerleave", () => { if (document.activeElement !== drawn) stand(null); });
    drawn.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (event.key === "Escape") stand(null);
      if (!step) return;
      event.preventDefault();
      stand(Math.max(0, Math.min((hair ?? (step > 0 ? -1 : read.points.length)) + step, read.points.length - 1)));
    });
  }

  async function drawCanvas(lines) {
    const { default: UPlot } = await import("./vendor/uplot.js");
    if (plotted) return; // another redraw was quicker
    const style = getComputedStyle(box);
    const colour = (name) => {
      const probe = document.createElement("i"); // the canvas knows no light-dark(): the browser resolves it
      probe.className = "chart-probe";
      probe.style.color = `var(${name})`;
      box.append(probe);
      const found = getComputedStyle(probe).color;
      probe.remove();
      return found;
    };
    const { end, low, high } = range(lines);
    const times = [...new Set(lines.flatMap((line) => line.points.map(([a]) => a)))].sort((a, b) => a - b);
    const columns = lines.map((line) => {
      const known = new Map(line.points);
      return times.map((time) => known.get(time) ?? null);
    });
    const axis = { stroke: colour("--ink-3"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, font: `12px ${style.getPropertyValue("--mono")}` };
    const holder = document.createElement("div");
    holder.setAttribute("role", "img");
    holder.setAttribute("aria-label", shown.finding);
    box.replaceChildren(holder);
    const caption = document.createElement("p");
    caption.className = "tiny faint";
    caption.textContent = `${shown.unit}, over seconds of training`;
    holder.append(caption);
    plotted = new UPlot({
      width, height: width >= 560 ? 380 : 300, legend: { show: false }, cursor: { y: false },
      scales: { x: { time: false, range: [0, end] }, y: { range: [low, high] } },
      axes: [{ ...axis, grid: { show: false } }, { ...axis, size: 46 }],
      series: [{}, ...lines.map((line) => ({
        stroke: colour(line.number ? `--m${line.number}` : "--ink-2"), width: { now: 3, main: 2, train: 1, ghost: 2 }[line.kind],
        dash: line.kind === "ghost" ? [2, 5] : undefined, spanGaps: true, points: { show: Boolean(line.dots) },
      }))],
    }, [times, ...columns], holder);
  }

  return {
    show(next) { shown = next; redraw(); },
    destroy() { watching.disconnect(); removeEventListener("themechange", redraw); plotted?.destroy(); },
  };
}
