// What several tests do on the page.

import assert from "node:assert/strict";

export const PROMPT = "a large red heart above a small blue star on a white background";

/** Few steps, so that a model's picture takes little time as well. */
export const QUICK = "#prompt=a+large+orange+diamond+on+a+gray+background&seed=7&preset=fast"
  + "&prior_step_count=3&decoder_step_count=4&super_res_step_count=2";

/** More steps than a test waits for. */
export const SLOW = `#prompt=${PROMPT.replaceAll(" ", "+")}&seed=7&prior_step_count=500&decoder_step_count=1000`;

/** Presses the form's button and waits for the pictures. */
export async function generate(page) {
  await page.locator("#make").click();
  await waitForResult(page);
}

/** Waits for the pictures of the job under way. */
export async function waitForResult(page) {
  await page.locator('#stage[data-state="done"], #stage[data-state="failed"]').waitFor();
  assert.equal(await page.locator("#stage").getAttribute("data-state"), "done", await page.locator("#stage").innerText());
}

/** Waits until the gallery has so many pictures. */
export async function waitForGallery(page, count) {
  await page.waitForFunction((wanted) => document.querySelectorAll("#gallery-list li").length === wanted, count);
}

/** The bytes of the picture in an <img>, as base64. */
export function pictureBytes(locator) {
  return locator.evaluate(async (image) => {
    // The page may not fetch blobs; a canvas may draw them.
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL();
  });
}

/** A file with a picture of some size and format, painted in the browser. */
export async function makePicture(page, width, height, format = "png") {
  const base64 = await page.evaluate(([w, h, kind]) => {
    const canvas = document.createElement("canvas");
    canvas.width = w;
    canvas.height = h;
    const context = canvas.getContext("2d");
    context.fillStyle = "#c43";
    context.fillRect(0, 0, w, h);
    context.fillStyle = "#38c";
    context.fillRect(w / 4, h / 4, w / 2, h / 2);
    return canvas.toDataURL(`image/${kind}`).split(",")[1];
  }, [width, height, format]);
  return { name: `picture.${format}`, mimeType: `image/${format}`, buffer: Buffer.from(base64, "base64") };
}
