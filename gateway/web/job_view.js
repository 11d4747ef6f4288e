// A job under way: its pictures as they take shape, the step bar, and the button that cancels it.

import { iconButton, make } from "./dom.js";
import { serverParameters } from "./entry.js";
import { parseSize, plural } from "./format.js";
import { pictureImage, releasePictures, setPicture } from "./picture_view.js";
import { ProgressView } from "./progress_view.js";
import { tiles } from "./tiles.js";

/**
 * The stages that a job goes through.
 * @param {any} job
 * @param {any} capabilities
 * @returns {{stage: string, stepCount: number}[]}
 */
function stagesOf(job, capabilities) {
  const parameters = serverParameters(job);
  const preset = capabilities.presets.find(({ name }) => name === parameters.preset) ?? capabilities.presets[0] ?? {};
  const names = job.kind === "variation" ? ["decoder"] : ["prior", "decoder"];
  if (capabilities.super_res_count > 0) names.push("super_res");
  return names.map((stage) => ({ stage, stepCount: Number(parameters[`${stage}_step_count`] ?? preset[`${stage}_step_count`] ?? 1) }));
}

export class JobView {
  #tiles = [];
  #progress;
  #cancel;
  #note = make("p", { class: "hint", role: "status" });

  /**
   * @param {any} job
   * @param {any} capabilities
   * @param {{cancel: () => void, announce: (text: string) => void}} handlers
   */
  constructor(job, capabilities, { cancel, announce }) {
    const count = Number(job.parameters?.n ?? 1);
    const asked = job.parameters?.size;
    const size = parseSize(asked && asked !== "auto" ? asked : capabilities.native_size);
    this.#tiles = Array.from({ length: count }, (_, index) => this.#tile(index, size));
    this.#progress = new ProgressView(stagesOf(job, capabilities), count, announce);
    this.#cancel = iconButton("stop", "Cancel", cancel);
    this.#cancel.id = "cancel";
    const prompt = job.parameters?.prompt;
    const caption = make("p", { class: "job-prompt" }, prompt || (job.kind === "variation" ? "Variations of a picture" : ""));
    this.element = make("div", { class: "job" }, tiles(this.#tiles.map(({ element }) => element)), caption,
      make("div", { class: "job-foot" }, this.#progress.element, this.#cancel), this.#note);
  }

  /** @param {any} job whose status changed */
  status(job) {
    const ahead = job.queue_position;
    if (job.status === "queued") this.#progress.say(ahead > 0 ? `Queued, ${plural(ahead, "job")} ahead` : "Queued, next in line");
    else if (job.progress) this.#progress.update(job.progress);
  }

  /** @param {any} progress */
  progress(progress) {
    this.#progress.update(progress);
  }

  /**
   * Shows a picture as far as it has come.
   * @param {number} index
   * @param {Blob} blob
   * @param {boolean} finished
   */
  picture(index, blob, finished) {
    const tile = this.#tiles[index];
    if (!tile || (tile.finished && !finished)) return;
    tile.finished = finished;
    tile.element.classList.toggle("finished", finished);
    if (tile.image) {
      setPicture(tile.image, blob);
    } else {
      tile.image = pictureImage(blob, "");
      tile.element.append(tile.image);
    }
    tile.image.alt = finished ? `Picture ${index + 1}` : `Preview of picture ${index + 1}`;
  }

  /** @param {boolean} connected to the gateway */
  connection(connected) {
    this.#note.textContent = connected ? "" : "The connection is lost; trying again. The job goes on meanwhile.";
  }

  /** Shows that it is being cancelled. */
  cancelling() {
    this.#cancel.disabled = true;
    this.#progress.say("Cancelling");
  }

  /** Gives back what it holds. */
  close() {
    releasePictures(this.element);
  }

  #tile(index, { width, height }) {
    const element = make("div", { class: "tile" });
    element.style.aspectRatio = `${width} / ${height}`;
    return { element, image: null, finished: false, index };
  }
}
