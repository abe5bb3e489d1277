/**
 * The conversations that the server keeps: the one that is open, whose id is in the address so that reloading, Back and a bookmark
 * find it again, and the list of all.
 */

import { offer } from "./answers.js";
import { confirmed, element, fromTemplate } from "./dom.js";
import { NOT_FOUND, Problem } from "./gateway.js";

/** What the address names an open conversation with. */
const NAME = "conversation";
/** Keys of what this page keeps in the browser begin so. */
const OURS = "avatarchatbot.";
const UNTITLED = "Nothing was asked";

/**
 * @typedef {{id: string, created_at: number, updated_at: number, persona: {name?: string}, avatar_id: string, first_question: string, turn_count: number}} Summary
 * @typedef {{id: string, created_at: number, question: string, reply: string, video_id: string, status: "running" | "done" | "cut" | "failed", error?: {title?: string, detail?: string}}} Turn
 * @typedef {Summary & {turns: Turn[]}} Conversation
 * @typedef {object} Page what the page does with it
 * @property {(id: string) => void} open end what is being said, and go on with this conversation, or a new one, when asked
 * @property {(conversation: Conversation) => void} opened told what it was: with whom, for one
 * @property {() => void} erased nothing is kept any more, in this browser either
 * @property {(text: string) => void} tell
 */

export class Conversations {
  #gateway;
  #talk;
  #page;
  /** The id of the one that is shown; empty: a new one. */
  id = "";
  /** What listing them, or opening one, has become: an answer that comes late is for nobody. */
  #asked = 0;

  /**
   * @param {import("./gateway.js").Gateway} gateway
   * @param {import("./talk.js").Talk} talk
   * @param {Page} page
   */
  constructor(gateway, talk, page) {
    this.#gateway = gateway;
    this.#talk = talk;
    this.#page = page;
    element("conversations-open").onclick = () => this.#list();
    element("conversation-new").onclick = () => this.begin();
    element("erase").onclick = () => this.#erase();
    element("conversations-open").hidden = element("conversation-new").hidden = false;
    addEventListener("popstate", () => this.#show(named()));
  }

  /** Show the conversation that the address names. */
  async open() {
    await this.#show(named());
  }

  /** Show none: what is asked next begins another. */
  begin() {
    if (named()) history.pushState(null, "", location.pathname + location.search);
    this.#clear();
    this.#page.tell("");
    element("question").focus();
  }

  /**
   * A session goes on with a conversation, or has begun one.
   * @param {string} id empty where nothing is written down
   */
  is(id) {
    this.id = id;
    if (id && named() !== id) history.replaceState(null, "", address(id));
  }

  /** The conversation that is shown is not there: the next question begins another. */
  lost() {
    this.id = "";
    this.#page.open("");
    history.replaceState(null, "", location.pathname + location.search);
    this.#page.tell("This conversation is no longer on the server. Your next question begins a new one.");
  }

  #clear(id = "") {
    this.#asked += 1;
    this.id = id;
    this.#page.open(id);
    this.#talk.clear();
  }

  /** @param {string} id */
  async #show(id) {
    if (id === this.id) return;
    this.#clear(id);
    if (!id) return;
    const asked = this.#asked;
    try {
      const conversation = await this.#gateway.ask(`/conversations/${encodeURIComponent(id)}`);
      if (asked !== this.#asked) return;
      this.#page.tell("");
      this.#page.opened(conversation);
      for (const turn of conversation.turns) this.#kept(turn, conversation.persona.name ?? "");
    } catch (error) {
      if (asked !== this.#asked) return;
      if (error instanceof Problem && error.status === NOT_FOUND) this.lost();
      else this.#page.tell(`The conversation could not be fetched: ${said(error)}`);
    }
  }

  /**
   * @param {Turn} turn
   * @param {string} who
   */
  #kept(turn, who) {
    const line = this.#talk.kept(turn, who);
    if (line && turn.status !== "failed") {
      const video = () => this.#gateway.blob(`/videos/${turn.video_id}`);
      offer(line, { text: () => turn.reply, video: turn.video_id ? video : undefined });
    }
  }

  async #list() {
    notice("");
    element("conversations").replaceChildren();
    element("conversations-none").hidden = true;
    if (!element("drawer").open) element("drawer").showModal();
    await this.#more();
  }

  /** @param {string} [cursor] of the next page */
  async #more(cursor) {
    const list = element("conversations");
    try {
      const query = cursor ? `?cursor=${encodeURIComponent(cursor)}` : "";
      const page = await this.#gateway.ask(`/conversations${query}`);
      list.querySelector(".more")?.remove();
      // Whoever has pressed "Start talking" and asked nothing has one without a turn.
      list.append(...page.items.filter(({ turn_count }) => turn_count).map((summary) => this.#entry(summary)));
      if (page.next_cursor) list.append(this.#next(page.next_cursor));
    } catch (error) {
      notice(`The list could not be fetched: ${said(error)}`);
    }
    element("conversations-none").hidden = list.childElementCount > 0 || !element("drawer-notice").hidden;
  }

  /** @param {string} cursor */
  #next(cursor) {
    const item = document.createElement("li");
    item.className = "more";
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Show earlier ones" });
    button.onclick = () => {
      button.disabled = true;
      const before = item.previousElementSibling;
      this.#more(cursor).then(() => {
        button.disabled = false;
        /** @type {HTMLElement | null | undefined} */ (before?.nextElementSibling?.querySelector("button"))?.focus();
      });
    };
    item.append(button);
    return item;
  }

  /** @param {Summary} summary */
  #entry(summary) {
    const item = fromTemplate("conversation");
    const [open, remove] = /** @type {HTMLButtonElement[]} */ ([...item.querySelectorAll("button")]);
    const title = summary.first_question || UNTITLED;
    const about = document.createElement("small");
    const who = summary.persona.name ? `${summary.persona.name}, ` : "";
    const turns = summary.turn_count === 1 ? "1 question" : `${summary.turn_count} questions`;
    about.textContent = `${who}${when(summary.updated_at)}, ${turns}`;
    const asked = Object.assign(document.createElement("span"), { textContent: title, dir: "auto" });
    open.replaceChildren(asked, about);
    if (summary.id === this.id) item.setAttribute("aria-current", "true");
    open.onclick = () => {
      element("drawer").close();
      if (summary.id === this.id) return;
      history.pushState(null, "", address(summary.id));
      this.#show(summary.id);
    };
    remove.title = "Delete";
    remove.ariaLabel = `Delete “${title}”`;
    remove.onclick = () => this.#delete(summary, item);
    return item;
  }

  /**
   * @param {Summary} summary
   * @param {HTMLElement} item
   */
  async #delete(summary, item) {
    const title = summary.first_question || UNTITLED;
    const text = `“${title}”: its questions, answers and videos are deleted from the server.`;
    if (!(await confirmed("Delete this conversation?", text, "Delete"))) return;
    try {
      await this.#gateway.ask(`/conversations/${summary.id}`, { method: "DELETE" });
    } catch (error) {
      if (!(error instanceof Problem && error.status === NOT_FOUND)) {
        notice(`It could not be deleted: ${said(error)}`);
        return;
      }
    }
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    /** @type {HTMLElement} */ (next?.querySelector("button") ?? element("drawer-close")).focus();
    element("conversations-none").hidden = element("conversations").childElementCount > 0;
    if (summary.id === this.id) {
      history.replaceState(null, "", location.pathname + location.search);
      this.#clear();
    }
  }

  /** Delete all that there is of whoever uses this page, here and at the server. */
  async #erase() {
    notice("");
    try {
      const there = await this.#gateway.ask("/everything");
      const text = `${counted(there)} on the server, and what this browser keeps. Without a key of your own, that is all that anybody asked here without one. It cannot be undone.`;
      if (!(await confirmed("Delete everything of yours?", text, "Delete everything"))) return;
      // What is being said would go on being written down.
      this.#clear();
      const deleted = await this.#deleted();
      for (const storage of [localStorage, sessionStorage]) {
        for (const key of Object.keys(storage)) if (key.startsWith(OURS)) storage.removeItem(key);
      }
      history.replaceState(null, "", location.pathname + location.search);
      element("drawer").close();
      this.#page.erased();
      this.#page.tell(`Deleted: ${counted(deleted)}.`);
    } catch (error) {
      notice(`Not everything could be deleted: ${said(error)}`);
    }
  }

  /** Deletes until there is nothing left, or what is left does not become less. Raises Problem. */
  async #deleted() {
    for (let left = Infinity; ;) {
      try {
        return await this.#gateway.ask("/everything", { method: "DELETE" });
      } catch (error) {
        const remains = error instanceof Problem && error.left ? total(error.left) : Infinity;
        if (remains >= left || remains === Infinity) throw error;
        left = remains;
        notice(`${remains} left …`);
      }
    }
  }
}

/** The id of the conversation that the address names, or nothing. */
function named() {
  return new URLSearchParams(location.hash.slice(1)).get(NAME) ?? "";
}

/** @param {string} id */
function address(id) {
  return `#${new URLSearchParams({ [NAME]: id })}`;
}

/** @param {string} text */
function notice(text) {
  element("drawer-notice").textContent = text;
  element("drawer-notice").hidden = !text;
}

/** @param {unknown} error */
function said(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {Record<string, number>} counts */
function total(counts) {
  return Object.values(counts).reduce((sum, number) => sum + number, 0);
}

/**
 * @param {Record<string, number>} counts by kind
 * @returns {string} as in "2 conversations, 1 face"
 */
function counted({ conversations, personas, avatars, videos }) {
  const things = [
    [conversations, "conversation"],
    [avatars, "face"],
    [personas, "card"],
    [videos, "video"],
  ];
  const some = things.filter(([number]) => number).map(([number, name]) => `${number} ${name}${number === 1 ? "" : "s"}`);
  return some.length ? some.join(", ") : "Nothing";
}

/** @param {number} seconds Unix time */
function when(seconds) {
  const date = new Date(1000 * seconds);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday
    ? date.toLocaleTimeString(undefined, { timeStyle: "short" })
    : date.toLocaleDateString(undefined, { dateStyle: "medium" });
}
