// The number fields of the form: made from the ranges that the server tells.

import { byId, make } from "./dom.js";
import { label } from "./settings.js";

const REPAINT = ["resample_count", "jump_length"];
const STEPS = ["prior_step_count", "decoder_step_count", "super_res_step_count"];

function field(name, range, whole) {
  const input = make("input", {
    id: name, name, type: "number", min: range.minimum, max: range.maximum, step: whole ? "1" : "any",
    inputmode: whole ? "numeric" : "decimal", placeholder: range.default, autocomplete: "off",
    title: `${range.minimum} to ${range.maximum}`,
  });
  return make("div", { class: "field" }, make("label", { class: "label", for: name }, label(name)), input);
}

function refill(id, fields) {
  const group = byId(id);
  const kept = Object.fromEntries([...group.querySelectorAll("input")].map((input) => [input.name, input.value]));
  group.replaceChildren(...fields);
  for (const input of group.querySelectorAll("input")) input.value = kept[input.name] ?? "";
}

/** @param {any} capabilities of the server */
export function makeNumberFields(capabilities) {
  const of = (name, whole = true) => field(name, capabilities[name], whole);
  refill("prior-numbers", [of("candidate_count"), of("prior_step_count"), of("prior_guidance_scale", false)]);
  const decoder = [of("decoder_step_count")];
  if (capabilities.super_res_count > 0) decoder.push(of("super_res_step_count"));
  refill("decoder-numbers", [...decoder, of("decoder_guidance_scale", false)]);
  refill("edit-numbers", REPAINT.filter((name) => capabilities[name]).map((name) => of(name)));
  const group = byId("format-numbers");
  if (!group.querySelector("#output_compression")) {
    group.append(field("output_compression", { minimum: 0, maximum: 100, default: 100 }, true));
  }
}

/**
 * Says in the empty step fields what the preset takes.
 * @param {any} preset of the capabilities
 */
export function showPresetSteps(preset) {
  for (const name of STEPS) {
    const input = document.getElementById(name);
    if (input instanceof HTMLInputElement && preset?.[name] !== undefined) input.placeholder = String(preset[name]);
  }
}
