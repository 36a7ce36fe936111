// Lesson 3.2: every number of one attention. Choose a cell, and the card is the sum that ends in its number.

import { check, choose } from "../kit/controls.js";
import { fill, h, s } from "../kit/dom.js";
import { text } from "../kit/draw.js";
import { fixed, short } from "../kit/format.js";
import { formula, frame } from "../kit/frame.js";
import { live } from "../kit/live.js";
import * as math from "./math/attention.js";

const STAGES = [["products", "Products"], ["scores", "Scores"], ["weights", "Weights"], ["context", "Context"]];
const DIMENSIONS = ["thing", "doing"];

export default {
  render({ model, el }) {
    const it = live(model, { compute: math.by_hand, draw: () => view.draw() });
    const stage = () => it.view.stage ?? "weights";
    const column = () => Math.min(it.view.key ?? 4, wide() - 1); // the one chosen
    const x = () => (Array.isArray(it.view.x) && it.view.x.length === 6 ? it.view.x : math.X); // the words' numbers, perhaps the learner's own
    let looked = null; // [row, column] that the pointer rests on
    const ramp = h("span", { class: "ramp", "aria-hidden": "true" }, Array.from({ length: 10 }, (_, n) => h("i", { class: `h${n}` })));
    const most = h("span", {});
    const view = frame(el, model, { name: "Who looks at whom", keys: [[["←", "→", "↑", "↓"], "move"]], table, draw, it, scale: [h("span", {}, "0"), ramp, most] });
    const stages = choose({ legend: "Show", options: STAGES, value: stage() }, (chosen) => { looked = null; it.look({ stage: chosen }); });
    view.tools.append(stages.node);
    const svg = s("svg", { class: "plot", tabindex: "0", role: "group", "aria-label": "Six words by six words. Arrow keys move from cell to cell." });
    view.picture.append(svg);
    const scaled = check({ label: "Divide by √2", value: it.settings.scaled }, (on) => it.set({ scaled: on }));
    const masked = check({ label: "Hide the words to come", value: it.settings.masked }, (on) => it.set({ masked: on }));
    const fields = math.X.map((row, t) => row.map((_, n) => h("input", { class: "input weight", type: "number", step: "0.5", min: "-9", max: "9", "aria-label": `${math.WORDS[t]}: ${DIMENSIONS[n]}`,
      oninput: (event) => { if (event.target.value !== "" && event.target.checkValidity()) change(t, n, Number(event.target.value)); } })));
    const own = h("details", { class: "span" }, h("summary", { class: "small" }, "Change the words’ numbers"), h("div", { class: "scroll" }, h("table", { class: "table numbers" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "word"), DIMENSIONS.map((one) => h("th", { scope: "col" }, `how much of a ${one}`)))),
      h("tbody", {}, math.WORDS.map((word, t) => h("tr", {}, h("th", { scope: "row" }, word), fields[t].map((one) => h("td", {}, one))))))));
    view.controls.append(scaled.node, masked.node, own);
    function change(t, n, value) {
      const changed = x().map((row) => [...row]);
      changed[t][n] = value;
      it.look({ x: changed });
    }
    const row = () => Math.max(0, math.WORDS.indexOf(it.settings.query));
    const wide = () => (stage() === "context" ? 2 : 6);
    svg.addEventListener("pointerleave", () => { if (looked) { looked = null; view.draw(); } });
    svg.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -9], End: [0, 9] }[event.key];
      if (!way) return;
      event.preventDefault();
      go(row() + way[0], column() + way[1]);
    });
    function go(query, key) {
      looked = null;
      it.look({ key: Math.max(0, Math.min(wide() - 1, key)) });
      it.set({ query: math.WORDS[Math.max(0, Math.min(5, query))] });
    }
    /** All numbers, unrounded, of the settings as they are. */
    const all = () => math.attend({ ...math.parts(x()), scale: it.settings.scaled ? Math.SQRT2 : 1, causal: it.settings.masked });

    function draw(width) {
      const { words, allowed } = it.state;
      const numbers = all();
      const now = stage();
      const grid = numbers[now];
      const columns = now === "context" ? DIMENSIONS : words;
      const [from, chosen] = looked ?? [row(), column()];
      const left = Math.min(86, width * 0.17);
      const each = Math.min(92, (width - left - 4) / 6);
      const tall = Math.min(52, Math.max(38, each * 0.72));
      const top = 52;
      svg.setAttribute("viewBox", `0 0 ${width} ${top + 6 * tall + 4}`);
      const hidden = (t, n) => now !== "products" && now !== "context" && !allowed[t][n];
      const largest = Math.max(...grid.flatMap((line, t) => line.filter((_, n) => !hidden(t, n))), 1e-9);
      const place = (t, n) => [left + n * each, top + t * tall];
      fill(svg, text(left, 14, now === "context" ? "what each word takes home" : "keys: what each word offers →", "cap"), text(0, 46, "queries ↓", "cap"),
        s("rect", { class: "axis-on", x: left + chosen * each + 3, y: 24, width: each - 6, height: 26, rx: 3 }),
        s("rect", { class: "axis-on", x: 0, y: top + from * tall + tall / 2 - 13, width: left - 10, height: 26, rx: 3 }),
        columns.map((word, n) => text(left + (n + 0.5) * each, 42, word, `name mid${n === chosen ? " b" : ""}`)),
        words.map((word, t) => text(8, top + t * tall + tall / 2 + 5, word, `name${t === from ? " b" : ""}`)),
        words.flatMap((_, t) => columns.map((__, n) => [t, n])).sort(([t, n]) => (t === from && n === chosen ? 1 : -1)).map(([t, n]) => {
          const [x, y] = place(t, n);
          const step = hidden(t, n) ? 0 : Math.min(9, Math.max(0, Math.round((9 * grid[t][n]) / largest)));
          return s("g", { class: `cellbtn h${step}${t === from && n === chosen ? " sel" : ""}`, onclick: () => { go(t, n); svg.focus({ preventScroll: true }); },
            onpointermove: (event) => { if (event.pointerType === "mouse" && (looked?.[0] !== t || looked?.[1] !== n)) { looked = [t, n]; view.draw(); } } },
            s("rect", { class: "ring", x: x - 2, y: y - 2, width: each + 4, height: tall + 4, rx: 3 }), s("rect", { class: "cell", x, y, width: each, height: tall }),
            text(x + each / 2, y + tall / 2 + 5, hidden(t, n) ? "–" : now === "products" ? short(grid[t][n]) : fixed(grid[t][n], now === "context" ? 1 : 2), "val mid"));
        }));
      most.textContent = now === "products" ? short(largest) : fixed(largest, now === "context" ? 1 : 2);
      stages.show(now);
      fields.forEach((pair, t) => pair.forEach((input, n) => { if (document.activeElement !== input) input.value = x()[t][n]; }));
      scaled.show(it.settings.scaled);
      masked.show(it.settings.masked);
      card(numbers, from, chosen);
    }

    function card({ products, scores, powers, weights, context, allowed }, t, n) {
      const words = math.WORDS;
      const { q, k, v } = math.parts(x());
      if (stage() === "context") {
        const parts = words.map((word, m) => [word, fixed(weights[t][m], 3), short(v[m][n]), fixed(weights[t][m] * v[m][n])]).filter((_, m) => allowed[t][m]);
        formula(view.card, { title: h("span", {}, "What ", h("mark", {}, words[t]), ` takes home: ${DIMENSIONS[n]}`), head: ["from", "weight", "value", "product"],
          rows: [...parts, { sum: ["context", "", "", fixed(context[t][n])] }], after: [mostOf(weights, t)] });
        return;
      }
      const product = DIMENSIONS.map((name, i) => [name, short(q[t][i]), short(k[n][i]), short(q[t][i] * k[n][i])]);
      const upTo = STAGES.findIndex(([name]) => name === stage());
      const rows = [...product, { sum: ["product", "", "", short(products[t][n])] }];
      if (upTo >= 1) rows.push([it.settings.scaled ? "÷ √2" : "÷ 1", "", "", allowed[t][n] ? "" : "hidden"], { sum: ["score", "", "", allowed[t][n] ? fixed(scores[t][n], 3) : "–"] });
      if (upTo >= 2) rows.push(["e to that", "", "", allowed[t][n] ? fixed(powers[t][n], 3) : "0"], ["÷ row’s sum", "", "", fixed(powers[t].reduce((sum, x) => sum + x, 0), 3)], { sum: ["weight", "", "", fixed(weights[t][n], 3)] });
      formula(view.card, { title: h("span", {}, h("mark", {}, words[t]), " looks at ", h("mark", {}, words[n])), head: ["", "query", "key", "product"], rows, after: [mostOf(weights, t)] });
    }
    /** Where a word looks most, and where it looks as the goal asks. */
    function mostOf(weights, t) {
      const largest = Math.max(...weights[t]);
      const tops = math.WORDS.filter((_, n) => weights[t][n] > largest - 1e-9);
      const said = tops.length === 1 ? `${math.WORDS[t]} looks most at ${tops[0]}, with ${fixed(largest)} of its attention` : `${math.WORDS[t]} looks at ${tops.length} words alike, with ${fixed(largest)} each`;
      return h("p", { class: "small soft" }, `${said}${tops.includes("dog") && tops.length === 1 ? "" : `; at dog with ${fixed(weights[t][4])}`}.`);
    }

    function table() {
      const grid = all()[stage()];
      return { caption: `${STAGES.find(([name]) => name === stage())[1]}: a row for each query`, head: ["query", ...(stage() === "context" ? DIMENSIONS : math.WORDS)],
        rows: math.WORDS.map((word, t) => [word, ...grid[t].map((x) => fixed(x, 3))]) };
    }
    return () => { it.stop(); view.close(); };
  },
};
