// Gallery entries: made from a job's pictures, and told in words.

import { plural, similarity, sizeName, slug } from "./format.js";
import { blobFromBase64, pictureSize } from "./picture_file.js";
import { pick } from "./settings.js";

/** @typedef {import("./gallery_store.js").Entry} Entry */

/**
 * What the server took for each setting, under the setting's name.
 * @param {any} job
 * @returns {Record<string, any>}
 */
export function serverParameters(job) {
  // Of every upsampler there, and the same for all when asked over HTTP.
  const [steps] = job.parameters?.super_res_step_counts ?? [];
  return { super_res_step_count: steps, ...job.parameters };
}

/**
 * @param {any} job
 * @param {any} image  a finished picture of its result or its events
 * @param {number} index
 * @param {{settings: import("./settings.js").Settings, model: string, source: {image: Blob, mask: Blob | null} | null,
 *     warnings?: string[]}} origin
 *     settings: as they were sent
 * @returns {Promise<Entry>}
 */
export async function entryOf(job, image, index, { settings, model, source, warnings = [] }) {
  const blob = blobFromBase64(image.b64_json);
  const size = await pictureSize(blob);
  // Asked for alone with its own seed, the picture comes out the same.
  const seed = image.seed_string ?? String(image.seed ?? "");
  const { prompt } = job.parameters ?? {};
  return {
    id: `${job.id}/${index}`,
    createdAt: job.created_at * 1000,
    kind: job.kind,
    blob,
    format: blob.type.replace("image/", ""),
    size,
    model,
    settings: pick(job.kind, { prompt, ...settings, size, seed, n: "" }),
    parameters: pick(job.kind, serverParameters(job)),
    similarity: image.similarity ?? null,
    candidateSimilarities: image.candidate_similarities ?? [],
    candidateIndex: image.candidate_index ?? 0,
    timings: image.timings ?? {},
    warnings,
    source: source?.image ?? null,
    mask: source?.mask ?? null,
  };
}

/**
 * @param {Entry} entry
 * @returns {string} what the picture is
 */
export function title(entry) {
  if (entry.kind === "variation") return "A variation of a picture";
  return entry.settings.prompt ?? "A picture";
}

/**
 * @param {Entry} entry
 * @returns {string} in place of the picture
 */
export function description(entry) {
  return entry.kind === "edit" ? `Edited picture: ${title(entry)}` : `Picture: ${title(entry)}`;
}

/**
 * @param {Entry} entry
 * @returns {string} size, seed and similarity in a line
 */
export function facts(entry) {
  const parts = [sizeName(entry.size), `seed ${entry.settings.seed}`];
  if (entry.similarity !== null) parts.push(`similarity ${similarity(entry.similarity)}`);
  if (entry.candidateSimilarities.length > 1) parts.push(`best of ${plural(entry.candidateSimilarities.length, "candidate")}`);
  return parts.join(" · ");
}

/**
 * @param {Entry} entry
 * @returns {string} the name of its file
 */
export function fileName(entry) {
  const extension = entry.format === "jpeg" ? "jpg" : entry.format;
  return `${slug(entry.kind === "variation" ? "variation" : title(entry))}-${entry.settings.seed}.${extension}`;
}
