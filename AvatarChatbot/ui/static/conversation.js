/** The conversation: its session at the gateway, the player and the talk, brought together. */

import { showEngines } from "./answering.js";
import { element } from "./dom.js";
import { NOT_FOUND, Problem, UNAUTHORIZED } from "./gateway.js";
import { Live } from "./live.js";
import { RATE } from "./microphone.js";

const QUALITIES = {
  half: "This computer draws no more than every second picture.",
  still: "This computer is busy: the picture stands still while the voice goes on.",
  text: "There is no voice at the moment: answers come as text.",
};
/** What is done before a face can be talked to. */
const STEPS = {
  place: "Looking for a free place …",
  face: "Getting to know the face …",
  motion: "Learning to move the face …",
};
/** What takes less than this is not worth a word, ms. */
const UNNOTICED = 400;
/** A question that had been sent when the connection broke is asked again if it is not heard of for so long, ms. */
const RESENT_AFTER = 1500;
/** How long the first picture may take once there is a session, ms. */
const FIRST_PICTURE = 10_000;
const NOT_RECORDED = "There is no room to write this conversation down: it goes on, but is not kept.";
const UNREACHABLE = "The server cannot be reached. It may have stopped, or this computer may be offline.";
const UNANSWERED = "The server was lost before it answered.";

/**
 * @typedef {import("./stage.js").Offer} Offer
 * @typedef {{
 *   gateway: import("./gateway.js").Gateway, player: import("./player.js").Player, talk: import("./talk.js").Talk,
 *   answers: import("./answers.js").Answers, stage: import("./stage.js").Stage, ear: import("./ear.js").Ear,
 *   asked: () => object, engines: (others: () => void) => Offer[], drawn: (engine: string, restore: string) => void,
 *   named: (id: string) => void, lost: () => void
 * }} Parts
 *   `asked`: the fields of a session's start that were chosen; `engines`: offers to draw with another engine, which then do what
 *   they are given; `drawn`: told which engine draws instead of one that is gone; `named`: told the conversation's id when it has
 *   one; `lost`: told that the server has it no longer.
 */

/**
 * A question that is not answered yet.
 * @typedef {{text: string, isSent: boolean, turn?: number}} Question
 *   `turn`: its number, once the server has heard it.
 */

export class Conversation {
  #parts;
  /** @type {Live | undefined} */ #live;
  #id = "";
  /** @type {Question | undefined} */ #question;
  /** What was asked and not answered, as it stands in the field again. */
  #left = "";
  /** Of the answer that is played, seconds of media: where it begins, its last caption ends, and, once that is known, it ends. */
  #answer = unspoken();
  /** Samples a second of the microphone, as the server knows it. */
  #rate = RATE;
  /** When the session was there, ms; 0: its first picture has come since. */
  #beganAt = 0;
  /** @type {number | undefined} */ #soon;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    parts.stage.offersWhenLate = (state) => this.#offersWhenLate(state);
    addEventListener("online", () => this.#live?.retry());
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

  /** Begin a session, unless there is one. The microphone is asked for beside it, unless it was muted. */
  start() {
    if (this.isOn) return;
    const { ear, stage } = this.#parts;
    for (const about of ["connection", "answer", "ended", "engine"]) stage.tell(about, "");
    stage.show("connecting");
    element("start").disabled = true;
    element("end").disabled = false;
    this.#connect();
    if (ear.isMuted) ear.enable();
    else ear.open();
  }

  /**
   * Ask in writing; of several questions that wait for the server the last one.
   * @param {string} text
   */
  ask(text) {
    this.#question = { text, isSent: false };
    this.#parts.talk.asking(text);
    this.#parts.stage.tell("answer", "");
    this.start();
    this.#send();
  }

  interrupt() {
    this.#live?.send("interrupt");
  }

  /** Connect now, instead of later. */
  reconnect() {
    if (this.#live) this.#live.retry();
    else this.start();
  }

  /**
   * Another face, voice, engine or language, from the next answer on.
   * @param {"avatar" | "voice" | "engine" | "language"} type
   * @param {object} fields
   */
  change(type, fields) {
    this.#live?.change(type, fields);
  }

  /**
   * There is a microphone: tell the server what it hears from now on.
   * @param {number} rate samples a second
   */
  listen(rate) {
    if (rate === this.#rate) return;
    this.#rate = rate;
    const microphone = { format: "pcm16", rate };
    this.#live?.change("microphone", microphone, { microphone });
  }

  /** @param {ArrayBuffer} sound */
  heard(sound) {
    this.#live?.speak(sound);
  }

  end() {
    this.#live?.end();
    this.#closed("away");
  }

  /** To be called a few times a second: tell the server where the player is; what the page says follows what is seen and heard. */
  tick() {
    const { player, stage } = this.#parts;
    player.tick();
    this.#watch();
    const position = player.position;
    this.#live?.send("position", { media_s: position });
    const shown = stage.state;
    const { from, to } = this.#answer;
    if (shown === "thinking" && position >= from) stage.show("speaking");
    else if (["speaking", "thinking"].includes(shown) && to && position >= to) stage.show("ready");
    else if (shown === "listening" && position >= from && position < to) stage.show("speaking");
  }

  /** Say so where no picture comes. */
  #watch() {
    const { player, stage } = this.#parts;
    if (!this.#beganAt) return;
    if (player.isPlaying) {
      this.#beganAt = 0;
      stage.tell("picture", "");
    } else if (performance.now() - this.#beganAt > FIRST_PICTURE && !player.isHalted) {
      this.#beganAt = 0;
      const again = { label: "Connect again", run: () => this.#restart() };
      stage.tell("picture", "The picture does not come. Questions are answered in writing meanwhile.", [again]);
    }
  }

  #restart() {
    this.end();
    this.start();
  }

  #connect() {
    const { answers, ear, gateway, player } = this.#parts;
    this.#rate = ear.rate;
    const asked = {
      ...this.#parts.asked(),
      conversation_id: this.#id || undefined,
      microphone: { format: "pcm16", rate: this.#rate },
      key: gateway.key || undefined,
    };
    const live = new Live(gateway.socket, asked, {
      fragment: (fragment) => {
        player.append(fragment);
        answers.add(fragment);
      },
      message: (message) => live === this.#live && this.#messages[message.type]?.(message),
      connection: (what, seconds) => live === this.#live && this.#connection(what, seconds),
    });
    this.#live = live;
  }

  /** Send the question that waits, if there is anybody who hears it. */
  #send() {
    if (!this.#question || this.#question.isSent || !this.#live?.isReady) return;
    this.#question.isSent = true;
    this.#live.send("text", { text: this.#question.text });
  }

  /**
   * There is a session: what had been asked before is asked now. One that was sent to a connection that broke may have arrived.
   * @param {boolean} resumed
   */
  #askNow(resumed) {
    const question = this.#question;
    if (!question || question.turn !== undefined) return;
    const send = () => {
      if (this.#question !== question || question.turn !== undefined) return;
      question.isSent = false;
      this.#send();
    };
    if (resumed && question.isSent) setTimeout(send, RESENT_AFTER);
    else send();
  }

  /** Nobody will answer what was asked: it can be asked again. */
  #unanswered() {
    const question = this.#question;
    this.#question = undefined;
    if (!question) return;
    if (question.turn === undefined) {
      this.#parts.talk.forget();
      element("question").value ||= question.text;
      this.#left = question.text;
    } else this.#parts.talk.failed(question.turn, UNANSWERED);
  }

  /** @param {"away" | "gone"} state */
  #closed(state) {
    const { answers, ear, player, stage, talk } = this.#parts;
    clearTimeout(this.#soon);
    this.#live = undefined;
    this.#beganAt = 0;
    this.#unanswered();
    talk.forget();
    ear.close();
    player.close();
    answers.end();
    for (const about of ["quality", "picture"]) stage.tell(about, "");
    stage.show(state);
    element("end").disabled = true;
    element("start").disabled = false;
  }

  /**
   * @param {import("./live.js").Connection} what
   * @param {number} [seconds] until it is tried again
   */
  #connection(what, seconds = 0) {
    const { stage } = this.#parts;
    clearTimeout(this.#soon);
    if (what === "lost") stage.show("lost");
    if (what === "waiting") stage.count(seconds);
    if (what === "closed") this.#closed("away");
    if (what === "gone") {
      this.#closed("gone");
      stage.tell("connection", UNREACHABLE);
    }
  }

  /**
   * @param {string} state
   * @returns {Offer[]}
   */
  #offersWhenLate(state) {
    if (state === "thinking") return [{ label: "Stop", run: () => this.interrupt() }];
    return [
      { label: "Try again", run: () => this.#afresh() },
      { label: "Cancel", run: () => this.end() },
    ];
  }

  /** Begin again, with the question that waits. */
  #afresh() {
    if (this.isOn) this.end();
    const field = element("question");
    const text = this.#left;
    this.#left = "";
    if (text && field.value === text) {
      field.value = "";
      this.ask(text);
    } else this.start();
  }

  /** @param {string} id */
  #name(id) {
    this.#id = id;
    this.#parts.named(id);
  }

  /** @param {Problem} failure of no turn */
  #refused(failure) {
    const { stage } = this.#parts;
    if (failure.status === NOT_FOUND && failure.field === "conversation_id") {
      this.#parts.lost();
      return;
    }
    if (failure.status === UNAUTHORIZED) {
      this.#unauthorized();
      return;
    }
    if (failure.field === "microphone") {
      stage.tell("microphone", failure.message);
      return;
    }
    const isBeginning = ["connecting", "preparing", "waiting", "lost"].includes(stage.state) && !this.#live?.isReady;
    if (failure.field === "engine") {
      stage.tell(
        "engine",
        failure.message,
        this.#parts.engines(() => this.#afresh()),
      );
    } else if (isBeginning) {
      stage.tell("connection", failure.message);
    } else {
      const question = this.#question?.turn === undefined ? this.#question?.text : undefined;
      if (question) this.#unanswered();
      const isLater = failure.retryAfter !== undefined;
      stage.tell("answer", isLater ? `${failure.message}: ask again in ${failure.retryAfter} s.` : failure.message);
      if (stage.state === "preparing") stage.show("ready");
    }
  }

  /** A key is asked for; with it the conversation goes on. */
  #unauthorized() {
    const { gateway, stage } = this.#parts;
    this.end();
    gateway.renewKey().then(
      () => this.#afresh(),
      (failure) => stage.tell("connection", failure.message, [{ label: "Enter a key", run: () => this.#unauthorized() }]),
    );
  }

  /**
   * One message of the server's: docs/protocol.md.
   * @type {Record<string, (message: any) => void>}
   */
  #messages = {
    preparing: ({ step }) => {
      const { stage } = this.#parts;
      clearTimeout(this.#soon);
      if (step === "done") {
        if (stage.state === "preparing") stage.show("ready");
        return;
      }
      const show = () => {
        if (["connecting", "preparing", "waiting", "lost", "ready"].includes(stage.state)) stage.show("preparing", STEPS[step]);
      };
      if (stage.state === "preparing") show();
      else this.#soon = setTimeout(show, UNNOTICED);
    },
    ready: ({ conversation_id, content_type, resumed }) => {
      const { answers, player, stage, talk } = this.#parts;
      clearTimeout(this.#soon);
      this.#name(conversation_id);
      if (!resumed) {
        if (this.#question?.turn !== undefined) this.#unanswered();
        answers.restart();
        talk.restart();
        try {
          player.open(content_type);
        } catch {
          this.unplayable();
          return;
        }
        this.#beganAt = performance.now();
      }
      this.#answer = unspoken();
      for (const about of ["connection", "engine"]) stage.tell(about, "");
      stage.show(this.#question?.turn === undefined ? "ready" : "thinking");
      this.#askNow(resumed);
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
    transcript: ({ turn, text }) => {
      this.#parts.talk.question(turn, text);
      this.#parts.stage.tell("answer", "");
      this.#question = { text, isSent: true, turn };
      this.#answer = unspoken();
      this.#parts.stage.show("thinking");
    },
    reply: ({ turn, delta }) => {
      this.#parts.talk.reply(turn, delta);
      this.#parts.stage.tell("wait", "");
      this.#over(turn);
    },
    speaking: ({ media_s }) => {
      this.#answer = { ...unspoken(), from: media_s, to: Infinity };
      this.#parts.player.wake();
      // Whoever is answered without a microphone has read why there is none.
      this.#parts.stage.tell("microphone", "");
    },
    caption: ({ start_s, end_s, text }) => {
      this.#parts.player.caption(start_s, end_s, text);
      this.#answer.last = end_s;
    },
    done: ({ turn, timings, engines }) => {
      const { answers, stage, talk } = this.#parts;
      this.#over(turn);
      this.#answer.to = this.#answer.last;
      talk.finished();
      answers.offer(turn);
      if (timings.fragment !== undefined) talk.began(turn, timings.fragment);
      if (engines) showEngines(engines);
      if (this.#answer.from === Infinity) stage.show("ready");
    },
    interrupted: ({ turn, resume_s, heard }) => {
      const { answers, player, stage, talk } = this.#parts;
      this.#over(turn);
      player.interrupt(resume_s);
      talk.interrupted(turn, heard);
      answers.cut(turn, resume_s);
      this.#answer = unspoken();
      if (["speaking", "thinking"].includes(stage.state)) stage.show("ready");
    },
    quality: ({ level }) => {
      this.#parts.stage.tell("quality", QUALITIES[level] ?? "");
    },
    recording: ({ on, conversation_id }) => {
      if (conversation_id) this.#name(conversation_id);
      this.#parts.stage.tell("recording", on ? "" : NOT_RECORDED);
    },
    engine: ({ engine, restore }) => {
      const drawn = restore === "none" ? engine : `${engine} with ${restore} restored`;
      this.#parts.stage.tell("engine", `What drew the face is gone: ${drawn} draws it from here on.`);
      this.#parts.drawn(engine, restore);
    },
    error: ({ turn, problem }) => {
      const failure = new Problem(problem);
      if (turn === undefined || turn === null) this.#refused(failure);
      else {
        const { stage, talk } = this.#parts;
        this.#over(turn);
        talk.failed(turn, failure.message, failure.retryAfter);
        stage.show("ready");
      }
    },
    ended: () => {
      this.#parts.stage.tell("ended", "Nobody has said anything for long. Press “Start talking”, or type, to go on.");
    },
  };

  /** This browser cannot play what the server sends. */
  unplayable() {
    if (!this.isOn) return;
    this.end();
    this.#parts.stage.tell("picture", "This browser cannot play the video.");
  }

  /**
   * A question was answered, or will not be.
   * @param {number} turn
   */
  #over(turn) {
    if (this.#question?.turn === turn) this.#question = undefined;
  }
}

function unspoken() {
  return { from: Infinity, last: 0, to: 0 };
}
