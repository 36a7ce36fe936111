// The ladder, drawn to the scale of bits per byte: fewer at the top. Rungs that were trained here stand solid at their
// true height, those of the reference dotted; elbowed leaders lead to name, value, gain and a line the model wrote.
import { h, s } from "./kit/dom.js";
import { hatch, tag } from "./kit/draw.js";
import { linear, spread, ticks } from "./kit/scale.js";

const WIDE = 600; // pixels; narrower, the words that need room go
const LETTER = 7.9; // pixels of a letter that a model wrote

/** Draw `ladder` (climb.py's Ladder) into a box, at the box's true width. */
function drawLadder(box, ladder) {
  const width = Math.max(260, Math.round(box.clientWidth));
  const wide = width >= WIDE;
  // From the lowest up: what a rung gains is what it needs fewer than the one it stands on.
  const rungs = ladder.rungs.filter((one) => one.bpb !== null).sort((a, b) => b.bpb - a.bpb);
  const said = `The ladder: bits per byte of ${rungs.length} models. ` +
    rungs.map((one) => `${one.number} ${one.title} ${one.bpb.toFixed(2)}${one.yours ? "" : " (reference)"}`).join("; ") +
    (ladder.ground ? `. Which letter follows which alone: ${ladder.ground.toFixed(2)}.` : ".");
  if (!rungs.length) {
    box.replaceChildren(h("p", { class: "empty" }, "The rungs appear here, each at its height, as soon as a model is scored."));
    return;
  }
  const low = Math.min(...rungs.map((one) => one.bpb));
  const worst = Math.max(...rungs.map((one) => one.bpb));
  const ground = ladder.ground ?? worst + 0.25;
  const deep = worst > ground ? worst + 0.02 * (worst - low) : ground; // a rung can lie in the ground: it reaches that far down
  const bottom = wide ? 500 : 420, top = 52;
  const y = linear([low, deep], [top, bottom]);
  const [axis, left, right, label] = wide ? [60, 112, 284, 372] : [30, 42, 132, 166];
  const lean = (right - left) * 0.155 / (bottom - 16); // the rails converge towards the top
  const rail = (at) => (bottom - at) * lean;
  const parts = [];
  for (const { value, text } of ticks(low - 0.05 * (deep - low), deep, 6)) {
    parts.push(s("path", { class: "axis", d: `M${axis} ${y(value).toFixed(1)}h-6` }), s("text", { class: "tick end", x: axis - 10, y: y(value) + 4 }, text));
  }
  parts.push(s("path", { class: "axis", d: `M${axis} ${bottom}V24` }), s("text", { class: "cap", x: 0, y: 12 }, "bits per byte"));
  parts.push(s("path", { class: "rail", d: `M${left} ${bottom}L${left + rail(16)} 16M${right} ${bottom}L${right - rail(16)} 16` }));
  if (wide && (rungs.length > 1 || ladder.ground)) parts.push(s("text", { class: "cap end", x: Math.min(label + 296, width - 120), y: 14 }, "fewer by"));
  const places = within(spread(rungs.map((one) => y(one.bpb)), wide ? 50 : 42), wide ? 50 : 42, wide ? 40 : 24, bottom - (wide ? 34 : 26));
  rungs.forEach((one, i) => {
    const at = y(one.bpb), place = places[i], yet = !one.yours;
    const from = left + rail(at) - 6, to = right - rail(at) + 6;
    const below = rungs[i - 1] ? rungs[i - 1].bpb : ladder.ground;
    const end = Math.min(label + 238, width - 178);
    const group = s("g", { class: `m${one.number}` },
      s("path", { class: `rung${yet ? " yet" : ""}`, d: `M${from.toFixed(1)} ${at.toFixed(1)}H${to.toFixed(1)}` }),
      s("path", { class: "lead-line", d: `M${to + 10} ${at.toFixed(1)}H${wide ? 312 : to + 12}L${wide ? 348 : label - 12} ${place.toFixed(1)}H${label - 8}` }),
      ...tag(label, place, one.number, yet),
      s("text", { class: "name b", x: label + (wide ? 32 : 28), y: place + 5 }, one.title),
      wide ? s("text", { class: "big-val end", x: end, y: place + 6 }, one.bpb.toFixed(2)) : s("text", { class: "val end", x: width, y: place + 5 }, one.bpb.toFixed(2)));
    if (wide) {
      if (below) group.append(s("text", { class: "cap end", x: end + 58, y: place + 5 }, (below - one.bpb).toFixed(2).replace("-", "−")));
      group.append(s("text", { class: "cap", x: end + 82, y: place + 5 }, one.when));
    }
    if (one.said) {
      const from = label + (wide ? 32 : 28), below = wide ? 22 : 20;
      group.append(s("text", { class: "said", x: from, y: place + below }, whole(one.said, Math.floor((width - from) / LETTER))));
    }
    parts.push(group);
  });
  const earthFill = hatch(6);
  parts.unshift(earthFill.element);
  const line = deep > ground ? y(ground) : bottom, earth = deep > ground ? right + 20 : width; // the labels stand clear of the earth
  parts.push(s("path", { class: "rail", d: `M${axis - 6} ${line}H${earth}` }), s("rect", { x: axis - 6, y: line + 1, width: earth - axis + 6, height: bottom + 10 - line, fill: earthFill.fill }));
  if (ladder.ground) {
    const words = wide ? "The ground: only which letter follows which" : "only which letter follows which";
    const under = deep > ground || !wide; // there is no room above
    parts.push(s("text", { class: wide ? "name" : "cap", x: wide ? label + 32 : 0, y: bottom + (under ? 32 : -12) }, words),
      s("text", { class: "val end", x: width, y: bottom + (under ? 32 : -12) }, ladder.ground.toFixed(2)));
    if (!under) parts.push(s("text", { class: "cap", x: label + 32, y: bottom + 34 }, "Knowing nothing at all costs 8.00."));
  }
  const height = bottom + 46;
  box.replaceChildren(s("svg", { class: "plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": said }, ...parts));
}

/** As many whole words of a line as there is room for. */
function whole(line, room) {
  return line.length <= room ? line : line.slice(0, room + 1).replace(/\s+\S*$/, "").slice(0, room);
}

/** Labels pushed up where they would stand below the drawing, and down where above it. They come from the lowest up. */
function within(places, gap, top, bottom) {
  let most = bottom;
  for (let i = 0; i < places.length; i += 1) {
    places[i] = Math.min(places[i], most);
    most = places[i] - gap;
  }
  let least = top;
  for (let i = places.length - 1; i >= 0; i -= 1) {
    places[i] = Math.max(places[i], least);
    least = places[i] + gap;
  }
  return places;
}

/** Draw every ladder of the page, again when its box changes its width. Colours are tokens: the theme needs nothing. */
for (const figure of document.querySelectorAll("[data-ladder]")) {
  const box = figure.querySelector("[data-drawing]");
  let width = 0;
  new ResizeObserver(() => {
    if (box.clientWidth === width) return;
    width = box.clientWidth;
    drawLadder(box, JSON.parse(figure.dataset.ladder));
  }).observe(box);
  figure.addEventListener("ladderchange", () => { // a climb goes on: the drawing and the table with it
    const ladder = JSON.parse(figure.dataset.ladder);
    drawLadder(box, ladder);
    const cells = figure.querySelectorAll("td.n");
    [...ladder.rungs].reverse().forEach((one, i) => { if (cells[i]) cells[i].textContent = one.bpb === null ? "–" : one.bpb.toFixed(3); });
  });
}
