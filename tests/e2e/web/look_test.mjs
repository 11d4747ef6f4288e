// How it looks and how it is reached: contrast and labels (axe), narrow windows, themes, keys, and what may be loaded.

import assert from "node:assert/strict";
import { axeSource } from "./browser.mjs";
import { test } from "./harness.mjs";
import { generate, makePicture, QUICK, SLOW, waitForResult } from "./steps.mjs";

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** No violation of axe's rules in what is shown now. */
async function assertAccessible(page, what) {
  // Evaluated by the debugger, which the page's policy does not bind.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource());
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const told = violations.map(({ id, help, nodes }) => [id, help, ...nodes.map((node) => `${node.html} ${node.failureSummary}`)].join(": "));
  assert.deepEqual(told, [], what);
}

async function assertNoSidewaysScrolling(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `${content} > ${window}`);
}

for (const colorScheme of ["light", "dark"]) {
  test(`axe has no complaint, ${colorScheme}`, async ({ page, open }) => {
    await open(QUICK);
    await assertAccessible(page, "empty");
    await page.locator("#advanced summary").click();
    await generate(page);
    await assertAccessible(page, "a picture");
    await page.locator("#stage button.tile").click();
    await assertAccessible(page, "the picture's dialog");
    await page.locator("#picture-dialog").getByRole("button", { name: "Edit this" }).click();
    await page.locator("#mask-dialog canvas:focus").waitFor();
    await page.keyboard.press("Space");
    await assertAccessible(page, "the mask");
    await page.getByRole("button", { name: "Use this mask" }).click();
    await assertAccessible(page, "the form of an edit");
    await page.getByRole("button", { name: "Remove all…" }).click();
    await assertAccessible(page, "the question");
  }, { context: { colorScheme } });

  test(`axe has no complaint about a running job, ${colorScheme}`, async ({ page, open }) => {
    await open(SLOW);
    await page.locator("#make").click();
    await page.locator(".step.current").first().waitFor();
    await assertAccessible(page, "running");
    await page.locator("#cancel").click();
    await page.locator('#stage[data-state="cancelled"]').waitFor();
    await assertAccessible(page, "cancelled");
  }, { context: { colorScheme } });

  test(`axe has no complaint about a failure, ${colorScheme}`, async ({ page, open, mock }) => {
    await mock.set({ services: { clip: true, prior: false, decoder: true } });
    await open(QUICK);
    await page.locator("#make").click();
    await page.getByRole("heading", { name: "A service is down" }).waitFor();
    await page.locator("#outage").waitFor();
    await assertAccessible(page, "a service is down");
  }, { context: { colorScheme }, mock: true, httpErrors: true });
}

test("everything fits a phone's width", async ({ page, open }) => {
  await open(QUICK);
  await assertNoSidewaysScrolling(page);
  await page.locator("#make").tap();
  await waitForResult(page);
  await page.waitForFunction(() => document.getElementById("stage").getBoundingClientRect().top < innerHeight / 2);
  await assertNoSidewaysScrolling(page);
  await page.locator("#gallery-list button").tap();
  await assertNoSidewaysScrolling(page);
  await assertAccessible(page, "the dialog on a phone");
  await page.locator("#picture-dialog").getByRole("button", { name: "Edit this" }).tap();
  await page.locator("#mask-canvas").tap();
  await page.getByRole("button", { name: "Use this mask" }).tap();
  await page.getByText(/% will be redrawn/).waitFor();
  await assertNoSidewaysScrolling(page);
}, { context: PHONE });

test("the theme goes round, and is kept", async ({ page, open }) => {
  await open();
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  const theme = page.locator("#theme");
  await theme.click();
  assert.equal(await background(), light);
  await theme.click();
  const dark = await background();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await background(), dark);
  assert.equal(await theme.getAttribute("aria-label"), "Theme: dark");
  await theme.click();
  assert.equal(await background(), light);
});

test("keys alone draw a picture and look at it", async ({ page, open }) => {
  await open(QUICK);
  const isOn = (selector) => page.evaluate((wanted) => document.activeElement.matches(wanted), selector);
  const tabTo = async (selector) => {
    for (let count = 0; count < 60 && !(await isOn(selector)); ++count) await page.keyboard.press("Tab");
    assert.ok(await isOn(selector), selector);
  };
  await tabTo("#prompt");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("a small blue star");
  await page.keyboard.press("Control+Enter");
  await waitForResult(page);
  await tabTo("#gallery-list button");
  await page.keyboard.press("Enter");
  await page.locator("#picture-dialog h2", { hasText: "a small blue star" }).waitFor();
  await page.keyboard.press("Escape");
  assert.ok(await page.locator("#picture-dialog").isHidden());
  assert.ok(await isOn("#gallery-list button"));
});

test("nothing moves for who does not want it", async ({ page, open }) => {
  await open(SLOW);
  await page.locator("#make").click();
  await page.locator(".step.current").first().waitFor();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  await page.locator("#cancel").click();
  await page.locator('#stage[data-state="cancelled"]').waitFor();
}, { context: { reducedMotion: "reduce" } });

test("the page comes with a strict policy, and keeps it", async ({ page, open }) => {
  const [response] = await Promise.all([page.waitForResponse((one) => new URL(one.url()).pathname === "/"), open()]);
  const policy = response.headers()["content-security-policy"];
  for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) {
    assert.ok(policy.includes(part), policy);
  }
  assert.ok(!/unsafe/.test(policy));
  assert.equal(await page.locator("[style], script:not([src]), style").count(), 0);
  await page.locator("#file").waitFor({ state: "attached" });
  assert.ok((await makePicture(page, 2, 2)).buffer.length > 0);
});
