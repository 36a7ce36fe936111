// Cards for the words of the field: the first time a word comes in a lesson's prose, it can be pointed at, tapped, or
// reached by Tab; its card says what it means and where it is taught. Escape closes it.
import { api } from "./api.js";
import { fill, h } from "./kit/dom.js";

const SKIP = "a, button, code, pre, kbd, svg, strong, h1, h2, h3, h4, legend, label, summary, .math, .said, .task, .widget, .gloss, .gloss-card";
const lesson = document.querySelector("[data-lesson]")?.dataset.lesson;
const card = h("div", { class: "tip gloss-card", id: "gloss-card", popover: "manual", role: "group" });
let word = null; // the marked word whose card is open
let later = 0;

begin();

async function begin() {
  let words;
  try { words = await api(`/api/glossary?lesson=${encodeURIComponent(lesson ?? "")}`); } catch { return; } // lessons can be read without
  const meant = words.filter((one) => !one.common || one.taught === lesson);
  // The outermost prose alone: what lies in it is walked through with it, and a word is marked once a page.
  for (const prose of document.querySelectorAll(".prose")) if (!prose.parentElement.closest(".prose")) mark(prose, meant);
}

/** Wrap the first occurrence of each word. */
function mark(prose, words) {
  const forms = new Map();
  for (const one of words) for (const form of [one.word, ...one.also]) forms.set(form.toLowerCase(), one);
  if (!forms.size) return;
  const escaped = [...forms.keys()].sort((a, b) => b.length - a.length).map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(?<![\\p{L}\\d_-])(${escaped.join("|")})(s?)(?![\\p{L}\\d_-])`, "giu");
  const seen = new Set();
  const texts = [];
  const walker = document.createTreeWalker(prose, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.parentElement.closest("p, li") && !walker.currentNode.parentElement.closest(SKIP)) texts.push(walker.currentNode);
  for (let text of texts) {
    pattern.lastIndex = 0;
    for (let match; (match = pattern.exec(text.data)); ) {
      const one = forms.get(match[1].toLowerCase());
      if (seen.has(one.word)) continue;
      seen.add(one.word);
      const found = text.splitText(match.index);
      const rest = found.splitText(match[0].length);
      found.replaceWith(marked(found.data, one));
      text = rest;
      pattern.lastIndex = 0;
    }
  }
}

function marked(text, one) {
  // a span, so that two words may stand on two lines
  const span = h("span", { class: "gloss", tabindex: 0, role: "button", "aria-expanded": "false" }, text);
  span.addEventListener("pointerenter", (event) => { if (event.pointerType === "mouse") soon(() => open(span, one), 150); });
  span.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") soon(close, 250); });
  span.addEventListener("focus", () => { if (span.matches(":focus-visible")) open(span, one); });
  span.addEventListener("click", () => (word === span ? undefined : open(span, one)));
  span.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); if (word === span) close(); else open(span, one); }
  });
  return span;
}

function soon(what, milliseconds) {
  clearTimeout(later);
  later = setTimeout(what, milliseconds);
}

function open(span, one) {
  clearTimeout(later);
  if (word === span) return;
  close();
  word = span;
  const elsewhere = one.taught && one.taught !== lesson;
  fill(card, h("span", { class: "t" }, one.word), h("p", {}, one.says),
    elsewhere && h("a", { class: "more", href: `/lesson/${encodeURIComponent(one.taught)}` }, `Taught in ${one.taught}`));
  card.setAttribute("aria-label", one.word);
  span.after(card); // beside its word, so that Tab goes on into it
  span.setAttribute("aria-expanded", "true");
  span.setAttribute("aria-describedby", card.id);
  card.showPopover();
  place();
}

function place() {
  if (!word) return;
  const at = word.getClientRects()[0];
  const below = at.bottom + 6 + card.offsetHeight < innerHeight;
  card.style.top = `${below ? at.bottom + 6 : Math.max(8, at.top - card.offsetHeight - 6)}px`;
  card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - card.offsetWidth - 8))}px`;
}

function close() {
  clearTimeout(later);
  if (!word) return;
  word.setAttribute("aria-expanded", "false");
  word.removeAttribute("aria-describedby");
  word = null;
  card.hidePopover();
  card.remove();
}

card.addEventListener("pointerenter", () => clearTimeout(later));
card.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") soon(close, 250); });
addEventListener("scroll", place, { passive: true });
addEventListener("resize", place);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
document.addEventListener("focusin", (event) => { if (word && !word.contains(event.target) && !card.contains(event.target)) close(); });
document.addEventListener("pointerdown", (event) => { if (word && !word.contains(event.target) && !card.contains(event.target)) close(); });
