// The picture to vary or to edit, and its mask: from a file, by drag and drop, pasted, or from the gallery.

import { byId } from "./dom.js";
import { squarePicture } from "./picture_file.js";
import { pictureImage, releasePictures } from "./picture_view.js";

const EMPTY_NOTE = "Drop a picture here, or take one from the gallery.";

export class SourcePicker {
  #picture = null;
  #mask = null;
  #editing = false;
  #onChange;

  /** @param {{onChange: () => void, onPaint: () => void}} handlers onChange: there is another picture or mask */
  constructor({ onChange, onPaint }) {
    this.#onChange = onChange;
    byId("paint").addEventListener("click", onPaint);
    const input = byId("file");
    input.addEventListener("change", () => {
      if (input.files[0]) this.take(input.files[0]);
      // So that the same file can be chosen again.
      input.value = "";
    });
    this.#listenForDrops(byId("drop"));
    document.addEventListener("paste", (event) => {
      const file = [...(event.clipboardData?.files ?? [])].find((one) => one.type.startsWith("image/"));
      if (file && !byId("source").disabled) this.take(file);
    });
  }

  /** @returns {import("./picture_file.js").SquarePicture | null} */
  get picture() {
    return this.#picture;
  }

  /** @returns {import("./mask.js").Mask | null} */
  get mask() {
    return this.#mask;
  }

  /** @param {import("./mask.js").Mask | null} mask of the picture's size */
  set mask(mask) {
    this.#mask = mask && !mask.isEmpty() ? mask : null;
    this.#show();
  }

  /**
   * Takes a picture in place of the one before.
   * @param {Blob} blob
   * @returns {Promise<boolean>} whether it is one
   */
  async take(blob) {
    try {
      this.#picture = await squarePicture(blob);
    } catch (error) {
      this.#complain(error.message);
      return false;
    }
    this.#mask = null;
    this.#show();
    return true;
  }

  /** Shows what belongs to the kind of job: "variation" or "edit". */
  showKind(kind) {
    this.#editing = kind === "edit";
    this.#show();
  }

  /** @param {string} message */
  #complain(message) {
    const note = byId("source-note");
    note.textContent = message;
    note.classList.add("bad");
  }

  #listenForDrops(zone) {
    // On all of the page: beside the zone, the browser would leave the page and open the file.
    for (const name of ["dragenter", "dragover"]) {
      document.addEventListener(name, (event) => {
        if (!event.dataTransfer?.types.includes("Files")) return;
        event.preventDefault();
        zone.classList.add("over");
      });
    }
    document.addEventListener("dragleave", (event) => {
      if (!event.relatedTarget) zone.classList.remove("over");
    });
    document.addEventListener("drop", (event) => {
      const file = event.dataTransfer?.files[0];
      zone.classList.remove("over");
      if (!file) return;
      event.preventDefault();
      if (!byId("source").disabled) this.take(file);
    });
  }

  #show() {
    const thumb = byId("thumb");
    const picture = this.#picture;
    const editing = this.#editing;
    byId("paint").hidden = !picture || !editing;
    const note = byId("source-note");
    note.classList.remove("bad");
    note.textContent = picture ? this.#note(editing) : EMPTY_NOTE;
    releasePictures(thumb);
    thumb.hidden = !picture;
    thumb.replaceChildren(...(picture ? [pictureImage(picture.blob, "The chosen picture")] : []));
    if (editing && this.#mask) thumb.append(this.#mask.overlay());
    this.#onChange();
  }

  #note(editing) {
    const size = `${this.#picture.side} × ${this.#picture.side}.`;
    const share = this.#mask ? `${Math.max(1, Math.round(100 * this.#mask.share()))} % will be redrawn.` : "Nothing is masked yet.";
    return [this.#picture.note || size, editing ? share : ""].join(" ").trim();
  }
}
