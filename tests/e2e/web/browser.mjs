// The browser that the tests and the screenshots drive: Debian's Chromium through playwright-core, which scripts/setup.sh installs.

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../../.deps/web-tests/package.json", import.meta.url));

/** The source of axe-core, to be run in a page. */
export function axeSource() {
  return require("axe-core").source;
}

function chromiumPath() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  return execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
}

/** @returns {Promise<import("playwright-core").Browser>} */
export function launch() {
  const { chromium } = require("playwright-core");
  // As root, as in containers, Chromium has no sandbox; the only pages it shows are ours.
  return chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox", "--disable-gpu"] });
}
