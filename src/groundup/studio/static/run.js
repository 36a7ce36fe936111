// The page of one run: its panel live, the diagnosis after each score, "Let it write" once there is something to write with.
import { api, toast } from "./api.js";
import { live } from "./live.js";
import { make } from "./words.js";

const root = document.querySelector("[data-live]");
const shown = JSON.parse(root.dataset.live);
const path = `/api/runs/${encodeURIComponent(shown.run)}`;
let left = false;
let scored = document.querySelector("[data-findings]").children.length ? -1 : 0;

live(root, shown, (record, state) => {
  if (state.state === "deleted") { leave(); return; }
  offer(record, state);
  // A page that was made when all had ended shows the diagnosis already.
  if (scored === -1) scored = record.scores.length;
  if (record.scores.length > scored) { scored = record.scores.length; diagnose(); }
});

/** Deleted here, or in another tab: there is nothing more to see. */
function leave() {
  if (left) return;
  left = true;
  location.replace("/lab");
}

/** The next step, where it is most seen: as soon as the training is done, it is the page's main button. */
function offer(record, state) {
  const place = root.querySelector("[data-deeds]");
  const ready = record.scores.length > 0 && ["done", "stopped", "paused"].includes(state.state);
  let write = place.querySelector(".let-it-write");
  if (ready && !write) {
    write = make("a", "btn main let-it-write", "Let it write");
    write.href = `/generate?run=${encodeURIComponent(shown.run)}#write`;
    place.prepend(write);
  } else if (!ready) write?.remove();
}

async function diagnose() {
  try {
    const { findings } = await api(`${path}/diagnosis`);
    if (!findings.length) return;
    root.querySelector("[data-diagnosis]").hidden = false;
    root.querySelector("[data-finding]").textContent = findings[0].what;
    root.querySelector("[data-findings]").replaceChildren(...findings.flatMap((one, i) => [
      ...(i ? [make("p", "", make("strong", "", one.what))] : []),
      make("p", "", make("strong", "", "The numbers"), ` ${one.evidence}`),
      make("p", "", make("strong", "", "What to try"), ` ${one.advice}`),
    ]));
  } catch { /* the next score asks again */ }
}

const dialog = root.querySelector("dialog");
root.querySelector("[data-delete]").addEventListener("click", () => dialog.showModal());
dialog.addEventListener("close", async () => {
  if (dialog.returnValue !== "delete") return;
  try {
    await api(path, undefined, { method: "DELETE" });
    leave();
  } catch (error) { toast(`${error.message} ${error.hint}`); }
});
