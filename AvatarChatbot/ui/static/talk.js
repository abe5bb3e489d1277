/** What was said, as a list: questions and answers, each growing while it comes. */

export class Talk {
  #list;
  /** @type {HTMLElement | undefined} */ #question;
  /** @type {Map<number, HTMLElement>} */ #answers = new Map();

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
  }

  /** A new session counts its turns from the beginning. */
  restart() {
    this.#question = undefined;
    this.#answers.clear();
  }

  /**
   * What was recognised so far.
   * @param {string} text
   */
  partial(text) {
    this.#question ??= this.#add("question pending");
    this.#question.textContent = text;
    this.#scroll();
  }

  /** Somebody made a sound that was no question. */
  forget() {
    this.#question?.remove();
    this.#question = undefined;
  }

  /** @param {string} text */
  question(text) {
    this.partial(text);
    this.#question?.classList.remove("pending");
    this.#question = undefined;
  }

  /**
   * The next piece of an answer.
   * @param {number} turn
   * @param {string} delta
   */
  reply(turn, delta) {
    this.#answer(turn).textContent += delta;
    this.#scroll();
  }

  /**
   * An answer was interrupted: what was heard of it stays.
   * @param {number} turn
   * @param {string} heard
   */
  interrupted(turn, heard) {
    const answer = this.#answer(turn);
    answer.textContent = `${heard.trim()} …`.trim();
    answer.classList.add("cut");
  }

  /**
   * @param {number} turn
   * @param {string} reason
   */
  failed(turn, reason) {
    this.#answer(turn).classList.add("failed");
    this.#answer(turn).textContent = reason;
  }

  /**
   * How long after the question the answer began.
   * @param {number} turn
   * @param {number} seconds
   */
  began(turn, seconds) {
    this.#answer(turn).dataset.began = `answered after ${seconds.toFixed(1)} s`;
  }

  /** @param {number} turn */
  #answer(turn) {
    const known = this.#answers.get(turn);
    if (known !== undefined) return known;
    const added = this.#add("answer");
    this.#answers.set(turn, added);
    return added;
  }

  /** @param {string} kind */
  #add(kind) {
    const item = document.createElement("li");
    item.className = kind;
    this.#list.append(item);
    return item;
  }

  #scroll() {
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}
