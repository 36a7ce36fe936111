// Search (Ctrl-K): lessons, headings, words, pages and commands. Arrows choose, Enter goes there, Escape leaves.
import { api, toast } from "/static/api.js";

const KINDS = { page: "page", lesson: "lesson", heading: "in a lesson", word: "word", command: "command, copied" };
const dialog = document.createElement("dialog");
const field = document.createElement("input");
const list = document.createElement("ul");
const foot = document.createElement("p");
let found = [];
let chosen = 0;
let asked = null;

dialog.className = "palette";
dialog.setAttribute("aria-label", "Search");
field.type = "search";
field.placeholder = "Lessons, words, commands";
for (const [name, value] of Object.entries({
  role: "combobox", "aria-label": "Search lessons, words and commands", "aria-expanded": "true", "aria-controls": "found",
  "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
})) field.setAttribute(name, value);
list.id = "found";
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", "Found");
foot.className = "foot";
foot.setAttribute("role", "status");
dialog.append(field, list, foot);
document.body.append(dialog);

function open() {
  if (dialog.open) return;
  dialog.showModal();
  field.select();
  ask();
}

async function ask() {
  asked?.abort();
  const { signal } = asked = new AbortController();
  try {
    const answer = await api(`/api/search?q=${encodeURIComponent(field.value.slice(0, 200))}`, undefined, { signal });
    if (signal.aborted) return; // the next letter has asked anew meanwhile
    found = answer;
  } catch (error) {
    if (error.name === "AbortError") return;
    found = [];
    foot.textContent = `${error.message} ${error.hint}`;
    return list.replaceChildren();
  }
  chosen = 0;
  list.replaceChildren(...found.map(row));
  mark();
  const many = `${found.length} found`;
  foot.textContent = found.length ? `${many}. Arrows choose, Enter goes there.` : "Nothing found. Try one word of it.";
}

function row(entry, index) {
  const item = document.createElement("li");
  item.id = `found-${index}`;
  item.setAttribute("role", "option");
  for (const [cls, text] of [["title", entry.title], ["kind", KINDS[entry.kind]], ["says", entry.says]]) {
    if (!text) continue;
    const part = document.createElement("span");
    part.className = cls === "title" && entry.kind === "command" ? "title mono" : cls;
    part.textContent = text;
    item.append(part);
  }
  item.addEventListener("mousemove", () => { if (chosen !== index) { chosen = index; mark(); } });
  item.addEventListener("click", () => take(index));
  return item;
}

function mark() {
  [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === chosen)));
  if (!found.length) return field.removeAttribute("aria-activedescendant");
  field.setAttribute("aria-activedescendant", `found-${chosen}`);
  list.children[chosen].scrollIntoView({ block: "nearest" });
}

async function take(index) {
  const entry = found[index];
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
  if (step && found.length) {
    event.preventDefault();
    chosen = (chosen + step + found.length) % found.length;
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
