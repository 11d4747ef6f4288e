// Which job this tab is watching: kept over a reload, and over closing the tab where no other tab took its place.

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

/** @param {string} id */
export function rememberJob(id) {
  each((storage) => storage.setItem(KEY, id));
}

/** @returns {string | null} */
export function rememberedJob() {
  return each((storage) => storage.getItem(KEY));
}

/** @param {string} id */
export function forgetJob(id) {
  each((storage) => {
    if (storage.getItem(KEY) === id) storage.removeItem(KEY);
  });
}
