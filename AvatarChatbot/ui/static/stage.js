/** The face's surroundings: the state that the conversation is in, and what the page has to tell. */

import { element } from "./dom.js";

const STATES = {
  away: "",
  connecting: "Connecting …",
  ready: "Ask something",
  listening: "Listening …",
  thinking: "Thinking …",
  speaking: "",
  lost: "The connection broke. Trying again …",
  waiting: "",
};

export class Stage {
  #face = element("face");
  #words = element("state");
  #notice = element("notice");

  /** The state that is shown. */
  get state() {
    return this.#face.dataset.state;
  }

  /**
   * @param {string} state
   * @param {string} [words] instead of the state's own
   */
  show(state, words = STATES[state]) {
    this.#face.dataset.state = state;
    this.#words.textContent = words;
    element("interrupt").disabled = !["thinking", "speaking"].includes(state);
  }

  /** @param {string} text empty: nothing is told any more */
  tell(text) {
    this.#notice.textContent = text;
    this.#notice.hidden = !text;
  }
}
