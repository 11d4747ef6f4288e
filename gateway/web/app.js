// The playground: puts its parts together.

import { ApiError, getCapabilities } from "./api.js";
import { byId } from "./dom.js";
import { Gallery } from "./gallery.js";
import { GalleryView } from "./gallery_view.js";
import { rememberedJob } from "./job_memory.js";
import { JobSession } from "./job_session.js";
import { JobView } from "./job_view.js";
import { maskFromPng } from "./mask.js";
import { MaskEditor } from "./mask_editor.js";
import { announce, notify } from "./notice.js";
import { PictureDialog } from "./picture_dialog.js";
import { ServiceStatus } from "./service_status.js";
import { fromFragment } from "./settings.js";
import { SettingsForm } from "./settings_form.js";
import { SourcePicker } from "./source_picker.js";
import { StageView } from "./stage_view.js";
import { startTheme } from "./theme.js";

const ASK_AGAIN_MS = 2000;

class Playground {
  #capabilities = null;
  #gallery = new Gallery();
  #jobView = null;
  #retry = null;
  #maskEditor = new MaskEditor();
  #form = new SettingsForm({ onSubmit: () => this.#submit(), onKind: (kind) => this.#source.showKind(kind) });
  #source = new SourcePicker({ onChange: () => this.#onSource(), onPaint: () => this.#paint() });
  #status = new ServiceStatus((down) => this.#onServices(down));
  #session = new JobSession(this.#gallery, () => this.#model, this.#sessionHandlers());
  #dialog;
  #stage;

  constructor() {
    const able = () => this.#capabilities ?? { variations: false, edits: false };
    const handlers = {
      vary: (entry) => this.#begin("variation", entry.blob),
      edit: (entry) => this.#edit(entry),
      reuse: (entry) => this.#reuse(entry),
      remove: (entry) => this.#remove(entry),
    };
    this.#dialog = new PictureDialog(this.#gallery, handlers, able);
    this.#stage = new StageView({ ...handlers, open: (entry) => this.#dialog.open(entry) }, able);
    new GalleryView(this.#gallery, (entry) => this.#dialog.open(entry));
  }

  get #model() {
    return this.#capabilities?.model?.id ?? "";
  }

  async start() {
    startTheme();
    addEventListener("hashchange", () => this.#followLink());
    this.#stage.showWaiting("Asking what the loaded model can do.");
    this.#status.look();
    await Promise.all([this.#gallery.load(), this.#learn()]);
    this.#followLink();
    const job = rememberedJob();
    if (job) this.#goOn(job);
    else this.#stage.showEmpty();
  }

  /** Asks for the capabilities until they are told. */
  async #learn() {
    while (!this.#capabilities) {
      try {
        this.#adopt(await getCapabilities());
      } catch (error) {
        this.#stage.showWaiting(error.message);
        await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      }
    }
  }

  #adopt(capabilities) {
    const same = ({ services, ...others }) => JSON.stringify(others);
    if (this.#capabilities && same(capabilities) === same(this.#capabilities)) return;
    this.#capabilities = capabilities;
    this.#form.capabilities = capabilities;
    byId("model").textContent = this.#model;
    document.title = this.#model ? `Unclip · ${this.#model}` : "Unclip";
  }

  async #onServices(down) {
    if (!this.#capabilities || down.length) return;
    // What came back may have come back with another checkpoint.
    try {
      this.#adopt(await getCapabilities());
    } catch {
      this.#status.look();
    }
  }

  #followLink() {
    const linked = fromFragment(location.hash);
    if (!linked) return;
    this.#form.kind = "generation";
    this.#form.fill(linked.settings);
    const other = linked.model && this.#model && linked.model !== this.#model;
    this.#form.note = other ? `This link is of the model ${linked.model}. Loaded is ${this.#model}, which draws other pictures.` : "";
  }

  #goOn({ id, settings }) {
    this.#form.busy = true;
    this.#stage.showWaiting("Looking for the pictures that were being made.");
    this.#session.watch(id, settings);
  }

  #submit() {
    const { kind } = this.#form;
    const settings = this.#form.read();
    const { picture, mask } = this.#source;
    if (kind !== "generation" && !picture) {
      this.#refuse("Choose a picture first.", byId("file"));
    } else if (kind === "edit" && !mask) {
      this.#refuse("Paint what should change first.", byId("paint"));
    } else {
      // At once, so that a second press finds it busy.
      this.#form.busy = true;
      const image = kind === "generation" ? null : picture.blob;
      this.#send(kind, settings, { image, mask: kind === "edit" ? mask.toPng() : null });
    }
  }

  #onSource() {
    this.#form.note = "";
  }

  #refuse(text, control) {
    this.#form.note = text;
    control.focus();
  }

  async #send(kind, settings, { image, mask }) {
    this.#retry = () => this.#send(kind, settings, { image, mask });
    this.#form.note = "";
    this.#form.busy = true;
    this.#stage.showSending();
    this.#reveal();
    this.#session.start(kind, settings, { image, mask: await mask });
  }

  /** Brings the current picture into sight where it is below the form. */
  #reveal() {
    const stage = byId("stage");
    if (stage.getBoundingClientRect().top > 0.25 * innerHeight) stage.scrollIntoView({ block: "start" });
  }

  #sessionHandlers() {
    return {
      started: (job) => {
        this.#jobView = new JobView(job, this.#capabilities, { cancel: () => this.#cancel(), announce });
        this.#stage.showJob(this.#jobView);
        this.#reveal();
        this.#jobView.status(job);
      },
      status: (job) => this.#jobView?.status(job),
      progress: (progress) => this.#jobView?.progress(progress),
      picture: (index, blob, finished) => this.#jobView?.picture(index, blob, finished),
      connection: (connected) => this.#jobView?.connection(connected),
      succeeded: (entries) => this.#ended(() => {
        this.#stage.showResult(entries);
        announce(entries.length > 1 ? `${entries.length} pictures are finished.` : "The picture is finished.");
      }),
      failed: (error) => this.#ended(() => this.#showFailure(error)),
      cancelled: () => this.#ended(() => this.#stage.showCancelled(this.#retry)),
    };
  }

  #ended(show) {
    this.#form.busy = false;
    this.#jobView = null;
    const hadFocus = byId("stage").contains(document.activeElement);
    show();
    // What had the focus is gone with the step bar.
    if (hadFocus) byId("stage").focus({ preventScroll: true });
  }

  #showFailure(error) {
    const shown = error instanceof ApiError ? error : new ApiError(error?.message ?? String(error));
    this.#stage.showError(shown, this.#retry);
    this.#form.mark(shown);
    this.#status.look();
  }

  #cancel() {
    this.#jobView?.cancelling();
    this.#session.cancel();
  }

  async #begin(kind, blob) {
    this.#form.kind = kind;
    this.#source.showKind(kind);
    const taken = await this.#source.take(blob);
    byId("settings").scrollIntoView({ block: "start" });
    if (taken) byId(kind === "edit" ? "prompt" : "make").focus({ preventScroll: true });
  }

  async #edit(entry) {
    await this.#begin("edit", entry.blob);
    if (entry.settings.prompt) this.#form.fill({ ...this.#form.read(), prompt: entry.settings.prompt });
    await this.#paint();
  }

  async #paint() {
    const mask = await this.#maskEditor.open(this.#source.picture, this.#source.mask);
    if (mask) this.#source.mask = mask;
    byId(mask ? "prompt" : "paint").focus({ preventScroll: true });
  }

  async #reuse(entry) {
    this.#form.kind = entry.kind;
    this.#source.showKind(entry.kind);
    this.#form.fill(entry.settings);
    if (entry.source && (await this.#source.take(entry.source)) && entry.mask) this.#source.mask = await maskFromPng(entry.mask);
    byId("settings").scrollIntoView({ block: "start" });
    byId("make").focus({ preventScroll: true });
    notify("The form has this picture's settings and seed now.");
  }

  async #remove(entry) {
    await this.#gallery.remove(entry.id);
    this.#stage.forget(entry);
    // The focus is gone with the picture.
    if (document.activeElement === document.body) byId("gallery").focus({ preventScroll: true });
    notify("The picture is removed.", { label: "Undo", act: () => this.#gallery.add(entry) });
  }
}

new Playground().start();
