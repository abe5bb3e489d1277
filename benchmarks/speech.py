"""Speech figures: word errors, time lines against forced alignment, real-time factors, pitches.

CPU seconds, so that a busy machine does not count. Hearing: ``benchmarks.hearing``.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks import hearing
from benchmarks.machine import machine
from comps.media.audio import decode_audio, wav_bytes
from comps.tts.engines.espeak_manner import Manner
from comps.tts.engines.espeak_voices import VARIANTS
from comps.tts.engines.espeak_worker import EspeakWorker, Spoken
from tests.tts.test_timeline_alignment import SENTENCES, aligned, onset_errors

_GREETING = "Good morning everyone, we will go along the river now."


def synthesis(worker: EspeakWorker) -> None:
    """Real-time factor of espeak, and its words' onsets against where pocketsphinx hears them."""
    errors: list[float] = []
    seconds = cpu = 0.0
    for sentence in SENTENCES:
        started = time.process_time()
        spoken = worker.speak(sentence, "en-US+m3", Manner())
        cpu += time.process_time() - started
        sound = decode_audio(wav_bytes(np.frombuffer(spoken.pcm, "<i2"), spoken.rate))
        seconds += sound.duration_s
        errors += onset_errors(spoken.words, aligned(sound.samples, sentence.split()))
    away = np.abs(errors)
    print(f"tts  espeak: RTF {cpu / seconds:.4f}")
    print(
        f"tts  onsets of {len(errors)} words: bias {np.median(errors) * 1e3:+.0f} ms, "
        f"median {np.median(away) * 1e3:.0f} ms, p90 {np.percentile(away, 90) * 1e3:.0f} ms"
    )


def pitches(worker: EspeakWorker) -> None:
    """Median fundamental frequency of each speaker of the catalogue."""
    for variant in VARIANTS.values():
        spoken = worker.speak(_GREETING, f"en-US+{variant.file}", Manner(pitch=variant.pitch))
        measured = None if variant.kind == "whisper" else _pitch_hz(spoken)
        print(f"tts  {variant.name:12s} {f'{measured:5.0f} Hz' if measured else 'unvoiced'}")


def _pitch_hz(spoken: Spoken) -> float | None:
    """By autocorrelation of 80 ms windows, 55 to 450 Hz; None when hardly any window is voiced."""
    sound = np.frombuffer(spoken.pcm, "<i2").astype(float)
    size = int(0.08 * spoken.rate)
    shortest, longest = spoken.rate // 450, spoken.rate // 55
    found: list[float] = []
    for start in range(0, len(sound) - size, size // 2):
        window = sound[start : start + size] * np.hanning(size)
        power = np.abs(np.fft.rfft(window, 4 * size)) ** 2
        correlation = np.fft.irfft(power)[:longest] / max(power.sum() / (2 * size), 1e-9)
        correlation = correlation / max(correlation[0], 1e-9) / (1 - np.arange(longest) / size)
        lags = correlation[shortest:]
        if np.sqrt(np.mean(window**2)) > 500 and lags.max() > 0.5:
            # The first peak nearly as high as the highest: multiples of the period are as high.
            found.append(spoken.rate / (shortest + _first_peak(lags)))
    return float(np.median(found)) if len(found) > 10 else None


def _first_peak(lags: np.ndarray) -> int:
    peaks = [i for i in range(1, len(lags) - 1) if lags[i - 1] <= lags[i] >= lags[i + 1] and lags[i] > 0.9 * lags.max()]
    return peaks[0] if peaks else int(lags.argmax())


def main() -> None:
    print(machine())
    speaker = EspeakWorker()
    synthesis(speaker)
    hearing.main()
    pitches(speaker)


if __name__ == "__main__":
    main()
