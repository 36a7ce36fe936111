// The learner's notes in the margin: one beside each section.

import { api, toast } from "./api.js";

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
    const area = document.createElement("textarea");
    area.className = "input";
    area.rows = 4;
    area.maxLength = 20000;
    area.value = text.textContent;
    area.setAttribute("aria-label", "Your note");
    const keep = button("btn sm", "Keep"), leave = button("btn bare sm", "Leave it");
    const form = document.createElement("div");
    form.className = "writing";
    const tools = document.createElement("div");
    tools.className = "row";
    tools.append(keep, leave);
    form.append(area, tools);
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
        toast(`${error.message} ${error.hint}`);
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

function button(cls, text) {
  return Object.assign(document.createElement("button"), { className: cls, type: "button", textContent: text });
}
