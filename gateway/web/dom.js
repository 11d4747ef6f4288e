// Elements: found, made, shown. Text goes in as text, never as markup.

/**
 * @param {string} id
 * @returns {any} the element; it is a fault of the page if there is none
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`there is no element #${id}`);
  return element;
}

/**
 * Makes an element.
 * @param {string} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attributes] null, undefined and false leave one out
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

// Drawn on 24 by 24 with a line of 1.75.
const ICONS = {
  download: ["M12 4v11", "M7.5 11 12 15.5 16.5 11", "M5 19.5h14"],
  link: ["M10 14a4 4 0 0 0 5.7.3l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2", "M14 10a4 4 0 0 0-5.7-.3l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2"],
  vary: ["M4 8.5h9.5", "M4 15.5h4", "M16 5l3.5 3.5L16 12", "M12 12l-3.5 3.5L12 19", "M20 15.5h-11"],
  edit: ["M4.5 19.5 5.6 15 16 4.6a1.6 1.6 0 0 1 2.3 0l1.1 1.1a1.6 1.6 0 0 1 0 2.3L9 18.4z", "M14 6.6 17.4 10"],
  erase: ["M9 19.5 4.8 15.3a1.4 1.4 0 0 1 0-2l8.5-8.5a1.4 1.4 0 0 1 2 0l4.4 4.4a1.4 1.4 0 0 1 0 2L11.4 19.5z",
    "M9 9l6.2 6.2", "M9 19.5h10.5"],
  brush: ["M19.5 4.5c-4 2-7.6 5.2-9.7 8.3l1.9 1.9c3.1-2.1 6-5.9 7.8-10.2z",
    "M9.3 14.2c-2.5-.3-3.6 1.3-3.7 2.7-.1 1-.6 1.7-1.6 2 3.4 1.3 7 .4 7.2-2.5"],
  reuse: ["M4.5 12a7.5 7.5 0 0 1 13-5.1L20 9.5", "M20 4.5v5h-5", "M19.5 12a7.5 7.5 0 0 1-13 5.1L4 14.5", "M4 19.5v-5h5"],
  remove: ["M5 7h14", "M10 7V4.5h4V7", "M7 7l.8 12.5h8.4L17 7", "M10.5 10.5v5.5", "M13.5 10.5v5.5"],
  alert: ["M12 8.5v4.5", "M12 16.2v.1", "M12 3.8 21 19.5H3z"],
  close: ["M6.5 6.5l11 11", "M17.5 6.5l-11 11"],
  stop: ["M8 8h8v8h-8z"],
};

/**
 * @param {keyof typeof ICONS} name
 * @returns {SVGElement} a picture that screen readers pass over
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const line of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}

/**
 * A button with an icon and a word.
 * @param {keyof typeof ICONS} iconName
 * @param {string} text
 * @param {() => void} onClick
 * @param {string} [className]
 * @returns {HTMLButtonElement}
 */
export function iconButton(iconName, text, onClick, className = "button") {
  const button = make("button", { type: "button", class: className }, icon(iconName), make("span", {}, text));
  button.addEventListener("click", onClick);
  return button;
}
