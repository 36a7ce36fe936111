// Talking to the studio's API: JSON out, JSON in, and errors as the two sentences that the server gives.

export class Wrong extends Error {
  constructor(what, hint, status) {
    super(what);
    this.hint = hint;
    this.status = status;
  }
}

/** `await api("/api/check", { exercise, source })`: a POST with a body, which may be a FormData or a Blob; a GET without. */
export async function api(path, body, { method = body === undefined ? "GET" : "POST", signal } = {}) {
  return said(await asked(path, body, method, signal));
}

/** What the studio answers. Throws Wrong where it refuses, and where it is not there. */
async function asked(path, body, method, signal) {
  const answer = await heard(fetch(path, { method, signal, ...sending(body) }));
  if (answer.ok) return answer;
  const { error, hint } = await said(answer);
  throw new Wrong(error ?? "That did not work.", hint ?? "", answer.status);
}

/** A form and a file as they are, all else as JSON. */
function sending(body) {
  if (body === undefined || body instanceof FormData) return { body };
  if (body instanceof Blob) return { body, headers: { "Content-Type": "application/octet-stream" } };
  return { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
}

/** The JSON of an answer; {} where it has none. */
async function said(answer) {
  const text = await heard(answer.text());
  try { return JSON.parse(text); } catch { return {}; }
}

async function heard(coming) {
  try {
    return await coming;
  } catch (error) {
    if (error.name === "AbortError") throw error; // nobody waits for it any more
    throw new Wrong("The studio does not answer.", "Is `groundup start` still running? What you did is kept here.", 0);
  }
}

/** What is sent bit by bit, cut where `end` stands: all whole pieces that came at once. To abort is to end the work there. */
export async function* pieces(path, body, signal, end) {
  const answer = await asked(path, body, "POST", signal);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await heard(reader.read());
    if (done) return;
    const parts = (rest + value).split(end);
    rest = parts.pop();
    yield parts;
  }
}

/** The server-sent events of an answer, as they come: [name, data]. */
export async function* stream(path, body, signal) {
  for await (const parts of pieces(path, body, signal, "\n\n")) {
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
