/** The microphone, as pieces of mono PCM. */

/** What recognisers work at; a browser that cannot resample gives its own rate. */
const RATE = 16000;

export class Microphone {
  #stream;
  #context;

  /** Use `Microphone.open`. */
  constructor(stream, context) {
    this.#stream = stream;
    this.#context = context;
  }

  /**
   * Asks for the microphone. Raises what getUserMedia does where there is none, or it is not allowed.
   * @param {(sound: ArrayBuffer) => void} heard
   */
  static async open(heard) {
    const wanted = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: wanted });
    const [context, source] = connected(stream);
    await context.audioWorklet.addModule(new URL("capture.js", import.meta.url));
    const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }) => heard(data);
    source.connect(capture);
    await context.resume();
    return new Microphone(stream, context);
  }

  get rate() {
    return this.#context.sampleRate;
  }

  /** A muted microphone hears silence: the server's ear goes on. */
  set muted(muted) {
    for (const track of this.#stream.getTracks()) track.enabled = !muted;
  }

  close() {
    for (const track of this.#stream.getTracks()) track.stop();
    this.#context.close();
  }
}

/**
 * @param {MediaStream} stream
 * @returns {[AudioContext, MediaStreamAudioSourceNode]}
 */
function connected(stream) {
  const context = new AudioContext({ sampleRate: RATE });
  try {
    return [context, context.createMediaStreamSource(stream)];
  } catch {
    // Firefox connects no microphone to a context of another rate.
    context.close();
    const own = new AudioContext();
    return [own, own.createMediaStreamSource(stream)];
  }
}

/**
 * Loudness of a piece of sound, 0 … 1.
 * @param {ArrayBuffer} sound s16le
 */
export function loudness(sound) {
  let sum = 0;
  const samples = new Int16Array(sound);
  for (const sample of samples) sum += sample * sample;
  return Math.min(1, Math.sqrt(sum / samples.length) / 8000);
}
