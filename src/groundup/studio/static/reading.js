// Where the reader is: the mark in the contents, the place that is kept, one thing at a time, and the lesson's end.

import { api, toastError } from "./api.js";
import { fragment, turnTo } from "./fragment.js";

const STAYED = 1500; // ms that something is on the screen before it counts as opened

export function reading(page) {
  const lesson = page.dataset.lesson;
  const steps = [...page.querySelectorAll(".step")];
  const pager = page.querySelector(".pager");
  const toggle = page.querySelector("[data-one-thing]");
  let here = null, kept = null, timer = 0;

  // ---- the place ----

  function at(step) {
    if (step === here) return;
    here = step;
    const section = steps.slice(0, steps.indexOf(step) + 1).reverse().find((one) => "section" in one.dataset);
    for (const link of page.querySelectorAll("[data-to]")) {
      if (link.dataset.to === section?.id) link.setAttribute("aria-current", "step");
      else link.removeAttribute("aria-current");
    }
    clearTimeout(timer);
    timer = setTimeout(keep, STAYED);
  }

  async function keep() {
    const block = here?.dataset.block;
    if (block === undefined || block === kept || document.hidden) return;
    try {
      await api(`/api/lesson/${lesson}/opened`, { block: Number(block) });
      kept = block;
    } catch { return; } // the next place is tried again
    for (const step of steps) {
      const asks = step.querySelector("[data-ask], [data-exercise], .goal .box");
      if (!asks && Number(step.dataset.block) < Number(block)) step.toggleAttribute("data-done", true);
    }
    mark();
  }

  /** A section is done when everything in it is. */
  function mark() {
    for (const item of page.querySelectorAll("li:has(> [data-to])")) {
      const from = steps.findIndex((one) => one.id === item.firstElementChild.dataset.to);
      let to = from + 1;
      while (to < steps.length && !("section" in steps[to].dataset) && steps[to].dataset.kind !== "end") to += 1;
      item.classList.toggle("done", steps.slice(from, to).every((one) => "done" in one.dataset));
    }
  }

  function look() {
    if (page.hasAttribute("data-one")) return;
    const line = innerHeight * 0.4; // what stands here is what is read
    const last = steps.filter((one) => one.getBoundingClientRect().top < line).at(-1);
    const atEnd = scrollY + innerHeight >= document.documentElement.scrollHeight - 4;
    at(atEnd ? steps.at(-1) : last ?? steps[0]);
  }
  let asked = false;
  addEventListener("scroll", () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; look(); });
  }, { passive: true });

  // ---- one thing at a time ----

  function one(step, turn = true) {
    for (const other of steps) other.classList.toggle("here", other === step);
    page.classList.toggle("begun", step !== steps[0]);
    const number = steps.indexOf(step);
    pager.querySelector("[data-count]").textContent = `${number + 1} of ${steps.length}`;
    pager.querySelector('[data-do="back"]').disabled = number === 0;
    pager.querySelector('[data-do="next"]').hidden = number === steps.length - 1;
    step.after(pager);
    at(step);
    dispatchEvent(new Event("resize")); // pictures that were hidden learn their width
    if (!turn) return;
    scrollTo({ top: 0 });
    const title = step.querySelector("h2") ?? step;
    if (!title.hasAttribute("tabindex")) title.tabIndex = -1;
    title.focus({ preventScroll: true });
  }

  function arrange(on, from) {
    page.toggleAttribute("data-one", on);
    pager.hidden = !on;
    if (on) one(from ?? here ?? steps[0], false);
    else {
      steps.forEach((step) => step.classList.remove("here"));
      page.classList.remove("begun");
      here?.scrollIntoView({ block: "start" });
      look();
    }
  }

  pager.addEventListener("click", (event) => {
    const by = { back: -1, next: 1 }[event.target.closest("[data-do]")?.dataset.do];
    const next = by && steps[steps.indexOf(here) + by];
    if (next) one(next);
  });
  toggle.addEventListener("change", async () => {
    arrange(toggle.checked);
    try { await api("/api/one-thing", { on: toggle.checked }); } catch (error) { toastError(error); }
  });
  const pointed = () => steps.find((one) => one.id && one.id === decodeURIComponent(location.hash.slice(1)))
    ?? document.getElementById(decodeURIComponent(location.hash.slice(1)))?.closest(".step");
  addEventListener("hashchange", () => {
    if (page.hasAttribute("data-one") && pointed()) one(pointed());
  });

  // ---- the end ----

  const end = page.querySelector("#end");
  end.addEventListener("click", async (event) => {
    if (!event.target.closest('[data-do="finish"]')) return;
    try {
      end.replaceChildren(fragment((await api(`/api/lesson/${lesson}/done`, {})).html));
      turnTo(end);
    } catch (error) { toastError(error); }
  });

  if (page.hasAttribute("data-one")) arrange(true, pointed() ?? document.getElementById(page.dataset.goOn) ?? steps[0]);
  else look();
  mark();
  return { mark };
}
