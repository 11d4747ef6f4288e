// What the page says when something fails, in the server's own words.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { generate, QUICK, waitForResult } from "./steps.mjs";

const DOWN = { services: { clip: true, prior: true, decoder: false } };
const UP = { services: { clip: true, prior: true, decoder: true } };

test("a service that is down is named, and the page notices when it is back", async ({ page, open, mock }) => {
  await mock.set(DOWN);
  await open(QUICK);
  await page.locator("#outage").getByText("The decoder service is down.").waitFor();
  assert.match(await page.locator("#health").innerText(), /decoder down/i);
  await page.locator("#make").click();
  await page.getByRole("heading", { name: "A service is down" }).waitFor();
  assert.equal(await page.locator(".server-words").innerText(), "service decoder is not up");
  await mock.set(UP);
  await page.locator("#outage").waitFor({ state: "hidden" });
  assert.equal(await page.locator("#health").innerText(), "All services up");
  await page.locator("#retry").click({ timeout: 10_000 });
  await waitForResult(page);
}, { mock: true, httpErrors: true });

test("a full queue says when to try again", async ({ page, open, mock }) => {
  await page.clock.install();
  await mock.set({ queue_full_seconds: 30 });
  await open(QUICK);
  await page.locator("#make").click();
  await page.getByRole("heading", { name: "The queue is full" }).waitFor();
  assert.equal(await page.locator(".server-words").innerText(), "the gateway is full: 64 requests are queued");
  await page.getByText(/The gateway asks to wait: \d\d s\./).waitFor();
  assert.ok(await page.locator("#retry").isDisabled());
  await mock.set({ queue_full_seconds: 0 });
  await page.clock.fastForward(31_000);
  await page.locator("#retry:enabled").click();
  await waitForResult(page);
}, { mock: true, httpErrors: true });

test("a job that fails half way shows the server's reason", async ({ page, open, mock }) => {
  await mock.set({ fail_with: "service decoder: the connection was lost" });
  await open(QUICK);
  await page.locator("#make").click();
  await page.getByText("service decoder: the connection was lost").waitFor();
  assert.ok(await page.locator("#make").isEnabled());
  await mock.set({ fail_with: "" });
  await generate(page);
}, { mock: true });

test("a value that the gateway refuses is shown at its field", async ({ page, open }) => {
  await open(QUICK);
  // Past the form's own check, as a link made for another model may get.
  await page.locator("#candidate_count").evaluate((input) => {
    input.removeAttribute("max");
    input.value = "99";
  });
  await page.locator("#make").click();
  await page.getByRole("heading", { name: "The gateway refused this" }).waitFor();
  assert.match(await page.locator(".server-words").innerText(), /candidate_count/);
  assert.equal(await page.locator("#candidate_count").getAttribute("aria-invalid"), "true");
  assert.ok(await page.locator("#candidate_count").evaluate((input) => input === document.activeElement));
}, { httpErrors: true });

test("a gateway that does not answer is told from one that does", async ({ page, open }) => {
  await open(QUICK);
  await page.route("**/*", (route) => route.abort());
  await page.locator("#make").click();
  await page.getByRole("heading", { name: "No answer" }).waitFor();
  await page.locator("#outage").getByText(/The gateway at .* does not answer\./).waitFor();
  await page.unroute("**/*");
  await page.locator("#outage").waitFor({ state: "hidden" });
  await page.locator("#retry").click();
  await waitForResult(page);
}, { httpErrors: true });

test("a page that is opened before the gateway is ready waits for it", async ({ page, mock, open }) => {
  let asked = 0;
  await page.route("**/v1/capabilities", (route) => {
    asked += 1;
    if (asked > 2) return route.continue();
    const error = { message: "service prior has not been reached yet", type: "server_error", param: null, code: "service_unavailable" };
    return route.fulfill({ status: 503, contentType: "application/json", body: JSON.stringify({ error }) });
  });
  await mock.set(UP);
  const opened = open(QUICK);
  await page.getByText("service prior has not been reached yet").waitFor();
  assert.ok(await page.locator("#make").isDisabled());
  await opened;
  await generate(page);
}, { mock: true, httpErrors: true });

test("a job that the gateway has forgotten is given up after a reload", async ({ page, open, mock }) => {
  await open();
  await page.evaluate(() => localStorage.setItem("unclip.job", JSON.stringify({ id: "job_unknown", settings: {} })));
  await page.reload();
  await page.getByRole("heading", { name: "The job is gone" }).waitFor();
  await page.reload();
  await page.locator('#stage[data-state="empty"]').waitFor();
  await mock.set(UP);
}, { mock: true, httpErrors: true });

test("a lost connection does not lose the job", async ({ page, open, mock }) => {
  await mock.set({ step_seconds: 0.05 });
  await open(QUICK);
  await page.route("**/events", (route) => route.abort());
  await page.locator("#make").click();
  await page.getByText("The connection is lost; trying again.").waitFor();
  await page.unroute("**/events");
  await waitForResult(page);
}, { mock: true, httpErrors: true });
