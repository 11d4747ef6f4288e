// The form: what to make, and how.

import { byId, make } from "./dom.js";
import { showExamples } from "./examples_view.js";
import { plural, sizeName } from "./format.js";
import { makeNumberFields, showPresetSteps } from "./number_fields.js";
import { NAMES, pick } from "./settings.js";

const SUBMIT = { generation: "Generate", variation: "Make variations", edit: "Make the edit" };
const PROMPT_LABEL = { generation: "Prompt", variation: "Prompt", edit: "Prompt, for the whole picture" };
const GROUPS = {
  source: ["variation", "edit"],
  prompted: ["generation", "edit"],
  "prompted-advanced": ["generation", "edit"],
  "edit-advanced": ["edit"],
  "format-advanced": ["generation", "edit"],
};
const ABLE = { generation: true, variation: "variations", edit: "edits" };
const UNABLE = {
  variation: "The loaded checkpoint has no image encoder, so it can't vary pictures.",
  edit: "The loaded checkpoint can't edit pictures.",
};
const MAX_SEED = 2n ** 64n - 1n;

export class SettingsForm {
  #form = byId("settings");
  #capabilities = null;
  #busy = false;

  /** @param {{onSubmit: () => void, onKind: (kind: import("./settings.js").Kind) => void}} handlers */
  constructor({ onSubmit, onKind }) {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!byId("make").disabled && this.#check()) onSubmit();
    });
    this.#form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#form.requestSubmit();
    });
    byId("kinds").addEventListener("change", () => {
      this.#showKind();
      onKind(this.kind);
    });
    byId("presets").addEventListener("change", () => this.#showPreset());
    byId("prompt").addEventListener("input", () => this.#onPrompt());
    byId("seed").addEventListener("input", () => this.#checkSeed());
    this.#showKind();
  }

  /** @returns {import("./settings.js").Kind} */
  get kind() {
    return this.#form.elements.namedItem("kind").value;
  }

  set kind(kind) {
    this.#form.elements.namedItem("kind").value = kind;
    this.#showKind();
  }

  /** @param {boolean} busy a job is under way */
  set busy(busy) {
    this.#busy = busy;
    this.#showAbility();
  }

  /** @param {any} capabilities of the server */
  set capabilities(capabilities) {
    const values = this.#values();
    this.#capabilities = capabilities;
    this.#makeSizes(capabilities);
    const { minimum, maximum } = capabilities.n;
    byId("n").replaceChildren(...Array.from({ length: maximum - minimum + 1 }, (_, index) => make("option", {}, String(minimum + index))));
    const formats = capabilities.output_formats.map((name) => make("option", { value: name }, name.toUpperCase()));
    byId("output_format").replaceChildren(...formats);
    this.#makePresets(capabilities.presets);
    makeNumberFields(capabilities);
    showExamples(capabilities.examples ?? [], (prompt) => {
      byId("prompt").value = prompt;
      this.#onPrompt();
      byId("prompt").focus();
    });
    this.fill(values);
    this.#showAbility();
  }

  /** All that is filled in, also what is hidden now. */
  #values() {
    const names = [...new Set(Object.values(NAMES).flat())];
    return Object.fromEntries(names.map((name) => [name, this.#form.elements.namedItem(name)?.value ?? ""]));
  }

  /** @returns {import("./settings.js").Settings} what is filled in for the kind of job */
  read() {
    return pick(this.kind, Object.fromEntries([...new FormData(this.#form)].filter(([, value]) => typeof value === "string")));
  }

  /**
   * Fills in these settings, and empties what is not among them.
   * @param {import("./settings.js").Settings} settings
   */
  fill(settings) {
    for (const name of new Set(Object.values(NAMES).flat())) {
      const control = this.#form.elements.namedItem(name);
      if (!control) continue;
      if (control instanceof RadioNodeList || control.type === "radio") this.#fillPreset(settings.preset);
      else if (control instanceof HTMLSelectElement) this.#fillSelect(control, settings[name]);
      else control.value = settings[name] ?? "";
    }
    this.#openAdvanced(settings);
    this.#onPrompt();
    this.#checkSeed();
    this.#showPreset();
  }

  /** @param {string} seed empty for a random one */
  set seed(seed) {
    byId("seed").value = seed;
    this.#checkSeed();
  }

  /** @param {string} text beside the button; empty for none */
  set note(text) {
    byId("form-note").textContent = text;
    byId("form-note").hidden = !text;
  }

  /**
   * Marks the field that an error is about.
   * @param {import("./api.js").ApiError} error
   */
  mark(error) {
    const control = error.param && this.#form.elements.namedItem(error.param);
    if (!(control instanceof HTMLElement)) return;
    control.closest("details")?.setAttribute("open", "");
    control.setAttribute("aria-invalid", "true");
    control.addEventListener("input", () => control.removeAttribute("aria-invalid"), { once: true });
    control.focus();
  }

  #makeSizes({ sizes, native_size: native }) {
    const option = (size) => make("option", { value: size, selected: size === native }, sizeName(size));
    const others = sizes.filter((size) => size !== native);
    byId("size").replaceChildren(make("optgroup", { label: "The model’s own" }, option(native)));
    if (others.length) byId("size").append(make("optgroup", { label: "Resampled" }, ...others.map(option)));
  }

  #makePresets(presets) {
    const chosen = this.#form.querySelector("input[name=preset]:checked")?.value ?? presets[0]?.name;
    const labels = presets.map((preset) => {
      const steps = [preset.prior_step_count, preset.decoder_step_count, preset.super_res_step_count].filter(Boolean);
      const name = preset.name[0].toUpperCase() + preset.name.slice(1);
      return make("label", { title: `Steps of prior, decoder and upsampler: ${steps.join(", ")}` },
        make("input", { type: "radio", name: "preset", value: preset.name, checked: preset.name === chosen }),
        make("span", {}, name, " ", make("small", {}, `${plural(steps.reduce((sum, count) => sum + count, 0), "step")}`)));
    });
    const fieldset = byId("presets");
    fieldset.replaceChildren(fieldset.firstElementChild, ...labels);
  }

  #fillPreset(name) {
    const radios = [...this.#form.querySelectorAll("input[name=preset]")];
    const wanted = radios.find((radio) => radio.value === name) ?? radios[0];
    if (wanted) wanted.checked = true;
  }

  #fillSelect(select, value) {
    const known = [...select.options].some((option) => option.value === value);
    if (known) select.value = value;
    else select.selectedIndex = Math.max(0, [...select.options].findIndex((option) => option.defaultSelected));
  }

  #openAdvanced(settings) {
    const inside = [...byId("advanced").querySelectorAll("input")].some((input) => settings[input.name]);
    if (inside) byId("advanced").open = true;
  }

  #showPreset() {
    const name = this.#form.querySelector("input[name=preset]:checked")?.value;
    showPresetSteps(this.#capabilities?.presets.find((preset) => preset.name === name));
  }

  #showKind() {
    for (const [id, kinds] of Object.entries(GROUPS)) {
      byId(id).hidden = !kinds.includes(this.kind);
      byId(id).disabled = byId(id).hidden;
    }
    byId("make-text").textContent = SUBMIT[this.kind];
    byId("prompt-label").textContent = PROMPT_LABEL[this.kind];
    this.#showAbility();
  }

  #showAbility() {
    const able = !this.#capabilities || ABLE[this.kind] === true || this.#capabilities[ABLE[this.kind]];
    byId("unable").hidden = able;
    byId("unable").textContent = able ? "" : UNABLE[this.kind];
    byId("make").disabled = this.#busy || !able || !this.#capabilities;
  }

  #onPrompt() {
    const bytes = new TextEncoder().encode(byId("prompt").value).length;
    const limit = this.#capabilities?.max_prompt_bytes ?? Infinity;
    const tooLong = bytes > limit;
    byId("prompt-count").textContent = bytes > 0.8 * limit ? `${bytes} of ${limit} bytes` : "";
    byId("prompt").setCustomValidity(tooLong ? `The prompt is ${bytes} bytes long; ${limit} are the most.` : "");
    this.#showPromptError("");
  }

  #showPromptError(text) {
    byId("prompt-error").textContent = text;
    byId("prompt-error").hidden = !text;
    if (text) byId("prompt").setAttribute("aria-invalid", "true");
    else byId("prompt").removeAttribute("aria-invalid");
  }

  #checkSeed() {
    const { value } = byId("seed");
    const tooLarge = /^[0-9]+$/.test(value) && BigInt(value) > MAX_SEED;
    byId("seed").setCustomValidity(tooLarge ? `The largest seed is ${MAX_SEED}.` : "");
  }

  #check() {
    const prompt = byId("prompt");
    if (!prompt.matches(":disabled") && !prompt.value.trim()) {
      this.#showPromptError("Say what to draw.");
      prompt.focus();
      return false;
    }
    const wrong = this.#form.querySelector("input:invalid, textarea:invalid, select:invalid");
    wrong?.closest("details")?.setAttribute("open", "");
    return this.#form.reportValidity();
  }
}
