// A chart of curves over training time, in SVG. Nothing is drawn before there is data. Read a value with the pointer, by
// touch or with the arrow keys: a line stands there until Escape. T shows the numbers as a table.
import { h, s, uniqueId } from "./kit/dom.js";
import { axes, tag } from "./kit/draw.js";
import { clock } from "./kit/format.js";
import { linear, path, spread, ticks } from "./kit/scale.js";

const LONG = 300; // seconds; a longer axis is in minutes
const ROWS = 24; // of a line in the table

/**
 * @typedef {{ points: [number, number][], number: number, kind: "main"|"now"|"train"|"earlier"|"ghost", name?: string, dots?: boolean,
 *   ahead?: { seconds: number, bpb: number, said: string } }} Line
 * `earlier` is another run, `ghost` is dotted; `ahead` is where the line will end: about.
 * `chart(box).show({ unit, lines, end, finding })`: seconds to the right; `end` is where the axis ends.
 */
export function chart(box) {
  const picture = h("div", { class: "chart-picture" }), said = h("p", { class: "sr" }), table = h("details", { class: "chart-table small" });
  said.setAttribute("aria-live", "polite");
  table.append(h("summary", {}, "Show as a table"));
  table.hidden = true;
  let shown = null, hair = null, width = 0;
  const redraw = () => { if (shown && box.clientWidth) draw(); };
  const watching = new ResizeObserver(() => { if (box.clientWidth !== width) redraw(); });
  watching.observe(box);
  table.addEventListener("toggle", redraw);

  function draw() {
    width = Math.round(box.clientWidth);
    const lines = shown.lines.map((line) => ({ ...line, points: until(line.points, shown.end) })).filter((line) => line.points.length);
    if (!lines.some((line) => (line.kind === "now" || line.kind === "main") && line.points.length > 1) && !lines.some((line) => line.kind === "train" && line.points.length > 1)) return;
    if (!picture.isConnected) box.replaceChildren(picture, said, table);
    table.hidden = false;
    drawCurves(lines);
    if (table.open) drawTable(lines);
  }

  function range(lines) {
    const end = Math.max(shown.end ?? 0, ...lines.map((line) => line.points.at(-1)[0]), 1e-9);
    // A wild start is clipped rather than let it squeeze the rest: the first tenth of the time does not count.
    const settled = lines.flatMap((line) => line.points.filter(([x]) => x > 0.1 * line.points.at(-1)[0]).map(([, y]) => y));
    settled.sort((a, b) => a - b);
    let low = settled[0], high = settled[Math.floor(0.985 * (settled.length - 1))];
    for (const line of lines) { low = Math.min(low, line.points.at(-1)[1], line.ahead?.bpb ?? Infinity); high = Math.max(high, line.points.at(-1)[1]); }
    const room = 0.08 * (high - low) || 0.1 * Math.abs(high) || 0.5;
    return { end, low: low - room, high: high + room };
  }

  function drawCurves(lines) {
    const wide = width >= 560, height = wide ? 380 : 300;
    const named = lines.filter((line) => line.name).sort((a, b) => endOf(b)[1] - endOf(a)[1]), numbers = signs(named);
    const left = 46, right = wide ? width - 190 : width - 14 - tagWidth(numbers), top = 26, bottom = height - 34;
    const { end, low, high } = range(lines);
    const x = linear([0, end], [left, right]), y = linear([low, high], [bottom, top]);
    const parts = [];
    const clip = uniqueId();
    parts.push(s("clipPath", { id: clip }, s("rect", { x: left, y: top - 4, width: right - left + 4, height: bottom - top + 8 })));
    const minutes = end > LONG ? 60 : 1, below = ticks(0, end / minutes, wide ? 5 : 3);
    const xticks = below.map(({ value, text }, i) => ({ value: value * minutes, text: i === below.length - 1 ? `${text} ${minutes > 1 ? "min" : "s"}` : text }));
    parts.push(axes({ x, y, yname: shown.unit, xticks, yticks: ticks(low, high), below: 22 }));
    const curve = (points) => path(thinned(points, right - left), x, y);
    for (const line of lines) {
      const group = s("g", { class: `m${line.number}`, "clip-path": `url(#${clip})` });
      const kind = { main: "line", now: "line now", train: "line train", earlier: "line earlier", ghost: "line ghost" }[line.kind];
      group.append(s("path", { class: kind, d: curve(line.points) }));
      if (line.ahead) group.append(s("path", { class: "line ghost", d: path([line.points.at(-1), [line.ahead.seconds, line.ahead.bpb]], x, y) }));
      if (line.dots) for (const [a, b] of line.points) if (b <= high) group.append(s("circle", { class: "dot", cx: x(a), cy: y(b), r: 3 }));
      parts.push(group);
    }
    // Labels stand at the line's end, the live run's where it is expected to end. On a phone their names are a list below.
    const ends = named.map(endOf);
    const places = spread(ends.map(([, b]) => Math.min(Math.max(y(b), top), bottom)), 22);
    named.forEach((line, i) => {
      const [a, b] = ends[i], group = s("g", { class: `m${line.number}` });
      if (line.kind !== "ghost") group.append(s("circle", { class: "dot", cx: x(line.points.at(-1)[0]), cy: y(line.points.at(-1)[1]), r: 5 }));
      if (x(a) < right - 4) group.append(s("path", { class: "lead-line", d: `M${x(a) + 8} ${y(b)}L${right} ${places[i]}` }));
      group.append(...tag(right + 8, places[i], wide ? line.number || "·" : numbers[i], line.kind === "ghost", 16, wide ? 16 : tagWidth(numbers)));
      const value = valueOf(line);
      if (wide) group.append(s("text", { class: "cap", x: right + 31, y: places[i] + 4.5 }, line.name.length > 16 ? `${line.name.slice(0, 15)}…` : line.name), s("text", { class: "val end", x: width, y: places[i] + 4.5 }, value));
      parts.push(group);
    });
    const drawn = s("svg", { class: "plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", tabindex: 0, "aria-label": `${shown.finding} Arrow keys read values, T shows the table.` }, ...parts);
    const reading = picture.contains(document.activeElement);
    picture.replaceChildren(drawn, ...(wide || named.length < 2 ? [] : [names(named, numbers)]));
    if (reading) drawn.focus();
    reads(drawn, lines, { x, y, left, right, top, bottom, end });
  }

  /** The hair, and how it is moved. */
  function reads(drawn, lines, { x, y, left, right, top, bottom, end }) {
    const read = lines.find((line) => line.kind === "now" || line.kind === "main") ?? lines[0];
    const train = lines.find((line) => line.kind === "train" && line !== read);
    const stand = (index) => {
      drawn.querySelectorAll(".reading").forEach((one) => one.remove());
      hair = index;
      if (index === null) return;
      const [a, b] = read.points[Math.max(0, Math.min(index, read.points.length - 1))];
      const flip = x(a) > right - 130, at = { x: x(a) + (flip ? -8 : 8) };
      const words = `${a < LONG ? `${a.toFixed(0)} s` : clock(a)} · ${b.toFixed(2)}`, gap = train && remark(train.points, a, b);
      drawn.append(s("g", { class: `reading m${read.number}` }, s("path", { class: "hair", d: `M${x(a)} ${top}V${bottom}` }),
        s("circle", { class: "dot", cx: x(a), cy: Math.max(top, y(b)), r: 5 }),
        s("text", { class: `val halo b${flip ? " end" : ""}`, ...at, y: top + 12 }, words),
        ...(gap ? [s("text", { class: `cap halo${flip ? " end" : ""}`, ...at, y: top + 30 }, gap)] : [])));
      if (document.activeElement === drawn) said.textContent = gap ? `${words}, ${gap}` : words;
    };
    if (hair !== null) stand(hair);
    const point = (event) => {
      const at = ((event.clientX - drawn.getBoundingClientRect().left - left) / (right - left)) * end;
      let best = 0;
      read.points.forEach(([a], i) => { if (Math.abs(a - at) < Math.abs(read.points[best][0] - at)) best = i; });
      stand(best);
    };
    drawn.addEventListener("pointerdown", point);
    drawn.addEventListener("pointermove", point);
    drawn.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse" && document.activeElement !== drawn) stand(null); });
    drawn.addEventListener("keydown", (event) => {
      if (event.key === "Escape") stand(null);
      if (event.key.toLowerCase() === "t" && !event.ctrlKey && !event.metaKey && !event.altKey) table.open = !table.open;
      const last = read.points.length - 1;
      const to = { ArrowLeft: (hair ?? last + 1) - 1, ArrowRight: (hair ?? -1) + 1, Home: 0, End: last }[event.key];
      if (to === undefined || event.altKey) return;
      event.preventDefault();
      stand(Math.max(0, Math.min(to, last)));
    });
  }

  function drawTable(lines) {
    const head = h("tr", {}, ...["line", "after", shown.unit.split(" (")[0]].map((words, i) => { const cell = h("th", { class: i ? "n" : "" }, words); cell.scope = "col"; return cell; }));
    const rows = lines.filter((line) => line.name || line.kind === "train").flatMap((line) => {
      const every = Math.ceil(line.points.length / ROWS);
      return line.points.filter((_, i) => i % every === every - 1 || i === line.points.length - 1).map(([a, b]) => {
        const name = h("th", {}, line.name ?? "training text");
        name.scope = "row";
        return h("tr", {}, name, h("td", { class: "n" }, clock(a)), h("td", { class: "n" }, b.toFixed(3)));
      });
    });
    const kept = table.querySelector(".scroll")?.scrollTop ?? 0, scroll = h("div", { class: "scroll" }, h("table", { class: "table" }, h("thead", {}, head), h("tbody", {}, ...rows)));
    scroll.tabIndex = 0;
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", "The chart as a table");
    table.replaceChildren(table.firstChild, scroll);
    scroll.scrollTop = kept;
  }

  return {
    show(next) { shown = next; redraw(); },
    destroy() { watching.disconnect(); },
  };
}

const endOf = (line) => (line.ahead ? [line.ahead.seconds, line.ahead.bpb] : line.points.at(-1));

const valueOf = (line) => (line.ahead ? `~${line.ahead.said.replace("about ", "")}` : line.points.at(-1)[1].toFixed(2));

/** What stands in each line's tag where its name does not: its model's number, with a letter where two have the same. */
function signs(named) {
  const own = named.map((line) => String(line.number || "·"));
  return own.map((sign, i) => (own.indexOf(sign) === own.lastIndexOf(sign) ? sign : sign + "abcdefghijklmnopqrstuvwxyz"[own.slice(0, i).filter((one) => one === sign).length % 26]));
}

const tagWidth = (signs) => (signs.some((sign) => sign.length > 1) ? 24 : 16);

/** The names of lines and where they end, in the order of their labels. */
function names(named, signs) {
  return h("ul", { class: "chart-names small" }, ...named.map((line, i) => {
    const who = h("span", { class: line.number ? `who m${line.number}` : "who" }, line.name);
    who.dataset.n = signs[i];
    return h("li", {}, who, h("span", { class: "num" }, valueOf(line)));
  }));
}

/** How far a value is above the training text's there: the mean of its nearest points. */
function remark(points, a, b) {
  if (points.length < 3) return "";
  const near = [...points].sort((one, other) => Math.abs(one[0] - a) - Math.abs(other[0] - a)).slice(0, 9);
  const gap = b - near.reduce((sum, one) => sum + one[1], 0) / near.length;
  return `gap to training ${gap.toFixed(2).replace("-", "−")}`;
}

/** The part of a line up to `end`; it is cut between two points. */
function until(points, end = Infinity) {
  const beyond = points.findIndex(([a]) => a > end * 1.005);
  if (beyond < 1) return beyond ? points : [];
  const [a, b] = points[beyond - 1], [c, d] = points[beyond];
  return [...points.slice(0, beyond), [end, b + ((d - b) * (end - a)) / (c - a)]];
}

/** At most the lowest and the highest point for each pixel: no spike is lost, and a picture stays quick. */
function thinned(points, pixels) {
  const size = Math.ceil(points.length / pixels);
  if (size < 3) return points;
  const found = [];
  for (let i = 0; i < points.length; i += size) {
    const part = points.slice(i, i + size).sort((one, other) => one[1] - other[1]);
    found.push(...[part[0], part.at(-1)].sort((one, other) => one[0] - other[0]));
  }
  return found;
}
