// Which of the services are up: a word in the head of the page, and a line below it when one is not.

import { getServices } from "./api.js";
import { byId, icon, make } from "./dom.js";

const CALM_MS = 15_000;
const WORRIED_MS = 3_000;

function listed(names) {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

export class ServiceStatus {
  #timer = 0;
  #down = null;
  #onChange;

  /** @param {(down: string[]) => void} onChange what is down now; "gateway" when nothing answers */
  constructor(onChange) {
    this.#onChange = onChange;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.look();
    });
  }

  /** Looks now, and from then on every few seconds. */
  async look() {
    clearTimeout(this.#timer);
    let down;
    try {
      const services = await getServices();
      down = Object.keys(services).filter((name) => !services[name]);
    } catch {
      down = ["gateway"];
    }
    this.#show(down);
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.look(), down.length ? WORRIED_MS : CALM_MS);
  }

  #show(down) {
    const key = down.join();
    if (key === this.#down) return;
    this.#down = key;
    const health = byId("health");
    health.classList.toggle("bad", down.length > 0);
    const names = listed(down);
    health.textContent = down.length ? `${names[0].toUpperCase()}${names.slice(1)} down` : "All services up";
    this.#showOutage(down);
    this.#onChange(down);
  }

  #showOutage(down) {
    const outage = byId("outage");
    outage.hidden = down.length === 0;
    if (!down.length) {
      outage.replaceChildren();
      return;
    }
    const [what, whose] = down[0] === "gateway"
      ? [`The gateway at ${location.host} does not answer.`, "it is"]
      : [`The ${listed(down)} service${down.length > 1 ? "s are" : " is"} down.`, down.length > 1 ? "they are" : "it is"];
    const then = ` No pictures can be drawn until ${whose} back; this page notices by itself.`;
    outage.replaceChildren(icon("alert"), make("p", {}, make("strong", {}, what), then));
  }
}
