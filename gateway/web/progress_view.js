// The step bar: one part a stage, as wide as the stage has steps, with the time that is left.

import { make } from "./dom.js";
import { plural, remaining, stageName } from "./format.js";

const ORDER = ["prior", "decoder", "super_res"];

export class ProgressView {
  #stages = new Map();
  #pictureCount;
  #fraction = 0;
  #eta = null;
  #bar = make("div", { class: "steps", role: "progressbar", "aria-label": "Progress", "aria-valuemin": "0", "aria-valuemax": "100" });
  #headline = make("p", { class: "progress-head" });
  #time = make("p", { class: "progress-time" });
  #announce;

  /**
   * @param {{stage: string, stepCount: number}[]} stages that are to come, with the steps of one picture
   * @param {number} pictureCount
   * @param {(text: string) => void} announce says something to who does not see the bar
   */
  constructor(stages, pictureCount, announce) {
    this.#pictureCount = pictureCount;
    this.#announce = announce;
    for (const { stage, stepCount } of stages) this.#add(stage, stepCount);
    this.element = make("div", { class: "progress" }, make("div", { class: "progress-row" }, this.#headline, this.#time), this.#bar);
    this.#show();
  }

  /** @param {any} progress of the server: fraction, stage, step, step_count, image_index, eta_seconds */
  update(progress) {
    this.#fraction = Math.max(this.#fraction, progress.fraction ?? 0);
    this.#eta = progress.eta_seconds;
    if (progress.stage) {
      if (!this.#stages.has(progress.stage)) this.#add(progress.stage, progress.step_count);
      const state = this.#stages.get(progress.stage);
      state.stepCount = progress.step_count;
      state.steps.set(progress.image_index, progress.step);
      // What comes after a stage has begun: so the stage is done, even if its last step was not told.
      for (const [name, before] of this.#stages) {
        if (ORDER.indexOf(name) < ORDER.indexOf(progress.stage)) before.steps.set(progress.image_index, before.stepCount);
      }
      if (!state.announced) this.#announce(`${stageName(progress.stage)} began.`);
      state.announced = true;
    }
    this.#show();
  }

  /** @param {string} text in place of the stage, such as that the job is queued */
  say(text) {
    this.#headline.textContent = text;
    this.#time.textContent = "";
  }

  #add(stage, stepCount) {
    const fill = make("span", { class: "step-fill" });
    const count = make("span", { class: "step-count" });
    const part = make("div", { class: "step" }, make("span", { class: "step-track" }, fill),
      make("span", { class: "step-name" }, stageName(stage), " ", count));
    this.#stages.set(stage, { stepCount, steps: new Map(), part, fill, count, announced: false });
    const parts = [...this.#stages].sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b));
    this.#stages = new Map(parts);
    this.#bar.replaceChildren(...parts.map(([, state]) => state.part));
  }

  #show() {
    let current = null;
    for (const [name, state] of this.#stages) {
      const total = state.stepCount * this.#pictureCount;
      const done = [...state.steps.values()].reduce((sum, step) => sum + step, 0);
      state.part.style.flexGrow = String(Math.max(4, state.stepCount));
      state.fill.style.transform = `scaleX(${total ? Math.min(1, done / total) : 0})`;
      state.count.textContent = `${done}/${total}`;
      state.part.classList.toggle("done", total > 0 && done >= total);
      state.part.classList.toggle("current", done > 0 && done < total);
      if (done > 0) current = name;
    }
    const percent = Math.round(100 * this.#fraction);
    const pictures = this.#pictureCount > 1 ? `, ${plural(this.#pictureCount, "picture")}` : "";
    this.#headline.textContent = current ? `${stageName(current)}${pictures}` : "Reading the prompt";
    this.#time.textContent = [`${percent} %`, typeof this.#eta === "number" ? remaining(this.#eta) : ""].filter(Boolean).join(" · ");
    this.#bar.setAttribute("aria-valuenow", String(percent));
    this.#bar.setAttribute("aria-valuetext", `${percent} percent${current ? `, ${stageName(current)}` : ""}`);
  }
}
