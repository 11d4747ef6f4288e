// Runs before the first paint, so that a chosen theme does not flash. theme.js does the rest.
"use strict";
try {
  const theme = localStorage.getItem("unclip.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // The browser keeps nothing for this page: its own theme it is.
}
