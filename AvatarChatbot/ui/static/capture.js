/** AudioWorklet: what the microphone hears, as s16le in pieces of 20 ms. */

/** Samples of a piece. */
const SIZE = Math.round(sampleRate * 0.02);

class Capture extends AudioWorkletProcessor {
  #piece = new Int16Array(SIZE);
  #filled = 0;

  process([[channel]]) {
    for (const sample of channel ?? []) {
      this.#piece[this.#filled] = 32767 * Math.max(-1, Math.min(1, sample));
      this.#filled += 1;
      if (this.#filled === SIZE) {
        this.port.postMessage(this.#piece.buffer, [this.#piece.buffer]);
        this.#piece = new Int16Array(SIZE);
        this.#filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("capture", Capture);
