// Settings, each saved at once; and the import of progress.
import { Wrong, api, toast } from "/static/api.js";

const said = document.querySelector("#said");
const root = document.documentElement;

// ---- the theme is this browser's ----
const themes = [...document.querySelectorAll("[name=theme]")];
const read = () => { for (const one of themes) one.checked = one.value === (root.dataset.theme ?? ""); };
read();
addEventListener("themechange", read); // the bar switches it, too
for (const one of themes) one.addEventListener("change", () => {
  if (one.value) root.dataset.theme = one.value; else delete root.dataset.theme;
  try {
    if (one.value) localStorage.setItem("theme", one.value); else localStorage.removeItem("theme");
  } catch { /* only this page, then */ }
  dispatchEvent(new Event("themechange"));
});

// ---- the others are kept with the progress ----
async function save(control, value, undo) {
  try {
    await api("/api/settings", { name: control.dataset.name, value });
    said.textContent = "Saved.";
  } catch (error) {
    undo();
    toast(`${error.message} ${error.hint}`);
  }
}
for (const box of document.querySelectorAll("[type=checkbox][data-name]"))
  box.addEventListener("change", () => save(box, box.checked, () => { box.checked = !box.checked; }));

const minutes = document.querySelector("#minutes");
const shown = document.querySelector("output[for=minutes]");
let before = minutes.value;
const show = () => { shown.value = `${minutes.value} min`; };
minutes.addEventListener("input", show);
minutes.addEventListener("change", async () => {
  await save(minutes, Number(minutes.value), () => { minutes.value = before; show(); });
  before = minutes.value;
  new BroadcastChannel("focus").postMessage("turned");
});

// ---- import ----
const form = document.querySelector(".import");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const result = form.querySelector(".result"), button = form.querySelector("button");
  const data = new FormData();
  data.append("file", form.querySelector("input").files[0]);
  button.disabled = true;
  result.textContent = "Reading …";
  try {
    const answer = await fetch("/api/progress/import", { method: "POST", body: data }).catch(() => {
      throw new Wrong("The studio does not answer.", "Is `groundup start` still running?", 0);
    });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Wrong(found.error ?? "That did not work.", found.hint ?? "", answer.status);
    const many = (count) => `${count.toLocaleString("en")} event${count === 1 ? "" : "s"}`;
    result.textContent = [
      found.notice,
      found.new ? `${many(found.new)} added${found.known ? `; ${found.known.toLocaleString("en")} were here already` : ""}.` : `Nothing new: ${many(found.known)}, and all were here already.`,
    ].filter(Boolean).join(" ");
  } catch (error) {
    result.textContent = `${error.message} ${error.hint ?? ""}`;
  }
  button.disabled = false;
});
