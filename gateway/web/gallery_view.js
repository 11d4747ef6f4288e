// The gallery as a grid of small pictures.

import { byId, make } from "./dom.js";
import { description, title } from "./entry.js";
import { plural } from "./format.js";
import { pictureImage, releasePictures } from "./picture_view.js";

const PAGE = 48;

export class GalleryView {
  #gallery;
  #onOpen;
  #limit = PAGE;
  #items = new Map();

  /**
   * @param {import("./gallery.js").Gallery} gallery
   * @param {(entry: import("./gallery_store.js").Entry) => void} onOpen
   */
  constructor(gallery, onOpen) {
    this.#gallery = gallery;
    this.#onOpen = onOpen;
    gallery.addEventListener("change", () => this.#show());
    byId("gallery-more").addEventListener("click", () => {
      this.#limit += PAGE;
      this.#show();
    });
    const dialog = byId("clear-dialog");
    byId("gallery-clear").addEventListener("click", () => {
      dialog.returnValue = "";
      dialog.showModal();
    });
    dialog.addEventListener("close", () => {
      if (dialog.returnValue === "remove") gallery.clear();
    });
  }

  #item(entry) {
    const button = make("button", { type: "button", class: "gallery-item", title: title(entry) },
      pictureImage(entry.blob, description(entry)), make("span", { class: "gallery-caption", "aria-hidden": "true" }, title(entry)));
    button.addEventListener("click", () => this.#onOpen(entry));
    return make("li", {}, button);
  }

  /** Puts the items into the list, and leaves alone those that are in their place: one of them may have the focus. */
  #arrange(items) {
    const list = byId("gallery-list");
    for (const item of [...list.children]) {
      if (!items.includes(item)) item.remove();
    }
    items.forEach((item, index) => {
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    });
  }

  #show() {
    const { entries, trouble } = this.#gallery;
    const shown = entries.slice(0, this.#limit);
    const items = new Map(shown.map((entry) => [entry.id, this.#items.get(entry.id) ?? this.#item(entry)]));
    for (const [id, item] of this.#items) {
      if (!items.has(id)) releasePictures(item);
    }
    this.#items = items;
    this.#arrange([...items.values()]);
    byId("gallery-list").hidden = entries.length === 0;
    byId("gallery-count").textContent = entries.length ? plural(entries.length, "picture") : "";
    byId("gallery-clear").hidden = entries.length === 0;
    byId("gallery-more").hidden = shown.length === entries.length;
    const note = entries.length ? "" : "Pictures you make are kept here, in this browser only.";
    byId("gallery-note").textContent = trouble || note;
    byId("gallery-note").hidden = !byId("gallery-note").textContent;
  }
}
