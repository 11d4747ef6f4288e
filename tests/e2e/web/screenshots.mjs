// Takes pictures of the playground, as it is with whatever gateway it is given.
//
// usage: node screenshots.mjs URL FOLDER [--jpeg]
//
// Draws some pictures there first, so it takes a while.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { generate, SLOW, waitForResult } from "./steps.mjs";

const [url, folder] = process.argv.slice(2);
const format = process.argv.includes("--jpeg") ? "jpeg" : "png";
const DESKTOP = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

async function shoot(page, name) {
  // Without pictures that are still being decoded.
  await page.waitForTimeout(300);
  const path = join(folder, `${name}.${format}`);
  await page.screenshot(format === "jpeg" ? { path, type: format, quality: 82 } : { path });
  console.log(path);
}

async function openPage(context, fragment = "") {
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto("about:blank");
  await page.goto(`${url}/${fragment}`);
  await page.locator("#presets input").first().waitFor({ state: "attached" });
  return page;
}

/** Fills the gallery with the model's own examples. */
async function drawExamples(page) {
  const { examples } = await page.evaluate(async () => (await fetch("/v1/capabilities")).json());
  for (const [index, prompt] of examples.slice(0, 8).entries()) {
    await page.locator("#prompt").fill(prompt);
    await page.locator("#seed").fill(String(index + 3));
    await generate(page);
  }
}

async function shootDesktop(browser, colorScheme) {
  const context = await browser.newContext({ ...DESKTOP, colorScheme });
  const page = await openPage(context);
  await shoot(page, `empty-${colorScheme}`);
  await drawExamples(page);
  await page.evaluate(() => scrollTo(0, 0));
  await shoot(page, `result-${colorScheme}`);
  await page.locator("#n").selectOption("4");
  await generate(page);
  await shoot(page, `several-${colorScheme}`);
  await page.locator("#n").selectOption("1");
  await page.locator("#gallery-list button").nth(4).click();
  await shoot(page, `details-${colorScheme}`);
  await page.locator("#picture-dialog").getByRole("button", { name: "Edit this" }).click();
  const box = await page.locator("#mask-canvas").boundingBox();
  await page.mouse.move(box.x + 0.3 * box.width, box.y + 0.35 * box.height);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.68 * box.width, box.y + 0.45 * box.height, { steps: 9 });
  await page.mouse.up();
  await shoot(page, `mask-${colorScheme}`);
  await page.locator("#mask-use").click();
  await shoot(page, `edit-${colorScheme}`);
  await page.getByRole("radio", { name: "Generate" }).check();
  await page.locator("#gallery").scrollIntoViewIfNeeded();
  await page.locator("#gallery-list").evaluate((list) => list.scrollIntoView());
  await shoot(page, `gallery-${colorScheme}`);
  await shootRunning(context, colorScheme);
  await context.close();
}

async function shootRunning(context, name) {
  const page = await openPage(context, SLOW.replace("500", "25").replace("1000", "100"));
  await page.locator("#make").click();
  await page.waitForFunction(() => Number(document.querySelector(".steps")?.getAttribute("aria-valuenow")) >= 50);
  await shoot(page, `running-${name}`);
  await waitForResult(page);
}

async function shootPhone(browser) {
  const context = await browser.newContext({ ...PHONE, colorScheme: "light" });
  const page = await openPage(context, SLOW.replace("500", "25").replace("1000", "25"));
  await shoot(page, "phone-form");
  await page.locator("#make").tap();
  await waitForResult(page);
  await shoot(page, "phone-result");
  await page.locator("#gallery-list button").tap();
  await shoot(page, "phone-details");
  await page.locator("#picture-dialog").getByRole("button", { name: "Edit this" }).tap();
  await page.locator("#mask-canvas").tap();
  await shoot(page, "phone-mask");
  await context.close();
}

mkdirSync(folder, { recursive: true });
const browser = await launch();
try {
  await shootDesktop(browser, "light");
  await shootDesktop(browser, "dark");
  await shootPhone(browser);
} finally {
  await browser.close();
}
