// Runs browser tests against a gateway.
//
// usage: node run_browser_tests.mjs --list
//        node run_browser_tests.mjs URL [--with-switches] < NAMES
//
// --list prints the tests, a line of JSON each: name, and whether it needs the mock gateway's switches. Otherwise the names come
// on stdin, a line each, and for each one a line of JSON goes out: name, ok, error.

import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { Runner, tests } from "./harness.mjs";

for (const file of readdirSync(new URL(".", import.meta.url)).sort()) {
  if (file.endsWith("_test.mjs")) await import(`./${file}`);
}

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

if (process.argv[2] === "--list") {
  for (const [name, { options }] of tests) print({ name, mock: Boolean(options.mock) });
} else {
  const runner = new Runner(process.argv[2].replace(/\/$/, ""), process.argv.includes("--with-switches"));
  for await (const name of createInterface({ input: process.stdin })) {
    try {
      await runner.run(name);
      print({ name, ok: true, error: "" });
    } catch (error) {
      print({ name, ok: false, error: error.stack ?? String(error) });
    }
  }
  await runner.close();
}
