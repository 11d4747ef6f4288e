// What a picture was, or is to be, asked for with. Names and meanings are those of the HTTP interface; a value is a string, as in a
// form, and absent means the server's own.

/** @typedef {"generation" | "edit" | "variation"} Kind */
/** @typedef {Record<string, string>} Settings */

const COMMON = ["size", "n", "seed", "preset", "decoder_step_count", "super_res_step_count", "decoder_guidance_scale"];
const PROMPTED = [
  "prompt", "negative_prompt", "candidate_count", "prior_step_count", "prior_guidance_scale", "output_format", "output_compression",
];
const REPAINTED = ["resample_count", "jump_length"];

/** The settings that each kind of job takes. */
export const NAMES = {
  generation: [...PROMPTED, ...COMMON],
  edit: [...PROMPTED, ...COMMON, ...REPAINTED],
  variation: COMMON,
};

const LABELS = {
  prompt: "Prompt", negative_prompt: "Negative prompt", size: "Size", n: "Pictures", seed: "Seed", preset: "Preset",
  candidate_count: "Candidates", prior_step_count: "Prior steps", decoder_step_count: "Decoder steps",
  super_res_step_count: "Upsampler steps", prior_guidance_scale: "Prior guidance", decoder_guidance_scale: "Decoder guidance",
  output_format: "Format", output_compression: "Compression", resample_count: "Resamplings", jump_length: "Jump length",
};

// By the model's other name, dall-e-2, prompts would end at 1000 characters; and pictures are kept here, where a link would end.
const OURS = { model: "unclip", response_format: "b64_json" };

// A seed is a string since JavaScript's numbers end at 2^53, and these are words.
const STRINGS = ["prompt", "negative_prompt", "seed", "size", "preset", "output_format"];

/**
 * @param {string} name
 * @returns {string} for people
 */
export function label(name) {
  return LABELS[name] ?? name;
}

/**
 * Keeps what the kind takes and what has a value.
 * @param {Kind} kind
 * @param {Record<string, any>} values
 * @returns {Settings}
 */
export function pick(kind, values) {
  const picked = {};
  for (const name of NAMES[kind]) {
    const value = values[name];
    if (value !== undefined && value !== null && value !== "") picked[name] = String(value);
  }
  return picked;
}

/**
 * The body of POST /v1/jobs.
 * @param {Kind} kind
 * @param {Settings} settings
 * @param {{image?: Blob | null, mask?: Blob | null}} [files]
 * @returns {object | FormData}
 */
export function jobBody(kind, settings, files = {}) {
  const fields = Object.entries({ ...OURS, ...pick(kind, settings) });
  if (kind === "generation") {
    return Object.fromEntries(fields.map(([name, value]) => [name, name in OURS || STRINGS.includes(name) ? value : Number(value)]));
  }
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, value);
  if (files.image) form.append("image", files.image, "image.png");
  if (files.mask && kind === "edit") form.append("mask", files.mask, "mask.png");
  return form;
}

/**
 * The address that fills the form with these settings. Only what fits into a link is in it: no picture.
 * @param {Settings} settings
 * @param {string} [model] the loaded model's name
 * @returns {string}
 */
export function link(settings, model) {
  const parameters = new URLSearchParams(pick("generation", settings));
  if (model) parameters.set("model", model);
  return `${location.origin}${location.pathname}#${parameters}`;
}

/**
 * @param {string} fragment the address's part from # on
 * @returns {{settings: Settings, model: string | null} | null} nothing when no settings are in it
 */
export function fromFragment(fragment) {
  const parameters = new URLSearchParams(fragment.replace(/^#/, ""));
  const settings = pick("generation", Object.fromEntries(parameters));
  return Object.keys(settings).length ? { settings, model: parameters.get("model") } : null;
}
