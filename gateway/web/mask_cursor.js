// Where the brush is over the picture, moved by a pointer or by keys. Places are shares of the picture's width and height.

const STEP = 1 / 16;
const SMALL_STEP = 1 / 64;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @typedef {{x: number, y: number}} Place */

export class MaskCursor {
  #canvas;
  #ring;
  #handlers;
  #place = { x: 0.5, y: 0.5 };
  #down = false;

  /**
   * @param {HTMLCanvasElement} canvas  takes the pointer's and the keys' events
   * @param {HTMLElement} ring          lies over it and shows the brush
   * @param {{start: () => void, paint: (from: Place, to: Place) => void, size: () => number}} handlers
   *     start: before a stroke; size: the brush's diameter
   */
  constructor(canvas, ring, handlers) {
    this.#canvas = canvas;
    this.#ring = ring;
    this.#handlers = handlers;
    canvas.addEventListener("pointerdown", (event) => this.#onPointerDown(event));
    canvas.addEventListener("pointermove", (event) => this.#onPointerMove(event));
    for (const name of ["pointerup", "pointercancel", "blur"]) canvas.addEventListener(name, () => this.#end());
    canvas.addEventListener("keydown", (event) => this.#onKeyDown(event));
    canvas.addEventListener("keyup", (event) => {
      if (event.key === " ") this.#end();
    });
    this.show();
  }

  /** Puts the ring where the brush is. */
  show() {
    const diameter = `${100 * this.#handlers.size()}%`;
    this.#ring.style.left = `${100 * this.#place.x}%`;
    this.#ring.style.top = `${100 * this.#place.y}%`;
    this.#ring.style.width = diameter;
    this.#ring.style.height = diameter;
  }

  #placeOf(event) {
    const box = this.#canvas.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  }

  #begin() {
    this.#down = true;
    this.#handlers.start();
    this.#handlers.paint(this.#place, this.#place);
  }

  #end() {
    this.#down = false;
  }

  #moveTo(place) {
    const from = this.#place;
    this.#place = place;
    if (this.#down) this.#handlers.paint(from, place);
    this.show();
  }

  #onPointerDown(event) {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#place = this.#placeOf(event);
    this.show();
    this.#begin();
  }

  #onPointerMove(event) {
    // Between two frames the pointer may have been in several places.
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) this.#moveTo(this.#placeOf(one));
  }

  #onKeyDown(event) {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const step = event.shiftKey ? SMALL_STEP : STEP;
      const keepInside = (value) => Math.min(1, Math.max(0, value));
      this.#moveTo({ x: keepInside(this.#place.x + step * arrow[0]), y: keepInside(this.#place.y + step * arrow[1]) });
    } else if (event.key === " ") {
      if (!event.repeat) this.#begin();
    } else {
      return;
    }
    event.preventDefault();
  }
}
