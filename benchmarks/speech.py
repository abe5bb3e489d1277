"""Speech figures: word errors, time lines against forced alignment, real-time factors, pitches.

CPU seconds, so that a busy machine does not count. Hearing: ``benchmarks.hearing``.
"""

from __future__ import annotations

import time

import numpy as np

from benchmarks import hearing
from benchmarks.machine import machine
from benchmarks.pitch import median_pitch
from comps.media.audio import decode_audio, wav_bytes
from comps.tts.engines.espeak_manner import Manner
from comps.tts.engines.espeak_voices import VARIANTS
from comps.tts.engines.espeak_worker import EspeakWorker
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
        measured = (
            None if variant.kind == "whisper" else median_pitch(np.frombuffer(spoken.pcm, "<i2") / np.float32(32768), spoken.rate)
        )
        print(f"tts  {variant.name:12s} {f'{measured:5.0f} Hz' if measured else 'unvoiced'}")


def main() -> None:
    print(machine())
    speaker = EspeakWorker()
    synthesis(speaker)
    hearing.main()
    pitches(speaker)


if __name__ == "__main__":
    main()
