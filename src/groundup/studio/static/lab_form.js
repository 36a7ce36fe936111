// The form for another training: model, text (also your own), time, every key of the recipe, and an estimate.
import { api, ApiError, errorText, toast } from "./api.js";
import { h } from "./kit/dom.js";
import { clock, count } from "./kit/format.js";

const TIMES = ["10s", "20s", "48s", "2min", "3min", "5min", "10min", "15min", "20min", "30min", "1h"];
const SAID = ["10 s", "20 s", "48 s", "2 min", "3 min", "5 min", "10 min", "15 min", "20 min", "30 min", "1 h"];
const MOST_BYTES = 50e6;

export function form(begun) {
  const root = document.querySelector("[data-form]");
  const find = (name) => root.querySelector(`[data-${name}]`);
  const { model, text, minutes, name, file, paste } = root.elements;
  const say = (words) => { find("estimate").textContent = words; };
  let loaded = "";

  const time = () => { find("minutes").textContent = SAID[minutes.value]; minutes.setAttribute("aria-valuetext", SAID[minutes.value]); };
  minutes.addEventListener("input", () => { time(); say(""); });
  time();
  text.addEventListener("change", () => { find("own").hidden = text.value !== ""; if (text.value === "") file.focus(); });
  if (text.value === "") find("own").hidden = false;

  // ---- a text of one's own ----
  file.addEventListener("change", () => { if (file.files[0]) root.elements["text-name"].value = file.files[0].name; });
  find("bring").addEventListener("click", () => take(file.files[0] ?? new Blob([paste.value])));

  async function take(body) {
    if (!body.size) return say("There is no text yet. Choose a file, or paste some.");
    if (body.size > MOST_BYTES) return say("The text is larger than 50 MB. Bring a part of it: a few MB are enough for these models.");
    say("The text is read and checked.");
    try {
      const kept = await api(`/api/texts?name=${encodeURIComponent(root.elements["text-name"].value)}`, body);
      let option = [...text.options].find((choice) => choice.value === kept.name);
      if (!option) text.prepend(option = new Option(kept.title, kept.name));
      option.selected = true;
      find("own").hidden = true;
      say(`'${kept.title}' is kept: ${count(kept.size)} bytes of text.`);
    } catch (error) { say(errorText(error)); }
  }

  // A file that is dropped anywhere on the page is brought like one that was chosen.
  const files = (event) => event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => { if (files(event)) { event.preventDefault(); document.body.classList.add("dropping"); } });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) document.body.classList.remove("dropping"); });
  document.addEventListener("drop", (event) => {
    document.body.classList.remove("dropping");
    if (!files(event)) return;
    event.preventDefault();
    const one = event.dataTransfer.files[0];
    if (!one) return;
    root.elements["text-name"].value = one.name;
    root.scrollIntoView({ block: "nearest" });
    take(one);
  });

  // ---- all settings ----
  async function load() {
    if (!find("settings").open || loaded === model.value) return;
    loaded = model.value;
    try {
      const { keys, measured } = await api(`/api/lab/form/${model.value}`);
      const parts = [];
      if (measured) parts.push(h("p", { class: "small soft" }, `On Shakespeare this preset reached ${measured.bpb.toFixed(2)} bits a byte in ${clock(measured.seconds)}, at ${count(measured.tokens_per_second)} tokens/s on ${measured.machine}.`));
      for (const key of keys) parts.push(field(key));
      find("keys").replaceChildren(...parts);
    } catch (error) { loaded = ""; find("keys").replaceChildren(h("p", { class: "small" }, errorText(error))); }
  }
  find("settings").addEventListener("toggle", load);
  model.addEventListener("change", () => { load(); say(""); });

  function field(key) {
    const id = `key-${key.key}`, label = h("label", {}, key.key);
    label.htmlFor = id;
    let input;
    if (key.kind === "choice" || key.kind === "boolean") {
      input = h("select", { class: "select" });
      const choices = key.kind === "boolean" ? ["true", "false"] : key.choices;
      if (key.value === null) input.append(new Option("as it comes", ""));
      for (const choice of choices) input.append(new Option(choice, choice, false, String(key.value) === choice));
    } else {
      input = h("input", { class: "input" });
      input.value = key.value ?? "";
      input.autocomplete = "off";
      if (key.kind === "number" || key.kind === "integer") input.inputMode = "decimal";
    }
    input.id = id;
    input.dataset.setting = key.key;
    input.dataset.kind = key.kind;
    input.dataset.before = input.value;
    const help = h("span", { class: "help" }, key.meaning);
    help.id = `${id}-help`;
    input.setAttribute("aria-describedby", help.id);
    return h("div", { class: "field" }, label, input.tagName === "SELECT" ? h("span", { class: "select-box" }, input) : input, help);
  }

  /** What was changed, and nothing else: the rest is the preset's. */
  function settings() {
    const found = {};
    for (const input of root.querySelectorAll("[data-setting]")) {
      if (input.value === input.dataset.before || input.value.trim() === "") continue;
      const { kind, setting } = input.dataset, number = Number(input.value);
      if ((kind === "number" || kind === "integer") && Number.isNaN(number)) throw new ApiError(`${setting} must be a number, and is '${input.value}'.`, "Write it as 256 or 0.004.", 0);
      found[setting] = kind === "boolean" ? input.value === "true" : kind === "number" || kind === "integer" ? number : input.value;
    }
    return found;
  }

  const wanted = () => {
    if (text.value === "") throw new ApiError("There is no text yet.", "Choose a file or paste some, then press Use this text.", 0);
    return { model: model.value, text: text.value, budget: TIMES[minutes.value], name: name.value.trim() || null, settings: settings() };
  };

  find("estimate-now").addEventListener("click", async () => {
    const button = find("estimate-now");
    button.disabled = true;
    say("A few real steps are measured, about 5 s.");
    try {
      const found = await api("/api/estimate", wanted());
      say(`About ${clock(found.seconds)} of training here: ${count(found.steps)} steps at ${count(found.tokens_per_second)} tokens/s. ${count(found.parameters)} parameters, ${Math.max(1, Math.round(found.memory / 1e6))} MB of memory beside Python's own.`);
    } catch (error) { say(errorText(error)); }
    button.disabled = false;
  });

  root.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = root.querySelector("button[type=submit]");
    button.disabled = true;
    try {
      const { run, said } = await api("/api/runs", wanted());
      name.value = "";
      say("");
      toast(`${run} is in the queue. ${said}`);
      button.blur();
      begun();
    } catch (error) { say(errorText(error)); }
    button.disabled = false;
  });
}
