// The pictures made in this browser, newest first.

import { GalleryStore, newestFirst } from "./gallery_store.js";

/** @typedef {import("./gallery_store.js").Entry} Entry */

export class Gallery extends EventTarget {
  #entries = [];
  #store = null;
  #trouble = "";

  /** @returns {readonly Entry[]} */
  get entries() {
    return this.#entries;
  }

  /** @returns {string} why pictures are not kept; empty when they are */
  get trouble() {
    return this.#trouble;
  }

  /** Reads what is kept. Never refused: a gallery that can't be kept still lasts as long as the page. */
  async load() {
    await this.#try(async () => {
      this.#store = await GalleryStore.open();
      this.#entries = await this.#store.entries();
    });
    this.#changed();
  }

  /** @param {Entry} entry */
  async add(entry) {
    this.#entries = [...this.#entries.filter(({ id }) => id !== entry.id), entry].sort(newestFirst);
    await this.#try(() => this.#store?.put(entry));
    this.#changed();
  }

  /** @param {string} id */
  async remove(id) {
    this.#entries = this.#entries.filter((entry) => entry.id !== id);
    await this.#try(() => this.#store?.remove(id));
    this.#changed();
  }

  async clear() {
    this.#entries = [];
    await this.#try(() => this.#store?.clear());
    this.#changed();
  }

  /**
   * Keeps what a job was given until its pictures are there.
   * @param {string} jobId
   * @param {Blob} image
   * @param {Blob | null} mask
   */
  async keepSource(jobId, image, mask) {
    await this.#try(() => this.#store?.putSource({ jobId, image, mask }));
  }

  /**
   * @param {string} jobId
   * @returns {Promise<{image: Blob, mask: Blob | null} | null>}
   */
  async source(jobId) {
    let source = null;
    await this.#try(async () => {
      source = (await this.#store?.source(jobId)) ?? null;
    });
    return source;
  }

  /** @param {string} jobId */
  async forgetSource(jobId) {
    await this.#try(() => this.#store?.removeSource(jobId));
  }

  async #try(act) {
    try {
      await act();
    } catch (error) {
      this.#trouble = error?.name === "QuotaExceededError"
        ? "This browser's space for the gallery is used up: newer pictures are gone when the page is closed. Remove some, or download them."
        : "This browser keeps no pictures for this page: they are gone when it is closed.";
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
