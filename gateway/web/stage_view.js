// The current picture's place: empty, waiting, a job under way, its pictures, or why there are none.

import { byId, make } from "./dom.js";
import { description, facts, title } from "./entry.js";
import { errorView } from "./error_view.js";
import { pictureActions } from "./picture_actions.js";
import { pictureImage, releasePictures } from "./picture_view.js";
import { tiles } from "./tiles.js";

/** An empty sheet with words on it, where the picture will be. */
function sheet(heading, ...words) {
  return make("div", { class: "message sheet" }, make("h2", {}, heading), ...words.map((text) => make("p", {}, text)));
}

export class StageView {
  #root = byId("stage");
  #handlers;
  #able;
  #entries = [];

  /**
   * @param {import("./picture_actions.js").PictureHandlers & {open: (entry: any) => void}} handlers
   * @param {() => {variations: boolean, edits: boolean}} able
   */
  constructor(handlers, able) {
    this.#handlers = handlers;
    this.#able = able;
  }

  /** Nothing was asked for yet. */
  showEmpty() {
    const words = "Describe a picture, or begin with one of the examples. It takes shape here as it is drawn.";
    this.#show("empty", sheet("Nothing drawn yet", words));
  }

  /** @param {string} text what the page waits for */
  showWaiting(text) {
    const waiting = sheet("Waiting for the cluster", text);
    waiting.setAttribute("role", "status");
    this.#show("waiting", waiting);
  }

  /** The job's picture has been sent off and there is no answer yet. */
  showSending() {
    this.#show("waiting", sheet("Sending…"));
  }

  /** @param {import("./job_view.js").JobView} view */
  showJob(view) {
    this.#show("running", view.element);
  }

  /**
   * @param {import("./api.js").ApiError} error
   * @param {(() => void) | null} retry
   */
  showError(error, retry) {
    this.#show("failed", errorView(error, retry));
  }

  /** @param {(() => void) | null} retry */
  showCancelled(retry) {
    const card = sheet("Cancelled", "Nothing more is computed for it.");
    card.setAttribute("role", "status");
    if (retry) {
      const button = make("button", { type: "button", class: "button", id: "retry" }, "Draw it after all");
      button.addEventListener("click", retry);
      card.append(button);
    }
    this.#show("cancelled", card);
  }

  /** @param {import("./gallery_store.js").Entry[]} entries the job's pictures */
  showResult(entries) {
    const [first] = entries;
    const result = make("div", { class: "result" }, tiles(entries.map((entry) => this.#tile(entry))),
      make("div", { class: "caption" }, make("h2", { class: "job-prompt" }, title(first)),
        make("p", { class: "hint" }, entries.length > 1 ? `${entries.length} pictures; open one for more` : facts(first))));
    for (const warning of new Set(entries.flatMap(({ warnings }) => warnings))) result.append(make("p", { class: "note" }, warning));
    if (entries.length === 1) result.append(pictureActions(first, this.#handlers, { able: this.#able() }));
    this.#show("done", result);
    this.#entries = entries;
  }

  /**
   * Lets go of a picture that is removed.
   * @param {import("./gallery_store.js").Entry} entry
   */
  forget(entry) {
    if (!this.#entries.includes(entry)) return;
    const left = this.#entries.filter((one) => one !== entry);
    if (left.length) this.showResult(left);
    else this.showEmpty();
  }

  #tile(entry) {
    const button = make("button", { type: "button", class: "tile finished", "aria-label": `Open: ${description(entry)}` },
      pictureImage(entry.blob, ""));
    button.style.aspectRatio = entry.size.replace("x", " / ");
    button.addEventListener("click", () => this.#handlers.open(entry));
    return button;
  }

  #show(state, element) {
    releasePictures(this.#root);
    this.#entries = [];
    this.#root.dataset.state = state;
    this.#root.replaceChildren(element);
  }
}
