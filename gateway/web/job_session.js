// The job of this tab: sent, watched to its end, and its pictures put into the gallery.

import { cancelJob, createJob, errorFrom } from "./api.js";
import { entryOf } from "./entry.js";
import { forgetJob, rememberJob } from "./job_memory.js";
import { isFinal, watchJob } from "./job_watcher.js";
import { blobFromBase64 } from "./picture_file.js";
import { jobBody } from "./settings.js";

/**
 * @typedef {object} SessionHandlers
 * @property {(job: any) => void} started     the server took it, or told of it after a reload
 * @property {(job: any) => void} status
 * @property {(progress: any) => void} progress
 * @property {(index: number, blob: Blob, finished: boolean) => void} picture
 * @property {(connected: boolean) => void} connection
 * @property {(entries: import("./gallery_store.js").Entry[]) => void} succeeded
 * @property {(error: import("./api.js").ApiError) => void} failed
 * @property {() => void} cancelled
 */

export class JobSession {
  #gallery;
  #handlers;
  #model;
  #id = null;
  #stop = () => {};
  #begun = false;
  #settings = {};
  #images = new Map();

  /**
   * @param {import("./gallery.js").Gallery} gallery
   * @param {() => string} model the loaded model's name
   * @param {SessionHandlers} handlers
   */
  constructor(gallery, model, handlers) {
    this.#gallery = gallery;
    this.#model = model;
    this.#handlers = handlers;
  }

  /**
   * Sends a job.
   * @param {import("./settings.js").Kind} kind
   * @param {import("./settings.js").Settings} settings
   * @param {{image?: Blob | null, mask?: Blob | null}} files
   */
  async start(kind, settings, files) {
    try {
      const job = await createJob(jobBody(kind, settings, files));
      rememberJob(job.id, settings);
      if (files.image) await this.#gallery.keepSource(job.id, files.image, files.mask ?? null);
      this.#begin(job);
      this.watch(job.id, settings);
    } catch (error) {
      this.#handlers.failed(error);
    }
  }

  /**
   * Goes on with a job that was sent before.
   * @param {string} id
   * @param {import("./settings.js").Settings} settings as they were sent
   */
  watch(id, settings) {
    this.#id = id;
    this.#settings = settings;
    this.#images.clear();
    this.#stop = watchJob(id, {
      status: (job) => this.#onStatus(job),
      progress: (progress) => this.#handlers.progress(progress),
      preview: (preview) => this.#handlers.picture(preview.image_index, blobFromBase64(preview.b64_json), false),
      image: (image) => this.#onImage(image),
      connection: (connected) => this.#handlers.connection(connected),
      lost: (error) => this.#end(() => this.#handlers.failed(error)),
    });
  }

  /** Cancels the job. That it is cancelled is told like any other end of it. */
  async cancel() {
    try {
      const job = await cancelJob(this.#id);
      if (job.status && isFinal(job)) this.#onStatus(job);
    } catch (error) {
      this.#end(() => this.#handlers.failed(error));
    }
  }

  #begin(job) {
    if (this.#begun) return;
    this.#begun = true;
    this.#handlers.started(job);
  }

  #onImage(image) {
    this.#images.set(image.image_index, image);
    this.#handlers.picture(image.image_index, blobFromBase64(image.b64_json), true);
  }

  #onStatus(job) {
    // A cancelled job's end is told twice: in the answer, and by the events.
    if (!this.#id) return;
    this.#begin(job);
    if (isFinal(job)) this.#end(() => this.#finish(job));
    else this.#handlers.status(job);
  }

  async #finish(job) {
    let entries;
    try {
      entries = await this.#keep(job);
    } catch (error) {
      this.#handlers.failed(error);
      return;
    }
    if (job.status === "succeeded") this.#handlers.succeeded(entries);
    else if (job.status === "cancelled") this.#handlers.cancelled();
    else this.#handlers.failed(errorFrom(job.error));
  }

  /** Puts the pictures that are finished into the gallery, also those of a job that did not come to its end. */
  async #keep(job) {
    const source = await this.#gallery.source(job.id);
    const finished = new Map(this.#images);
    for (const [index, image] of (job.result?.data ?? []).entries()) finished.set(index, image);
    const entries = [];
    for (const [index, image] of [...finished].sort(([a], [b]) => a - b)) {
      const origin = { settings: this.#settings, model: this.#model(), source, warnings: job.result?.warnings };
      const entry = await entryOf(job, image, index, origin);
      await this.#gallery.add(entry);
      entries.push(entry);
    }
    await this.#gallery.forgetSource(job.id);
    return entries;
  }

  #end(tell) {
    forgetJob(this.#id);
    this.#stop();
    this.#id = null;
    this.#begun = false;
    tell();
  }
}
