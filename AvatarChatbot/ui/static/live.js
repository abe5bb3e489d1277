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
/** Of a connection that is given up, since nothing comes any more. */
const SILENT = 3000;
/** Where a full gateway does not say when to come again, and how much later at most so that not all come at once, seconds. */
const LATER_S = 10;
const SPREAD_S = 1;
/** How long it is tried: to reach a server that never answered, to be let in by one that is full, seconds. */
const FIRST_S = 10;
const FULL_S = 600;
/** How long a connection may take to open, a new session to say what it does, an open one to answer a ping, seconds. */
const OPENS_S = 10;
const BEGINS_S = 120;
const ANSWERS_S = 10;
/** How often it is looked whether the server is there, seconds. */
const PINGS_S = 5;
/** Code of the problem that there is nothing to resume. */
const GONE = "not_found";

/**
 * @typedef {{kind: "init" | "media", turn: number, pts: number, duration: number, data: Uint8Array}} Fragment
 * @typedef {"lost" | "waiting" | "gone" | "closed"} Connection
 *   `lost`: it broke, and is tried again; `waiting`: refused for now; `gone`: given up; `closed`: over, as the server said why.
 * @typedef {{fragment: (fragment: Fragment) => void, message: (message: any) => void, connection: (what: Connection, seconds?: number) => void}} Handlers
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
  /** How long it can be; of one that never was, how long it is tried. */
  #resumeS = FIRST_S;
  #until = 0;
  #attempt = 0;
  #over = false;
  /** When a refusal said to come again, seconds. */
  #retryAfter = LATER_S;
  /** Since when it is refused, ms; 0: it is not. */
  #refusedAt = 0;
  /** Whether a session is there on this connection. */
  #isReady = false;
  /**
   * Ends a wait: for the connection, the session, or the next attempt.
   * @type {number | undefined}
   */
  #timer;
  /** @type {number | undefined} */ #pinging;
  #heardAt = 0;
  #pingedAt = 0;
  /**
   * Changes that wait for the session: types of messages and their fields.
   * @type {[string, object][]}
   */
  #waiting = [];

  /**
   * @param {URL} url of the gateway's socket
   * @param {Record<string, any>} start the fields of the first message
   * @param {Handlers} handlers
   */
  constructor(url, start, handlers) {
    this.#url = url;
    this.#start = start;
    this.#handlers = handlers;
    this.#pinging = setInterval(() => this.#ping(), 1000 * PINGS_S);
    this.#connect();
  }

  /** Whether there is a session that hears. */
  get isReady() {
    return this.#isReady && this.#isOpen;
  }

  /**
   * @param {string} type
   * @param {object} fields
   */
  send(type, fields = {}) {
    if (this.#isOpen) this.#socket?.send(JSON.stringify({ type, ...fields }));
  }

  /**
   * Another face, voice, engine, language or microphone, from the next turn on; in a session that begins anew, from the beginning.
   * @param {string} type
   * @param {object} fields
   * @param {object} [begins] the same as fields of a start
   */
  change(type, fields, begins = fields) {
    this.#start = { ...this.#start, ...begins };
    if (this.isReady) this.send(type, fields);
    else this.#waiting.push([type, fields]);
  }

  /**
   * @param {ArrayBuffer} sound what the microphone heard
   */
  speak(sound) {
    if (this.isReady) this.#socket?.send(sound);
  }

  /** Try now what would be tried later. */
  retry() {
    if (this.#over || this.#socket) return;
    clearTimeout(this.#timer);
    this.#until = Math.max(this.#until, performance.now() + 1000 * FIRST_S);
    this.#connect();
  }

  /** The conversation is over. */
  end() {
    this.send("stop");
    this.#stop();
    this.#socket?.close(NORMAL);
  }

  #stop() {
    this.#over = true;
    clearTimeout(this.#timer);
    clearInterval(this.#pinging);
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
    this.#limit(OPENS_S);
  }

  /** @param {number} seconds how long nothing may come */
  #limit(seconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#abandon(), 1000 * seconds);
  }

  /** Nothing comes any more. A connection that is dead is closed late, or never. */
  #abandon() {
    const socket = this.#socket;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(SILENT);
    this.#closed(SILENT);
  }

  #ping() {
    if (!this.isReady) return;
    const now = performance.now();
    if (this.#pingedAt > this.#heardAt && now - this.#pingedAt > 1000 * ANSWERS_S) this.#abandon();
    else if (this.#pingedAt <= this.#heardAt) {
      this.#pingedAt = now;
      this.send("ping");
    }
  }

  #greet() {
    this.#limit(BEGINS_S);
    if (this.#session) {
      this.send("start", { resume: { session: this.#session, sequence: this.#sequence }, key: this.#start.key });
    } else this.send("start", this.#start);
  }

  #receive(data) {
    this.#heardAt = performance.now();
    if (!this.#isReady) this.#limit(BEGINS_S);
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
    if (message.type === "ready") this.#begun(message);
    if (message.type === "error") this.#retryAfter = message.problem.retry_after ?? LATER_S;
    if (message.type === "recording" && message.conversation_id) {
      this.#start = { ...this.#start, conversation_id: message.conversation_id };
    }
    if (message.type === "engine") this.#start = { ...this.#start, engine: message.engine, restore: message.restore };
    this.#handlers.message(message);
  }

  /** @param {any} ready the message */
  #begun({ session, conversation_id, resume_s }) {
    clearTimeout(this.#timer);
    this.#attempt = this.#refusedAt = this.#pingedAt = 0;
    this.#isReady = true;
    this.#session = session;
    this.#start = { ...this.#start, conversation_id: conversation_id || undefined };
    this.#resumeS = resume_s;
    for (const [type, fields] of this.#waiting.splice(0)) this.send(type, fields);
  }

  #closed(code) {
    this.#socket = undefined;
    this.#isReady = false;
    clearTimeout(this.#timer);
    if (this.#over) return;
    if (code === RESTART) this.#session = "";
    if (code === TRY_AGAIN) this.#wait();
    else if (FINAL.has(code) && !(this.#attempt && !this.#session)) this.#finish("closed");
    else this.#again();
  }

  /** A server that is full is asked again when it said, for a while. */
  #wait() {
    const now = performance.now();
    this.#refusedAt ||= now;
    if (now - this.#refusedAt > 1000 * FULL_S) {
      this.#finish("gone");
      return;
    }
    this.#handlers.connection("waiting", this.#retryAfter);
    this.#timer = setTimeout(() => this.#connect(), 1000 * (this.#retryAfter + SPREAD_S * Math.random()));
  }

  /** A connection that broke is tried again, as long as its session waits. */
  #again() {
    const now = performance.now();
    if (this.#attempt === 0) {
      this.#until = now + 1000 * this.#resumeS;
      this.#handlers.connection("lost");
    }
    if (now > this.#until) {
      this.#finish("gone");
      return;
    }
    const wait = RETRIES[Math.min(this.#attempt, RETRIES.length - 1)];
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  /** @param {"gone" | "closed"} what */
  #finish(what) {
    this.#stop();
    this.#handlers.connection(what);
  }
}
