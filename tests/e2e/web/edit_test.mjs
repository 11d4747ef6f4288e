// Variations and edits: pictures that are made from pictures.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { generate, makePicture, QUICK, waitForGallery } from "./steps.mjs";

/** Draws a line over the mask with the mouse, from and to in shares of the picture. */
async function brush(page, from, to) {
  const box = await page.locator("#mask-canvas").boundingBox();
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps: 6 });
  await page.mouse.up();
}

const share = async (page) => {
  // The picture of the mask is drawn with the next frame.
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  return parseInt(await page.locator("#mask-share").innerText(), 10) || 0;
};

async function openEditor(page, side = 64) {
  await page.getByRole("radio", { name: "Edit" }).check();
  await page.locator("#file").setInputFiles(await makePicture(page, side, side));
  await page.getByRole("button", { name: "Paint mask…" }).click();
  await page.locator("#mask-canvas").waitFor();
}

test("a picture of the gallery is varied", async ({ page, open, mock }) => {
  await open(QUICK);
  await generate(page);
  await page.getByRole("button", { name: "Variations of this" }).click();
  assert.ok(await page.locator("#prompt").isHidden());
  await page.locator("#thumb img").waitFor();
  await page.locator("#n").selectOption("2");
  await generate(page);
  await waitForGallery(page, 3);
  const { kind, image, fields } = await mock.lastRequest();
  assert.equal(kind, "variation");
  assert.equal(image.size, "32x32");
  assert.equal(fields.n, "2");
  assert.equal(fields.prompt, undefined);
}, { mock: true });

test("a file that is not square is cropped, and the page says so", async ({ page, open }) => {
  await open(QUICK);
  await page.getByRole("radio", { name: "Vary" }).check();
  await page.locator("#file").setInputFiles(await makePicture(page, 96, 64));
  await page.getByText("Cropped to its middle square, from 96 × 64.").waitFor();
  await generate(page);
  await waitForGallery(page, 1);
});

test("a file that is no PNG goes out as one", async ({ page, open, mock }) => {
  await open(QUICK);
  await page.getByRole("radio", { name: "Vary" }).check();
  await page.locator("#file").setInputFiles(await makePicture(page, 64, 64, "webp"));
  await page.getByText("64 × 64.").waitFor();
  await generate(page);
  // The mock gateway reads PNG only.
  assert.equal((await mock.lastRequest()).image.size, "64x64");
}, { mock: true });

test("a large file is made smaller", async ({ page, open }) => {
  await open();
  await page.getByRole("radio", { name: "Vary" }).check();
  await page.locator("#file").setInputFiles(await makePicture(page, 2000, 1500));
  await page.getByText("Cropped to its middle square, from 2000 × 1500, and made smaller, to 1024 × 1024.").waitFor();
});

test("a dropped file is taken", async ({ page, open }) => {
  await open();
  await page.getByRole("radio", { name: "Vary" }).check();
  const png = await makePicture(page, 48, 48);
  const data = await page.evaluateHandle((base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], "picture.png", { type: "image/png" }));
    return transfer;
  }, png.buffer.toString("base64"));
  await page.locator("#drop").dispatchEvent("drop", { dataTransfer: data });
  await page.getByText("48 × 48.").waitFor();
});

test("a file that is no picture is refused", async ({ page, open }) => {
  await open();
  await page.getByRole("radio", { name: "Vary" }).check();
  await page.locator("#make").click();
  await page.getByText("Choose a picture first.").waitFor();
  await page.locator("#file").setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("no picture") });
  await page.getByText("This is no picture that the browser can read.").waitFor();
});

test("a picture of the gallery is edited with the brush", async ({ page, open, mock }) => {
  await open(QUICK);
  await generate(page);
  await page.getByRole("button", { name: "Edit this" }).click();
  await brush(page, [0.25, 0.5], [0.75, 0.5]);
  const painted = await share(page);
  assert.ok(painted > 5 && painted < 40, `${painted} %`);
  await page.getByRole("button", { name: "Use this mask" }).click();
  await page.getByText(`${painted} % will be redrawn.`).waitFor();
  await page.locator("#prompt").fill("a large green circle on a gray background");
  await generate(page);
  await waitForGallery(page, 2);
  const { kind, image, mask, fields } = await mock.lastRequest();
  assert.equal(kind, "edit");
  assert.equal(mask.size, image.size);
  assert.equal(Math.round(100 * mask.transparent_share), painted);
  assert.equal(fields.prompt, "a large green circle on a gray background");
}, { mock: true });

test("an edit's picture and mask come back with its settings, after a reload too", async ({ page, open }) => {
  await open(QUICK);
  await openEditor(page);
  await brush(page, [0.3, 0.3], [0.6, 0.6]);
  const painted = await share(page);
  await page.locator("#mask-use").click();
  await generate(page);
  await page.reload();
  await waitForGallery(page, 1);
  await page.locator("#gallery-list button").click();
  await page.getByRole("button", { name: "Use settings" }).click();
  await page.getByText(`${painted} % will be redrawn.`).waitFor();
  await page.locator("#thumb canvas").waitFor();
});

test("the mask has an eraser, undo, invert and clear", async ({ page, open }) => {
  await open();
  await openEditor(page);
  assert.ok(await page.locator("#mask-use").isDisabled());
  await brush(page, [0.2, 0.5], [0.8, 0.5]);
  const line = await share(page);
  await page.getByRole("button", { name: "Eraser" }).click();
  await brush(page, [0.5, 0.2], [0.5, 0.8]);
  const erased = await share(page);
  assert.ok(erased < line && erased > 0);
  await page.getByRole("button", { name: "Undo" }).click();
  assert.equal(await share(page), line);
  await page.getByRole("button", { name: "Invert" }).click();
  assert.equal(await share(page), 100 - line);
  await page.getByRole("button", { name: "Clear" }).click();
  assert.equal(await share(page), 0);
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Nothing is masked yet.").waitFor();
});

test("the mask is painted with keys alone", async ({ page, open }) => {
  await open();
  await openEditor(page);
  await page.keyboard.press("]");
  await page.keyboard.press("Space");
  const spot = await share(page);
  assert.ok(spot > 0);
  await page.keyboard.down("Space");
  for (let count = 0; count < 4; ++count) await page.keyboard.press("ArrowRight");
  await page.keyboard.up("Space");
  const line = await share(page);
  assert.ok(line > spot);
  await page.keyboard.press("x");
  await page.keyboard.press("Space");
  assert.ok((await share(page)) < line);
  await page.keyboard.press("Control+z");
  assert.equal(await share(page), line);
});

test("an edit without a mask is not sent", async ({ page, open }) => {
  await open(QUICK);
  await page.getByRole("radio", { name: "Edit" }).check();
  await page.locator("#file").setInputFiles(await makePicture(page, 64, 64));
  await page.locator("#thumb img").waitFor();
  await page.locator("#make").click();
  await page.getByText("Paint what should change first.").waitFor();
});

test("a checkpoint that can't vary pictures says so", async ({ page, open, mock }) => {
  await mock.set({ variations: false });
  await open(QUICK);
  await page.getByRole("radio", { name: "Vary" }).check();
  await page.getByText("has no image encoder").waitFor();
  assert.ok(await page.locator("#make").isDisabled());
  await page.getByRole("radio", { name: "Generate" }).check();
  await generate(page);
  assert.ok(await page.getByRole("button", { name: "Variations of this" }).isDisabled());
}, { mock: true });
