// One text under several tokenizers: where each cuts it, and what that costs. State: lenses/tokens.py.
// Settings: cut (which tokenizer), token (which of its tokens).

import { h } from "../kit/dom.js";
import { count, printable, shown } from "../kit/format.js";
import { lens } from "../kit/lens.js";
import { clamp } from "../kit/scale.js";

const MOST = 400; // tokens shown of each
const UNKNOWN = ["<unk>", "[UNK]"];

/** The part of the text that a token stands for; places count characters, not halves of them. */
const stoodFor = (letters, one, at) => letters.slice(one.starts[at], one.ends[at]).join("");

function chosen({ state, settings }) {
  const cut = clamp(settings.cut, 0, state.cuts.length - 1);
  const one = state.cuts[cut];
  return { cut, one, token: clamp(settings.token, 0, Math.max(0, Math.min(one.ids.length, MOST) - 1)) };
}

const perWord = (one) => (one.per_word.length ? one.per_word.reduce((a, b) => a + b, 0) / one.per_word.length : 0);

function draw(context) {
  const { state } = context;
  const { cut, one, token } = chosen(context);
  const most = Math.max(...state.cuts.map((some) => some.ids.length), 1);
  const letters = [...state.text];
  const unknown = (some, at) => UNKNOWN.includes(some.shown[at]);
  const block = (some, n) => h("div", { class: "cut-of", "data-cut": n },
    h("p", { class: "row small" }, h("strong", {}, shown(some.name, 40)), h("span", { class: "num" }, `${count(some.ids.length)} tokens`),
      h("span", { class: "soft num" }, `${some.bytes_per_token.toFixed(2)} bytes each · ${perWord(some).toFixed(2)} a word · vocabulary ${count(some.vocab_size)}`),
      some.lost.length ? h("span", { class: "badge fail" }, `${some.lost.length} lost`) : null),
    h("progress", { max: most, value: some.ids.length, "aria-label": `${some.name}: ${some.ids.length} tokens` }),
    h("div", { class: "toks" }, some.ids.slice(0, MOST).map((id, at) => h("span", { class: `tok${some.partial[at] ? " half" : ""}${unknown(some, at) ? " unk" : ""}${n === cut && at === token ? " sel" : ""}`, "data-at": `${n} ${at}` },
      h("span", {}, shown(unknown(some, at) ? stoodFor(letters, some, at) : some.shown[at])), h("small", {}, unknown(some, at) ? `unknown ${id}` : String(id)))),
    some.ids.length > MOST ? h("span", { class: "small soft" }, `and ${count(some.ids.length - MOST)} more`) : null));
  const bytes = one.bytes[token] ?? "";
  const sentence = one.ids.length && unknown(one, token)
    ? `${one.name}, token ${token + 1} of ${count(one.ids.length)}: it does not know “${shown(stoodFor(letters, one, token))}”, and reads number ${one.ids[token]}, ${one.shown[token]}. What it stood for is lost.`
    : one.ids.length
    ? `${one.name}, token ${token + 1} of ${count(one.ids.length)}: “${shown(one.shown[token])}” is number ${one.ids[token]}, ${bytes.split(" ").length} ${bytes.includes(" ") ? "bytes" : "byte"} (${bytes}).${one.partial[token] ? " It begins or ends within a character." : ""}`
    : `${one.name} has no tokens here.`;
  return { picture: h("div", { class: "stack" }, state.cuts.map(block)), label: printable(sentence), told: printable(sentence), scale: "dashed: a part of a character · struck out: unknown" };
}

function hint(place, { state }) {
  const [n, at] = place.split(" ").map(Number);
  const one = state.cuts[n];
  return `${shown(one.shown[at])}, token ${one.ids[at]}: ${one.bytes[at]}`;
}

function press(key, context) {
  const { cut, one, token } = chosen(context);
  const last = Math.min(one.ids.length, MOST) - 1;
  const to = { ArrowRight: [cut, token + 1], ArrowLeft: [cut, token - 1], Home: [cut, 0], End: [cut, last] }[key];
  if (to) context.put({ cut, token: clamp(to[1], 0, last) });
  else if (key === "ArrowDown" || key === "ArrowUp") {
    // to the token of the next tokenizer that stands on the same character
    const next = clamp(cut + (key === "ArrowDown" ? 1 : -1), 0, context.state.cuts.length - 1);
    const at = context.state.cuts[next].ends.findIndex((end) => end > one.starts[token]);
    context.put({ cut: next, token: Math.max(0, at) });
  } else return false;
  return true;
}

function table({ state }) {
  return { caption: "What each tokenizer makes of the text.", head: ["tokenizer", "tokens", "tokens a word", "bytes a token", "vocabulary", "lost"],
    rows: state.cuts.map((one) => [one.name, one.ids.length, Number(perWord(one).toPrecision(6)), one.bytes_per_token, one.vocab_size, one.lost.map((part) => shown(part)).join(", ") || "nothing"]) };
}

export default {
  render: ({ model, el }) => lens(el, model, {
    name: "The same text, cut", keys: [[["←", "→"], "token"], [["↑", "↓"], "tokenizer"]], start: { cut: 0, token: 0 }, draw, table, press, hint,
    pick: (place, { put }) => { const [cut, token] = place.split(" ").map(Number); put({ cut, token }); },
  }),
};
