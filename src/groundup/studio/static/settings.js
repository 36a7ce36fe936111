// Settings, each saved at once; the import of progress; and courses by others.
import { api, errorText, toastError } from "./api.js";
import { askFirst } from "./ask_first.js";

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
    toastError(error);
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

// ---- what is sent as a form: progress, and courses by others ----
async function send(form, path, tell) {
  const result = form.querySelector(".result"), button = form.querySelector("button[type=submit]");
  button.disabled = true;
  result.textContent = "Reading …";
  try {
    result.textContent = tell(await api(path, new FormData(form)));
    return true;
  } catch (error) {
    result.textContent = errorText(error);
    return false;
  } finally {
    button.disabled = false;
  }
}

document.querySelector(".import").addEventListener("submit", (event) => {
  event.preventDefault();
  const many = (count) => `${count.toLocaleString("en")} event${count === 1 ? "" : "s"}`;
  send(event.target, "/api/progress/import", (found) => [
    found.notice,
    found.new ? `${many(found.new)} added${found.known ? `; ${found.known.toLocaleString("en")} were here already` : ""}.` : `Nothing new: ${many(found.known)}, and all were here already.`,
  ].filter(Boolean).join(" "));
});

document.querySelector(".add-course").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const added = await send(form, "/api/courses", ({ course, kept }) =>
    `Added “${course.title}”, ${course.lessons} lesson${course.lessons === 1 ? "" : "s"}.${kept ? ` The version before is kept as ${kept}.` : ""}`);
  if (added) await refresh(form);
});

/** The list as the server has it now; what stands in the form goes, what it said stays. */
async function refresh(form) {
  const said = form.querySelector(".result").textContent;
  form.reset();
  const page = new DOMParser().parseFromString(await (await fetch("/settings")).text(), "text/html");
  const list = page.querySelector(".added"), old = document.querySelector(".added");
  if (old && list) old.replaceWith(list);
  else if (old) old.remove();
  else if (list) form.closest(".setting").before(list);
  form.querySelector(".result").textContent = said;
}

document.querySelector("#courses").addEventListener("click", async (event) => {
  const button = event.target.closest("[data-remove]");
  if (!button) return;
  const text = "It is kept aside on this computer, and so is what you learnt in it. Add it again to go on.";
  if (!(await askFirst(`Take “${button.dataset.title}” out?`, text, "Remove"))) return;
  const form = document.querySelector(".add-course");
  try {
    const { kept } = await api("/api/courses/remove", { id: button.dataset.remove });
    await refresh(form);
    form.querySelector(".result").textContent = `“${button.dataset.title}” is out. It lies in ${kept}.`;
    form.querySelector("input").focus();
  } catch (error) {
    toastError(error);
  }
});
