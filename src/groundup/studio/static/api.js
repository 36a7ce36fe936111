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
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Wrong("The studio does not answer.", "Is `groundup start` still running? What you typed is kept here.", 0);
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Wrong(data.error ?? "That did not work.", data.hint ?? "", answer.status);
  return data;
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
