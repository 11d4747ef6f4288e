// Browser tests: how they are declared, what they are given, and what holds in each of them.

import { launch } from "./browser.mjs";

/** What takes longer hangs. A model's picture at many steps takes a while. */
export const PATIENCE_MS = 60_000;
const DESKTOP = { width: 1280, height: 860 };

/** @type {Map<string, {run: (given: any) => Promise<void>, options: any}>} */
export const tests = new Map();

/**
 * Declares a test.
 * @param {string} name
 * @param {(given: {page: import("playwright-core").Page, open: (fragment?: string) => Promise<void>, mock: Mock}) => Promise<void>} run
 * @param {{mock?: boolean, httpErrors?: boolean, context?: object}} [options] mock: needs the mock gateway's switches;
 *     httpErrors: answers that are errors are part of it; context: of the browser, such as the window's size
 */
export function test(name, run, options = {}) {
  if (tests.has(name)) throw new Error(`two tests are called "${name}"`);
  tests.set(name, { run, options });
}

/** The mock gateway's switches. */
class Mock {
  #url;

  constructor(url) {
    this.#url = new URL("/mock", url);
  }

  /** @param {object} fields of mock_cluster.Cluster */
  async set(fields) {
    const response = await fetch(this.#url, { method: "POST", body: JSON.stringify(fields) });
    if (!response.ok) throw new Error(`the mock gateway answered ${response.status}`);
  }

  /** @returns {Promise<any>} what the last job was sent with */
  async lastRequest() {
    return (await fetch(this.#url)).json();
  }
}

const MOCK_DEFAULTS = {
  step_seconds: 0.008, queue_full_seconds: 0, hold: false, fail_with: "", variations: true,
  services: { clip: true, prior: true, decoder: true },
};

/** Notes what must not happen in any test. */
function watch(page, url, options) {
  const faults = [];
  page.on("pageerror", (error) => faults.push(`an exception in the page: ${error.stack}`));
  page.on("console", (message) => {
    const expected = options.httpErrors && /^Failed to load resource/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !expected) faults.push(`in the console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const target = new URL(request.url());
    if (!["blob:", "data:"].includes(target.protocol) && target.origin !== new URL(url).origin) faults.push(`a request left: ${target}`);
  });
  return faults;
}

export class Runner {
  #url;
  #browser = null;
  #withSwitches;

  constructor(url, withSwitches) {
    this.#url = url;
    this.#withSwitches = withSwitches;
  }

  /** @param {string} name of a test; refused when it fails */
  async run(name) {
    const { run, options } = tests.get(name);
    this.#browser ??= await launch();
    const context = await this.#browser.newContext({ viewport: DESKTOP, colorScheme: "light", ...options.context });
    context.setDefaultTimeout(PATIENCE_MS);
    const mock = new Mock(this.#url);
    try {
      if (this.#withSwitches) await mock.set(MOCK_DEFAULTS);
      const page = await context.newPage();
      const faults = watch(page, this.#url, options);
      const open = async (fragment = "") => {
        await page.goto(`${this.#url}/${fragment}`);
        await page.locator('#stage:not([data-state="waiting"])').waitFor();
      };
      await run({ page, open, mock });
      if (faults.length) throw new Error(faults.join("\n"));
    } finally {
      await context.close();
    }
  }

  async close() {
    await this.#browser?.close();
  }
}
