// Lesson 3.2: every number of one attention. Choose a cell, and the card is the sum that ends in its number.

import { check, choose } from "./lib/controls.js";
import { fill, h, s, text } from "./lib/dom.js";
import { fixed, short } from "./lib/format.js";
import { formula, frame } from "./lib/frame.js";
import { live } from "./lib/live.js";
import * as math from "./math/attention.js";

const STAGES = [["products", "Products"], ["scores", "Scores"], ["weights", "Weights"], ["context", "Context"]];
const DIMENSIONS = ["thing", "doing"];

export default {
  render({ model, el }) {
    const it = live(model, { compute: math.by_hand, draw: () => view.draw() });
    let stage = "weights";
    let key = 4; // the column chosen
    const ramp = h("span", { class: "ramp", "aria-hidden": "true" }, Array.from({ length: 10 }, (_, n) => h("i", { class: `h${n}` })));
    const most = h("span", {});
    const view = frame(el, model, { name: "Who looks at whom", keys: [[["←", "→", "↑", "↓"], "move"]], table, draw, keep: it.flush, scale: [h("span", {}, "0"), ramp, most] });
    const stages = choose({ legend: "Show", options: STAGES, value: stage }, (chosen) => { stage = chosen; view.draw(); });
    view.tools.append(stages.node);
    const svg = s("svg", { class: "plot", tabindex: "0", role: "group", "aria-label": "Six words by six words. Arrow keys move from cell to cell." });
    view.picture.append(svg);
    const scaled = check({ label: "Divide by √2", value: it.settings.scaled }, (on) => it.set({ scaled: on }));
    const masked = check({ label: "Hide the words to come", value: it.settings.masked }, (on) => it.set({ masked: on }));
    view.controls.append(scaled.node, masked.node);
    const row = () => Math.max(0, math.WORDS.indexOf(it.settings.query));
    const wide = () => (stage === "context" ? 2 : 6);
    svg.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -9], End: [0, 9] }[event.key];
      if (!way) return;
      event.preventDefault();
      go(row() + way[0], Math.min(key, wide() - 1) + way[1]);
    });
    function go(query, column) {
      key = Math.max(0, Math.min(wide() - 1, column));
      it.set({ query: math.WORDS[Math.max(0, Math.min(5, query))] });
    }
    /** All numbers, unrounded, of the settings as they are. */
    const all = () => math.attend({ q: math.Q, k: math.K, v: math.V, scale: it.settings.scaled ? Math.SQRT2 : 1, causal: it.settings.masked });

    function draw(width) {
      const { words, allowed } = it.state;
      const numbers = all();
      const grid = numbers[stage];
      const columns = stage === "context" ? DIMENSIONS : words;
      const chosen = Math.min(key, wide() - 1);
      const left = Math.min(86, width * 0.17);
      const each = Math.min(92, (width - left - 4) / 6);
      const tall = Math.min(52, Math.max(38, each * 0.72));
      const top = 52;
      svg.setAttribute("viewBox", `0 0 ${width} ${top + 6 * tall + 4}`);
      const hidden = (t, n) => stage !== "products" && stage !== "context" && !allowed[t][n];
      const largest = Math.max(...grid.flatMap((line, t) => line.filter((_, n) => !hidden(t, n))), 1e-9);
      const place = (t, n) => [left + n * each, top + t * tall];
      fill(svg, text(left, 14, stage === "context" ? "what each word takes home" : "keys: what each word offers →", "cap"), text(0, 46, "queries ↓", "cap"),
        s("rect", { class: "axis-on", x: left + chosen * each + 3, y: 24, width: each - 6, height: 26, rx: 3 }),
        s("rect", { class: "axis-on", x: 0, y: top + row() * tall + tall / 2 - 13, width: left - 10, height: 26, rx: 3 }),
        columns.map((word, n) => text(left + (n + 0.5) * each, 42, word, `name mid${n === chosen ? " b" : ""}`)),
        words.map((word, t) => text(8, top + t * tall + tall / 2 + 5, word, `name${t === row() ? " b" : ""}`)),
        words.flatMap((_, t) => columns.map((__, n) => [t, n])).sort(([t, n]) => (t === row() && n === chosen ? 1 : -1)).map(([t, n]) => {
          const [x, y] = place(t, n);
          const step = hidden(t, n) ? 0 : Math.min(9, Math.max(0, Math.round((9 * grid[t][n]) / largest)));
          return s("g", { class: `cellbtn h${step}${t === row() && n === chosen ? " sel" : ""}`, onclick: () => { go(t, n); svg.focus({ preventScroll: true }); } },
            s("rect", { class: "ring", x: x - 2, y: y - 2, width: each + 4, height: tall + 4, rx: 3 }), s("rect", { class: "cell", x, y, width: each, height: tall }),
            text(x + each / 2, y + tall / 2 + 5, hidden(t, n) ? "–" : stage === "products" ? short(grid[t][n]) : fixed(grid[t][n], stage === "context" ? 1 : 2), "val mid"));
        }));
      most.textContent = stage === "products" ? short(largest) : fixed(largest, stage === "context" ? 1 : 2);
      stages.show(stage);
      scaled.show(it.settings.scaled);
      masked.show(it.settings.masked);
      card(numbers, row(), chosen);
    }

    function card({ products, scores, powers, weights, context, allowed }, t, n) {
      const words = math.WORDS;
      if (stage === "context") {
        const parts = words.map((word, m) => [word, fixed(weights[t][m], 3), short(math.V[m][n]), fixed(weights[t][m] * math.V[m][n])]).filter((_, m) => allowed[t][m]);
        formula(view.card, { title: h("span", {}, "What ", h("mark", {}, words[t]), ` takes home: ${DIMENSIONS[n]}`), head: ["from", "weight", "value", "product"],
          rows: [...parts, { sum: ["context", "", "", fixed(context[t][n])] }], after: [dog()] });
        return;
      }
      const product = DIMENSIONS.map((name, i) => [name, short(math.Q[t][i]), short(math.K[n][i]), short(math.Q[t][i] * math.K[n][i])]);
      const upTo = STAGES.findIndex(([name]) => name === stage);
      const rows = [...product, { sum: ["product", "", "", short(products[t][n])] }];
      if (upTo >= 1) rows.push([it.settings.scaled ? "÷ √2" : "÷ 1", "", "", allowed[t][n] ? "" : "hidden"], { sum: ["score", "", "", allowed[t][n] ? fixed(scores[t][n], 3) : "–"] });
      if (upTo >= 2) rows.push(["e to that", "", "", allowed[t][n] ? fixed(powers[t][n], 3) : "0"], ["÷ row’s sum", "", "", fixed(powers[t].reduce((sum, x) => sum + x, 0), 3)], { sum: ["weight", "", "", fixed(weights[t][n], 3)] });
      formula(view.card, { title: h("span", {}, h("mark", {}, words[t]), " looks at ", h("mark", {}, words[n])), head: ["", "query", "key", "product"], rows, after: [dog()] });
    }
    const dog = () => h("p", { class: "small soft" }, `${it.settings.query} gives ${fixed(it.state.on_dog, 2)} of its attention to dog.`);

    function table() {
      const grid = all()[stage];
      return { caption: `${STAGES.find(([name]) => name === stage)[1]}: a row for each query`, head: ["query", ...(stage === "context" ? DIMENSIONS : math.WORDS)],
        rows: math.WORDS.map((word, t) => [word, ...grid[t].map((x) => fixed(x, 3))]) };
    }
    return () => { it.stop(); view.close(); };
  },
};
