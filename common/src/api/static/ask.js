"use strict";

const SLOWEST_MS = 60000;

/** Why the service gave no answer. field: the one of the request that is wrong, where it is one. */
class Refusal extends Error {
  constructor(message, status, field) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

/**
 * POST a value as JSON, or a form with a file. Returns the answer; throws a Refusal, whose message
 * is for the reader.
 *
 * stop: an AbortSignal for an answer that is no longer wanted; its reason is then thrown.
 */
async function ask(path, value, stop) {
  const form = value instanceof FormData;
  const body = form ? value : JSON.stringify(value);
  checkSize(form ? [...value.values()] : [body]);
  // A browser says by itself where the parts of a form end.
  const headers = form ? {} : { "Content-Type": "application/json" };
  const key = document.querySelector("#key input");
  showError(key, "");
  if (key.value) headers["X-API-Key"] = key.value;
  let response;
  try {
    const signals = [AbortSignal.timeout(SLOWEST_MS), ...(stop ? [stop] : [])];
    const signal = AbortSignal.any(signals);
    response = await fetch(path, { method: "POST", headers, body, signal });
  } catch (error) {
    stop?.throwIfAborted();
    throw new Refusal(
      error.name === "TimeoutError"
        ? "The service has not answered in time. Try again."
        : "The service cannot be reached. Is it still running, and are you online?",
    );
  }
  // A proxy in between may answer with a page of its own.
  const found = await response.json().catch(() => null);
  stop?.throwIfAborted();
  if (response.ok && found !== null) return found;
  if (response.status === 401) throw new Refusal(wantKey(key), 401);
  const detail = found?.detail ?? `The service answered with status ${response.status}. Try again later.`;
  throw new Refusal(detail, response.status, found?.field);
}

/** Throw a Refusal for more than the service takes: it would hang up before all of it was sent. */
function checkSize(parts) {
  const most = Number(document.querySelector("main").dataset.mostBytes);
  const { size } = new Blob(parts);
  const megabytes = (bytes) => `${(bytes / 1e6).toLocaleString(undefined, { maximumFractionDigits: 2 })} MB`;
  if (size > most) {
    throw new Refusal(`This has ${megabytes(size)}, and the service takes ${megabytes(most)} at most. Send less.`, 413);
  }
}

/** Ask for the key, beside its field. Returns what to say at the answer. */
function wantKey(control) {
  document.querySelector("#key").hidden = false;
  showError(control, control.value ? "The service does not take this key." : "The service asks for its key.");
  // Not away from a text that is being typed.
  if (document.activeElement?.tagName !== "TEXTAREA") control.focus();
  return "Enter the key of this service and try again.";
}

/** Let assistive technology say something without moving the focus. */
function announce(text) {
  document.querySelector("#announcement").textContent = text;
}
