// The events of a run, as they come. A hidden page lets go of its stream and takes it up again where it was: a browser
// opens only six to one server, and a page that is not visible needs none.

/** @typedef {import("./events.types.js").RunEvent} RunEvent */

/**
 * `follow("gpt-1", { event(e), state(s), reset() })` returns a function that ends it.
 * `event` gets each line of metrics.jsonl once, in order; `reset` says that they come again from the first.
 */
export function follow(run, hear) {
  let source = null, offset = 0, ended = false;
  const open = () => {
    if (source || ended || document.hidden) return;
    source = new EventSource(`/api/runs/${encodeURIComponent(run)}/events?from=${offset}`);
    source.onmessage = (message) => {
      offset = Number(message.lastEventId);
      hear.event(JSON.parse(message.data));
    };
    source.addEventListener("reset", () => { offset = 0; hear.reset?.(); });
    source.addEventListener("state", (message) => {
      const state = JSON.parse(message.data);
      hear.state?.(state);
      if (state.state === "deleted") end();
    });
    source.onerror = () => {
      hear.lost?.();
      if (source?.readyState === EventSource.CLOSED) { close(); setTimeout(open, 2000); } // refused: it does not try again itself
    };
    source.onopen = () => hear.found?.();
  };
  const close = () => { source?.close(); source = null; };
  const turn = () => (document.hidden ? close() : open());
  const end = () => { ended = true; close(); document.removeEventListener("visibilitychange", turn); };
  document.addEventListener("visibilitychange", turn);
  open();
  return end;
}

/** What the events of a run amount to: curves, samples, and where it stands. */
export class Record {
  constructor() { this.clear(); }
  clear() {
    /** @type {Partial<import("./events.types.js").StartEvent | import("./events.types.js").ResumeEvent>} */
    this.start = {};
    /** @type {{ [key: string]: any }} */
    this.step = {};
    this.losses = [];
    this.gradients = [];
    this.scores = [];
    this.samples = [];
    /** @type {import("./events.types.js").EndEvent | null} */
    this.ended = null;
    this.diverged = false;
  }
  /** @param {RunEvent} event */
  read(event) {
    if (event.event === "start" || event.event === "resume") { this.start = { ...this.start, ...event }; this.ended = null; }
    if ("step" in event) this.step = { ...this.step, ...event };
    if (event.event === "step") {
      this.losses.push([event.seconds, event.loss]);
      this.gradients.push([event.seconds, event.gradient_norm]);
    } else if (event.event === "evaluation") {
      // An evaluation's loss is that of the held-out text; the panel shows the training loss.
      this.step.loss = this.losses.at(-1)?.[1];
      this.scores.push({ seconds: event.seconds, bpb: event.bpb, loss: event.loss, perplexity: event.perplexity });
      if (event.sample) this.samples.push({ seconds: event.seconds, bpb: event.bpb, text: event.sample });
    } else if (event.event === "end") this.ended = event;
    else if (event.event === "diverged") this.diverged = true;
  }
  get best() { return this.scores.reduce((best, one) => (best === null || one.bpb < best ? one.bpb : best), null); }
  get spent() { return this.step.spent ?? 0; }
  get left() { return this.spent > 0.001 ? (this.step.seconds / this.spent) * (1 - this.spent) : null; }
}
