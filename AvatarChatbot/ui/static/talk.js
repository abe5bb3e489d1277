/** What was said, as a list: questions and answers, each growing while it comes. */

import { Aloud } from "./aloud.js";
import { Countdown } from "./countdown.js";
import { element, fromTemplate } from "./dom.js";
import { Follow } from "./follow.js";
import { Markdown } from "./markdown.js";

const YOU = "You";

export class Talk {
  #list;
  #follow;
  #aloud = new Aloud(element("aloud"));
  /** @type {HTMLElement | undefined} */ #question;
  /** @type {Map<number, {line: HTMLElement, text: Markdown}>} */ #answers = new Map();
  /**
   * The question of each turn of this session.
   * @type {Map<number, string>}
   */
  #asked = new Map();
  /** The name of who answers from now on. */
  answerer = "";
  /**
   * Asks a question again.
   * @type {(question: string) => void}
   */
  again = () => undefined;

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
    this.#follow = new Follow(list, element("newest"));
    element("empty").hidden = false;
  }

  /** A new session counts its turns from the beginning. A question that waits for it stays. */
  restart() {
    this.#answers.clear();
    this.#asked.clear();
  }

  /** Another conversation is shown. */
  clear() {
    this.restart();
    this.#question = undefined;
    this.#aloud.drop();
    this.#list.replaceChildren();
    element("empty").hidden = false;
    this.#follow.back();
  }

  /**
   * A turn of before, which is not read aloud.
   * @param {import("./conversations.js").Turn} turn
   * @param {string} who
   * @returns {HTMLElement | undefined} the answer's line, where there is an answer
   */
  kept({ question, reply, status, error }, who) {
    if (question) said(this.#add("question", YOU)).textContent = question;
    if (!reply && status === "running") return undefined;
    const line = this.#add("answer", who);
    if (status === "failed" && !reply) {
      line.classList.add("failed");
      said(line).textContent = error?.detail ?? error?.title ?? "There was no answer.";
    } else new Markdown(said(line)).set(status === "done" ? reply : `${reply.trim()} …`.trim());
    line.classList.toggle("cut", status === "cut");
    return line;
  }

  /**
   * An answer of this session, as far as it has come.
   * @param {number} turn
   * @returns {{line: HTMLElement, text: Markdown} | undefined}
   */
  answer(turn) {
    return this.#answers.get(turn);
  }

  /**
   * What was recognised so far.
   * @param {string} text
   */
  partial(text) {
    this.#question ??= this.#add("question pending", YOU);
    said(this.#question).textContent = text;
  }

  /** Somebody made a sound that was no question. */
  forget() {
    this.#question?.remove();
    this.#question = undefined;
  }

  /**
   * Somebody has asked, and is not answered yet.
   * @param {string} text
   */
  asking(text) {
    this.partial(text);
    this.#follow.back();
  }

  /**
   * @param {number} turn
   * @param {string} text
   */
  question(turn, text) {
    this.partial(text);
    this.#asked.set(turn, text);
    this.#question?.classList.remove("pending");
    this.#question = undefined;
    this.#aloud.say(YOU, text);
  }

  /**
   * The next piece of an answer.
   * @param {number} turn
   * @param {string} delta
   */
  reply(turn, delta) {
    this.#answer(turn).text.append(delta);
    this.#aloud.hear(this.answerer, delta);
  }

  /** An answer has been said to its end. */
  finished() {
    this.#aloud.flush();
  }

  /**
   * An answer was interrupted: what was heard of it stays.
   * @param {number} turn
   * @param {string} heard
   */
  interrupted(turn, heard) {
    const { line, text } = this.#answer(turn);
    text.set(`${heard.trim()} …`.trim());
    line.classList.add("cut");
    this.#aloud.drop();
  }

  /**
   * There is no answer. It can be asked for again.
   * @param {number} turn
   * @param {string} reason
   * @param {number} [later] how soon that may work, seconds
   */
  failed(turn, reason, later = 0) {
    const { line } = this.#answer(turn);
    line.classList.add("failed");
    said(line).textContent = reason;
    const question = this.#asked.get(turn);
    if (question) line.append(this.#againButton(question, later));
    this.#aloud.drop();
    this.#aloud.say(this.answerer, reason);
  }

  /**
   * How long after the question the answer began.
   * @param {number} turn
   * @param {number} seconds
   */
  began(turn, seconds) {
    this.#answer(turn).line.dataset.began = `answered after ${seconds.toFixed(1)} s`;
  }

  /**
   * @param {string} question
   * @param {number} later seconds
   */
  #againButton(question, later) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "again" });
    new Countdown().start(later, (left) => {
      button.disabled = left > 0;
      button.textContent = left ? `Ask again in ${left} s` : "Ask again";
    });
    button.onclick = () => {
      button.remove();
      this.again(question);
    };
    return button;
  }

  /** @param {number} turn */
  #answer(turn) {
    const known = this.#answers.get(turn);
    if (known !== undefined) return known;
    const line = this.#add("answer", this.answerer);
    const added = { line, text: new Markdown(said(line)) };
    this.#answers.set(turn, added);
    return added;
  }

  /**
   * @param {string} kind
   * @param {string} who
   */
  #add(kind, who) {
    const item = fromTemplate("line");
    item.className = kind;
    /** @type {HTMLElement} */ (item.querySelector(".who")).textContent = who;
    this.#list.append(item);
    element("empty").hidden = true;
    return item;
  }
}

/**
 * @param {HTMLElement} line
 * @returns {HTMLElement} what is said in it
 */
function said(line) {
  return /** @type {HTMLElement} */ (line.querySelector(".said"));
}
