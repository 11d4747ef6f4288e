// A picture on the page: enlarged with its pixels left sharp when there are few of them.

import { make } from "./dom.js";

// Fewer times than this, and smoothing looks better than squares.
const CRISP_FROM = 4.5;

const shown = new ResizeObserver((entries) => {
  for (const entry of entries) sharpen(entry.target);
});

function sharpen(image) {
  if (!image.naturalWidth) return;
  image.classList.toggle("crisp", image.clientWidth / image.naturalWidth >= CRISP_FROM);
}

const urls = new WeakMap();

/**
 * Makes an <img> for a blob.
 * @param {Blob} blob
 * @param {string} description for who does not see it
 * @returns {HTMLImageElement}
 */
export function pictureImage(blob, description) {
  const image = make("img", { alt: description, class: "picture", decoding: "async" });
  image.addEventListener("load", () => sharpen(image));
  shown.observe(image);
  setPicture(image, blob);
  return image;
}

/**
 * Shows another blob in an <img> of pictureImage().
 * @param {HTMLImageElement} image
 * @param {Blob} blob
 */
export function setPicture(image, blob) {
  const before = urls.get(image);
  const url = URL.createObjectURL(blob);
  urls.set(image, url);
  image.src = url;
  if (before) URL.revokeObjectURL(before);
}

/**
 * Gives back what the <img>s in a node hold. To be called before they are thrown away.
 * @param {Element} node
 */
export function releasePictures(node) {
  for (const image of node.querySelectorAll("img.picture")) {
    shown.unobserve(image);
    const url = urls.get(image);
    if (url) URL.revokeObjectURL(url);
    urls.delete(image);
  }
}

/**
 * Hands a blob to the user as a file.
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const url = URL.createObjectURL(blob);
  const anchor = make("a", { href: url, download: name, hidden: true });
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  // The download has begun by then, and keeps what it needs.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
