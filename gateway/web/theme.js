// The page's theme: the system's, or light or dark as chosen with the button.

import { byId } from "./dom.js";

const KEY = "unclip.theme";
const THEMES = ["auto", "light", "dark"];
const NAMES = { auto: "as the system", light: "light", dark: "dark" };

/** @returns {"auto" | "light" | "dark"} the theme in use */
export function currentTheme() {
  return document.documentElement.dataset.theme ?? "auto";
}

/** @param {"auto" | "light" | "dark"} theme */
export function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Not remembered, then.
  }
}

/** Lets the button #theme go round the themes. */
export function startTheme() {
  const button = byId("theme");
  const show = () => {
    const name = `Theme: ${NAMES[currentTheme()]}`;
    button.setAttribute("aria-label", name);
    button.title = name;
  };
  button.addEventListener("click", () => {
    setTheme(THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length]);
    show();
  });
  show();
}
