// The editor of an exercise: CodeMirror in place of a textarea, or the textarea itself where it was not built.
// Both do the same: text(), set(), focus(), mark(line).

import { h } from "./kit/dom.js";

const VENDOR = "/static/vendor/editor.js";

// CodeMirror's own rules stand in no layer, so these have to stand beside them.
const LOOK = {
  "&": { background: "var(--sunk)", color: "var(--ink)", font: "400 0.84375rem/1.7 var(--mono)" },
  "&.cm-focused": { outline: "2px solid var(--ink)", outlineOffset: "-2px", boxShadow: "inset 0 0 0 5px var(--mark)" },
  ".cm-scroller": { font: "inherit", lineHeight: "1.7", fontVariantLigatures: "none" },
  ".cm-content": { padding: "0.75rem 0", caretColor: "var(--ink)" },
  ".cm-gutters": { background: "none", border: "0", color: "var(--ink-3)", paddingLeft: "0.5rem" },
  ".cm-activeLine, .cm-activeLineGutter": { background: "none" },
  "&.cm-focused .cm-activeLine": { background: "color-mix(in oklch, var(--ink) 5%, transparent)" },
  ".cm-line.at.cm-line, &.cm-focused .cm-line.at.cm-line": { background: "var(--mark-under)" },
  ".cm-cursor": { borderLeft: "2px solid var(--ink)" },
  "& .cm-selectionLayer .cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--mark-under)" },
  "&.cm-focused .cm-matchingBracket, .cm-matchingBracket": { background: "var(--mark-under)" },
  ".cm-panels": { background: "var(--lift)", color: "var(--ink)", borderColor: "var(--line)" },
  ".cm-panels input, .cm-panels button": { font: "400 0.875rem/1.4 var(--sans)", color: "var(--ink)", background: "var(--sheet)", backgroundImage: "none", border: "1px solid var(--edge)", borderRadius: "3px" },
};

export async function editor(area, { codemirror, onChange, onCheck }) {
  if (!codemirror) return plain(area, onChange, onCheck);
  let cm;
  try { cm = await import(VENDOR); } catch { return plain(area, onChange, onCheck); } // it does not load
  return rich(cm, area, onChange, onCheck);
}

function plain(area, onChange, onCheck) {
  area.addEventListener("input", onChange);
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); onCheck(); }
  });
  return {
    text: () => area.value,
    set: (text) => { area.value = text; },
    focus: () => area.focus(),
    mark: () => {},
  };
}

function rich(cm, area, onChange, onCheck) {
  const marking = cm.StateEffect.define();
  const marked = cm.StateField.define({
    create: () => cm.Decoration.none,
    update(lines, change) {
      if (change.docChanged) lines = cm.Decoration.none; // what was wrong there may be right now
      for (const effect of change.effects) if (effect.is(marking)) lines = line(cm, change.state, effect.value);
      return lines;
    },
    provide: (field) => cm.EditorView.decorations.from(field),
  });
  let quiet = false; // while the page itself sets the text
  const host = h("div", { class: "cm-here" });
  area.hidden = true;
  area.after(host);
  const view = new cm.EditorView({
    parent: host,
    state: cm.EditorState.create({
      doc: area.value,
      extensions: [
        cm.EditorView.cspNonce.of(document.querySelector("meta[name=nonce]").content),
        cm.keymap.of([
          { key: "Mod-Enter", run: () => { onCheck(); return true; } },
          ...cm.closeBracketsKeymap, ...cm.searchKeymap, ...cm.historyKeymap, ...cm.defaultKeymap, cm.indentWithTab,
        ]),
        cm.lineNumbers(), cm.history(), cm.drawSelection(), cm.highlightActiveLine(), cm.indentOnInput(),
        cm.bracketMatching(), cm.closeBrackets(), cm.search({ top: true }), cm.indentUnit.of("    "), cm.python(),
        cm.syntaxHighlighting(cm.HighlightStyle.define([
          { tag: cm.tags.keyword, class: "k" }, { tag: cm.tags.comment, class: "c" },
          { tag: [cm.tags.string, cm.tags.docString], class: "s" },
          { tag: cm.tags.definition(cm.tags.function(cm.tags.variableName)), class: "f" },
        ])),
        cm.EditorView.contentAttributes.of({
          "aria-label": "Your code. Escape, then Tab leaves it.", "aria-multiline": "true", spellcheck: "false",
        }),
        cm.EditorView.updateListener.of((update) => { if (update.docChanged && !quiet) onChange(); }),
        marked, cm.EditorView.lineWrapping, cm.EditorView.theme(LOOK),
      ],
    }),
  });
  return {
    text: () => view.state.doc.toString(),
    set(text) {
      if (text === view.state.doc.toString()) return;
      const at = Math.min(view.state.selection.main.head, text.length);
      quiet = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: at } });
      quiet = false;
    },
    focus: () => view.focus(),
    mark: (number) => view.dispatch({ effects: marking.of(number) }),
  };
}

function line(cm, state, number) {
  if (!number || number > state.doc.lines) return cm.Decoration.none;
  return cm.Decoration.set([cm.Decoration.line({ class: "at" }).range(state.doc.line(number).from)]);
}
