// The panel of one run: what happens now in words, the curve, the numbers, what it writes, what is said of it, and what
// can be done.
import { api, toast, toastError } from "./api.js";
import { follow, Record } from "./events.js";
import { chart } from "./live_chart.js";
import { h } from "./kit/dom.js";
import { clock, count, countdown, printable } from "./kit/format.js";

const ACTIONS = { // state -> [word on the button, action]
  waiting: [["Train it earlier", "first"], ["Take it out", "stop"]],
  running: [["Pause", "pause"], ["Stop and keep", "stop"]],
  paused: [["Go on", "resume"], ["Stop and keep", "stop"]],
  stopped: [["Go on", "resume"]],
  failed: [["Try to go on", "resume"]],
};
const LONGER = ["running", "paused", "done"]; // those that can be given more time
const SAMPLES = 12;

/** The mean of each value and its neighbours: one batch is harder than another, and the level is what counts. */
function smooth(points) {
  const half = Math.floor(points.length / 80);
  let sum = 0;
  const sums = [0, ...points.map(([, value]) => { sum += value; return sum; })];
  return points.map(([time], i) => {
    const reach = Math.min(half, i, points.length - 1 - i); // as many on either side, and none at the very ends
    return [time, (sums[i + reach + 1] - sums[i - reach]) / (2 * reach + 1)];
  });
}

/**
 * Make the panel in `root` live; `shown` is run.py's `shown`. Calls `changed(record, state)` after each change.
 * @param {(record: Record, state: any) => void} [changed]
 */
export function live(root, shown, changed = () => {}) {
  const find = (name) => root.querySelector(`[data-${name}]`);
  const record = new Record();
  const curve = chart(find("chart"));
  let state = { state: shown.state, said: shown.said, job: shown.job, what: "", hint: "", budget: shown.budget };
  let verdict = { headline: "", remarks: [], forecast: null }, judged = "";
  let measure = "bpb", due = 0, told = "";

  const soon = () => { due ||= requestAnimationFrame(() => { due = 0; draw(); }); };
  find("measure")?.addEventListener("change", (event) => { measure = event.target.value; soon(); });

  function lines() {
    const now = state.state === "running" ? "now" : "main";
    if (measure === "loss") {
      const held = record.scores.map((one) => [one.seconds, one.loss]);
      return { unit: "loss, nats a token", lines: [
        { points: record.losses, number: shown.number, kind: "train" },
        { points: held, number: shown.number, kind: now, name: "held-out", dots: true }] };
    }
    if (measure === "gradient") return { unit: "length of the gradient", lines: [{ points: record.gradients, number: shown.number, kind: "main", name: "gradient" }] };
    // The training loss in the same unit: what a nat is worth in bits per byte is taken from the best score.
    const best = record.scores.reduce((one, other) => (one === null || other.bpb < one.bpb ? other : one), null);
    const guess = best ? best.bpb / best.loss : shown.model === "char-rnn" ? 1 / Math.LN2 : null;
    const found = [];
    if (shown.reference) found.push({ points: [[0, shown.reference.bpb], [end(), shown.reference.bpb]], number: shown.number, kind: "ghost", name: shown.reference.name });
    for (const one of shown.others) found.push({ points: one.scores, number: one.number, kind: "earlier", name: one.name });
    if (guess) found.unshift({ points: smooth(record.losses).map(([a, b]) => [a, b * guess]), number: shown.number, kind: "train" });
    const ahead = now === "now" && verdict.forecast?.seconds > record.step.seconds ? verdict.forecast : undefined;
    found.push({ points: record.scores.map((one) => [one.seconds, one.bpb]), number: shown.number, kind: now, name: shown.title, dots: true, ahead });
    return { unit: "bits per byte, held-out text (thin: training text)", lines: found };
  }

  /** Seconds of training at the budget's end, as far as is known. */
  function end() {
    const seconds = record.step.seconds ?? 0;
    return record.spent > 0.01 && !record.ended ? seconds / record.spent : Math.max(seconds, 1);
  }

  /** What the clock above shows, of the whole budget. */
  function ofWhat(going) {
    if (state.state === "done") return "of training";
    if (record.ended || !going) return `${record.step.seconds ? "trained, " : ""}of ${state.budget}`;
    return `${record.left === null ? "" : "left "}of ${state.budget}`;
  }

  function draw() {
    const { unit, lines: found } = lines();
    const last = record.scores.at(-1);
    const finding = last ? `${unit} over ${Math.round(record.step.seconds)} seconds. At the last score ${last.bpb.toFixed(2)} bits per byte.` : `${unit}. Not scored yet.`;
    curve.show({ unit, lines: found, end: end(), finding });
    const say = (name, text) => { const place = find(name); if (place && place.textContent !== text) place.textContent = text; };
    const going = ["running", "pausing", "stopping"].includes(state.state);
    say("left", record.ended || !going ? clock(record.step.seconds) : record.left === null ? "–" : countdown(record.left));
    say("of", ofWhat(going));
    find("spent").value = record.ended?.reason === "budget" ? 1 : record.spent;
    say("bpb", last ? last.bpb.toFixed(2) : "–");
    say("perplexity", last?.perplexity ? (last.perplexity < 99.95 ? last.perplexity.toFixed(1) : count(last.perplexity)) : "–");
    say("read", count(record.step.tokens));
    say("speed", count(record.step.tokens_per_second));
    say("said", words());
    drawSamples();
    drawDeeds();
    judge();
    const failure = root.querySelector("[data-failure]");
    if (failure) {
      failure.hidden = !state.what;
      say("what", state.what);
      say("hint", state.hint);
    }
    changed(record, state);
  }

  function words() {
    if (state.state === "running" && record.losses.length && !record.scores.length) return "It guesses letters and corrects itself. The first score and sample come soon.";
    return state.state === "running" && !state.job ? `${state.said} A command trains it, outside the studio.` : state.said;
  }

  function drawSamples() {
    const list = find("samples"), shownSamples = record.samples.slice(-SAMPLES).reverse();
    const key = `${record.samples.length}/${record.samples.at(-1)?.seconds}/${state.state}`;
    if (key === told || (!shownSamples.length && list.children.length && !record.losses.length)) return;
    told = key;
    find("nothing").hidden = shownSamples.length > 0;
    list.replaceChildren(...shownSamples.map((one, i) => {
      const newest = i === 0 && state.state === "running";
      return h("li", {}, h("p", { class: "tiny faint num" }, `${newest ? "now · " : ""}${Math.round(one.seconds)} s · ${one.bpb.toFixed(2)}`),
        h("p", { class: newest ? "said caret" : "said" }, printable(one.text).trim().replace(/\n{3,}/g, "\n\n").slice(0, 240)));
    }));
  }

  /** After each score, and when the state or the budget changes, the curves are judged again. */
  async function judge() {
    const key = `${record.scores.length} ${record.losses.length > 7} ${state.state} ${state.budget} ${record.diverged}`;
    if (key === judged || !record.losses.length && !record.diverged) return;
    judged = key;
    try { verdict = await api(`/api/runs/${encodeURIComponent(shown.run)}/diagnosis`); } catch { return; } // the next score asks again
    const place = find("diagnosis");
    place.hidden = !verdict.headline;
    find("headline").textContent = verdict.headline;
    find("remarks").replaceChildren(...verdict.remarks.map((one) => h("p", {}, h("strong", {}, one.title), ` ${one.text}`)));
    soon();
  }

  function drawDeeds() {
    const elsewhere = state.state === "running" && !state.job; // a command trains it: that is not for us to stop
    const place = find("actions"), wanted = elsewhere ? [] : ACTIONS[state.state] ?? [];
    const more = LONGER.includes(state.state) && (!state.job || state.job === shown.run); // a climb's five train alike
    const key = `${state.state} ${state.job}`;
    if (place.dataset.state === key) return;
    const held = place.contains(document.activeElement); // the keyboard's place is not lost when buttons change
    place.dataset.state = key;
    place.replaceChildren(...wanted.map(([word, action]) => {
      const button = h("button", { class: "btn" }, word);
      button.type = "button";
      button.addEventListener("click", async () => {
        button.disabled = true;
        try {
          state = await api(`/api/queue/${encodeURIComponent(state.job || shown.run)}/${action}`, {});
        } catch (error) { toastError(error); }
        button.disabled = false;
        soon();
      });
      return button;
    }));
    if (more) place.append(longer());
    if (held) place.querySelector("button")?.focus();
  }

  function longer() {
    const button = h("button", { class: "btn bare" }, shown.more.words);
    button.type = "button";
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        state = await api(`/api/runs/${encodeURIComponent(shown.run)}/more`, { budget: shown.more.budget });
        toast(`It trains for ${state.budget} in all. From here the learning rate follows the longer curve: it rises again, and falls to its end later.`, 9);
      } catch (error) { toastError(error); }
      button.disabled = false;
      soon();
    });
    return button;
  }

  return follow(shown.run, {
    event: (event) => { record.read(event); soon(); },
    state: (next) => { state = next; soon(); },
    reset: () => { record.clear(); soon(); },
    lost: () => { const said = find("said"); if (said) said.textContent = "The studio does not answer. The training goes on; this page tries again by itself."; },
    found: soon,
  });
}
