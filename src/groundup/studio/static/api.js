// Talking to the studio's API: JSON out, JSON in, and errors as the two sentences that the server gives.

export class Wrong extends Error {
  constructor(what, hint, status) {
    super(what);
    this.hint = hint;
    this.status = status;
  }
}

/** `await api("/api/check", { exercise, source })`: a POST with a body, a GET without. */
export async function api(path, body, { method, signal } = {}) {
  const options = { method: method ?? (body === undefined ? "GET" : "POST"), signal, headers: {} };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  const answer = await fetched(path, options);
  if (!answer.ok) throw await refused(answer);
  return answer.json().catch(() => ({}));
}

async function fetched(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Wrong("The studio does not answer.", "Is `groundup start` still running? What you typed is kept here.", 0);
  }
}

async function refused(answer) {
  const data = await answer.json().catch((error) => {
    if (error.name === "AbortError") throw error; // nobody waits for it any more
    return {};
  });
  return new Wrong(data.error ?? "That did not work.", data.hint ?? "", answer.status);
}

/** The server-sent events of an answer, as they come: [name, data]. Aborting ends the work on the other side too. */
export async function* stream(path, body, signal) {
  const answer = await fetched(path, { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" }, signal });
  if (!answer.ok) throw await refused(answer);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const found = /^event: (\w+)\ndata: (.*)$/.exec(part);
      if (!found) continue;
      const data = JSON.parse(found[2]);
      if (found[1] === "wrong") throw new Wrong(data.error, data.hint, 200);
      yield [found[1], data];
    }
  }
}

/** A line at the foot of the page, for some seconds. It is read aloud too. */
export function toast(text, seconds = 6) {
  const line = document.createElement("p");
  line.className = "toast";
  line.setAttribute("role", "status");
  line.textContent = text;
  document.body.append(line);
  setTimeout(() => line.remove(), seconds * 1000);
}
