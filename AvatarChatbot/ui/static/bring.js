/** The dialog in which one brings a face of one's own: the file, what will look wrong with it, and its way to the server. */

import { element } from "./dom.js";
import { Problem } from "./gateway.js";
import { PREVIEW, small, square } from "./picture.js";

/** What the server takes at most where it does not say, MiB. */
const LIMIT_MB = 64;
const TITLE = "A face of your own";
const WORDS = [
  [0.8, "Good"],
  [0.5, "Fair"],
  [0, "Poor"],
];
/** Statuses of a server that has no check, or of one whose check is away: it may take the face all the same. */
const CHECKS = new Set([200, 413, 415, 422]);

/**
 * @typedef {{code: string, severity: "error" | "warning" | "note", detail: string, advice: string}} Finding
 * @typedef {{usable: boolean, score: number, findings: Finding[]}} Report score: 0 to 1
 */

export class Bring {
  #gateway;
  #faces;
  #limitMb = LIMIT_MB;
  /** What ends the work under way. @type {AbortController | undefined} */ #work;
  /** The file that was found to have flaws, and may be used all the same. @type {File | undefined} */ #warned;
  /** Whose picture is brought again. @type {import("./faces.js").Face | undefined} */ #again;

  /**
   * @param {import("./gateway.js").Gateway} gateway
   * @param {import("./faces.js").Faces} faces
   */
  constructor(gateway, faces) {
    this.#gateway = gateway;
    this.#faces = faces;
    element("file").onchange = () => this.#chosen();
    element("consent").onchange = () => this.#ask();
    element("bring").addEventListener("close", () => this.#closed());
    element("bring").querySelector("form").onsubmit = async (event) => {
      event.preventDefault();
      await this.#bring();
    };
  }

  /**
   * Open the dialog.
   * @param {import("./faces.js").Face} [again] whose picture is no longer on the server
   */
  async open(again) {
    this.#again = again;
    element("bring-title").textContent = again ? `${again.title}, once more` : TITLE;
    element("bring").showModal();
    const limits = await (await fetch("ui/limits.json")).json().catch(() => ({}));
    this.#limitMb = limits.max_body_mb ?? LIMIT_MB;
  }

  get #file() {
    return /** @type {File | undefined} */ (element("file").files[0]);
  }

  async #chosen() {
    this.#work?.abort();
    this.#warned = undefined;
    element("report").hidden = true;
    notice("");
    this.#ask();
    const file = this.#file;
    const picture = file ? await square(file, PREVIEW) : "";
    if (file !== this.#file) return;
    element("bring-picture").src = picture;
    element("bring-picture").hidden = !picture;
  }

  /** Which button there is. */
  #ask() {
    element("draft").disabled = !(this.#file && element("consent").checked) || this.#work !== undefined;
    element("draft").textContent = this.#warned ? "Use it all the same" : "Look at it";
  }

  async #bring() {
    const file = this.#file;
    if (!file || this.#work) return;
    const work = new AbortController();
    this.#work = work;
    notice("");
    this.#ask();
    try {
      say("Making it ready …");
      const sent = await small(file);
      const mb = sent.size / 2 ** 20;
      if (mb > this.#limitMb) {
        throw new Error(`This file has ${mb.toFixed(0)} MB, and the server takes ${this.#limitMb} MB: choose a smaller one.`);
      }
      if (this.#warned !== file && !(await this.#isGood(sent, file, work.signal))) return;
      sending(0);
      const upload = { progress: sending, signal: work.signal };
      await this.#faces.bring(sent, await square(file, PREVIEW), upload, this.#again);
      element("bring").close();
    } catch (error) {
      if (!work.signal.aborted) notice(error instanceof Error ? error.message : String(error));
    } finally {
      if (this.#work === work) {
        this.#work = undefined;
        say("");
        this.#ask();
      }
    }
  }

  /**
   * Say what will look wrong. Raises Problem for what is no picture.
   * @param {Blob} sent
   * @param {File} file
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} whether it can be used without asking
   */
  async #isGood(sent, file, signal) {
    /** @type {Report} */ let report;
    sending(0);
    try {
      report = await this.#gateway.upload("/avatars/check", sent, { progress: sending, signal });
    } catch (error) {
      if (error instanceof Problem && !CHECKS.has(error.status)) return true;
      throw error;
    }
    const flaws = report.findings.filter(({ severity }) => severity !== "note");
    if (report.usable && !flaws.length) return true;
    element("report-score").value = report.score;
    element("report-word").textContent = report.usable
      ? `${WORDS.find(([least]) => report.score >= least)?.[1]}. You can use it all the same, or choose another.`
      : "It cannot be used: choose another.";
    element("report-findings").replaceChildren(
      ...report.findings.map(({ severity, detail, advice }) => {
        const item = document.createElement("li");
        item.className = severity;
        item.textContent = [detail, advice].filter(Boolean).join(" ");
        return item;
      }),
    );
    element("report").hidden = false;
    element("report").scrollIntoView({ block: "nearest" });
    this.#warned = report.usable ? file : undefined;
    return false;
  }

  /** What is under way ends; the dialog is empty when it is opened again. */
  #closed() {
    this.#work?.abort();
    this.#work = this.#warned = undefined;
    say("");
    notice("");
    element("file").value = "";
    element("consent").checked = false;
    element("report").hidden = element("bring-picture").hidden = true;
    this.#ask();
  }
}

/**
 * @param {string} text what is being done; empty: nothing
 * @param {number} [share] of it that is done, 0 to 1
 */
function say(text, share) {
  element("bring-state").textContent = text;
  const bar = element("bring-progress");
  bar.hidden = !text;
  if (share === undefined) bar.removeAttribute("value");
  else bar.value = share;
}

/** @param {number} share */
function sending(share) {
  if (share < 1) say("Sending it …", share);
  else say("Looking at it …");
}

/** @param {string} text */
function notice(text) {
  element("bring-notice").textContent = text;
  element("bring-notice").hidden = !text;
}
