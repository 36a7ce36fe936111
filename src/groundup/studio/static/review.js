// The review: one question after the other. Keys: 1 to 4 answer, Space shows, Enter goes on.
import { api, errorText } from "./api.js";

const deck = document.querySelector(".deck");
if (deck) run(deck);

function run(deck) {
  const waiting = [...deck.querySelectorAll(".card-of-review")]; // what was not known comes once more at the end
  const rungs = [...deck.querySelectorAll(".steps i")];
  const place = deck.querySelector(".place");
  const aloud = deck.querySelector("[role=status]");
  const count = waiting.length;
  let asked = 0, right = 0, last = null, card = null;

  function next() {
    if (card) card.hidden = true;
    card = waiting.shift();
    if (!card) return finish();
    asked += 1;
    reset(card);
    place.textContent = asked <= count ? `${asked} of ${count}` : "once more";
    rungs.forEach((rung, index) => { rung.className = index < asked - 1 ? "on" : index === asked - 1 ? "here" : ""; });
    card.hidden = false;
    const first = card.querySelector(card.dataset.form === "options" ? "input" : ".show");
    first.focus({ preventScroll: true });
  }

  /** As it was before it was asked: a card may come twice. */
  function reset(card) {
    card.classList.remove("answered");
    delete card.dataset.given;
    card.querySelector(".after").hidden = true;
    for (const option of card.querySelectorAll(".opt")) {
      option.classList.remove("right", "missed");
      option.querySelector(".why").hidden = true;
      const input = option.querySelector("input");
      input.checked = input.disabled = false;
    }
    for (const part of card.querySelectorAll(".answer")) part.hidden = true;
    for (const part of card.querySelectorAll(".reveal")) part.hidden = false;
  }

  async function give(given) {
    if (card.dataset.given) return;
    card.dataset.given = "yes";
    const verdict = card.querySelector(".verdict"), after = card.querySelector(".after");
    try {
      last = await api("/api/review/answer", { id: card.dataset.id, ...given });
    } catch (error) {
      delete card.dataset.given;
      verdict.textContent = errorText(error);
      after.hidden = false;
      return;
    }
    if (asked <= count) right += last.right;
    if (!last.right && asked <= count) waiting.push(card);
    card.classList.add("answered");
    verdict.textContent = `${last.right ? "Right." : "Not yet."} It comes again ${last.due}.`;
    aloud.textContent = verdict.textContent;
    if (card.dataset.form === "recall") return next(); // the answer was read already
    const chosen = card.querySelectorAll(".opt")[given.option];
    for (const option of card.querySelectorAll(".opt")) {
      option.querySelector("input").disabled = true;
      const isRight = option.dataset.right === "yes";
      option.classList.toggle("right", isRight);
      option.classList.toggle("missed", option === chosen && !isRight);
      option.querySelector(".why").hidden = !(isRight || option === chosen);
    }
    after.hidden = false;
    after.querySelector(".next").focus({ preventScroll: true });
  }

  function show() {
    card.querySelector(".reveal").hidden = true;
    const answer = card.querySelector(".answer");
    answer.hidden = false;
    answer.focus({ preventScroll: true });
    aloud.textContent = answer.querySelector(".said-answer").textContent;
  }

  function finish() {
    deck.hidden = true;
    document.querySelector("#about").hidden = true;
    const summary = document.querySelector(".summary");
    const more = last?.left ? `${last.left} more can be asked now.` : last?.next ? `The next one comes ${last.next}.` : "";
    summary.querySelector(".sum").textContent = `${right} of ${count} remembered. ${more}`;
    summary.querySelector(".again").hidden = !last?.left;
    summary.hidden = false;
    summary.focus();
  }

  function choose(number) {
    if (card.dataset.given) return;
    if (card.dataset.form === "options") {
      const input = card.querySelectorAll(".opt input")[number - 1];
      if (input) { input.checked = true; give({ option: number - 1 }); }
    } else if (!card.querySelector(".answer").hidden) {
      const mark = card.querySelectorAll(".marks button")[number - 1];
      if (mark) give({ rating: mark.dataset.rating });
    }
  }

  deck.addEventListener("submit", (event) => event.preventDefault());
  deck.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.matches(".show")) show();
    else if (button.matches(".next")) next();
    else if (button.dataset.rating) give({ rating: button.dataset.rating });
  });
  // A click on an option answers. The arrows only move between options (their clicks have no detail).
  deck.addEventListener("click", (event) => {
    const option = event.detail > 0 && event.target.closest(".opt");
    if (option) give({ option: Number(option.querySelector("input").value) });
  });
  document.addEventListener("keydown", (/** @type {any} */ event) => {
    if (!card || event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("[type=search], dialog *")) return;
    if (/^[1-9]$/.test(event.key)) { event.preventDefault(); return choose(Number(event.key)); }
    if (event.target.closest?.("a, button, summary")) return; // a control that has its own Enter
    const after = card.querySelector(".after");
    if (event.key === " " && card.dataset.form === "recall" && card.querySelector(".answer").hidden) { event.preventDefault(); show(); }
    else if (event.key === "Enter" && !after.hidden) { event.preventDefault(); next(); }
    else if (event.key === "Enter") {
      const chosen = card.querySelector("input:checked");
      if (chosen) { event.preventDefault(); choose(Number(chosen.value) + 1); }
    }
  });
  next();
}
