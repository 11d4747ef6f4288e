// Watches a job until it ends, over lost connections.

import { getJob, jobEventsUrl } from "./api.js";

const RETRY_MS = 2000;
const FINAL = ["succeeded", "failed", "cancelled"];

/**
 * @param {{status: string}} job
 * @returns {boolean} nothing more will happen to it
 */
export function isFinal(job) {
  return FINAL.includes(job.status);
}

/**
 * @typedef {object} JobHandlers
 * @property {(job: any) => void} status   the job, at once and when its status changes; the last one has the result
 * @property {(progress: any) => void} progress
 * @property {(preview: any) => void} preview
 * @property {(image: any) => void} image  a finished picture
 * @property {(connected: boolean) => void} connection
 * @property {(error: import("./api.js").ApiError) => void} lost  the server does not know the job (any more)
 */

/**
 * @param {string} id
 * @param {JobHandlers} handlers
 * @returns {() => void} ends the watching; the job goes on
 */
export function watchJob(id, handlers) {
  const watcher = new JobWatcher(id, handlers);
  watcher.open();
  return () => watcher.close();
}

class JobWatcher {
  #id;
  #handlers;
  #source = null;
  #timer = 0;
  #closed = false;

  constructor(id, handlers) {
    this.#id = id;
    this.#handlers = handlers;
  }

  open() {
    this.#source = new EventSource(jobEventsUrl(this.#id));
    this.#source.onopen = () => this.#handlers.connection(true);
    this.#source.onerror = () => this.#onError();
    this.#listen("status", (job) => this.#onStatus(job));
    for (const name of ["progress", "preview", "image"]) this.#listen(name, (data) => this.#handlers[name](data));
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  #listen(name, handle) {
    this.#source.addEventListener(name, (event) => {
      if (!this.#closed) handle(JSON.parse(event.data));
    });
  }

  #onStatus(job) {
    if (isFinal(job)) this.close();
    this.#handlers.status(job);
  }

  #onError() {
    if (this.#closed) return;
    this.#handlers.connection(false);
    // The browser tries again by itself, unless there was an answer, and a bad one; and what it was can't be seen from here.
    if (this.#source.readyState === EventSource.CLOSED) this.#ask();
  }

  async #ask() {
    try {
      const job = await getJob(this.#id);
      if (this.#closed) return;
      if (isFinal(job)) this.#onStatus(job);
      else this.#reopenLater();
    } catch (error) {
      if (this.#closed) return;
      if (error.status !== 404) {
        this.#reopenLater();
        return;
      }
      this.close();
      this.#handlers.lost(error);
    }
  }

  #reopenLater() {
    this.#timer = setTimeout(() => this.open(), RETRY_MS);
  }
}
