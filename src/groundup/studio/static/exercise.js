// An exercise: what is typed is saved to the learner's file as they type, and survives a reload, a restart and a killed
// server: until the file has it, a copy lies in this browser. Check, hint, solution, starting over; and a change that
// came from outside (an editor, another tab, the command) is noticed and offered.

import { api, errorText, toast } from "./api.js";
import { askFirst } from "./ask_first.js";
import { editor } from "./editor.js";
import { fragment, turnTo } from "./fragment.js";
import { h } from "./kit/dom.js";

const SOON = 600, AGAIN = 3000, LOOK = 3000; // ms: after typing; after a failed save; between looks at the file

export function exercises(root, changed) {
  for (const task of root.querySelectorAll("[data-exercise]")) begin(task, changed);
}

async function begin(task, changed) {
  const at = `/api/exercise/${task.dataset.exercise}`;
  const part = (name) => task.querySelector(`.${name}`);
  const area = part("plain-code");
  const draft = `draft:${task.dataset.exercise}`;
  let stamp = task.dataset.stamp, saved = area.defaultValue; // the file as this page knows it
  let timer = 0, checking = false, offered = "", writing = Promise.resolve(true);

  let edit;
  const ready = editor(area, { codemirror: task.dataset.codemirror, onChange: typed, onCheck: () => check() }).then((made) => { edit = made; });
  const dirty = () => edit.text() !== saved;

  // ---- saving ----

  function typed() {
    keepDraft();
    say(dirty() ? "…" : "saved");
    clearTimeout(timer);
    timer = setTimeout(save, SOON);
  }

  function keepDraft() {
    try {
      if (dirty()) localStorage.setItem(draft, JSON.stringify({ text: edit.text(), was: stamp }));
      else localStorage.removeItem(draft);
    } catch { /* storage is off: the file alone, then */ }
  }

  /** Whether the file has what stands here. One at a time: a slow one must not overtake. */
  function save(mine = false) {
    clearTimeout(timer);
    writing = writing.then(() => write(mine));
    return writing;
  }

  async function write(mine) {
    const text = edit.text();
    if (text === saved && stamp && !mine) return true;
    try {
      const file = await api(`${at}/file`, { text, was: stamp, mine }, { method: "PUT" });
      stamp = file.stamp;
      saved = text;
      if (file.kept) toast(`The other version is kept as ${file.kept}`);
      keepDraft();
      say(dirty() ? "…" : "saved");
      return true;
    } catch (error) {
      if (error.status === 409) await look();
      else {
        say(`not saved yet: ${error.message} What you typed is kept in this browser.`);
        timer = setTimeout(save, AGAIN);
      }
      return false;
    }
  }

  const say = (text) => { part("saved").textContent = text; };

  // ---- changes from outside ----

  async function look() {
    const file = await api(`${at}/file`);
    if (file.stamp === stamp || file.stamp === offered) return;
    if (!file.stamp || file.text === edit.text()) { // gone, so what stands here is all there is; or the same by now
      stamp = file.stamp;
      saved = file.text;
      keepDraft();
      return;
    }
    if (file.wrong) return;
    offer(file);
  }

  function offer(file) {
    offered = file.stamp;
    const notice = dirty() ? "Your file was changed outside this page, while you typed here." : "Your file was changed outside this page.";
    part("outside").replaceChildren(h("p", {}, notice), button("Take that version", () => take(file)),
      button("Keep mine", async () => { if (await save(true)) settle(); }));
    part("outside").hidden = false;
  }

  function take(file) {
    stamp = file.stamp;
    saved = file.text;
    edit.set(file.text);
    keepDraft();
    say("saved");
    settle();
    edit.focus();
  }

  function settle() {
    offered = "";
    part("outside").hidden = true;
    part("outside").replaceChildren();
  }

  // ---- check, hint, solution ----

  async function check() {
    if (checking) return;
    checking = true;
    const button = task.querySelector('[data-do="check"]');
    button.setAttribute("aria-disabled", "true");
    part("outcome").setAttribute("aria-busy", "true"); // the focus timer waits with its word until this is over
    const waited = setTimeout(() => part("outcome").replaceChildren(h("p", { class: "soft" }, "Checking …")), 250);
    try {
      if (!dirty()) await look();
      if (!part("outside").hidden) {
        if (dirty()) throw Object.assign(new Error("Your file was changed outside this page."), { hint: "Take that version or keep yours, then check." });
        take(await api(`${at}/file`));
        toast("Your file was changed outside this page; that version is checked.");
      }
      if (!(await save())) throw Object.assign(new Error("What you typed is not in your file yet."), { hint: "It is kept in this browser. Check again when the studio answers." });
      const { passed, verdict, html } = await api(`${at}/check`, {});
      clearTimeout(waited);
      part("outcome").replaceChildren(fragment(html));
      edit.mark(verdict.line?.number);
      if (passed) {
        part("state").hidden = part("solve").hidden = false;
        task.toggleAttribute("data-passed", true);
      }
      changed(task, passed);
    } catch (error) {
      clearTimeout(waited);
      showError(part("outcome"), error);
    }
    part("outcome").setAttribute("aria-busy", "false");
    button.removeAttribute("aria-disabled");
    checking = false;
  }

  async function hint() {
    const { html } = await api(`${at}/hint`, {});
    part("hinted").replaceChildren(fragment(html));
  }

  async function solution() {
    const passed = task.hasAttribute("data-passed");
    if (!passed && !(await askFirst("See a solution now?", "You have not passed this exercise yet. A hint gives away less.", "See a solution"))) return;
    part("solved").replaceChildren(fragment((await api(`${at}/solution`, { before: true })).html));
    turnTo(part("solved"));
  }

  async function reset() {
    if (!(await askFirst("Start over?", "The starter takes the place of your text. What you have is kept in a file beside it.", "Start over"))) return;
    await save();
    const file = await api(`${at}/reset`, {});
    task.querySelector(".unreadable")?.remove();
    part("editor").hidden = false;
    take(file);
    part("outcome").replaceChildren();
    toast(file.kept ? `What you had is kept as ${file.kept}` : "This is the starter already.");
  }

  async function elsewhere() {
    await save();
    const place = await api(`${at}/open`, {});
    await look();
    toast(`${place.opened} Your file: ${place.path}`.trim(), 12);
  }

  const does = { check, hint, solution, reset, open: elsewhere };
  task.addEventListener("click", async (event) => {
    const what = event.target.closest("[data-do]")?.dataset.do;
    if (!does[what]) return;
    try { await ready; await does[what](); } catch (error) { showError(part("outcome"), error); }
  });

  // ---- begin ----

  await ready;
  if (dirty()) typed(); // before the editor was there
  else restore();
  addEventListener("pagehide", () => { if (dirty()) keepDraft(); });
  addEventListener("visibilitychange", () => { if (document.hidden && dirty()) save(); });
  setInterval(() => {
    const away = document.hidden || checking || dirty() || task.offsetParent === null;
    if (!away) look().catch(() => {}); // the server is away: the next save says so
  }, LOOK);

  /** What did not reach the file last time. */
  function restore() {
    let kept;
    try { kept = JSON.parse(localStorage.getItem(draft)); } catch { return; }
    if (!kept || kept.text === saved) return;
    const file = { text: saved, stamp, wrong: "" };
    edit.set(kept.text);
    if (kept.was === stamp || !stamp) save();
    else offer(file);
  }
}

const button = (text, onclick) => h("button", { class: "btn sm", type: "button", onclick }, text);

export const showError = (place, error) => place.replaceChildren(h("p", { class: "went-wrong" }, errorText(error)));
