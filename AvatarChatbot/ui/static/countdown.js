/** Seconds that one has to wait, counted down where they are seen. */

export class Countdown {
  /** @type {number | undefined} */ #timer;

  /**
   * @param {number} seconds
   * @param {(left: number) => void} show called at once, then each second, at last with 0
   */
  start(seconds, show) {
    this.stop();
    // By the clock: timers of a tab in the background are late.
    const end = performance.now() + 1000 * seconds;
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1000 - 0.01));
      if (left === 0) this.stop();
      show(left);
    };
    this.#timer = setInterval(tick, 1000);
    tick();
  }

  stop() {
    clearInterval(this.#timer);
  }
}
