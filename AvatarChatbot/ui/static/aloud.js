/** What screen readers read by themselves: whole sentences, each once, with who says them. */

import { plain } from "./markdown.js";

/** Lines that stay to be found again; a screen reader reads a line when it comes. */
const KEPT = 20;

export class Aloud {
  #log;
  #sentences = new Intl.Segmenter(undefined, { granularity: "sentence" });
  #who = "";
  #pending = "";

  /** @param {HTMLElement} log a live region, which is not seen */
  constructor(log) {
    this.#log = log;
  }

  /**
   * @param {string} who
   * @param {string} text
   */
  say(who, text) {
    const line = document.createElement("p");
    line.textContent = who ? `${who}: ${text}` : text;
    line.dir = "auto";
    this.#log.append(line);
    if (this.#log.childElementCount > KEPT) this.#log.firstElementChild?.remove();
  }

  /**
   * The next piece of what is being said. It is read from the end of its sentence on.
   * @param {string} who
   * @param {string} delta
   */
  hear(who, delta) {
    if (who !== this.#who) this.flush();
    this.#who = who;
    this.#pending += delta;
    const sentences = Array.from(this.#sentences.segment(this.#pending), ({ segment }) => segment);
    this.#pending = sentences.pop() ?? "";
    if (sentences.length) this.#read(sentences.join(""));
  }

  /** There comes no more: read what is left. */
  flush() {
    this.#read(this.#pending);
    this.drop();
  }

  /** What is left will never be said. */
  drop() {
    this.#pending = "";
  }

  /** @param {string} markdown whole sentences */
  #read(markdown) {
    const text = plain(markdown);
    if (text) this.say(this.#who, text);
  }
}
