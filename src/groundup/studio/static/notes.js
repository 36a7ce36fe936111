// The learner's notes in the margin: one beside each section.

import { api, toastError } from "./api.js";
import { h } from "./kit/dom.js";

export function notes(root, lesson) {
  for (const step of root.querySelectorAll(".step[data-section]")) {
    const aside = step.querySelector(":scope > .mine");
    if (aside) begin(step, aside, step.querySelector(":scope > .write-note"), lesson);
  }
}

function begin(step, aside, write, lesson) {
  const text = aside.querySelector("p");
  const change = aside.querySelector("button");

  function open() {
    const area = h("textarea", { class: "input", rows: 4, maxlength: 20000, "aria-label": "Your note" });
    area.value = text.textContent;
    const keep = h("button", { class: "btn sm", type: "button" }, "Keep"), leave = h("button", { class: "btn bare sm", type: "button" }, "Leave it");
    const form = h("div", { class: "writing" }, area, h("div", { class: "row" }, keep, leave));
    show(true);
    text.hidden = change.hidden = true;
    aside.append(form);
    area.focus();
    const close = () => {
      form.remove();
      text.hidden = change.hidden = false;
      show(text.textContent !== "");
      (text.textContent ? change : write).focus();
    };
    keep.addEventListener("click", async () => {
      try {
        await api(`/api/lesson/${lesson}/note`, { block: Number(step.dataset.block), text: area.value });
      } catch (error) {
        toastError(error);
        return;
      }
      text.textContent = area.value.trim();
      aside.querySelector(".faint").textContent = "your note, today";
      close();
    });
    leave.addEventListener("click", close);
    area.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) keep.click();
    });
  }
  function show(there) {
    aside.hidden = !there;
    write.hidden = there;
  }
  write.addEventListener("click", open);
  change.addEventListener("click", open);
}
