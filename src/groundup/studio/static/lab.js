// The laboratory: the first training, the live panel, the table of runs, and comparing. The form is lab_form.js.
import { api, toast, toastError } from "./api.js";
import { askFirst } from "./ask_first.js";
import { live } from "./live.js";
import { chart } from "./live_chart.js";
import { h, s } from "./kit/dom.js";
import { count, printable } from "./kit/format.js";
import { linear, path } from "./kit/scale.js";
import { form } from "./lab_form.js";

const find = (name) => document.querySelector(`[data-${name}]`);
const GOING = ["running", "pausing", "stopping"];
const SECONDS = 2;

const first = find("train-first");
if (first) {
  const button = first.querySelector("button"), say = (words) => { find("first-said").textContent = words; };
  first.addEventListener("submit", () => {
    say("It begins. The page of your model opens.");
    setTimeout(() => { button.disabled = true; }); // once is enough; only after it was sent
  });
  addEventListener("pageshow", () => { button.disabled = false; say(""); }); // who comes back may train another
} else laboratory();

function laboratory() {
  const now = find("now");
  const shown = now.dataset.live ? JSON.parse(now.dataset.live) : null;
  const asked = new URLSearchParams(location.search).getAll("compare");
  const chosen = new Set(asked);
  let versus = null, last = "";

  const waits = (one) => one.state === "waiting";
  if (shown) live(now, shown);
  form(() => ask(true));

  find("at-once").addEventListener("change", (event) => {
    api("/api/queue", { at_once: Number(event.target.value) }, { method: "PUT" }).catch(toastError);
  });

  async function ask(added = false) {
    let found;
    try { found = await api("/api/runs"); } catch { return; }
    const training = found.runs.find((one) => GOING.includes(one.state));
    // Another one trains than the panel shows: the page is made again, unless a person is typing in it.
    if (training && training.run !== shown?.run && (added || !document.activeElement?.closest("form"))) { location.reload(); return; }
    find("starts").textContent = found.next_starts;
    draw(found.runs);
  }

  function draw(runs) {
    const text = JSON.stringify(runs);
    if (text === last || dragged) return;
    last = text;
    find("runs").hidden = !runs.length;
    find("no-runs").hidden = runs.length > 0;
    find("reorder").hidden = runs.filter(waits).length < 2;
    find("compare-bar").hidden = runs.filter((one) => one.bpb !== null).length < 2;
    const focused = /** @type {HTMLElement} */ (document.activeElement), key = body.contains(focused) ? focused.dataset.key : "";
    body.replaceChildren(...runs.map(row));
    if (key) body.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
    choose();
  }

  function row(one) {
    const line = h("tr", { class: one.run === shown?.run ? "here" : "" });
    line.dataset.run = one.run;
    if (waits(one)) { line.dataset.waits = ""; line.draggable = true; }
    const link = h("a", {}, one.run);
    link.href = `/run/${encodeURIComponent(one.run)}`;
    link.dataset.key = `open ${one.run}`;
    if (waits(one)) { link.setAttribute("aria-keyshortcuts", "Alt+ArrowUp Alt+ArrowDown"); link.setAttribute("aria-describedby", "reorder"); }
    const name = h("th", {}, link, " ", h("span", { class: "on-text tiny faint" }, one.corpus));
    name.scope = "row";
    const who = h("span", { class: one.number ? `who m${one.number}${one.bpb === null ? " yet" : ""}` : "" }, one.title || "–");
    who.dataset.n = one.number;
    line.append(h("td", {}, tick(one)), name, h("td", {}, who), h("td", { class: "wide-only-cell" }, sparkline(one)),
      h("td", { class: "n" }, one.budget), h("td", { class: "n" }, one.bpb === null ? "–" : one.bpb.toFixed(2)), h("td", { class: "state-cell" }, ...state(one)), h("td", { class: "actions-cell" }, ...actions(one)));
    return line;
  }

  function tick(one) {
    if (one.bpb === null) return "";
    const box = h("input");
    box.type = "checkbox";
    box.checked = chosen.has(one.run);
    box.dataset.key = `compare ${one.run}`;
    box.setAttribute("aria-label", `Compare ${one.run}`);
    box.addEventListener("change", () => { chosen[box.checked ? "add" : "delete"](one.run); choose(); });
    return box;
  }

  function state(one) {
    const said = [one.short];
    if (one.state === "failed" && one.what) {
      const why = h("details", { class: "tiny" }, h("summary", {}, "why"), h("p", {}, `${one.what} ${one.hint}`));
      said.push(" ", why);
    }
    return said;
  }

  function actions(one) {
    const wanted = { waiting: [["Earlier", "first"], ["Take out", "stop"]], running: [["Pause", "pause"], ["Stop", "stop"]], paused: [["Go on", "resume"]], stopped: [["Go on", "resume"]], failed: one.number ? [["Go on", "resume"]] : [] }[one.state] ?? [];
    if (one.state === "running" && !one.job) return [];
    const buttons = wanted.map(([word, action]) => {
      const button = h("button", { class: "btn bare sm" }, word);
      button.type = "button";
      button.dataset.key = `${action} ${one.run}`;
      button.setAttribute("aria-label", `${word}: ${one.run}`);
      button.addEventListener("click", async () => {
        button.disabled = true;
        try { await api(`/api/queue/${encodeURIComponent(one.job || one.run)}/${action}`, {}); } catch (error) { toastError(error); }
        last = "";
        ask(true);
      });
      return button;
    });
    if (!GOING.includes(one.state) && !waits(one)) buttons.push(remove(one));
    return buttons;
  }

  function remove(one) {
    const button = h("button", { class: "btn bare sm" }, "Delete");
    button.type = "button";
    button.dataset.key = `delete ${one.run}`;
    button.setAttribute("aria-label", `Delete: ${one.run}`);
    button.addEventListener("click", async () => {
      if (!await askFirst(`Delete ${one.run}?`, "Its weights, curves and samples are gone for good.", "Delete it")) return;
      try {
        await api(`/api/runs/${encodeURIComponent(one.run)}`, undefined, { method: "DELETE" });
        chosen.delete(one.run);
        toast(`${one.run} is deleted.`);
      } catch (error) { toastError(error); }
      ask();
    });
    return button;
  }

  // ---- the order of those that wait ----

  let dragged = null;
  const body = find("runs").tBodies[0];
  const rowOf = (event) => event.target.closest?.("tr[data-waits]");

  /** Let `run` train before another that waits; null is after all of them. */
  async function move(run, before) {
    try {
      await api(`/api/queue/${encodeURIComponent(run)}`, { before }, { method: "PUT" });
    } catch (error) { toastError(error); }
    await ask(true);
    const at = [...body.querySelectorAll("tr[data-waits]")].findIndex((one) => one.dataset.run === run);
    if (at >= 0) find("moved").textContent = `${run} is number ${at + 1} of those that wait.`;
  }

  body.addEventListener("keydown", (event) => {
    const row = event.altKey && rowOf(event), step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!row || !step) return;
    event.preventDefault();
    const order = [...body.querySelectorAll("tr[data-waits]")].map((one) => one.dataset.run), at = order.indexOf(row.dataset.run);
    if (at + step < 0 || at + step >= order.length) return;
    move(row.dataset.run, step < 0 ? order[at - 1] : order[at + 2] ?? null);
  });
  body.addEventListener("dragstart", (event) => {
    dragged = rowOf(event);
    if (!dragged) return;
    dragged.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.run);
  });
  const over = (row) => { for (const one of body.rows) one.classList.toggle("over", one === row); };
  body.addEventListener("dragover", (event) => {
    const row = rowOf(event);
    if (!dragged) return;
    event.preventDefault();
    over(row && row !== dragged ? row : null);
  });
  body.addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    const row = rowOf(event), run = dragged.dataset.run;
    const order = [...body.querySelectorAll("tr[data-waits]")].map((one) => one.dataset.run);
    // On a row above it comes before that one; on one below, after it, as the rows between move up.
    const target = row && order.indexOf(row.dataset.run), from = order.indexOf(run);
    if (row && row !== dragged) move(run, target < from ? order[target] : order[target + 1] ?? null);
  });
  body.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    over(null);
  });

  // ---- side by side ----

  function choose() {
    find("compare").disabled = chosen.size < 2;
    find("chosen").textContent = chosen.size < 2 ? "Tick two runs or more." : `${chosen.size} runs chosen`;
  }

  async function compare(names) {
    const query = names.map((name) => `runs=${encodeURIComponent(name)}`).join("&");
    const link = `/lab?${names.map((name) => `compare=${encodeURIComponent(name)}`).join("&")}`;
    let found;
    find("chosen").textContent = "The runs are put side by side, about 3 s.";
    try { found = await api(`/api/compare?${query}`); } catch (error) { toastError(error); return; }
    history.replaceState(null, "", link);
    find("versus").hidden = false;
    choose();
    find("copy").href = link;
    versus ??= chart(find("versus-chart"));
    const best = found.runs.filter((one) => one.bpb !== null).sort((a, b) => a.bpb - b.bpb)[0];
    versus.show({
      unit: "bits per byte, held-out text", finding: best ? `Bits per byte of ${found.runs.length} runs. The fewest: ${best.run}, ${best.bpb.toFixed(2)}.` : "Not scored yet.",
      lines: found.runs.map((one) => ({ points: one.scores, number: one.number, kind: "main", name: one.run, dots: true })),
    });
    find("warnings").replaceChildren(...found.warnings.map((words) => h("li", {}, words.replaceAll("`", ""))));
    const heads = ["run", "model", "bits per byte", "perplexity", "parameters", "trained", "it wrote"].map((word, i) => {
      const head = h("th", { class: i > 1 && i < 6 ? "n" : "" }, word);
      head.scope = "col";
      return head;
    });
    const table = find("versus-table");
    table.replaceChildren(h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...found.runs.map((one) => {
      const who = h("span", { class: one.number ? `who m${one.number}` : "" }, one.title);
      who.dataset.n = one.number;
      const name = h("th", {}, one.run);
      name.scope = "row";
      return h("tr", { class: one === best ? "here" : "" }, name, h("td", {}, who), h("td", { class: "n" }, one.bpb?.toFixed(3) ?? "–"), h("td", { class: "n" }, one.perplexity?.toFixed(1) ?? "–"),
        h("td", { class: "n" }, count(one.parameters)), h("td", { class: "n" }, one.trained), h("td", { class: "said versus-said" }, printable(one.sample ?? "–").trim().slice(0, 120)));
    })));
  }

  find("compare").addEventListener("click", async () => {
    await compare([...chosen]);
    find("versus").querySelector("h2").focus();
  });

  ask();
  if (asked.length) compare(asked);
  setInterval(() => { if (!document.hidden) ask(); }, SECONDS * 1000);
}

function sparkline(one) {
  if (one.curve.length < 2) return "–";
  const values = one.curve.map(([, bpb]) => bpb), low = Math.min(...values), high = Math.max(...values), end = one.curve.at(-1)[0];
  return s("svg", { class: `plot m${one.number}`, viewBox: "0 0 80 24", "aria-hidden": "true" }, s("path", { class: "line", d: path(one.curve, linear([0, end], [0, 80]), linear([low, low + (high - low || 1)], [22, 2])) }));
}
