// The page of a lesson: the server brought it whole; here it comes to life.

import { answers } from "./answers.js";
import { exercises } from "./exercise.js";
import { notes } from "./notes.js";
import { reading } from "./reading.js";
import { runs } from "./runs.js";
import { scrollers } from "./scrollers.js";
import { experiments } from "./widgets/host.js";

const page = document.querySelector("[data-lesson]");
const lesson = page.dataset.lesson;
const place = reading(page);

/** Something in a step was answered, passed or reached: the contents show it. */
function changed(node, done) {
  if (done) node.closest(".step").toggleAttribute("data-done", true);
  place.mark();
}

exercises(page, changed);
answers(page, lesson, changed);
notes(page, lesson);
runs(page, lesson);
scrollers(page);
experiments(page, lesson, changed);
