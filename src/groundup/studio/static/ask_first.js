// A question before something that cannot be taken back as easily: yes or no, by pointer, keys and Escape.

/** `if (await askFirst("Start over?", "Your text is kept beside it.", "Start over")) ...` */
export function askFirst(title, text, verb) {
  const dialog = document.createElement("dialog");
  dialog.className = "card ask-first ui";
  const name = make("h2", "h4", title);
  name.id = "ask-first";
  dialog.setAttribute("aria-labelledby", name.id);
  const form = make("form", "row");
  form.method = "dialog";
  const yes = make("button", "btn main", verb);
  yes.value = "yes";
  form.append(yes, make("button", "btn", "Leave it"));
  dialog.append(name, make("p", "soft", text), form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((told) => dialog.addEventListener("close", () => {
    told(dialog.returnValue === "yes");
    dialog.remove();
  }));
}

function make(tag, cls, text) {
  const node = document.createElement(tag);
  node.className = cls;
  node.textContent = text;
  return node;
}
