/** Plays a session's one MP4 without end in a video element. Times are seconds of media. */

/** Media kept behind the playhead, and how much more there may be before it is dropped. */
const KEPT_S = 10;
const SLACK_S = 10;
/** A player that stands with so much media before it has no reason to. */
const ENOUGH_S = 0.22;

/** @typedef {import("./live.js").Fragment} Fragment */

export class Player {
  #video;
  /** @type {TextTrack} */ #captions;
  /** @type {SourceBuffer | undefined} */ #buffer;
  #stoodAt = NaN;
  /** What the buffer is to do next. @type {{from: number, run: (buffer: SourceBuffer) => void}[]} */ #jobs = [];

  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.#video = video;
    this.#captions = video.addTextTrack("captions", "What is said", "en");
    this.#captions.mode = "showing";
  }

  get position() {
    return this.#video.currentTime;
  }

  /**
   * Begin a session's video.
   * @param {string} contentType
   */
  open(contentType) {
    this.close();
    // Safari on telephones has only the managed one, and plays it only where the video is not sent to another screen.
    const Source = globalThis.ManagedMediaSource ?? MediaSource;
    this.#video.disableRemotePlayback = true;
    const source = new Source();
    const url = URL.createObjectURL(source);
    source.addEventListener(
      "sourceopen",
      () => {
        URL.revokeObjectURL(url);
        const buffer = source.addSourceBuffer(contentType);
        buffer.addEventListener("updateend", () => this.#next());
        this.#buffer = buffer;
        this.#next();
      },
      { once: true },
    );
    this.#video.src = url;
    this.#video.play().catch(() => undefined); // close() ends the wait
  }

  close() {
    this.#jobs = [];
    this.#buffer = undefined;
    this.#video.removeAttribute("src");
    this.#video.load();
    this.#dropCaptions(0);
  }

  /**
   * To be called a few times a second. A browser that ran dry waits for more than it did at first, and for more each time: more
   * than the server sends ahead. A seek makes it begin anew.
   */
  tick() {
    const { currentTime, buffered, paused, seeking } = this.#video;
    const stands = currentTime === this.#stoodAt && !paused && !seeking;
    this.#stoodAt = currentTime;
    if (stands && buffered.length && buffered.end(buffered.length - 1) - currentTime > ENOUGH_S) {
      this.#video.currentTime = currentTime;
      this.#stoodAt = NaN;
    }
  }

  /** @param {Fragment} fragment */
  append({ kind, pts, data }) {
    this.#jobs.push({ from: kind === "init" ? Infinity : pts, run: (buffer) => buffer.appendBuffer(data) });
    this.#next();
  }

  /**
   * Be silent at once, drop what is before `resumeS`, and go on there.
   * @param {number} resumeS
   */
  interrupt(resumeS) {
    this.#jobs = this.#jobs.filter(({ from }) => from >= resumeS - 1e-3);
    this.#jobs.unshift({ from: Infinity, run: (buffer) => buffer.remove(0, resumeS) });
    this.#video.currentTime = resumeS;
    this.#dropCaptions(resumeS);
    this.#next();
  }

  /**
   * @param {number} startS
   * @param {number} endS
   * @param {string} text
   */
  caption(startS, endS, text) {
    const cue = new VTTCue(startS, endS, text);
    cue.line = -2;
    this.#captions.addCue(cue);
  }

  #dropCaptions(position) {
    for (const cue of [...(this.#captions.cues ?? [])]) {
      if (cue.endTime > position) this.#captions.removeCue(cue);
    }
  }

  #next() {
    const buffer = this.#buffer;
    if (buffer === undefined || buffer.updating) return;
    this.#follow(buffer.buffered);
    const job = this.#jobs.shift();
    if (job !== undefined) job.run(buffer);
    else if (buffer.buffered.length && buffer.buffered.start(0) < this.position - KEPT_S - SLACK_S) {
      buffer.remove(0, this.position - KEPT_S);
    }
  }

  /**
   * Where the playhead is in a gap, it goes on behind it.
   * @param {TimeRanges} ranges
   */
  #follow(ranges) {
    const position = this.position;
    for (let k = 0; k < ranges.length; k += 1) {
      if (position < ranges.start(k)) {
        this.#video.currentTime = ranges.start(k);
        return;
      }
      if (position <= ranges.end(k)) return;
    }
  }
}
