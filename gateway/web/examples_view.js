// Prompts that the loaded model knows, to begin with.

import { byId, make } from "./dom.js";

const SHOWN = 3;

/**
 * @param {string[]} examples
 * @param {(prompt: string) => void} onPick
 */
export function showExamples(examples, onPick) {
  const box = byId("examples");
  box.hidden = examples.length === 0;
  const list = make("ul", { class: "example-list" });
  let first = 0;
  const show = () => {
    const count = Math.min(SHOWN, examples.length);
    const shown = Array.from({ length: count }, (_, index) => examples[(first + index) % examples.length]);
    const buttons = shown.map((text) => {
      const button = make("button", { type: "button", class: "example", title: text }, text);
      button.addEventListener("click", () => onPick(text));
      return make("li", {}, button);
    });
    list.replaceChildren(...buttons);
  };
  const more = make("button", { type: "button", class: "text-button", hidden: examples.length <= SHOWN }, "Other examples");
  more.addEventListener("click", () => {
    first = (first + SHOWN) % examples.length;
    show();
  });
  show();
  box.replaceChildren(make("div", { class: "label-row" }, make("p", { class: "hint" }, "This model knows"), more), list);
}
