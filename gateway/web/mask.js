// Which pixels of a square picture are to be painted anew.

const MAX_UNDO = 24;
// How painted pixels are shown.
const OVERLAY = [72, 104, 255, 165];
const CLEAR = [0, 0, 0, 0];
const BLACK = [0, 0, 0, 255];

export class Mask {
  #painted;
  #before = [];

  /** @param {number} side in pixels */
  constructor(side) {
    this.side = side;
    this.#painted = new Uint8Array(side * side);
  }

  /**
   * @param {number} side
   * @param {(index: number) => boolean} isPainted of the pixel with that index, row by row
   * @returns {Mask}
   */
  static where(side, isPainted) {
    const mask = new Mask(side);
    for (let index = 0; index < mask.#painted.length; ++index) mask.#painted[index] = isPainted(index) ? 1 : 0;
    return mask;
  }

  /** @returns {boolean} */
  isEmpty() {
    return !this.#painted.includes(1);
  }

  /** @returns {number} the share of the pixels that is to be painted anew, 0 to 1 */
  share() {
    let count = 0;
    for (const value of this.#painted) count += value;
    return count / this.#painted.length;
  }

  /** @returns {boolean} */
  canUndo() {
    return this.#before.length > 0;
  }

  /** Keeps what is there for undo(). To be called before a stroke. */
  keep() {
    this.#before.push(this.#painted.slice());
    if (this.#before.length > MAX_UNDO) this.#before.shift();
  }

  undo() {
    this.#painted = this.#before.pop() ?? this.#painted;
  }

  clear() {
    this.keep();
    this.#painted.fill(0);
  }

  invert() {
    this.keep();
    for (let index = 0; index < this.#painted.length; ++index) this.#painted[index] ^= 1;
  }

  /**
   * Paints a straight stroke.
   * @param {{x: number, y: number}} from in pixels; pixel 0 goes from 0 to 1
   * @param {{x: number, y: number}} to
   * @param {number} radius in pixels
   * @param {boolean} painted false erases
   */
  stroke(from, to, radius, painted) {
    const distance = Math.hypot(to.x - from.x, to.y - from.y);
    const count = Math.max(1, Math.ceil(distance / Math.max(0.5, radius / 3)));
    for (let step = 0; step <= count; ++step) {
      const share = step / count;
      this.#stamp(from.x + share * (to.x - from.x), from.y + share * (to.y - from.y), radius, painted ? 1 : 0);
    }
  }

  #stamp(x, y, radius, value) {
    const clamp = (number) => Math.min(this.side - 1, Math.max(0, Math.floor(number)));
    for (let row = clamp(y - radius); row <= clamp(y + radius); ++row) {
      for (let column = clamp(x - radius); column <= clamp(x + radius); ++column) {
        const inside = Math.hypot(column + 0.5 - x, row + 0.5 - y) <= radius;
        if (inside) this.#painted[row * this.side + column] = value;
      }
    }
    // A brush smaller than a pixel still paints the one it is on.
    if (x >= 0 && y >= 0 && x < this.side && y < this.side) this.#painted[clamp(y) * this.side + clamp(x)] = value;
  }

  #canvas(unpainted, painted, canvas = document.createElement("canvas")) {
    const image = new ImageData(this.side, this.side);
    for (let index = 0; index < this.#painted.length; ++index) image.data.set(this.#painted[index] ? painted : unpainted, 4 * index);
    canvas.width = this.side;
    canvas.height = this.side;
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  }

  /**
   * Draws it to lie over the picture.
   * @param {HTMLCanvasElement} [canvas] a new one if none is given
   * @returns {HTMLCanvasElement}
   */
  overlay(canvas) {
    return this.#canvas(CLEAR, OVERLAY, canvas);
  }

  /** @returns {Promise<Blob>} a PNG with alpha 0 where to paint anew, and black elsewhere */
  toPng() {
    return new Promise((resolve) => this.#canvas(BLACK, CLEAR).toBlob(resolve, "image/png"));
  }

  /** @returns {Mask} a copy without its past */
  copy() {
    const copy = new Mask(this.side);
    copy.#painted = this.#painted.slice();
    return copy;
  }
}

/**
 * @param {Blob} png of toPng()
 * @returns {Promise<Mask>}
 */
export async function maskFromPng(png) {
  const bitmap = await createImageBitmap(png);
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  return Mask.where(bitmap.width, (index) => data[4 * index + 3] === 0);
}
