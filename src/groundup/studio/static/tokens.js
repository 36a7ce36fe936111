// The page /tokens: the text cut by several tokenizers as it is typed, the merges of one, and what other languages cost. All of it is
// drawn at once as it was recorded, and again as soon as the studio has answered.

import { api, errorText } from "./api.js";
import { show } from "./kit/show.js";
import { model } from "./widgets/model.js";
import { fixture } from "./widgets/recorded.js";

const form = document.getElementById("arena");
const text = document.getElementById("text");
const replay = document.getElementById("replay");
const status = document.getElementById("status");
const told = document.getElementById("replay-status");
const [cuts, merges, abroad] = await Promise.all(["cuts", "merges", "abroad"].map(drawn));
const MERGED = 60; // characters whose merges are replayed: as many as the lens shows whole at every step

async function drawn(id) {
  const place = document.getElementById(id);
  const it = model({ state: (await fixture(place.dataset.widget)).state, settings: fromLink() });
  await show(place, it);
  return it;
}

const chosen = () => [...form.querySelectorAll("[name=with]:checked")].map((box) => box.value);
let asked = 0;
let answered = false;
let counted = "";

async function cut() {
  const number = (asked += 1);
  keep();
  if (!text.value || !chosen().length) {
    status.textContent = text.value ? "Choose at least one tokenizer." : "Write something to cut.";
    return;
  }
  if (answered) status.textContent = "";
  const who = chosen();
  await Promise.all([ask(cuts, "/api/tokens", { text: text.value, tokenizers: who }, number), replayed(number)]);
  if (number !== asked) return;
  answered = true;
  status.textContent = "";
  await speak(who);
}

/** The sentences of other languages are always the same: they are counted again for other tokenizers alone. */
async function speak(who) {
  if (who.join() === counted) return;
  counted = who.join();
  try {
    const state = await api("/api/tokens", { text: "a", tokenizers: who, languages: true });
    if (who.join() === counted) abroad.set("state", state);
    abroad.set("wrong", "");
  } catch (error) {
    counted = "";
    abroad.set("wrong", errorText(error));
  }
}

function replayed(number) {
  const short = [...text.value].slice(0, MERGED).join("");
  told.textContent = short.length < text.value.length ? `The first ${MERGED} characters of the text.` : "";
  return ask(merges, "/api/merges", { text: short, tokenizer: replay.value }, number);
}

async function ask(widget, path, body, number) {
  try {
    const state = await api(path, body);
    if (number !== asked) return;
    widget.set("wrong", "");
    widget.set("state", state);
  } catch (error) {
    if (number === asked) widget.set("wrong", errorText(error));
  }
}

function keep() {
  const search = new URLSearchParams({ text: text.value, replay: replay.value });
  for (const name of chosen()) search.append("with", name);
  for (const [name, value] of Object.entries({ ...cuts.get("settings"), ...merges.get("settings"), ...abroad.get("settings") })) search.set(name, value);
  history.replaceState(null, "", `?${search}`);
}

function fromLink() {
  const search = new URLSearchParams(location.search);
  return Object.fromEntries(["cut", "token", "step", "language", "column"].filter((name) => search.has(name)).map((name) => [name, Number(search.get(name))]));
}

let waiting = 0;
form.addEventListener("submit", (event) => { event.preventDefault(); cut(); });
form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(cut, 250); });
replay.addEventListener("change", () => { merges.set("settings", { step: 0 }); cut(); });
cuts.on("change:settings", keep);
merges.on("change:settings", keep);
abroad.on("change:settings", keep);
cut();
