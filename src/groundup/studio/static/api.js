// Talking to the studio's API: JSON out, JSON in, and errors as the two sentences that the server gives.

import { h } from "./kit/dom.js";

/** What went wrong, what to do about it (`hint`), and the HTTP status: 0 where no answer came. */
export class ApiError extends Error {
  /** @param {string} message @param {string} [hint] @param {number} [status] */
  constructor(message, hint = "", status = 0) {
    super(message);
    this.hint = hint;
    this.status = status;
  }
}

/**
 * `await api("/api/check", { exercise, source })`: a POST with a body, which may be a FormData or a Blob; a GET without.
 * @param {string} path @param {any} [body] @param {{ method?: string, signal?: AbortSignal }} [options] @returns {Promise<any>}
 */
export async function api(path, body, { method = body === undefined ? "GET" : "POST", signal } = {}) {
  return jsonOf(await request(path, body, method, signal));
}

/** The response of the studio. Throws an ApiError where the studio refuses or does not answer. */
async function request(path, body, method, signal) {
  const answer = await connected(fetch(path, { method, signal, ...encoded(body) }));
  if (answer.ok) return answer;
  const { error, hint } = await jsonOf(answer);
  throw new ApiError(error ?? "That did not work.", hint ?? "", answer.status);
}

/** A form and a file are sent as they are, everything else as JSON. */
function encoded(body) {
  if (body === undefined || body instanceof FormData) return { body };
  if (body instanceof Blob) return { body, headers: { "Content-Type": "application/octet-stream" } };
  return { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
}

/** The JSON of a response; {} where it has none. */
async function jsonOf(answer) {
  const text = await connected(answer.text());
  try { return JSON.parse(text); } catch { return {}; }
}

/** The result of `operation`; an ApiError where the studio cannot be reached. */
async function connected(operation) {
  try {
    return await operation;
  } catch (error) {
    if (error.name === "AbortError") throw error; // it was cancelled
    throw new ApiError("The studio does not answer.", "Is `groundup start` still running? What you did is kept here.", 0);
  }
}

/** A response that is sent in parts, cut at each `end`: all complete pieces that arrived together. Aborting ends the work in the studio. */
export async function* pieces(path, body, signal, end) {
  const answer = await request(path, body, "POST", signal);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await connected(reader.read());
    if (done) return;
    const parts = (rest + value).split(end);
    rest = parts.pop();
    yield parts;
  }
}

/** The server-sent events of a response, as they come: [name, data]. */
export async function* stream(path, body, signal) {
  for await (const parts of pieces(path, body, signal, "\n\n")) {
    for (const part of parts) {
      const match = /^event: (\w+)\ndata: (.*)$/.exec(part);
      if (!match) continue;
      const data = JSON.parse(match[2]);
      if (match[1] === "wrong") throw new ApiError(data.error, data.hint, 200);
      yield [match[1], data];
    }
  }
}

/** An error as one line: what went wrong, and what to do. */
export const errorText = (error) => `${error.message} ${error.hint ?? ""}`.trim();

export const toastError = (error) => toast(errorText(error));

/** A line at the foot of the page, for some seconds. It is read aloud too. */
export function toast(text, seconds = 6) {
  const line = h("p", { class: "toast", role: "status" }, text);
  document.body.append(line);
  setTimeout(() => line.remove(), seconds * 1000);
}
