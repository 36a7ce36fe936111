// Search (Ctrl-K): lessons, headings, words, pages and commands. Arrows choose, Enter goes there, Escape leaves.
import { api, errorText, toast } from "./api.js";
import { h } from "./kit/dom.js";

const KINDS = { page: "page", lesson: "lesson", heading: "in a lesson", word: "word", command: "command, copied" };
const field = h("input", {
  type: "search", placeholder: "Lessons, words, commands", role: "combobox", "aria-label": "Search lessons, words and commands", "aria-expanded": "true",
  "aria-controls": "matches", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
});
const list = h("ul", { id: "matches", role: "listbox", "aria-label": "Matches" });
const foot = h("p", { class: "foot", role: "status" });
const dialog = h("dialog", { class: "palette", "aria-label": "Search" }, field, list, foot);
/** @type {any[]} */
let entries = [];
let chosen = 0;
let request = null;

document.body.append(dialog);

function open() {
  if (dialog.open) return;
  dialog.showModal();
  field.select();
  ask();
}

async function ask() {
  request?.abort();
  const { signal } = request = new AbortController();
  try {
    const answer = await api(`/api/search?q=${encodeURIComponent(field.value.slice(0, 200))}`, undefined, { signal });
    if (signal.aborted) return; // the next letter has started another request
    entries = answer;
  } catch (error) {
    if (error.name === "AbortError") return;
    entries = [];
    foot.textContent = errorText(error);
    return list.replaceChildren();
  }
  chosen = 0;
  list.replaceChildren(...entries.map(row));
  mark();
  foot.textContent = entries.length ? `${entries.length} found. Arrows choose, Enter goes there.` : "Nothing found. Try one word of it.";
}

function row(entry, index) {
  const item = h("li", { id: `match-${index}`, role: "option" },
    h("span", { class: entry.kind === "command" ? "title mono" : "title" }, entry.title),
    h("span", { class: "kind" }, KINDS[entry.kind]), entry.says && h("span", { class: "says" }, entry.says));
  item.addEventListener("mousemove", () => { if (chosen !== index) { chosen = index; mark(); } });
  item.addEventListener("click", () => take(index));
  return item;
}

function mark() {
  [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === chosen)));
  if (!entries.length) return field.removeAttribute("aria-activedescendant");
  field.setAttribute("aria-activedescendant", `match-${chosen}`);
  list.children[chosen].scrollIntoView({ block: "nearest" });
}

async function take(index) {
  const entry = entries[index];
  if (!entry) return;
  dialog.close();
  if (entry.link) return location.assign(entry.link);
  try {
    await navigator.clipboard.writeText(entry.title);
    toast(`Copied for your terminal: ${entry.title}`);
  } catch {
    toast(`For your terminal: ${entry.title}`, 15);
  }
}

field.addEventListener("input", ask);
field.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && entries.length) {
    event.preventDefault();
    chosen = (chosen + step + entries.length) % entries.length;
    mark();
  } else if (event.key === "Enter") {
    event.preventDefault();
    take(chosen);
  } else if (event.key === "Escape") { // a search field would only be emptied by it
    event.preventDefault();
    dialog.close();
  }
});
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
document.querySelector(".find").addEventListener("click", open);
addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    event.stopPropagation();
    if (dialog.open) dialog.close(); else open();
  }
}, { capture: true });
