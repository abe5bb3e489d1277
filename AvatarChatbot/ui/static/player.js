/** Plays a session's one MP4 without end in a video element. Times are seconds of media. */

/** Media kept behind the playhead, and how much more there may be before it is dropped. */
const KEPT_S = 10;
const SLACK_S = 10;
/** A player that stands with so much media before it has no reason to. */
const ENOUGH_S = 0.22;

/** Between attempts to go on after the browser paused the video by itself, ms. */
const INSISTS_EVERY = 1000;

/** @typedef {import("./live.js").Fragment} Fragment */
/**
 * @typedef {"" | "paused" | "refused"} Halt why the video stands although media comes: it does not; somebody, or the browser, has
 *   paused it; the browser plays no sound before something is pressed
 */

export class Player {
  #video;
  /** @type {TextTrack} */ #captions;
  /** @type {SourceBuffer | undefined} */ #buffer;
  #stoodAt = NaN;
  #halted;
  #isOpen = false;
  /** Whether it was paused on purpose, by a key of the keyboard or of a headset. */
  #isHeld = false;
  #insistedAt = -Infinity;
  /** Whether sound is wanted; and whether the browser lets the video play only without. */
  #isHeard = true;
  #isHushed = false;
  /** What the buffer is to do next. @type {{from: number, run: (buffer: SourceBuffer) => void}[]} */ #jobs = [];

  /**
   * @param {HTMLVideoElement} video
   * @param {(why: Halt) => void} halted told whenever that changes
   */
  constructor(video, halted = () => undefined) {
    this.#video = video;
    this.#halted = halted;
    video.onpause = () => this.#paused();
    video.onplaying = () => this.#halted(this.#isHushed ? "refused" : "");
    document.addEventListener("visibilitychange", () => document.hidden || this.#insist());
    const keys = navigator.mediaSession;
    keys?.setActionHandler("pause", () => this.hold());
    keys?.setActionHandler("play", () => this.resume());
    this.#captions = video.addTextTrack("captions", "What is said", "en");
    this.#captions.mode = "showing";
  }

  get position() {
    return this.#video.currentTime;
  }

  /** Whether media has come, and is shown. */
  get isPlaying() {
    return this.#isOpen && !this.#video.paused && this.#video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
  }

  /** Whether it waits for somebody to press something. */
  get isHalted() {
    return this.#isOpen && (this.#video.paused || this.#isHushed);
  }

  /** @param {boolean} isOn */
  showCaptions(isOn) {
    this.#captions.mode = isOn ? "showing" : "hidden";
  }

  /**
   * @param {boolean} isOn
   * @param {number} volume 0 … 1
   */
  hear(isOn, volume) {
    this.#isHeard = isOn;
    this.#video.volume = volume;
    this.#video.muted = !isOn || this.#isHushed;
  }

  /** Stand until somebody goes on, or the next answer begins. */
  hold() {
    this.#isHeld = true;
    this.#video.pause();
  }

  /** Something was pressed: go on, with sound. */
  resume() {
    this.#isHeld = this.#isHushed = false;
    this.#video.muted = !this.#isHeard;
    this.#play();
  }

  /** An answer begins: whoever has asked wants to hear it. */
  wake() {
    this.#isHeld = false;
    this.#insist();
  }

  async #play() {
    if (!this.#isOpen) return;
    try {
      await this.#video.play();
      this.#halted(this.#isHushed ? "refused" : "");
    } catch (error) {
      if (!this.#isOpen || !(error instanceof DOMException) || error.name !== "NotAllowedError") return;
      if (this.#video.muted) this.#halted("refused");
      else {
        // Without sound it may be shown; the rest takes a press.
        this.#isHushed = this.#video.muted = true;
        await this.#play();
      }
    }
  }

  #paused() {
    if (!this.#isOpen || this.#video.error) return;
    this.#halted("paused");
    this.#insist();
  }

  /** Go on where the browser has paused the video by itself: a tab that was hidden, a headset that was unplugged. */
  #insist() {
    const now = performance.now();
    if (!this.#isOpen || !this.#video.paused || this.#isHeld || now - this.#insistedAt < INSISTS_EVERY) return;
    this.#insistedAt = now;
    this.#play();
  }

  /**
   * Begin a session's video. Raises what there is to be raised where the browser cannot play it.
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
    this.#isOpen = true;
    this.#isHeld = false;
    this.#play();
  }

  close() {
    this.#isOpen = this.#isHushed = false;
    this.#halted("");
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
    this.#insist();
    this.#jobs.push({ from: kind === "init" ? Infinity : pts, run: (buffer) => buffer.appendBuffer(data) });
    this.#next();
  }

  /**
   * Be silent at once, drop what is before `resumeS`, and go on there.
   * @param {number} resumeS
   */
  interrupt(resumeS) {
    this.#jobs = this.#jobs.filter(({ from }) => from >= resumeS - 1e-3);
    if (resumeS > 0) this.#jobs.unshift({ from: Infinity, run: (buffer) => buffer.remove(0, resumeS) });
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
