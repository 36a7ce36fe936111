// The tiny task of a question: an editor in place of the plain field, Check, and what the check says.
import { api } from "/static/api.js";

const task = document.querySelector(".tiny-task");
if (task) begin(task);

async function begin(task) {
  const field = task.querySelector(".code-box");
  const button = task.querySelector(".check-now");
  const results = task.querySelector(".results");
  const after = task.querySelector(".after");
  let source = () => field.value;

  async function check() {
    if (button.disabled) return;
    button.disabled = true;
    results.hidden = false;
    results.setAttribute("aria-busy", "true"); // the focus timer waits with its word until this is over
    results.replaceChildren(line("p", "soft", "Checking …"));
    try {
      const { ok, verdict } = await api("/api/placement/check", { question: task.dataset.question, source: source() });
      results.replaceChildren(...shown(verdict));
      after.hidden = !ok;
    } catch (error) {
      results.replaceChildren(line("p", "", `${error.message} ${error.hint ?? ""}`));
    }
    results.setAttribute("aria-busy", "false");
    button.disabled = false;
  }

  button.addEventListener("click", check);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); check(); }
  });
  source = await editor(field, check) ?? source;
}

/** CodeMirror in place of a textarea; gives a function for its text. Undefined where the vendor folder was not built. */
async function editor(field, check) {
  const cm = await import("/static/vendor/editor.js").catch(() => undefined);
  if (!cm) return undefined;
  const view = new cm.EditorView({
    state: cm.EditorState.create({
      doc: field.value,
      extensions: [
        cm.EditorView.cspNonce.of(document.querySelector("meta[name=nonce]").content),
        cm.lineNumbers(), cm.history(), cm.drawSelection(), cm.indentOnInput(), cm.bracketMatching(), cm.closeBrackets(),
        cm.indentUnit.of("    "), cm.python(), style(cm),
        cm.keymap.of([
          { key: "Mod-Enter", run: () => { check(); return true; } },
          ...cm.closeBracketsKeymap, ...cm.defaultKeymap, ...cm.historyKeymap,
        ]),
        cm.EditorView.contentAttributes.of({ "aria-label": field.getAttribute("aria-label") }),
        cm.EditorView.theme({
          "&.cm-focused": { outline: "2px solid var(--ink)", outlineOffset: "-2px" },
          ".cm-gutters": { background: "none", border: "0", color: "var(--ink-3)" },
          ".cm-content": { caretColor: "var(--ink)" },
          ".cm-cursor": { borderLeft: "2px solid var(--ink)" },
          ".cm-scroller": { fontFamily: "var(--mono)" },
        }),
      ],
    }),
  });
  field.replaceWith(view.dom);
  return () => view.state.doc.toString();
}

/** Ink for most of it: bold for what Python says, green for text, slanted for comments. */
function style(cm) {
  const { tags: t } = cm;
  return cm.syntaxHighlighting(cm.HighlightStyle.define([
    { tag: t.keyword, fontWeight: "700" },
    { tag: [t.string, t.special(t.string)], color: "var(--good)" },
    { tag: t.comment, color: "var(--ink-3)", fontStyle: "italic" },
  ]));
}

/** A verdict as the parts of `.results`. */
function shown(verdict) {
  const list = document.createElement("ul");
  for (const title of verdict.passed) list.append(item("ok", "m4 10.5 4 4 8-9", line("span", "", title)));
  if (verdict.kind !== "passed") list.append(item("no", "m5.5 5.5 9 9m0-9-9 9", failure(verdict)));
  if (verdict.waiting) list.append(line("li", "skipped", `${verdict.waiting} more wait.`));
  return verdict.kind === "passed" ? [list, line("p", "serif", "Passed.")] : [list];
}

function failure(verdict) {
  const part = document.createElement("div");
  part.append(line("strong", "", verdict.says || verdict.failed));
  if (verdict.line) part.append(line("p", "case", `Line ${verdict.line.number}: ${verdict.line.text.trim()}`));
  if (verdict.case) part.append(line("p", "case mono", verdict.case));
  if (verdict.got || verdict.expected) {
    const both = document.createElement("div");
    both.className = "versus";
    for (const [name, text, cls] of [["came", verdict.got, "got"], ["expected", verdict.expected, ""]]) {
      const one = document.createElement("div");
      one.className = cls;
      one.append(line("span", "soft", name), line("pre", "", text));
      both.append(one);
    }
    part.append(both);
  }
  return part;
}

function item(cls, path, content) {
  const entry = line("li", cls, "");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "path");
  drawn.setAttribute("d", path);
  svg.append(drawn);
  entry.append(svg, content);
  return entry;
}

function line(tag, cls, text) {
  const made = document.createElement(tag);
  if (cls) made.className = cls;
  made.textContent = text;
  return made;
}
