/** One live conversation: the other end of docs/protocol.md. Times are seconds. */

const HEADER = 24;
const VERSION = 1;
const KINDS = { 1: "init", 2: "media" };
/** Waits between attempts to connect again, ms. */
const RETRIES = [0, 250, 500, 1000, 2000, 4000];
/** Close codes: the end, a refusal, a failure and long silence are final; a gateway that stops lets another go on; it may be full. */
const NORMAL = 1000;
const RESTART = 1012;
const TRY_AGAIN = 1013;
const FINAL = new Set([NORMAL, 1008, 4000, 4001]);
/** Where a full gateway does not say when to come again, and how much later at most so that not all come at once, seconds. */
const LATER_S = 10;
const SPREAD_S = 1;
/** Code of the problem that there is nothing to resume. */
const GONE = "not_found";

/**
 * @typedef {{kind: "init" | "media", turn: number, pts: number, duration: number, data: Uint8Array}} Fragment
 * @typedef {{fragment: (fragment: Fragment) => void, message: (message: any) => void, connection: (state: "lost" | "waiting" | "closed", seconds?: number) => void}} Handlers
 */

/**
 * @param {ArrayBuffer} message
 * @returns {Fragment & {sequence: number}}
 */
export function unpack(message) {
  const view = new DataView(message);
  const kind = KINDS[view.getUint8(1)];
  if (view.getUint8(0) !== VERSION || kind === undefined) throw new Error("a message of another version");
  return {
    kind,
    turn: view.getUint32(4),
    sequence: view.getUint32(8),
    pts: Number(view.getBigUint64(12)) / 1e6,
    duration: view.getUint32(20) / 1e6,
    data: new Uint8Array(message, HEADER),
  };
}

export class Live {
  #url;
  #start;
  #handlers;
  /** @type {WebSocket | undefined} */ #socket;
  /** What can be resumed; empty: nothing. */
  #session = "";
  #sequence = 0;
  /** How long it can be; nothing where there never was one. */
  #resumeS = 0;
  #until = 0;
  #attempt = 0;
  #over = false;
  /** When a refusal said to come again, seconds. */
  #retryAfter = LATER_S;
  /** What waits for the connection: types of messages and their fields. @type {[string, object][]} */ #waiting = [];

  /**
   * @param {URL} url of the gateway's socket
   * @param {Record<string, any>} start the fields of the first message
   * @param {Handlers} handlers
   */
  constructor(url, start, handlers) {
    this.#url = url;
    this.#start = start;
    this.#handlers = handlers;
    this.#connect();
  }

  /**
   * @param {string} type
   * @param {object} fields
   */
  send(type, fields = {}) {
    if (this.#isOpen) this.#socket?.send(JSON.stringify({ type, ...fields }));
  }

  /**
   * A typed question; it is sent as soon as there is a session.
   * @param {string} text
   */
  ask(text) {
    this.#sendOnce("text", { text });
  }

  /**
   * Another face, voice or engine, from the next turn on; in a session that begins anew, from the beginning.
   * @param {"avatar" | "voice" | "engine"} type
   * @param {object} fields
   */
  change(type, fields) {
    this.#start = { ...this.#start, ...fields };
    this.#sendOnce(type, fields);
  }

  /**
   * @param {ArrayBuffer} sound what the microphone heard
   */
  speak(sound) {
    if (this.#isOpen && this.#session) this.#socket?.send(sound);
  }

  /** The conversation is over. */
  end() {
    this.#over = true;
    this.send("stop");
    this.#socket?.close(NORMAL);
  }

  #sendOnce(type, fields) {
    if (this.#isOpen && this.#session) this.send(type, fields);
    else this.#waiting.push([type, fields]);
  }

  get #isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #connect() {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#greet();
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code }) => this.#closed(code);
  }

  #greet() {
    if (this.#session) {
      this.send("start", { resume: { session: this.#session, sequence: this.#sequence }, key: this.#start.key });
    } else this.send("start", this.#start);
  }

  #receive(data) {
    if (data instanceof ArrayBuffer) {
      const fragment = unpack(data);
      this.#sequence = fragment.sequence;
      this.#handlers.fragment(fragment);
      return;
    }
    const message = JSON.parse(data);
    if (this.#attempt && this.#session && message.type === "error" && message.problem.code === GONE) {
      this.#session = ""; // the socket is closed next
      return;
    }
    this.#sequence = message.sequence ?? this.#sequence;
    if (message.type === "ready") {
      this.#attempt = 0;
      this.#session = message.session;
      this.#start = { ...this.#start, conversation_id: message.conversation_id || undefined };
      this.#resumeS = message.resume_s;
    }
    if (message.type === "error") this.#retryAfter = message.problem.retry_after ?? LATER_S;
    if (message.type === "recording" && message.conversation_id) {
      this.#start = { ...this.#start, conversation_id: message.conversation_id };
    }
    this.#handlers.message(message);
    if (message.type === "ready") for (const [type, fields] of this.#waiting.splice(0)) this.send(type, fields);
  }

  #closed(code) {
    if (code === RESTART) this.#session = "";
    if (code === TRY_AGAIN && !this.#over) {
      const wait = this.#retryAfter + SPREAD_S * Math.random();
      this.#handlers.connection("waiting", this.#retryAfter);
      setTimeout(() => this.#over || this.#connect(), 1000 * wait);
      return;
    }
    const goesOn = !FINAL.has(code) || (this.#attempt && !this.#session);
    if (this.#over || !this.#resumeS || !goesOn) {
      this.#handlers.connection("closed");
      return;
    }
    if (this.#attempt === 0) {
      this.#until = performance.now() + 1000 * this.#resumeS;
      this.#handlers.connection("lost");
    }
    if (performance.now() > this.#until) {
      this.#handlers.connection("closed");
      return;
    }
    const wait = RETRIES[Math.min(this.#attempt, RETRIES.length - 1)];
    this.#attempt += 1;
    setTimeout(() => this.#over || this.#connect(), wait);
  }
}
