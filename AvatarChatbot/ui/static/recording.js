/**
 * Answers of a live session as files: the server keeps no videos of those, so the page keeps what it has played.
 *
 * A session is one fragmented MP4 (ISO/IEC 14496-12); an answer is its initialisation segment and the answer's own fragments, whose
 * times are made to begin at 0: players show a file from its first picture on.
 */

/** Most that is kept, bytes; the oldest answers go first. */
const MOST = 96 * 2 ** 20;
/** How much of the idle face comes first, seconds at least: decoders drop the first sound, and need what was before the next. */
const LEAD_S = 0.1;

/** @typedef {import("./live.js").Fragment} Fragment */

/** One answer; empty once it had to make room for others. */
export class Recording {
  /** @type {Fragment | undefined} */ #init;
  /** @type {Fragment[]} */ #fragments = [];
  bytes = 0;
  /** No more of it comes. */
  isOver = false;

  /** @param {Fragment | undefined} init */
  constructor(init) {
    this.#init = init;
  }

  /** @param {Fragment} fragment */
  add(fragment) {
    this.#fragments.push(fragment);
    this.bytes += fragment.data.length;
  }

  /**
   * Keep only what begins before a time.
   * @param {number} endS
   */
  cut(endS) {
    this.#fragments = this.#fragments.filter(({ pts }) => pts < endS - 1e-3);
    this.bytes = this.#fragments.reduce((sum, { data }) => sum + data.length, 0);
  }

  /** The answer as an MP4. Raises Error where it is no longer kept. */
  async video() {
    const init = this.#init;
    if (!init || !this.bytes) throw new Error("This answer is no longer kept.");
    const from = this.#fragments[0].pts;
    const units = timescales(init.data);
    return new Blob([init.data, ...this.#fragments.map(({ data }) => earlier(data, from, units))], { type: "video/mp4" });
  }
}

/** The answers of the session, by turn. Those of earlier sessions are kept too, by whoever was told of them. */
export class Recordings {
  #over;
  /** @type {Fragment | undefined} */ #init;
  /** @type {Map<number, Recording>} */ #turns = new Map();
  /** Of all sessions, the oldest first. @type {Recording[]} */ #all = [];
  /** The last of the idle face, which comes before an answer. @type {Fragment[]} */ #lead = [];
  /** The turn that is being shown; 0: none. */
  #turn = 0;

  /** @param {(turn: number, recording: Recording) => void} over called when an answer was received to its end */
  constructor(over) {
    this.#over = over;
  }

  /** Another session begins, with turns of its own. */
  restart() {
    this.end();
    this.#init = undefined;
    this.#lead = [];
    this.#turns.clear();
  }

  /** @param {Fragment} fragment of the idle face too, which is turn 0 */
  add(fragment) {
    if (fragment.kind === "init") {
      this.#init = fragment;
      return;
    }
    if (fragment.turn !== this.#turn) this.end();
    this.#turn = fragment.turn;
    if (!fragment.turn) {
      this.#lead.push(fragment);
      while (this.#lead.length > 1 && this.#lead[1].pts <= fragment.pts + fragment.duration - LEAD_S) this.#lead.shift();
      return;
    }
    let recording = this.#turns.get(fragment.turn);
    if (recording === undefined) {
      recording = new Recording(this.#init);
      this.#turns.set(fragment.turn, recording);
      this.#all.push(recording);
      for (const before of this.#lead) recording.add(before);
    }
    this.#lead = [];
    recording.add(fragment);
    this.#makeRoom();
  }

  /**
   * An answer was interrupted: what would have come after `endS` is not shown.
   * @param {number} turn
   * @param {number} endS
   */
  cut(turn, endS) {
    this.#turns.get(turn)?.cut(endS);
    if (turn === this.#turn) this.end();
  }

  /** What is being shown has ended. */
  end() {
    const [turn, recording] = [this.#turn, this.#turns.get(this.#turn)];
    this.#turn = 0;
    if (recording === undefined || recording.isOver || !recording.bytes) return;
    recording.isOver = true;
    this.#over(turn, recording);
  }

  /**
   * An answer that was received to its end.
   * @param {number} turn
   */
  of(turn) {
    const recording = this.#turns.get(turn);
    return recording?.isOver ? recording : undefined;
  }

  #makeRoom() {
    let bytes = this.#all.reduce((sum, recording) => sum + recording.bytes, 0);
    while (bytes > MOST && this.#all.length > 1) {
      const oldest = this.#all.shift();
      bytes -= oldest?.bytes ?? 0;
      oldest?.cut(-Infinity);
    }
  }
}

/**
 * The boxes of a kind in a stretch of a file.
 * @param {DataView} view
 * @param {string} kind
 * @param {number} from
 * @param {number} to
 * @returns {{from: number, to: number}[]} where their contents are
 */
function boxes(view, kind, from = 0, to = view.byteLength) {
  const found = [];
  for (let at = from; at + 8 <= to;) {
    const size = view.getUint32(at);
    const name = String.fromCharCode(...[4, 5, 6, 7].map((byte) => view.getUint8(at + byte)));
    if (size < 8 || at + size > to) break;
    if (name === kind) found.push({ from: at + 8, to: at + size });
    at += size;
  }
  return found;
}

/** @param {Uint8Array} data */
function viewed(data) {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Units of a second, by track.
 * @param {Uint8Array} init
 * @returns {Map<number, number>}
 */
function timescales(init) {
  const view = viewed(init);
  const units = new Map();
  for (const moov of boxes(view, "moov")) {
    for (const trak of boxes(view, "trak", moov.from, moov.to)) {
      const [tkhd] = boxes(view, "tkhd", trak.from, trak.to);
      const [mdia] = boxes(view, "mdia", trak.from, trak.to);
      const [mdhd] = boxes(view, "mdhd", mdia.from, mdia.to);
      // Both boxes are of version 0: two times of 32 bits come before.
      units.set(view.getUint32(tkhd.from + 12), view.getUint32(mdhd.from + 12));
    }
  }
  return units;
}

/**
 * A copy of a fragment that plays `byS` seconds earlier. Sound that would begin before 0 begins there.
 * @param {Uint8Array} data
 * @param {number} byS
 * @param {Map<number, number>} units
 */
function earlier(data, byS, units) {
  const moved = data.slice();
  const view = viewed(moved);
  for (const moof of boxes(view, "moof")) {
    for (const traf of boxes(view, "traf", moof.from, moof.to)) {
      const [tfhd] = boxes(view, "tfhd", traf.from, traf.to);
      const [tfdt] = boxes(view, "tfdt", traf.from, traf.to);
      const by = BigInt(Math.round(byS * (units.get(view.getUint32(tfhd.from + 4)) ?? 0)));
      // Of version 1: 64 bits, after the version and the flags.
      const time = view.getBigUint64(tfdt.from + 4);
      view.setBigUint64(tfdt.from + 4, time > by ? time - by : 0n);
    }
  }
  return moved;
}
