// The gallery: kept, looked through, linked, downloaded, emptied.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { generate, pictureBytes, QUICK, waitForGallery, waitForResult } from "./steps.mjs";

const fact = (page, name) => page.locator(`#picture-dialog dt:text-is("${name}") + dd`).innerText();

test("pictures and their settings survive a reload", async ({ page, open }) => {
  await open(QUICK);
  await generate(page);
  const before = await pictureBytes(page.locator("#stage .tile img"));
  await page.reload();
  await waitForGallery(page, 1);
  assert.equal(await pictureBytes(page.locator("#gallery-list img")), before);
  await page.locator("#gallery-list button").click();
  assert.equal(await page.locator("#picture-dialog h2").innerText(), "a large orange diamond on a gray background");
  assert.equal(await fact(page, "Seed"), "7");
  assert.equal(await fact(page, "Decoder steps"), "4");
  assert.equal(await fact(page, "Preset"), "fast");
  // Not asked for: what the gateway took.
  assert.match(await fact(page, "Candidates"), /^\d+$/);
});

test("the similarities of all candidates are shown, and which was kept", async ({ page, open }) => {
  await open(`${QUICK}&candidate_count=3`);
  await generate(page);
  await page.locator("#stage button.tile").click();
  const rows = await page.locator(".candidates li").allInnerTexts();
  assert.equal(rows.length, 3);
  assert.equal(rows.filter((row) => row.includes("kept")).length, 1);
  const values = rows.map((row) => parseFloat(row));
  assert.equal(values[rows.findIndex((row) => row.includes("kept"))], Math.max(...values));
});

test("a picture's link fills the form, and reproduces the picture", async ({ page, open }) => {
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(QUICK);
  await page.locator("#n").selectOption("2");
  await generate(page);
  await page.locator("#stage button.tile").nth(1).click();
  const wanted = await pictureBytes(page.locator("#picture-dialog img"));
  await page.getByRole("button", { name: "Copy link" }).click();
  await page.getByText("is copied").waitFor();
  const address = await page.evaluate(() => navigator.clipboard.readText());
  await page.goto("about:blank");
  await page.goto(address);
  await page.waitForFunction(() => document.getElementById("seed").value === "8");
  assert.equal(await page.locator("#n").inputValue(), "1");
  assert.ok(await page.getByRole("radio", { name: "Fast" }).isChecked());
  assert.ok(await page.locator("#advanced").evaluate((details) => details.open));
  await generate(page);
  assert.equal(await pictureBytes(page.locator("#stage .tile img")), wanted);
});

test("where the browser lets nothing be copied, the link is shown to be copied by hand", async ({ page, open }) => {
  // As on a plain http:// address of another machine.
  await page.addInitScript(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
  await open(QUICK);
  await generate(page);
  await page.getByRole("button", { name: "Copy link" }).click();
  assert.match(await page.getByLabel("To copy").inputValue(), /^http.*#prompt=a\+large\+orange\+diamond/);
});

test("a browser that keeps nothing still shows what was drawn", async ({ page, open }) => {
  await page.addInitScript(() => {
    const refuse = () => {
      throw new DOMException("not allowed", "SecurityError");
    };
    for (const name of ["localStorage", "sessionStorage", "indexedDB"]) Object.defineProperty(window, name, { get: refuse });
  });
  await open(QUICK);
  await generate(page);
  await waitForGallery(page, 1);
  await page.getByText("This browser keeps no pictures for this page").waitFor();
});

test("a link of another model says so", async ({ page, open }) => {
  await open(`${QUICK}&model=karlo`);
  assert.match(await page.locator("#form-note").innerText(), /of the model karlo/);
});

test("a picture is downloaded under its prompt's name", async ({ page, open }) => {
  await open(QUICK);
  await generate(page);
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  assert.equal(file.suggestedFilename(), "a-large-orange-diamond-on-a-gray-background-7.png");
});

test("a removed picture comes back on request", async ({ page, open }) => {
  await open(QUICK);
  await generate(page);
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await waitForGallery(page, 0);
  assert.equal(await page.locator("#stage").getAttribute("data-state"), "empty");
  await page.getByRole("button", { name: "Undo" }).click();
  await waitForGallery(page, 1);
  await page.reload();
  await waitForGallery(page, 1);
});

test("all pictures are removed only when that is confirmed", async ({ page, open }) => {
  await open(QUICK);
  await generate(page);
  await page.getByRole("button", { name: "Remove all…" }).click();
  await page.getByRole("button", { name: "Keep them" }).click();
  await waitForGallery(page, 1);
  await page.getByRole("button", { name: "Remove all…" }).click();
  await page.getByRole("button", { name: "Remove all", exact: true }).click();
  await waitForGallery(page, 0);
  await page.reload();
  await page.getByText("are kept here, in this browser only").waitFor();
});

test("a picture's settings go back into the form", async ({ page, open }) => {
  await open(QUICK);
  await generate(page);
  await page.locator("#prompt").fill("something else");
  await page.locator("#seed").fill("");
  await page.getByRole("button", { name: "Use settings" }).click();
  assert.equal(await page.locator("#seed").inputValue(), "7");
  assert.equal(await page.locator("#prompt").inputValue(), "a large orange diamond on a gray background");
  await page.keyboard.press("Enter");
  await waitForResult(page);
  await waitForGallery(page, 2);
});

test("arrow keys go through the gallery", async ({ page, open }) => {
  await open(QUICK);
  await page.locator("#n").selectOption("2");
  await generate(page);
  await page.locator("#gallery-list button").first().click();
  assert.equal(await fact(page, "Seed"), "7");
  await page.keyboard.press("ArrowRight");
  assert.equal(await fact(page, "Seed"), "8");
  await page.keyboard.press("ArrowRight");
  assert.equal(await fact(page, "Seed"), "8");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await fact(page, "Seed"), "7");
});
