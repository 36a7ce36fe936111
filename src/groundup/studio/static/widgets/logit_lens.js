// What each layer would say comes next. State: lenses/logit_lens.py. Settings: row (−1 is the last layer), token (after which; −1 the last),
// follow (a token whose rank is told at each layer; Python answers).

import { h, s } from "../kit/dom.js";
import { plot, text } from "../kit/draw.js";
import { count, fit, probability, shown } from "../kit/format.js";
import { heat, lens, walk } from "../kit/lens.js";
import { clamp, range } from "../kit/scale.js";
import { line } from "../kit/controls.js";

function seen({ state, settings, width }) {
  const rows = state.stages.length;
  const time = state.tokens.length;
  const row = settings.row < 0 ? rows - 1 : clamp(settings.row, 0, rows - 1);
  const column = settings.token < 0 ? time - 1 : clamp(settings.token, 0, time - 1);
  const columns = Math.min(time, Math.max(2, Math.floor(((width ?? 700) - 78) / 62)));
  const first = clamp(column - Math.floor(columns / 2), 0, time - columns);
  return { rows, time, row, column, columns, first };
}

function draw(context) {
  const { state, width, put } = context;
  const { rows, time, row, column, columns, first } = seen(context);
  const cell = Math.min(96, (width - 78) / columns);
  const tall = 42;
  const most = Math.max(0.25, ...state.top_probabilities.flatMap((all) => all.map((one) => one[0])));
  const top = (r) => 4 + tall * (rows - 1 - r); // layers from the bottom up
  const cells = range(rows).flatMap((r) => range(columns).map((c) => {
    const at = first + c;
    const [x, y] = [76 + cell * c, top(r)];
    const right = at < time - 1 && state.next_rank[r][at] === 1;
    return s("g", { "data-at": `${r} ${at}`, class: heat(state.top_probabilities[r][at][0], most) }, s("rect", { class: "cell", x, y, width: cell, height: tall }),
      text(x + cell / 2, y + 18, fit(state.top_labels[r][at][0], cell - 4, 8), "val mid"), text(x + cell / 2, y + 33, probability(state.top_probabilities[r][at][0]), "val mid"),
      right ? s("path", { class: "hair", d: `M${x + 8} ${y + tall - 4}H${x + cell - 8}` }) : null);
  }));
  const frame = { x: 76 + cell * (column - first), y: top(row), width: cell, height: tall };
  const five = state.top_labels[row][column].map((label, n) => `${shown(label)} ${probability(state.top_probabilities[row][column][n])}`).join(", ");
  const stage = row === 0 ? "the embedding alone" : `layer ${row - 1}`;
  const next = column < time - 1 ? ` What came, ${shown(state.tokens[column + 1])}, is number ${count(state.next_rank[row][column])} with ${probability(state.next_probability[row][column])}.` : "";
  const followed = state.chosen_label === null || state.chosen_label === undefined ? "" : ` ${shown(state.chosen_label)} is number ${count(state.chosen_rank[row][column])} with ${probability(state.chosen_probability[row][column])}.`;
  const words = `After ${shown(state.tokens[column])}, ${stage} would say: `;
  return {
    picture: plot(width, 40 + tall * rows, ...range(rows).map((r) => text(70, top(r) + 26, r ? `layer ${r - 1}` : "embedding", "cap end")), ...cells,
      ...range(columns).map((c) => text(76 + cell * (c + 0.5), tall * rows + 24, fit(state.tokens[first + c], cell - 2, 7.6), first + c === column ? "val mid b" : "val mid")),
      s("rect", { class: "frame-halo", ...frame }), s("rect", { class: "frame-on", ...frame })),
    label: `${words}${five}.${next}${followed}`, told: [words, h("em", {}, five), `.${next}${followed}`], scale: "underlined: what really came",
    controls: () => [line({ label: "Follow a token", value: context.settings.follow, button: "Follow", help: "How likely is it at each layer?" }, (follow) => put({ follow })).node],
  };
}

function press(key, context) {
  const { rows, time, row, column } = seen(context);
  const to = walk(key, [column, rows - 1 - row], { across: time, rows });
  if (!to) return false;
  context.put({ token: to[0], row: rows - 1 - to[1] });
  return true;
}

function hint(place, { state }) {
  const [row, column] = place.split(" ").map(Number);
  return state.top_labels[row][column].slice(0, 3).map((label, n) => `${shown(label)} ${probability(state.top_probabilities[row][column][n])}`).join("  ");
}

function table(context) {
  const { state } = context;
  const { column, time } = seen(context);
  const more = column < time - 1;
  return { caption: `After “${shown(state.tokens[column])}”.`, head: ["layer", "likeliest", "probability", "bits", ...(more ? ["rank of what came", "its probability"] : [])],
    rows: state.stages.map((stage, r) => [stage, shown(state.top_labels[r][column][0]), state.top_probabilities[r][column][0], state.entropy[r][column],
      ...(more ? [state.next_rank[r][column], state.next_probability[r][column]] : [])]) };
}

export default {
  render: ({ model, el }) => lens(el, model, {
    name: "What each layer would say", keys: [[["←", "→"], "token"], [["↑", "↓"], "layer"]], start: { row: -1, token: -1, follow: "" }, draw, table, press, hint,
    pick: (place, { put }) => { const [row, token] = place.split(" ").map(Number); put({ row, token }); },
  }),
};
