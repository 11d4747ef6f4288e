// A picture of the gallery, large, with all that is known of it.

import { byId, icon, make } from "./dom.js";
import { description, facts, title } from "./entry.js";
import { dateTime, shortTime, similarity, sizeName, stageName } from "./format.js";
import { pictureActions } from "./picture_actions.js";
import { pictureImage, releasePictures } from "./picture_view.js";
import { label, NAMES } from "./settings.js";

const KINDS = { generation: "Generated", variation: "Variation", edit: "Edit" };
const HIDDEN = ["prompt", "size", "n", "output_format"];

function pairs(list) {
  return make("dl", { class: "facts" }, ...list.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

function settingsOf(entry) {
  const list = [
    ["Made", `${KINDS[entry.kind]}, ${dateTime(entry.createdAt)}`],
    ["Size", `${sizeName(entry.size)}, ${entry.format.toUpperCase()}`],
  ];
  for (const name of NAMES[entry.kind]) {
    const value = entry.settings[name] ?? entry.parameters[name];
    if (!HIDDEN.includes(name) && value !== undefined) list.push([label(name), value]);
  }
  if (entry.model) list.push(["Model", entry.model]);
  return pairs(list);
}

function candidatesOf(entry) {
  const values = entry.candidateSimilarities;
  const least = Math.min(0, ...values);
  const span = Math.max(...values) - least || 1;
  const rows = values.map((value, index) => {
    const fill = make("span", { class: "candidate-fill" });
    fill.style.width = `${Math.max(2, (100 * (value - least)) / span)}%`;
    const kept = index === entry.candidateIndex;
    return make("li", { class: kept ? "kept" : "" }, make("span", { class: "candidate-track", "aria-hidden": "true" }, fill),
      make("span", {}, similarity(value), kept ? " kept" : ""));
  });
  return make("section", { "aria-label": "Similarity of the candidates" }, make("h3", {}, "Candidates’ similarity to the prompt"),
    make("ol", { class: "candidates" }, ...rows));
}

function timingsOf(entry) {
  const order = ["queue_ms", "embed_ms", "prior_ms", "decoder_ms", "super_res_ms", "encode_ms", "total_ms"];
  const names = { queue_ms: "Waiting", embed_ms: "Reading the prompt", encode_ms: "Encoding", total_ms: "In all" };
  const list = order.filter((name) => entry.timings[name] >= 0.5)
    .map((name) => [names[name] ?? stageName(name.replace("_ms", "")), shortTime(entry.timings[name])]);
  return make("section", { "aria-label": "Time" }, make("h3", {}, "Time"), pairs(list));
}

export class PictureDialog {
  #dialog = byId("picture-dialog");
  #gallery;
  #handlers;
  #able = () => ({ variations: false, edits: false });
  #entry = null;

  /**
   * @param {import("./gallery.js").Gallery} gallery
   * @param {import("./picture_actions.js").PictureHandlers} handlers
   * @param {() => {variations: boolean, edits: boolean}} able what the loaded models can do
   */
  constructor(gallery, handlers, able) {
    this.#gallery = gallery;
    this.#able = able;
    const closing = (act) => (entry) => {
      this.#dialog.close();
      act(entry);
    };
    this.#handlers = Object.fromEntries(Object.entries(handlers).map(([name, act]) => [name, closing(act)]));
    this.#dialog.addEventListener("close", () => this.#empty());
    this.#dialog.addEventListener("click", (event) => {
      // Outside of the dialog is the dialog's backdrop.
      if (event.target === this.#dialog) this.#dialog.close();
    });
    this.#dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.#go(-1);
      if (event.key === "ArrowRight") this.#go(1);
    });
  }

  /** @param {import("./gallery_store.js").Entry} entry */
  open(entry) {
    this.#show(entry);
    this.#dialog.showModal();
  }

  #empty() {
    releasePictures(this.#dialog);
    this.#dialog.replaceChildren();
  }

  #go(distance) {
    const { entries } = this.#gallery;
    const next = entries[entries.findIndex(({ id }) => id === this.#entry.id) + distance];
    if (!next) return;
    this.#show(next);
    // What had the focus is gone with the picture before.
    this.#dialog.querySelector(".close").focus();
  }

  #show(entry) {
    this.#entry = entry;
    this.#empty();
    const close = make("button", { type: "button", class: "button icon-only close", "aria-label": "Close" }, icon("close"));
    close.addEventListener("click", () => this.#dialog.close());
    const text = make("div", { class: "details" }, make("h2", {}, title(entry)), make("p", { class: "hint" }, facts(entry)),
      pictureActions(entry, this.#handlers, { able: this.#able() }));
    for (const warning of entry.warnings) text.append(make("p", { class: "note" }, warning));
    if (entry.candidateSimilarities.length) text.append(candidatesOf(entry));
    text.append(make("section", { "aria-label": "Settings" }, make("h3", {}, "Settings"), settingsOf(entry)));
    if (entry.timings.total_ms) text.append(timingsOf(entry));
    const picture = make("div", { class: "matte" }, pictureImage(entry.blob, description(entry)));
    this.#dialog.append(make("div", { class: "dialog-grid" }, picture, text), close);
  }
}
