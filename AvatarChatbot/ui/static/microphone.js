/** The microphone, as pieces of mono PCM. */

/** What recognisers work at; a browser that cannot resample gives its own rate. */
export const RATE = 16000;

/**
 * @typedef {{heard: (sound: ArrayBuffer) => void, lost: () => void}} Listener
 *   `lost`: it was unplugged, or taken away, while it was used.
 */

export class Microphone {
  #stream;
  #context;

  /** Use `Microphone.open`. */
  constructor(stream, context) {
    this.#stream = stream;
    this.#context = context;
  }

  /**
   * Asks for the microphone. Raises what getUserMedia does where there is none, or it is not allowed: `trouble` has words for it.
   * @param {Listener} listener
   * @param {string} device the one that is wanted, if it is there; empty: the system's
   */
  static async open({ heard, lost }, device = "") {
    const wanted = { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    const chosen = device ? { ...wanted, deviceId: { ideal: device } } : wanted;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: chosen });
    const [context, source] = connected(stream);
    try {
      await context.audioWorklet.addModule(new URL("capture.js", import.meta.url));
    } catch {
      release(stream, context);
      throw new Error("the page's own part of it could not be loaded");
    }
    const capture = new AudioWorkletNode(context, "capture", { numberOfOutputs: 0 });
    capture.port.onmessage = ({ data }) => heard(data);
    source.connect(capture);
    // Where nothing was pressed yet, a browser lets a context wait until something is.
    context.resume().catch(() => undefined);
    for (const track of stream.getAudioTracks()) track.onended = lost;
    return new Microphone(stream, context);
  }

  get rate() {
    return this.#context.sampleRate;
  }

  /** The id of the device that is heard, where the browser tells it. */
  get device() {
    return this.#stream.getAudioTracks()[0]?.getSettings().deviceId ?? "";
  }

  /** A muted microphone hears silence: the server's ear goes on. */
  set muted(muted) {
    for (const track of this.#stream.getTracks()) track.enabled = !muted;
  }

  close() {
    for (const track of this.#stream.getAudioTracks()) track.onended = null;
    release(this.#stream, this.#context);
  }
}

/**
 * @param {MediaStream} stream
 * @param {AudioContext} context
 */
function release(stream, context) {
  for (const track of stream.getTracks()) track.stop();
  context.close();
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

/** Whether this page could be given a microphone at all: not on an address that is not secure. */
export function isPossible() {
  return isSecureContext && navigator.mediaDevices !== undefined;
}

/**
 * Why there is no microphone, and what to do about it.
 * @param {unknown} error of `Microphone.open`
 */
export function trouble(error) {
  const name = error instanceof Error ? error.name : "";
  if (!isPossible()) {
    return "This address is not secure, so your browser gives it no microphone. Open the page with https://, or as http://localhost on the computer that it runs on. You can type.";
  }
  if (name === "NotAllowedError" || name === "SecurityError") {
    return "The microphone was refused. Allow it for this page in your browser, beside the address, then press the microphone. You can type meanwhile.";
  }
  if (name === "NotFoundError" || name === "OverconstrainedError") {
    return "There is no microphone. Plug one in, then press the microphone. You can type meanwhile.";
  }
  if (name === "NotReadableError" || name === "AbortError") {
    return "The microphone does not start: another program may have it. Close that, then press the microphone. You can type meanwhile.";
  }
  return "The microphone does not start. Press it to try again. You can type meanwhile.";
}

/** The microphones that there are; without names until the page was given one. */
export async function microphones() {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId);
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
