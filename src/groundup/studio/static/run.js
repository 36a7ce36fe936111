// The page of one run: its panel live, "Let it write" once there is something to write with, and deleting it.
import { api, toastError } from "./api.js";
import { askFirst } from "./ask_first.js";
import { live } from "./live.js";
import { h } from "./kit/dom.js";

const root = document.querySelector("[data-live]");
const shown = JSON.parse(root.dataset.live);
let left = false;

live(root, shown, (record, state) => {
  if (state.state === "deleted") leave();
  else offer(record, state);
});

/** Deleted here, or in another tab: there is nothing more to see. */
function leave() {
  if (left) return;
  left = true;
  location.replace("/lab");
}

/** The next step, where it is most seen: as soon as the training is done, it is the page's main button. */
function offer(record, state) {
  const place = root.querySelector("[data-actions]");
  const ready = record.scores.length > 0 && ["done", "stopped", "paused"].includes(state.state);
  let write = place.querySelector(".let-it-write");
  if (ready && !write) {
    write = h("a", { class: "btn main let-it-write" }, "Let it write");
    write.href = `/generate?run=${encodeURIComponent(shown.run)}#write`;
    place.prepend(write);
  } else if (!ready) write?.remove();
}

root.querySelector("[data-delete]").addEventListener("click", async () => {
  if (!await askFirst(`Delete ${shown.run}?`, "Its weights, curves and samples are gone for good.", "Delete it")) return;
  try {
    await api(`/api/runs/${encodeURIComponent(shown.run)}`, undefined, { method: "DELETE" });
    leave();
  } catch (error) { toastError(error); }
});
