// From a prompt to a picture.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { generate, pictureBytes, PROMPT, QUICK, SLOW, waitForGallery, waitForResult } from "./steps.mjs";

/** Notes in the page what it shows of a job: it may be gone before a test looks. */
async function noteWhatPasses(page) {
  await page.evaluate(() => {
    window.seen = { previews: [], percents: [], stages: [] };
    new MutationObserver(() => {
      for (const { src } of document.querySelectorAll("#stage img[alt^=Preview]")) {
        if (!window.seen.previews.includes(src)) window.seen.previews.push(src);
      }
      const percent = Number(document.querySelector("[role=progressbar]")?.getAttribute("aria-valuenow") ?? NaN);
      if (percent >= 0 && window.seen.percents.at(-1) !== percent) window.seen.percents.push(percent);
      const names = [...document.querySelectorAll(".step-name")].map((name) => name.firstChild.textContent);
      if (names.length) window.seen.stages = names;
    }).observe(document.getElementById("stage"), { subtree: true, childList: true, attributes: true });
  });
}

test("an example becomes a picture, with previews and a step bar on the way", async ({ page, open }) => {
  await open();
  const example = page.locator("#examples .example").first();
  const text = await example.innerText();
  await example.click();
  assert.equal(await page.locator("#prompt").inputValue(), text);
  await noteWhatPasses(page);
  await generate(page);
  const seen = await page.evaluate(() => window.seen);
  assert.ok(seen.previews.length > 1, "previews");
  assert.deepEqual(seen.stages, ["Prior", "Decoder", "Upsampler"]);
  assert.ok(seen.percents.length > 5, `${seen.percents}`);
  assert.deepEqual(seen.percents, [...seen.percents].sort((a, b) => a - b));
  assert.match(await page.locator("#stage .caption").innerText(), /seed \d+ · similarity -?\d+\.\d+ · best of 2 candidates/);
  await waitForGallery(page, 1);
});

test("each of several pictures gets a seed of its own", async ({ page, open }) => {
  await open(QUICK);
  await page.locator("#n").selectOption("3");
  await generate(page);
  assert.equal(await page.locator("#stage button.tile").count(), 3);
  await waitForGallery(page, 3);
  const seeds = [];
  for (let index = 0; index < 3; ++index) {
    await page.locator("#stage button.tile").nth(index).click();
    seeds.push(await page.locator("#picture-dialog dt:text-is('Seed') + dd").innerText());
    await page.keyboard.press("Escape");
  }
  assert.deepEqual(seeds, ["7", "8", "9"]);
});

test("the same seed draws the same picture", async ({ page, open }) => {
  await open(QUICK);
  await generate(page);
  await generate(page);
  await waitForGallery(page, 2);
  const images = page.locator("#gallery-list img");
  assert.equal(await pictureBytes(images.nth(0)), await pictureBytes(images.nth(1)));
});

test("seeds up to 2^64 - 1 keep their digits", async ({ page, open }) => {
  await open(QUICK.replace("seed=7", "seed=18446744073709551615"));
  await generate(page);
  assert.match(await page.locator("#stage .caption").innerText(), /seed 18446744073709551615/);
  await page.locator("#seed").fill("18446744073709551616");
  assert.equal(await page.locator("#seed").evaluate((input) => input.validationMessage), "The largest seed is 18446744073709551615.");
});

test("settings are sent as they are filled in", async ({ page, open, mock }) => {
  await open();
  await page.locator("#prompt").fill(PROMPT);
  await page.locator("#size").selectOption("64x64");
  await page.getByRole("radio", { name: "Balanced" }).check();
  await page.locator("#seed").fill("12");
  await page.getByText("Advanced").click();
  await page.getByLabel("Negative prompt").fill("a circle");
  await page.getByLabel("Candidates").fill("4");
  await page.getByLabel("Decoder guidance").fill("5.5");
  await page.getByLabel("Format").selectOption("webp");
  await generate(page);
  assert.deepEqual((await mock.lastRequest()).fields, {
    model: "unclip", response_format: "b64_json", prompt: PROMPT, negative_prompt: "a circle", size: "64x64", n: 1, preset: "balanced",
    seed: "12", candidate_count: 4, decoder_guidance_scale: 5.5, output_format: "webp",
  });
  assert.match(await page.locator("#stage .note").innerText(), /resampled to 64x64/);
}, { mock: true });

test("a preset shows its steps where none are filled in", async ({ page, open }) => {
  await open();
  await page.getByText("Advanced").click();
  const placeholder = () => page.getByLabel("Decoder steps").getAttribute("placeholder");
  const quality = Number(await placeholder());
  await page.locator("#presets input").last().check();
  assert.ok(Number(await placeholder()) < quality);
});

test("an empty prompt is not sent", async ({ page, open }) => {
  await open();
  await page.locator("#make").click();
  assert.equal(await page.locator("#prompt-error").innerText(), "Say what to draw.");
  assert.equal(await page.locator("#stage").getAttribute("data-state"), "empty");
  await page.locator("#prompt").fill("x");
  assert.ok(await page.locator("#prompt-error").isHidden());
});

test("a prompt that is too long is not sent", async ({ page, open }) => {
  await open();
  const { max_prompt_bytes: limit } = await page.evaluate(async () => (await fetch("/v1/capabilities")).json());
  await page.locator("#prompt").fill("ä".repeat(limit / 2) + "b");
  assert.equal(await page.locator("#prompt-count").innerText(), `${limit + 1} of ${limit} bytes`);
  await page.locator("#make").click();
  assert.equal(await page.locator("#stage").getAttribute("data-state"), "empty");
});

test("a job is cancelled, and can be sent once more", async ({ page, open }) => {
  await open(SLOW);
  await page.locator("#make").click();
  await page.locator(".step.current").first().waitFor();
  assert.ok(await page.locator("#make").isDisabled());
  await page.locator("#cancel").click();
  await page.locator('#stage[data-state="cancelled"]').waitFor();
  assert.ok(await page.locator("#make").isEnabled());
  await page.locator("#retry").click();
  await page.locator(".step.current").first().waitFor();
  await page.locator("#cancel").click();
  await page.locator('#stage[data-state="cancelled"]').waitFor();
  await page.reload();
  await page.locator('#stage[data-state="empty"]').waitFor();
});

test("a reload goes on watching the job", async ({ page, open }) => {
  await open(SLOW);
  await page.locator("#make").click();
  await page.locator(".step.current").first().waitFor();
  await page.reload();
  await page.locator(".step.current").first().waitFor();
  assert.ok(await page.locator("#make").isDisabled());
  assert.equal(await page.locator("#stage .job-prompt").innerText(), PROMPT);
  await page.locator("#cancel").click();
  await page.locator('#stage[data-state="cancelled"]').waitFor();
});

test("a job that ends while the page is away is found afterwards", async ({ page, open }) => {
  await open(SLOW.replace("500", "150").replace("1000", "150"));
  await page.locator("#make").click();
  await page.locator("#cancel").waitFor();
  const job = await page.evaluate(() => new URL(`/v1/jobs/${JSON.parse(localStorage.getItem("unclip.job")).id}`, location.href).href);
  await page.goto("about:blank");
  const status = async () => (await (await page.request.get(job)).json()).status;
  while ((await status()) !== "succeeded") await page.waitForTimeout(100);
  await open();
  await waitForResult(page);
  await waitForGallery(page, 1);
});

test("a queued job tells its place", async ({ page, open, mock }) => {
  await mock.set({ hold: true });
  await open(QUICK);
  await page.locator("#make").click();
  await page.getByText("Queued, next in line").waitFor();
  await mock.set({ hold: false });
  await waitForResult(page);
}, { mock: true });

test("a picture of few pixels is enlarged without blur", async ({ page, open }) => {
  await open(QUICK);
  await generate(page);
  const image = page.locator("#stage .tile img");
  const [enlarged, rendering] = await image.evaluate((one) => [one.clientWidth / one.naturalWidth, getComputedStyle(one).imageRendering]);
  assert.equal(rendering === "pixelated", enlarged >= 4.5);
});
