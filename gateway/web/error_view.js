// A failure: what it is, the server's own words, and what can be done.

import { icon, make } from "./dom.js";
import { duration } from "./format.js";

const TITLES = {
  unreachable: "No answer",
  queue_full: "The queue is full",
  service_unavailable: "A service is down",
  deadline_exceeded: "It took too long",
  not_found: "The job is gone",
};

function titleOf(error) {
  if (TITLES[error.code]) return TITLES[error.code];
  if (error.status === 429 || error.type === "rate_limit_error") return TITLES.queue_full;
  if (error.type === "invalid_request_error") return "The gateway refused this";
  return "The picture could not be made";
}

/**
 * Counts down on a button that may be pressed afterwards.
 * @param {HTMLButtonElement} button
 * @param {HTMLElement} note
 * @param {number} seconds
 */
function countDown(button, note, seconds) {
  const end = performance.now() + 1000 * seconds;
  const tick = () => {
    const left = (end - performance.now()) / 1000;
    button.disabled = left > 0;
    note.textContent = left > 0 ? `The gateway asks to wait: ${duration(left)}.` : "The time that the gateway asked for is over.";
    if (left > 0 && button.isConnected) setTimeout(tick, Math.min(250, 1000 * left));
  };
  // The button is put into the page by then.
  setTimeout(tick);
}

/**
 * @param {import("./api.js").ApiError} error
 * @param {(() => void) | null} retry
 * @returns {HTMLElement}
 */
export function errorView(error, retry) {
  // The alert is without the time that goes by, which would be read out again and again.
  const words = make("div", { class: "message-words", role: "alert" }, make("h2", {}, titleOf(error)),
    make("p", { class: "server-words" }, error.message));
  const card = make("div", { class: "message bad" }, icon("alert"), words);
  if (retry) {
    const button = make("button", { type: "button", class: "button", id: "retry" }, "Try again");
    button.addEventListener("click", retry);
    const note = make("p", { class: "hint" });
    card.append(note, button);
    if (error.retryAfterSeconds > 0) countDown(button, note, error.retryAfterSeconds);
  }
  if (error.requestId) card.append(make("p", { class: "hint" }, "Request ", make("code", {}, error.requestId)));
  return card;
}
