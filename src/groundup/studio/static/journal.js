// The page of a day, saved as one types: after a pause, when the field is left, and when the page is.
import { api } from "./api.js";

const PAUSE = 1200; // milliseconds without a key
const field = document.querySelector("#page");
const state = document.querySelector(".state");
const clash = document.querySelector(".clash");
let saved = field.dataset.written === "yes" ? field.value : ""; // what the server has
let untouched = field.value; // the draft is not saved unless something was typed
let other = "";
let later = 0;
let saving = null;

function changed() {
  return field.value !== untouched && field.value !== saved;
}

/** One after the other, and again if something was typed meanwhile. */
async function save() {
  clearTimeout(later);
  if (saving || !changed() || !clash.hidden) return saving;
  const text = field.value;
  saving = api("/api/journal", { day: field.dataset.day, text, before: saved });
  try {
    const answer = await saving;
    if (answer.saved) {
      saved = answer.text;
      untouched = undefined;
      state.textContent = "Saved.";
    } else {
      other = answer.text;
      clash.hidden = false;
      state.textContent = "Not saved.";
    }
  } catch (error) {
    state.textContent = `Not saved. ${error.message} ${error.hint}`;
    later = setTimeout(save, 5000);
    saving = null;
    return undefined;
  }
  saving = null;
  if (changed() && clash.hidden) later = setTimeout(save, PAUSE);
  return undefined;
}

field.addEventListener("input", () => {
  if (clash.hidden) state.textContent = "Writing …";
  clearTimeout(later);
  later = setTimeout(save, PAUSE);
});
field.addEventListener("blur", save);
addEventListener("keydown", (event) => {
  if (event.key === "s" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); save(); }
});
// The page goes: a request that outlives it. (A fetch that is kept alive may carry 64 kB.)
addEventListener("pagehide", () => {
  if (!changed() || !clash.hidden) return;
  fetch("/api/journal", {
    method: "POST", keepalive: true, headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ day: field.dataset.day, text: field.value, before: saved }),
  }).catch(() => {});
});
clash.querySelector(".mine").addEventListener("click", () => {
  saved = other;
  clash.hidden = true;
  save();
});
clash.querySelector(".theirs").addEventListener("click", () => {
  field.value = saved = other;
  clash.hidden = true;
  state.textContent = "Saved.";
});
