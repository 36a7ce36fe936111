// A question before something that is not easily undone: yes or no, by pointer, keys and Escape.

import { h } from "./kit/dom.js";

/** `if (await askFirst("Start over?", "Your text is kept beside it.", "Start over")) ...` */
export function askFirst(title, text, verb) {
  const dialog = h("dialog", { class: "card confirm-dialog ui", "aria-labelledby": "ask-first" },
    h("h2", { class: "h4", id: "ask-first" }, title), h("p", { class: "soft" }, text),
    h("form", { class: "row", method: "dialog" }, h("button", { class: "btn main", value: "yes" }, verb), h("button", { class: "btn" }, "Leave it")));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => dialog.addEventListener("close", () => {
    answer(dialog.returnValue === "yes");
    dialog.remove();
  }));
}
