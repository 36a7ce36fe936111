// Code of a lesson that can be run: what it prints comes below it.

import { api } from "./api.js";
import { showError } from "./exercise.js";

export function runs(root, lesson) {
  for (const part of root.querySelectorAll("[data-run]")) {
    const button = part.querySelector("button"), printed = part.querySelector(".printed");
    button.addEventListener("click", async () => {
      if (button.disabled) return;
      button.disabled = true;
      const wait = document.createElement("progress");
      wait.setAttribute("aria-label", "Running");
      printed.replaceChildren(wait);
      try {
        const { text } = await api(`/api/lesson/${lesson}/run/${part.dataset.run}`, {});
        const said = document.createElement("pre");
        said.className = "said";
        said.tabIndex = 0;
        said.textContent = text || "It prints nothing.";
        printed.replaceChildren(said);
      } catch (error) {
        showError(printed, error);
      }
      button.disabled = false;
      button.focus();
    });
  }
}
