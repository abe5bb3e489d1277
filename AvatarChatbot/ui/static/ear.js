/** The page's microphone: asked for beside all else, muted and not, lost and found again. */

import { element } from "./dom.js";
import { isPossible, loudness, Microphone, microphones, RATE, trouble } from "./microphone.js";
import { remember, remembered } from "./remembered.js";

/** How long the browser's question may stand before the page points at it, ms. */
const POINTS_AT = 2500;
const ASKED = "Your browser asks whether this page may use the microphone. Allow it to talk; or just type.";
const LOST = "The microphone is gone: it was unplugged, or another program has taken it. Plug it in again, or type.";

/**
 * @typedef {object} Page
 * @property {(sound: ArrayBuffer) => void} heard
 * @property {(rate: number) => void} opened there is a microphone, of so many samples a second
 * @property {(text: string) => void} tell what is the matter; empty: nothing is any more
 */

export class Ear {
  #page;
  #button = element("microphone");
  #choice = element("microphone-choice");
  /** @type {Microphone | undefined} */ #microphone;
  /** Changes with each attempt: one that comes late is for nobody. */
  #attempt = 0;
  /** Whether the page listens, or would if it could. */
  #isWanted = false;
  #isLost = false;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    this.#button.onclick = () => this.#pressed();
    this.#choice.onchange = () => this.#choose();
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#changed());
    this.#show();
  }

  get rate() {
    return this.#microphone?.rate ?? RATE;
  }

  /** Whether it was muted, here or at an earlier visit. */
  get isMuted() {
    return remembered("muted", false);
  }

  /** @param {boolean} muted */
  mute(muted) {
    remember("muted", muted);
    if (this.#microphone) this.#microphone.muted = muted;
    this.#show();
  }

  /** The conversation is on: the microphone can be pressed. */
  enable() {
    this.#isWanted = true;
    this.#show();
  }

  /** Ask for the microphone, unless there is one. Raises nothing. */
  async open() {
    this.enable();
    if (this.#microphone) return;
    this.#attempt += 1;
    const attempt = this.#attempt;
    const isMine = () => attempt === this.#attempt && this.#isWanted;
    if (!isPossible()) {
      this.#page.tell(trouble(undefined));
      return;
    }
    const pointing = setTimeout(() => isMine() && this.#page.tell(ASKED), POINTS_AT);
    try {
      const opened = await Microphone.open(
        { heard: (sound) => this.#heard(sound), lost: () => this.#gone() },
        remembered("microphone", ""),
      );
      if (!isMine()) {
        opened.close();
        return;
      }
      this.#microphone = opened;
      this.#isLost = false;
      opened.muted = this.isMuted;
      this.#page.tell("");
      this.#page.opened(opened.rate);
      this.#list();
    } catch (error) {
      if (isMine()) this.#page.tell(trouble(error));
    } finally {
      clearTimeout(pointing);
      this.#show();
    }
  }

  close() {
    this.#attempt += 1;
    this.#isWanted = this.#isLost = false;
    this.#microphone?.close();
    this.#microphone = undefined;
    this.#page.tell("");
    this.#show();
  }

  #pressed() {
    if (this.#microphone) this.mute(!this.isMuted);
    else {
      this.mute(false);
      this.open();
    }
  }

  /** @param {ArrayBuffer} sound */
  #heard(sound) {
    this.#page.heard(sound);
    this.#button.style.setProperty("--level", loudness(sound).toFixed(2));
  }

  #gone() {
    this.#microphone?.close();
    this.#microphone = undefined;
    this.#isLost = true;
    this.#page.tell(LOST);
    this.#show();
  }

  /** A device came, or went. */
  #changed() {
    if (this.#isLost && this.#isWanted) this.open();
    else this.#list();
  }

  #choose() {
    remember("microphone", this.#choice.value);
    if (!this.#microphone) return;
    this.#microphone.close();
    this.#microphone = undefined;
    this.open();
  }

  async #list() {
    const found = await microphones();
    const device = this.#microphone?.device || remembered("microphone", "");
    this.#choice.replaceChildren(
      ...found.map(({ deviceId, label }, k) => new Option(label || `Microphone ${k + 1}`, deviceId, false, deviceId === device)),
    );
    element("microphone-field").hidden = found.length < 2;
  }

  #show() {
    const isOn = this.#microphone !== undefined && !this.isMuted;
    this.#button.disabled = !this.#isWanted;
    this.#button.setAttribute("aria-pressed", String(isOn));
    this.#button.title = isOn ? "Mute the microphone" : "Use the microphone";
    if (!isOn) this.#button.style.setProperty("--level", "0");
  }
}
