/** What can be done with an answer in the talk: copy its text, play its video again, download it. */

import { element, icon } from "./dom.js";
import { Recordings } from "./recording.js";

/** How long a button says that it has worked, ms. */
const DONE_MS = 2000;

/** The answers of live sessions. */
export class Answers {
  #talk;
  #tell;
  #recordings = new Recordings((turn, recording) => this.#recorded(turn, recording));

  /**
   * @param {import("./talk.js").Talk} talk
   * @param {(text: string) => void} tell
   */
  constructor(talk, tell) {
    this.#talk = talk;
    this.#tell = tell;
  }

  /** Another session begins, with turns of its own. */
  restart() {
    this.#recordings.restart();
  }

  /** @param {import("./live.js").Fragment} fragment of the session */
  add(fragment) {
    this.#recordings.add(fragment);
  }

  /**
   * Its text has come to its end: offer what can be done with it by now.
   * @param {number} turn
   */
  offer(turn) {
    const answer = this.#talk.answer(turn);
    const recording = this.#recordings.of(turn);
    if (answer) offer(answer.line, { text: () => answer.text.source, video: recording && (() => recording.video()) });
  }

  /**
   * It was interrupted.
   * @param {number} turn
   * @param {number} endS of what is shown of it, seconds of media
   */
  cut(turn, endS) {
    this.#recordings.cut(turn, endS);
    this.offer(turn);
  }

  /** The session is over. */
  end() {
    this.#recordings.end();
  }

  /**
   * @param {number} turn
   * @param {import("./recording.js").Recording} recording
   */
  #recorded(turn, recording) {
    this.offer(turn);
    const button = element("download");
    button.hidden = button.disabled = false;
    button.onclick = () =>
      recording.video().then(
        (video) => download(video),
        (error) => this.#tell(error.message),
      );
  }
}

/**
 * @typedef {{text: () => string, video?: () => Promise<Blob>}} Answer its Markdown, and its MP4 where there is one
 */

/**
 * @param {HTMLElement} line of the talk
 * @param {Answer} answer
 */
export function offer(line, { text, video }) {
  const [actions, copy, save] = [".actions", ".copy", ".save"].map((name) => line.querySelector(name));
  if (!(actions instanceof HTMLElement && copy instanceof HTMLButtonElement && save instanceof HTMLButtonElement)) return;
  actions.hidden = false;
  copy.onclick = async () => done(copy, (await copied(text())) ? "Copied" : "This browser does not let pages copy");
  save.hidden = !video;
  actions.querySelector(".replay")?.remove();
  line.querySelector(".replayed")?.remove();
  if (!video) return;
  const replay = document.createElement("button");
  replay.type = "button";
  replay.className = "icon small replay";
  replay.title = "Play";
  replay.ariaLabel = "Play this answer again";
  replay.append(icon("play"));
  save.before(replay);
  const failed = (button, error) => done(button, error instanceof Error ? error.message : String(error));
  save.onclick = () =>
    video().then(
      (made) => download(made),
      (error) => failed(save, error),
    );
  replay.onclick = () =>
    video().then(
      (made) => play(line, made),
      (error) => failed(replay, error),
    );
}

/** @param {Blob} video */
function download(video) {
  const url = URL.createObjectURL(video);
  const link = Object.assign(document.createElement("a"), { href: url, download: `answer-${stamp(new Date())}.mp4` });
  link.click();
  // The browser has begun by then; it goes on with what it has.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * @param {HTMLElement} line
 * @param {Blob} made
 */
function play(line, made) {
  let shown = line.querySelector("video");
  if (shown === null) {
    shown = Object.assign(document.createElement("video"), { controls: true, playsInline: true, ariaLabel: "The answer" });
    const badge = Object.assign(document.createElement("span"), { className: "badge", textContent: "AI-generated" });
    const box = Object.assign(document.createElement("div"), { className: "replayed" });
    box.append(shown, badge);
    line.append(box);
  }
  shown.src = URL.createObjectURL(made);
  const { src } = shown;
  shown.onloadeddata = () => URL.revokeObjectURL(src);
  shown.play().catch(() => undefined); // it has a button of its own
}

/** @param {string} text */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Only pages with TLS, and those of this machine, have a clipboard.
    const field = Object.assign(document.createElement("textarea"), { value: text, className: "unseen" });
    const { activeElement } = document;
    document.body.append(field);
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    if (activeElement instanceof HTMLElement) activeElement.focus();
    return isCopied;
  }
}

/**
 * Let a button say for a moment how it went.
 * @param {HTMLButtonElement} button
 * @param {string} word
 */
function done(button, word) {
  const title = button.dataset.title ?? button.title;
  button.dataset.title = title;
  button.title = word;
  button.dataset.done = word;
  setTimeout(() => {
    button.title = title;
    delete button.dataset.done;
  }, DONE_MS);
}

/** @param {Date} date */
function stamp(date) {
  const local = new Date(date.getTime() - 60_000 * date.getTimezoneOffset());
  return local.toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");
}
