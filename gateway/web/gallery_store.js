// Where pictures are kept: in this browser, and nowhere else.

const NAME = "unclip";
const VERSION = 1;

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    transaction.onerror = () => reject(transaction.error);
  });
}

/**
 * @typedef {object} Entry  a picture, and what it was made with
 * @property {string} id         the job's id and the picture's index
 * @property {number} createdAt  milliseconds since 1970
 * @property {import("./settings.js").Kind} kind
 * @property {Blob} blob
 * @property {string} format     png, jpeg or webp
 * @property {string} size       such as "256x256"
 * @property {string} model
 * @property {import("./settings.js").Settings} settings    as they were sent, with the picture's own seed, and n 1
 * @property {import("./settings.js").Settings} parameters  what the server took, also for what was not sent
 * @property {number | null} similarity
 * @property {number[]} candidateSimilarities
 * @property {number} candidateIndex
 * @property {Record<string, number>} timings  milliseconds
 * @property {string[]} warnings
 * @property {Blob | null} source  of an edit or a variation
 * @property {Blob | null} mask    of an edit
 */

/**
 * The order of the gallery; pictures of the same job stay in theirs.
 * @param {Entry} a
 * @param {Entry} b
 * @returns {number}
 */
export function newestFirst(a, b) {
  return b.createdAt - a.createdAt || a.id.localeCompare(b.id, "en", { numeric: true });
}

export class GalleryStore {
  #database;

  /** @param {IDBDatabase} database */
  constructor(database) {
    this.#database = database;
  }

  /** @returns {Promise<GalleryStore>} refused when the browser keeps nothing for this page */
  static async open() {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("pictures", { keyPath: "id" });
      // The pictures that running jobs were given, for a page that is loaded again meanwhile.
      request.result.createObjectStore("sources", { keyPath: "jobId" });
    };
    return new GalleryStore(await done(request));
  }

  /** @returns {Promise<Entry[]>} the newest first */
  async entries() {
    const all = await done(this.#read("pictures").getAll());
    return all.sort(newestFirst);
  }

  /** @param {Entry} entry put in place of one with the same id */
  put(entry) {
    return this.#write("pictures", (store) => store.put(entry));
  }

  /** @param {string} id */
  remove(id) {
    return this.#write("pictures", (store) => store.delete(id));
  }

  clear() {
    return this.#write("pictures", (store) => store.clear());
  }

  /** @param {{jobId: string, image: Blob, mask: Blob | null}} source */
  putSource(source) {
    return this.#write("sources", (store) => store.put(source));
  }

  /**
   * @param {string} jobId
   * @returns {Promise<{image: Blob, mask: Blob | null} | undefined>}
   */
  source(jobId) {
    return done(this.#read("sources").get(jobId));
  }

  /** @param {string} jobId */
  removeSource(jobId) {
    return this.#write("sources", (store) => store.delete(jobId));
  }

  #read(name) {
    return this.#database.transaction(name).objectStore(name);
  }

  #write(name, act) {
    const transaction = this.#database.transaction(name, "readwrite");
    act(transaction.objectStore(name));
    return finished(transaction);
  }
}
