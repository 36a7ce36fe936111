// Guesses, questions and own words: sent, stored, and then the block comes back with the answer.

import { api } from "./api.js";
import { showError } from "./exercise.js";
import { fragment, turnTo } from "./fragment.js";
import { h } from "./kit/dom.js";
import { sheet } from "./sketch.js";

export function answers(root, lesson, changed) {
  for (const form of root.querySelectorAll("form[data-ask]")) begin(form, lesson, changed);
}

function begin(form, lesson, changed) {
  const at = `/api/lesson/${lesson}/${form.dataset.ask}/${form.dataset.id}`;
  const step = form.closest(".step");
  const drawn = form.dataset.form === "sketch" && !form.classList.contains("answered") ? sheet(form) : undefined;
  const answered = form.classList.contains("answered");

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (answered) return;
    const button = form.querySelector("button:not([type])");
    button.disabled = true;
    try {
      const { html } = await api(at, body(form, drawn));
      replace(html, true);
    } catch (error) {
      button.disabled = false;
      let place = form.querySelector(".not-taken");
      if (!place) {
        place = h("div", { class: "not-taken", role: "alert" });
        form.append(place);
      }
      showError(place, error);
    }
  });

  function replace(html, turn) {
    const made = fragment(html);
    const fresh = made.querySelector("form");
    form.replaceWith(made);
    begin(fresh, lesson, changed);
    if (turn) turnTo(fresh);
    changed(step, true);
  }

  if (form.dataset.ask !== "explain" || !answered) return;
  const marks = () => [...form.querySelectorAll("[name=marks]:checked")].map((one) => Number(one.value));
  form.addEventListener("change", () => {
    form.querySelector("[data-count]").textContent = `${marks().length} of ${form.querySelectorAll("[name=marks]").length}.`;
    api(at, { text: form.elements.text.value, marks: marks() }).catch((error) => showError(form.querySelector("[data-count]"), error));
  });
  form.querySelector("[data-again]").addEventListener("click", () => {
    const area = form.elements.text;
    area.readOnly = false;
    form.querySelector("[data-verdict]").replaceChildren(h("button", { class: "btn" }, "Compare"));
    const again = form.cloneNode(true); // without what listened here
    again.classList.remove("answered");
    form.replaceWith(again);
    again.elements.text.value = area.value;
    begin(again, lesson, changed);
    again.elements.text.focus();
  });
}

function body(form, drawn) {
  const fields = new FormData(form);
  if (form.dataset.ask === "quiz") return { option: Number(fields.get(`quiz-${form.dataset.id}`)) };
  if (form.dataset.ask === "explain") return { text: fields.get("text"), marks: [] };
  const sure = fields.get("sure") ? Number(fields.get("sure")) : null;
  if (form.dataset.form === "choice") return { given: Number(fields.get(`predict-${form.dataset.id}`)), sure };
  return { given: drawn ? drawn() : fields.get("given"), sure };
}
