// Which job this tab is watching, and what it was asked for: kept over a reload, and over closing the tab where no other tab took its
// place.

const KEY = "unclip.job";

function each(action) {
  for (const name of ["sessionStorage", "localStorage"]) {
    try {
      const result = action(window[name]);
      if (result) return result;
    } catch {
      // This one keeps nothing.
    }
  }
  return null;
}

function read(storage) {
  const text = storage.getItem(KEY);
  return text ? JSON.parse(text) : null;
}

/**
 * @param {string} id
 * @param {import("./settings.js").Settings} settings as they were sent
 */
export function rememberJob(id, settings) {
  each((storage) => storage.setItem(KEY, JSON.stringify({ id, settings })));
}

/** @returns {{id: string, settings: import("./settings.js").Settings} | null} */
export function rememberedJob() {
  return each(read);
}

/** @param {string} id */
export function forgetJob(id) {
  each((storage) => {
    if (read(storage)?.id === id) storage.removeItem(KEY);
  });
}
