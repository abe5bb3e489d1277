/** The conversation: its session at the gateway, the microphone, the player and the talk, brought together. */

import { element } from "./dom.js";
import { NOT_FOUND, Problem, UNAUTHORIZED } from "./gateway.js";
import { Live } from "./live.js";
import { loudness, Microphone } from "./microphone.js";

const QUALITIES = {
  half: "This computer draws no more than every second picture.",
  still: "This computer is busy: the picture stands still while the voice goes on.",
  text: "There is no voice at the moment: answers come as text.",
};
const NOT_RECORDED = "There is no room to write this conversation down: it goes on, but is not kept.";

/**
 * @typedef {{
 *   gateway: import("./gateway.js").Gateway, player: import("./player.js").Player, talk: import("./talk.js").Talk,
 *   answers: import("./answers.js").Answers, stage: import("./stage.js").Stage, asked: () => object,
 *   named: (id: string) => void, lost: () => void
 * }} Parts
 *   `asked`: the fields of a session's start that were chosen; `named`: told the conversation's id when it has one; `lost`: told
 *   that the server has it no longer.
 */

export class Conversation {
  #parts;
  /** @type {Live | undefined} */ #live;
  /** @type {Microphone | undefined} */ #microphone;
  #id = "";
  /** What was typed last: it is there again where it was refused. */
  #typed = "";
  /** Of the answer that is played, seconds of media: where it begins, its last caption ends, and, once that is known, it ends. */
  #answer = unspoken();

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  get isOn() {
    return this.#live !== undefined;
  }

  /** Its id at the server; empty: it has not begun. */
  get id() {
    return this.#id;
  }

  /**
   * Another conversation: the one that is on ends. The next session goes on with `id`.
   * @param {string} id empty: a new one
   */
  open(id) {
    if (this.isOn) this.end();
    this.#id = id;
  }

  async start() {
    const { stage } = this.#parts;
    stage.tell("");
    stage.show("connecting");
    element("start").disabled = true;
    try {
      this.#microphone ??= await Microphone.open((sound) => this.#heard(sound));
      this.mute(false);
      element("microphone").disabled = false;
    } catch {
      stage.tell("There is no microphone to be had: type your questions.");
    }
    this.#connect();
  }

  /** @param {string} text */
  async ask(text) {
    if (!this.isOn) await this.start();
    this.#live?.ask(text);
    this.#typed = text;
  }

  interrupt() {
    this.#live?.send("interrupt");
  }

  /**
   * Another face, voice or engine, from the next answer on.
   * @param {"avatar" | "voice" | "engine"} type
   * @param {object} fields
   */
  change(type, fields) {
    this.#live?.change(type, fields);
  }

  /** @param {boolean} muted */
  mute(muted) {
    if (this.#microphone) this.#microphone.muted = muted;
    element("microphone").setAttribute("aria-pressed", String(!muted));
  }

  end() {
    this.#live?.end();
    this.#closed();
  }

  /** To be called a few times a second: tell the server where the player is; what the page says follows what is seen and heard. */
  tick() {
    const { player, stage } = this.#parts;
    player.tick();
    const position = player.position;
    this.#live?.send("position", { media_s: position });
    const shown = stage.state;
    const { from, to } = this.#answer;
    if (shown === "thinking" && position >= from) stage.show("speaking");
    else if (["speaking", "thinking"].includes(shown) && to && position >= to) stage.show("ready");
    else if (shown === "listening" && position >= from && position < to) stage.show("speaking");
  }

  #connect() {
    const { answers, gateway, player } = this.#parts;
    const asked = {
      ...this.#parts.asked(),
      conversation_id: this.#id || undefined,
      microphone: { format: "pcm16", rate: this.#microphone?.rate ?? 16000 },
      key: gateway.key || undefined,
    };
    this.#live = new Live(gateway.socket, asked, {
      fragment: (fragment) => {
        player.append(fragment);
        answers.add(fragment);
      },
      message: (message) => this.#messages[message.type]?.(message),
      connection: (what, seconds) => this.#connection(what, seconds),
    });
    element("end").disabled = false;
  }

  /** @param {ArrayBuffer} sound */
  #heard(sound) {
    this.#live?.speak(sound);
    element("microphone").style.setProperty("--level", loudness(sound).toFixed(2));
  }

  #closed() {
    this.#live = undefined;
    this.#microphone?.close();
    this.#microphone = undefined;
    this.#parts.player.close();
    this.#parts.answers.end();
    this.#parts.stage.show("away");
    element("microphone").disabled = element("end").disabled = true;
    element("start").disabled = false;
  }

  /**
   * @param {"lost" | "waiting" | "closed"} what
   * @param {number} [seconds] until it is tried again
   */
  #connection(what, seconds) {
    if (what === "lost") this.#parts.stage.show("lost");
    if (what === "waiting") this.#parts.stage.show("waiting", `Trying again in ${seconds} s …`);
    if (what === "closed" && this.#live) this.#closed();
  }

  /** @param {string} id */
  #name(id) {
    this.#id = id;
    this.#parts.named(id);
  }

  /**
   * One message of the server's: docs/protocol.md.
   * @type {Record<string, (message: any) => void>}
   */
  #messages = {
    ready: ({ conversation_id, content_type, resumed }) => {
      const { answers, player, stage, talk } = this.#parts;
      this.#name(conversation_id);
      if (!resumed) {
        answers.restart();
        player.open(content_type);
        talk.restart();
      }
      this.#answer = unspoken();
      if (stage.state === "waiting") stage.tell("");
      stage.show("ready");
    },
    listening: ({ state }) => {
      if (state === "started") this.#parts.stage.show("listening");
    },
    partial: ({ text }) => {
      if (text) this.#parts.talk.partial(text);
      else {
        this.#parts.talk.forget();
        this.#parts.stage.show("ready");
      }
    },
    transcript: ({ text }) => {
      this.#parts.talk.question(text);
      this.#typed = "";
      this.#answer = unspoken();
      this.#parts.stage.show("thinking");
    },
    reply: ({ turn, delta }) => {
      this.#parts.talk.reply(turn, delta);
    },
    speaking: ({ media_s }) => {
      this.#answer = { ...unspoken(), from: media_s, to: Infinity };
    },
    caption: ({ start_s, end_s, text }) => {
      this.#parts.player.caption(start_s, end_s, text);
      this.#answer.last = end_s;
    },
    done: ({ turn, timings }) => {
      const { answers, stage, talk } = this.#parts;
      this.#answer.to = this.#answer.last;
      talk.finished();
      answers.offer(turn);
      if (timings.fragment !== undefined) talk.began(turn, timings.fragment);
      if (this.#answer.from === Infinity) stage.show("ready");
    },
    interrupted: ({ turn, resume_s, heard }) => {
      const { answers, player, stage, talk } = this.#parts;
      player.interrupt(resume_s);
      talk.interrupted(turn, heard);
      answers.cut(turn, resume_s);
      this.#answer = unspoken();
      if (stage.state === "speaking") stage.show("ready");
    },
    quality: ({ level }) => {
      this.#parts.stage.tell(QUALITIES[level] ?? "");
    },
    recording: ({ on, conversation_id }) => {
      if (conversation_id) this.#name(conversation_id);
      this.#parts.stage.tell(on ? "" : NOT_RECORDED);
    },
    error: ({ turn, problem }) => {
      const { gateway, stage, talk } = this.#parts;
      const failure = new Problem(problem);
      if (turn !== undefined && turn !== null) {
        talk.failed(turn, failure.message);
        stage.show("ready");
      } else if (failure.status === NOT_FOUND && failure.field === "conversation_id") {
        this.#parts.lost();
        element("question").value ||= this.#typed;
      } else if (failure.status === UNAUTHORIZED) {
        this.end();
        gateway.renewKey().then(() => this.start());
      } else {
        const isRefused = failure.retryAfter !== undefined && !["connecting", "waiting", "lost"].includes(stage.state);
        stage.tell(isRefused ? `${failure.message}: ask again in ${failure.retryAfter} s.` : failure.message);
        if (isRefused) element("question").value ||= this.#typed;
      }
    },
    ended: () => {
      this.#parts.stage.tell("Nobody has said anything for long. Press “Start talking”, or type, to go on.");
    },
  };
}

function unspoken() {
  return { from: Infinity, last: 0, to: 0 };
}
