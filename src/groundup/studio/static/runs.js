// Code of a lesson that can be run: what it prints comes below it.

import { api } from "./api.js";
import { showError } from "./exercise.js";
import { h } from "./kit/dom.js";

export function runs(root, lesson) {
  for (const part of root.querySelectorAll("[data-run]")) {
    const button = part.querySelector("button"), printed = part.querySelector(".printed");
    button.addEventListener("click", async () => {
      if (button.disabled) return;
      button.disabled = true;
      printed.replaceChildren(h("progress", { "aria-label": "Running" }));
      try {
        const { text } = await api(`/api/lesson/${lesson}/run/${part.dataset.run}`, {});
        printed.replaceChildren(h("pre", { class: "said", tabindex: 0 }, text || "It prints nothing."));
      } catch (error) {
        showError(printed, error);
      }
      button.disabled = false;
      button.focus();
    });
  }
}
