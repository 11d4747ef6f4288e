// What can be done with a picture of the gallery, as buttons.

import { iconButton, make } from "./dom.js";
import { fileName } from "./entry.js";
import { copyText } from "./notice.js";
import { download } from "./picture_view.js";
import { link } from "./settings.js";

/**
 * @typedef {object} PictureHandlers
 * @property {(entry: import("./gallery_store.js").Entry) => void} vary
 * @property {(entry: import("./gallery_store.js").Entry) => void} edit
 * @property {(entry: import("./gallery_store.js").Entry) => void} reuse  fills the form with its settings
 * @property {(entry: import("./gallery_store.js").Entry) => void} remove
 */

/**
 * @param {import("./gallery_store.js").Entry} entry
 * @param {PictureHandlers} handlers
 * @param {{able: {variations: boolean, edits: boolean}}} options what the loaded models can do
 * @returns {HTMLElement}
 */
export function pictureActions(entry, handlers, { able }) {
  const vary = iconButton("vary", "Variations of this", () => handlers.vary(entry));
  const edit = iconButton("edit", "Edit this", () => handlers.edit(entry));
  for (const [button, can] of [[vary, able.variations], [edit, able.edits]]) {
    button.disabled = !can;
    if (!can) button.title = "The loaded checkpoint can’t do this.";
  }
  const group = make("div", { class: "actions", role: "group", "aria-label": "What to do with this picture" }, vary, edit,
    iconButton("download", "Download", () => download(entry.blob, fileName(entry))));
  if (entry.kind === "generation") {
    // A fragment is all of the link, so it opens in a new tab as well.
    const address = link(entry.settings, entry.model);
    group.append(iconButton("link", "Copy link", () => copyText(address, "The link that reproduces this picture is copied.")));
  }
  group.append(iconButton("reuse", "Use settings", () => handlers.reuse(entry)));
  group.append(iconButton("remove", "Remove", () => handlers.remove(entry), "button quiet"));
  return group;
}
