// The dialog in which a mask is painted: with mouse, finger, pen or keys.

import { byId, iconButton, make } from "./dom.js";
import { Mask } from "./mask.js";
import { MaskCursor } from "./mask_cursor.js";
import { pictureImage, releasePictures } from "./picture_view.js";

const KEYS = "Arrow keys move the brush, Shift makes the steps small, Space paints, X swaps brush and eraser, [ and ] change the size, "
  + "Control Z undoes.";

export class MaskEditor {
  #dialog = byId("mask-dialog");
  #mask = new Mask(1);
  #erasing = false;
  #size = 0.16;
  #cursor = null;
  #frame = 0;
  #finish = () => {};

  constructor() {
    this.#dialog.addEventListener("close", () => {
      releasePictures(this.#dialog);
      this.#dialog.replaceChildren();
      this.#finish(this.#dialog.returnValue === "use" ? this.#mask : null);
    });
  }

  /**
   * Lets the user paint.
   * @param {import("./picture_file.js").SquarePicture} picture
   * @param {Mask | null} mask what is painted already
   * @returns {Promise<Mask | null>} nothing when the user thinks better of it
   */
  open(picture, mask) {
    this.#mask = mask?.copy() ?? new Mask(picture.side);
    this.#erasing = false;
    this.#dialog.returnValue = "";
    this.#build(picture);
    this.#dialog.showModal();
    this.#refresh();
    this.#canvas.focus();
    return new Promise((resolve) => {
      this.#finish = resolve;
    });
  }

  get #canvas() {
    return byId("mask-canvas");
  }

  #build(picture) {
    const canvas = make("canvas", {
      id: "mask-canvas", tabindex: "0", role: "application", "aria-label": "Mask over the picture", "aria-describedby": "mask-keys",
    });
    const board = make("div", { class: "mask-board" }, pictureImage(picture.blob, "The picture to edit"), canvas,
      make("div", { id: "mask-cursor", class: "mask-cursor", "aria-hidden": "true" }));
    const close = (value) => () => this.#dialog.close(value);
    const cancel = make("button", { type: "button", class: "button" }, "Cancel");
    const use = make("button", { type: "button", class: "button primary", id: "mask-use" }, "Use this mask");
    cancel.addEventListener("click", close(""));
    use.addEventListener("click", close("use"));
    this.#dialog.replaceChildren(
      make("h2", { id: "mask-title" }, "Paint what should change"), board, this.#tools(),
      make("p", { id: "mask-share", class: "hint", role: "status" }),
      make("p", { id: "mask-keys", class: "hint keys" }, KEYS),
      make("div", { class: "row end" }, cancel, use));
    this.#listen(canvas);
  }

  #tools() {
    const brush = iconButton("brush", "Brush", () => this.#setErasing(false), "button small");
    const eraser = iconButton("erase", "Eraser", () => this.#setErasing(true), "button small");
    const size = make("input", { id: "mask-size", type: "range", min: "2", max: "60", value: String(100 * this.#size) });
    size.addEventListener("input", () => this.#setSize(Number(size.value) / 100));
    const plain = (id, text, act) => {
      const button = make("button", { type: "button", class: "button small", id }, text);
      button.addEventListener("click", () => {
        act();
        this.#refresh();
        // A button that can't be pressed any more loses the focus.
        if (button.disabled) this.#canvas.focus();
      });
      return button;
    };
    brush.id = "mask-brush";
    eraser.id = "mask-eraser";
    return make("div", { class: "mask-tools", role: "group", "aria-label": "Tools" }, brush, eraser,
      make("label", { class: "mask-size" }, make("span", {}, "Size"), size),
      plain("mask-undo", "Undo", () => this.#mask.undo()),
      plain("mask-invert", "Invert", () => this.#mask.invert()),
      plain("mask-clear", "Clear", () => this.#mask.clear()));
  }

  #listen(canvas) {
    this.#cursor = new MaskCursor(canvas, byId("mask-cursor"), {
      start: () => this.#mask.keep(),
      paint: (from, to) => this.#paint(from, to),
      size: () => this.#size,
    });
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
  }

  #paint(from, to) {
    const scale = ({ x, y }) => ({ x: x * this.#mask.side, y: y * this.#mask.side });
    this.#mask.stroke(scale(from), scale(to), (this.#size * this.#mask.side) / 2, !this.#erasing);
    this.#refreshSoon();
  }

  // A pointer moves more often than there are frames.
  #refreshSoon() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => {
      if (this.#dialog.open) this.#refresh();
    });
  }

  #onKey(event) {
    const undoes = (event.ctrlKey || event.metaKey) && event.key === "z";
    if (undoes) this.#mask.undo();
    else if (event.key === "x") this.#setErasing(!this.#erasing);
    else if (event.key === "[") this.#setSize(this.#size / 1.25);
    else if (event.key === "]") this.#setSize(this.#size * 1.25);
    else return;
    event.preventDefault();
    this.#refresh();
  }

  #setErasing(erasing) {
    this.#erasing = erasing;
    this.#refresh();
  }

  #setSize(size) {
    this.#size = Math.min(0.6, Math.max(0.02, size));
    byId("mask-size").value = String(Math.round(100 * this.#size));
    this.#cursor.show();
  }

  #refresh() {
    this.#mask.overlay(this.#canvas);
    byId("mask-undo").disabled = !this.#mask.canUndo();
    byId("mask-brush").setAttribute("aria-pressed", String(!this.#erasing));
    byId("mask-eraser").setAttribute("aria-pressed", String(this.#erasing));
    const empty = this.#mask.isEmpty();
    byId("mask-clear").disabled = empty;
    byId("mask-use").disabled = empty;
    const share = Math.max(1, Math.round(100 * this.#mask.share()));
    byId("mask-share").textContent = empty ? "Nothing is painted yet." : `${share} % of the picture will be redrawn.`;
  }
}
