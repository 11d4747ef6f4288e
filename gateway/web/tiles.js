// The current pictures side by side.

import { make } from "./dom.js";

/**
 * @param {Element[]} elements a .tile each
 * @returns {HTMLElement}
 */
export function tiles(elements) {
  const count = elements.length;
  return make("div", { class: count > 1 ? "tiles many" : "tiles", "data-count": count }, ...elements);
}
