// The gateway's HTTP interface, as far as this page uses it.

/** A call that failed, with the server's own words. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, type?: string, code?: string | null, param?: string | null, requestId?: string | null,
   *     retryAfterSeconds?: number | null}} [facts] status 0: nothing answered
   */
  constructor(message, facts = {}) {
    super(message);
    this.name = "ApiError";
    this.status = facts.status ?? 0;
    this.type = facts.type ?? "";
    this.code = facts.code ?? null;
    this.param = facts.param ?? null;
    this.requestId = facts.requestId ?? null;
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null;
  }
}

/**
 * @param {{message?: string, type?: string, code?: string | null, param?: string | null}} error as the server puts it into bodies and jobs
 * @param {object} [facts] what else is known
 * @returns {ApiError}
 */
export function errorFrom(error, facts = {}) {
  return new ApiError(error?.message || "The gateway gave no reason.", { ...error, ...facts });
}

function retryAfter(headers) {
  const milliseconds = headers.get("retry-after-ms");
  if (milliseconds !== null && Number(milliseconds) >= 0) return Number(milliseconds) / 1000;
  const seconds = headers.get("retry-after");
  return seconds !== null && Number(seconds) >= 0 ? Number(seconds) : null;
}

async function send(path, init = {}) {
  try {
    return await fetch(path, { cache: "no-store", ...init });
  } catch {
    throw new ApiError(`The gateway at ${location.host} does not answer.`, { code: "unreachable" });
  }
}

async function jsonOf(response) {
  try {
    return await response.json();
  } catch {
    return null;
  }
}

async function call(path, init) {
  const response = await send(path, init);
  const body = await jsonOf(response);
  if (response.ok && body) return body;
  const { headers } = response;
  const facts = { status: response.status, requestId: headers.get("x-request-id"), retryAfterSeconds: retryAfter(headers) };
  throw errorFrom(body?.error ?? { message: `The gateway answered ${response.status} ${response.statusText}.` }, facts);
}

/** @returns {Promise<any>} what the loaded models can do */
export function getCapabilities() {
  return call("/v1/capabilities");
}

/** @returns {Promise<Record<string, boolean>>} which of the services are up; refused with an ApiError when the gateway is not */
export async function getServices() {
  const response = await send("/readyz");
  const body = await jsonOf(response);
  if (body?.services) return body.services;
  throw errorFrom(body?.error ?? { message: `The gateway answered ${response.status} to /readyz.` }, { status: response.status });
}

/**
 * @param {object | FormData} body
 * @returns {Promise<any>} the job
 */
export function createJob(body) {
  if (body instanceof FormData) return call("/v1/jobs", { method: "POST", body });
  return call("/v1/jobs", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

function jobPath(id) {
  return `/v1/jobs/${encodeURIComponent(id)}`;
}

/**
 * @param {string} id
 * @returns {Promise<any>} the job
 */
export function getJob(id) {
  return call(jobPath(id));
}

/**
 * @param {string} id
 * @returns {Promise<any>} the job, cancelled; or that it is deleted, if it was finished
 */
export function cancelJob(id) {
  return call(jobPath(id), { method: "DELETE" });
}

/**
 * @param {string} id
 * @returns {string} where the job's events come from
 */
export function jobEventsUrl(id) {
  return `${jobPath(id)}/events`;
}
