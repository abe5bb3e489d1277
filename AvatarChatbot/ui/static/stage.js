/** The face's surroundings: the state that the conversation is in, and what the page has to tell. */

import { Countdown } from "./countdown.js";
import { element } from "./dom.js";

/** What each state says. */
const STATES = {
  away: "",
  connecting: "Connecting …",
  preparing: "Preparing …",
  ready: "Ask something",
  listening: "Listening …",
  thinking: "Thinking …",
  speaking: "",
  lost: "The connection broke. Trying again …",
  gone: "The server cannot be reached",
  waiting: "",
};
/** How long a state may last before the page says more, seconds, and what it says then. */
const LATE = {
  connecting: { after: 8, words: "The server has not answered yet." },
  preparing: { after: 45, words: "This takes longer than usual. A new face has to be learned once." },
  thinking: { after: 20, words: "The answer takes longer than usual." },
};

/**
 * @typedef {{label: string, run: () => void}} Offer what can be done, as a button
 */

export class Stage {
  #face = element("face");
  #words = element("state");
  #notice = element("notice");
  #countdown = new Countdown();
  /**
   * What is to be told, by what it is about; the newest is shown.
   * @type {Map<string, {text: string, offers: Offer[]}>}
   */
  #told = new Map();
  /** @type {number | undefined} */ #late;
  /**
   * What can be done where a state lasts long.
   * @type {(state: string) => Offer[]}
   */
  offersWhenLate = () => [];

  /** The state that is shown. */
  get state() {
    return this.#face.dataset.state;
  }

  /**
   * @param {string} state
   * @param {string} [words] instead of the state's own
   */
  show(state, words = STATES[state]) {
    this.#countdown.stop();
    clearTimeout(this.#late);
    this.tell("wait", "");
    this.#face.dataset.state = state;
    if (this.#words.textContent !== words) this.#words.textContent = words;
    element("interrupt").disabled = !["thinking", "speaking"].includes(state);
    element("reconnect").hidden = !["lost", "gone"].includes(state);
    const late = LATE[state];
    if (late) this.#late = setTimeout(() => this.tell("wait", late.words, this.offersWhenLate(state)), 1000 * late.after);
  }

  /**
   * Somebody waits, and sees for how long.
   * @param {number} seconds
   */
  count(seconds) {
    this.show("waiting", "Trying again in ");
    const left = document.createElement("span");
    // A screen reader is told once, not each second.
    left.ariaHidden = "true";
    const once = Object.assign(document.createElement("span"), { className: "unseen", textContent: `${seconds} seconds` });
    this.#words.append(left, once);
    this.#countdown.start(seconds, (now) => (left.textContent = `${now} s …`));
  }

  /**
   * @param {string} about what this is told of: it takes the place of what was told of that before
   * @param {string} text empty: nothing is told of it any more
   * @param {Offer[]} [offers]
   */
  tell(about, text, offers = []) {
    const known = this.#told.get(about);
    if (!text && known === undefined) return;
    if (known?.text === text && !offers.length && !known.offers.length) return;
    this.#told.delete(about);
    if (text) this.#told.set(about, { text, offers });
    const newest = [...this.#told.entries()].pop();
    this.#notice.hidden = newest === undefined;
    if (newest === undefined) {
      this.#notice.replaceChildren();
      return;
    }
    const [shown, notice] = newest;
    this.#notice.replaceChildren(notice.text, ...notice.offers.map((offer) => this.#button(shown, offer)));
  }

  /**
   * @param {string} about
   * @param {Offer} offer
   */
  #button(about, { label, run }) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
    button.onclick = () => {
      this.tell(about, "");
      run();
    };
    return button;
  }
}
