// Short messages at the foot of the page, and words for screen readers.

import { byId, make } from "./dom.js";

const SHOWN_MS = 6000;
let timer = 0;

function hide() {
  byId("notice").hidden = true;
}

/**
 * Shows a message for some seconds.
 * @param {string} text
 * @param {{label: string, act: () => void}} [action] a button beside it
 */
export function notify(text, action) {
  const box = byId("notice");
  box.replaceChildren(make("span", {}, text));
  if (action) {
    const button = make("button", { type: "button", class: "button small" }, action.label);
    button.addEventListener("click", () => {
      hide();
      action.act();
    });
    box.append(button);
  }
  box.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(hide, action ? 2 * SHOWN_MS : SHOWN_MS);
}

/** @param {string} text for screen readers only */
export function announce(text) {
  byId("announcer").textContent = text;
}

/**
 * Copies a text; where the browser does not allow it (it wants HTTPS or localhost), shows it, selected.
 * @param {string} text
 * @param {string} done what to say afterwards
 */
export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
    notify(done);
  } catch {
    const field = make("input", { class: "copy-field", readonly: true, "aria-label": "To copy", value: text });
    notify("Copy it with Ctrl+C:");
    byId("notice").append(field);
    field.select();
  }
}
