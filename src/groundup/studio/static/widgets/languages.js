// What the same sentences cost in other languages. State: lenses/tokens.py with its languages. Settings: language (a row), column (a tokenizer).

import { h } from "../kit/dom.js";
import { count, shown } from "../kit/format.js";
import { heat, lens, walk } from "../kit/lens.js";
import { clamp } from "../kit/scale.js";

const READ = 0.95; // of its characters; a tokenizer that knows fewer is not cheap, but blind

/** How many times the tokens of English; null where it mostly reads unknown tokens. */
export function against(state, cut, language) {
  if (state.language_known[cut][language] < READ) return null;
  return state.language_tokens[cut][language] / state.language_tokens[cut][state.languages.indexOf("English")];
}

const seen = ({ state, settings }) => ({ language: clamp(settings.language, 0, state.languages.length - 1), cut: clamp(settings.column, 0, state.cuts.length - 1) });
const times = (ratio) => (ratio === null ? "unknown" : `× ${ratio.toFixed(1)}`);

function draw(context) {
  const { state } = context;
  const { language, cut } = seen(context);
  const all = state.cuts.flatMap((_, c) => state.languages.map((_, l) => against(state, c, l) ?? 0));
  const most = Math.max(2, ...all);
  const row = (name, l) => h("tr", {}, h("th", { scope: "row" }, name), state.cuts.map((one, c) => {
    const ratio = against(state, c, l);
    return h("td", { class: `n lang ${ratio === null ? "blind" : heat(Math.max(0, ratio - 1), most - 1)}${l === language && c === cut ? " on" : ""}`, "data-at": `${l} ${c}` },
      count(state.language_tokens[c][l]), h("small", {}, times(ratio)));
  }));
  const [name, who] = [state.languages[language], shown(state.cuts[cut].name, 40)];
  const ratio = against(state, cut, language);
  const tokens = state.language_tokens[cut][language];
  const sentence = ratio === null ? `${who} mostly reads unknown tokens in ${name}: ${count(tokens)} of them say little of the text.`
    : name === "English" ? `${who} needs ${count(tokens)} tokens for the three sentences in English.`
      : `${who} needs ${count(tokens)} tokens for the three sentences in ${name}, ${ratio.toFixed(1)} times as many as in English.`;
  return {
    picture: h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "The table of languages" }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "language"), state.cuts.map((one) => h("th", { scope: "col", class: "n" }, shown(one.name, 18))))),
      h("tbody", {}, state.languages.map(row)))),
    label: sentence, told: sentence, scale: "tokens for the same three sentences, and times English",
  };
}

function press(key, context) {
  const { language, cut } = seen(context);
  const to = walk(key, [cut, language], { across: context.state.cuts.length, rows: context.state.languages.length });
  if (!to) return false;
  context.put({ column: to[0], language: to[1] });
  return true;
}

function table({ state }) {
  return { caption: "Tokens for the same three sentences.", head: ["language", ...state.cuts.map((one) => shown(one.name, 40))],
    rows: state.languages.map((name, l) => [name, ...state.cuts.map((_, c) => state.language_tokens[c][l])]) };
}

function hint(place, { state }) {
  const [l, c] = place.split(" ").map(Number);
  return `${state.languages[l]}, ${shown(state.cuts[c].name, 24)}: ${count(state.language_tokens[c][l])} tokens, ${times(against(state, c, l))}`;
}

export default {
  render: ({ model, el }) => lens(el, model, {
    name: "The same sentences in other languages", keys: [[["↑", "↓"], "language"], [["←", "→"], "tokenizer"]], start: { language: 0, column: 0 }, draw, table, press, hint,
    pick: (place, { put }) => { const [language, column] = place.split(" ").map(Number); put({ language, column }); },
  }),
};
