// The page /generate: write, stop, go on; open a token and take another way.

import { api, errorText, stream } from "./api.js";
import { h } from "./kit/dom.js";
import { printable, probability, shown } from "./kit/format.js";

const form = document.getElementById("how");
const A_FRAME = 4; // tokens shown in each frame of the screen at most, some 240 a second: so that a text can be stopped

function begin() {
  const $ = (id) => document.getElementById(id);
  const text = $("text");
  const buttons = { write: $("write"), stop: $("halt"), on: $("on"), copy: $("copy") };
  let made = []; // { id, text, label } of each token; the id is null for what was held back to the end
  let asked = null; // what the text on the page was asked with
  let stopping = null; // the AbortController of the text that is being written
  let chosen = -1; // the token that is open; -1 is the end of the text
  let looks = 0;

  const sampling = () => ({
    temperature: $("greedy").checked ? 0 : Number($("temperature").value),
    top_k: Number($("top_k").value), top_p: Number($("top_p").value), min_p: Number($("min_p").value),
    typical_p: Number($("typical_p").value), repetition_penalty: Number($("repetition_penalty").value), seed: Number($("seed").value),
  });
  const stops = () => $("stop-at").value.split("\n").filter(Boolean).map((line) => line.replaceAll("\\n", "\n").replaceAll("\\t", "\t"));
  const ids = (end = made.length) => made.slice(0, end).filter((one) => one.id !== null).map((one) => one.id);
  const say = (words) => { if ($("status").textContent !== words) $("status").textContent = words; };
  const ahead = new AbortController(); // of what happens before Write is pressed

  // ---- writing -----------------------------------------------------------------------------------------

  async function write(first = [], more = 0) {
    ahead.abort();
    stopping?.abort();
    const mine = new AbortController();
    stopping = mine;
    const most = Number($("max_tokens").value);
    asked = {
      run: $("run").value, prompt: $("prompt").value, begin: first, max_tokens: Math.min(2000, more ? first.length + more : Math.max(most, first.length + 1)),
      stop: stops(), beams: first.length ? 0 : Number($("beams").value), sampling: sampling(),
    };
    made = [];
    chosen = -1;
    text.replaceChildren();
    $("begun").textContent = printable(asked.prompt);
    $("written").hidden = false;
    $("written").className = `written m${$("run").selectedOptions[0].dataset.m}`;
    $("next").hidden = true;
    text.classList.add("caret");
    text.setAttribute("aria-busy", "true");
    buttons.stop.disabled = false;
    buttons.on.disabled = buttons.copy.disabled = true;
    say("");
    /** @type {any} how it ended, or the error that ended it */
    let ended = "stopped";
    try {
      await loaded(asked.run, mine.signal);
      say(asked.beams ? `${asked.run} is searching for the likeliest text.` : asked.prompt || first.length ? `${asked.run} is reading what is there.` : `${asked.run} is beginning.`);
      let since = 0; // a tiny model writes faster than a person can press Stop
      for await (const [event, data] of stream("/api/generate", asked, mine.signal)) {
        if (event === "token" && ++since === A_FRAME) { since = 0; await frame(); }
        if (event === "token" && !made.length) say("Writing.");
        mine.signal.throwIfAborted(); // what came in the meantime is not shown: what stands there is what was kept
        if (event === "token") add(data);
        else ended = data.ended;
      }
    } catch (error) {
      if (stopping !== mine) return; // another text has begun
      if (error.name !== "AbortError") ended = error;
    }
    if (stopping !== mine) return;
    stopping = null;
    text.classList.remove("caret");
    text.removeAttribute("aria-busy");
    buttons.stop.disabled = true;
    buttons.copy.disabled = false;
    buttons.on.disabled = !made.length;
    const count = `${ids().length} ${ids().length === 1 ? "token" : "tokens"}`;
    if (ended instanceof Error) say(errorText(ended));
    else say({ stop: `${count}. It came to its end.`, length: `${count}.`, stopped: `${count}. You stopped it.` }[ended]);
    if (!(ended instanceof Error) || made.length) look(-1);
  }

  /** Waits until the model is loaded, and says so meanwhile. `ahead`: nothing was asked yet, so no other model goes for it. */
  async function loaded(run, signal, ahead = false) {
    for (let since = Date.now(); ;) {
      const { state } = await api("/api/load", { run, ahead }, { signal });
      signal.throwIfAborted();
      if (state !== "loading") return state === "loaded";
      const fives = 5 * Math.floor((Date.now() - since) / 5000); // it is read aloud at each change
      say(`${run} is being loaded, which takes some seconds the first time.${fives ? ` ${fives} s so far.` : ""}`);
    }
  }

  /** The model is loaded while one still thinks of how to begin. */
  async function getReady() {
    try {
      if (await loaded($("run").value, ahead.signal, true)) say(`${$("run").value} is loaded.`);
    } catch { say(""); } // what is wrong is said when it is to write
  }

  function add(one) {
    const at = made.push(one) - 1;
    const words = printable(one.text);
    const half = one.text === "";
    text.append(h("span", { role: "option", id: `token-${at}`, "data-at": at, "data-id": one.id, "aria-selected": "false", tabindex: at ? -1 : 0, class: half ? "half" : /^\n+$/.test(words) ? "break" : null,
      "aria-label": shown(one.label || one.text) }, words));
    const box = $("written");
    if (box.scrollHeight - box.scrollTop - box.clientHeight < 120) box.scrollTop = box.scrollHeight;
  }

  // ---- what could have come ----------------------------------------------------------------------------

  async function look(at, focus = false) {
    chosen = at;
    const look = ++looks;
    for (const old of text.querySelectorAll('[aria-selected="true"]')) { old.setAttribute("aria-selected", "false"); old.tabIndex = -1; }
    const token = at < 0 ? null : made[at];
    if (token) {
      const element = $(`token-${at}`);
      element.setAttribute("aria-selected", "true");
      for (const other of text.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
      element.tabIndex = 0;
      if (focus) element.focus();
    }
    if (token?.id === null) return;
    try {
      const found = await api("/api/next", { run: asked.run, prompt: asked.prompt, before: ids(at < 0 ? made.length : at), token: token?.id ?? null, sampling: sampling() });
      if (look === looks) show(found, token);
    } catch (error) {
      if (look === looks) $("reading").textContent = errorText(error);
    }
  }

  function show(found, token) {
    $("next").hidden = false;
    $("next").className = $("written").className.replace("written", "");
    const title = token ? `Instead of “${shown(token.label)}”` : "What could come next";
    $("next-title").textContent = title;
    $("next-caption").textContent = title;
    const most = Math.max(...found.choices.map((one) => one.probability));
    const rows = found.choices.map((one) => h("tr", { class: [one.drawn === 0 ? "cut" : "", one.id === token?.id ? "came" : ""].join(" ") },
      h("th", { scope: "row" }, h("button", { class: "pick", type: "button", "data-id": one.id, title: "Go on with this token" }, shown(one.label))),
      h("td", {}, h("progress", { max: most, value: one.probability, "aria-label": `${shown(one.label)} ${probability(one.probability)}` })),
      h("td", { class: "n" }, one.drawn === 0 ? `${probability(one.probability)}, cut` : probability(one.probability))));
    rows.push(h("tr", {}, h("th", { scope: "row", class: "soft" }, `${found.others.toLocaleString("en")} others`), h("td"), h("td", { class: "n" }, probability(found.others_probability))));
    document.querySelector("#next tbody").replaceChildren(...rows);
    const came = token && found.choices.find((one) => one.id === token.id);
    const open = `${found.can_come.toLocaleString("en")} of ${(found.choices.length + found.others).toLocaleString("en")} tokens can be drawn, as open as a fair choice among ${(2 ** found.entropy).toFixed(1)}.`;
    $("reading").textContent = came ? `It came with ${probability(came.probability)}, number ${came.rank} by likelihood. ${open}` : open;
  }

  // ---- the form ----------------------------------------------------------------------------------------

  function settle() {
    for (const output of form.querySelectorAll("output")) output.textContent = $(output.htmlFor.value).value;
    $("temperature").disabled = $("greedy").checked;
    const search = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      const input = form.elements[name];
      if (name === "run" || value !== (input.dataset.start ?? "")) search.set(name, String(value));
    }
    if ($("greedy").checked) search.set("temperature", "0");
    history.replaceState(null, "", `?${search}`);
    $("command").textContent = command();
  }

  function command() {
    const words = ["groundup generate", $("run").value];
    const quoted = (value) => (/^[\w.,-]+$/.test(value) ? value : `'${printable(value).replaceAll("'", "'\\''")}'`);
    const options = { prompt: $("prompt").value, tokens: $("max_tokens").value, ...sampling(), beams: $("beams").value };
    const usual = { prompt: "", tokens: "200", temperature: 0.8, top_k: 0, top_p: 1, min_p: 0, typical_p: 1, repetition_penalty: 1, seed: 0, beams: "0" };
    for (const [name, value] of Object.entries(options)) {
      if (String(value) !== String(usual[name])) words.push(`--${name.replace("typical_p", "typical").replaceAll("_", "-")} ${quoted(String(value))}`);
    }
    for (const stop of stops()) words.push(`--stop ${quoted(stop)}`);
    return words.join(" ");
  }

  for (const [name, usual] of Object.entries({ temperature: "0.8", top_p: "1", min_p: "0", typical_p: "1", repetition_penalty: "1", top_k: "0", seed: "0", max_tokens: "200", beams: "0", stop: "", prompt: "" })) {
    form.elements[name].dataset.start = usual;
  }
  let waiting = 0;
  form.addEventListener("input", () => {
    settle();
    clearTimeout(waiting); // the bars follow the sliders
    if (asked && !stopping) waiting = setTimeout(() => look(chosen), 150);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); write(); });
  buttons.stop.addEventListener("click", () => stopping?.abort());
  buttons.on.addEventListener("click", () => write(ids(), Number($("max_tokens").value)));
  buttons.copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(asked.prompt + made.map((one) => one.text).join(""));
      say("Copied, prompt and all.");
    } catch {
      say("The browser does not let pages copy. Select the text instead.");
    }
  });
  document.querySelector("#next tbody").addEventListener("click", (event) => {
    const pick = event.target.closest(".pick");
    if (pick) write([...ids(chosen < 0 ? made.length : chosen), Number(pick.dataset.id)]);
  });
  text.addEventListener("click", (event) => {
    const hit = event.target.closest("[data-at]");
    if (hit && !stopping) look(Number(hit.dataset.at), true);
  });
  text.addEventListener("keydown", (event) => {
    const at = Number(event.target.dataset?.at ?? -1);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: made.length - 1 }[event.key];
    if (to !== undefined && made[to] && !stopping) { look(to, true); event.preventDefault(); }
    else if (event.key === "Enter" && !stopping) { document.querySelector("#next .pick")?.focus(); event.preventDefault(); }
    else if (event.key === "Escape") { look(-1); }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") stopping?.abort();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  const atOnce = location.hash === "#write"; // who comes from "Let it write" has asked for a text already
  settle();
  if (atOnce) form.requestSubmit();
  else getReady();
}

/** The next frame of the screen; a page that is not visible has none, and does not wait. */
function frame() {
  return new Promise((next) => { requestAnimationFrame(next); setTimeout(next, document.hidden ? 0 : 100); });
}

if (form) begin();
