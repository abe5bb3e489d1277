"""Speech synthesis: CPU for a second of speech, memory of a worker, latency of a clause, word onsets. ``scripts/bench synthesis``

CPU seconds of the worker processes, so that a busy machine does not count; latencies are wall time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import anyio
import numpy as np

from benchmarks.machine import machine
from comps.cores.workers.pool import WorkerPool
from comps.media.audio import decode_audio, wav_bytes
from comps.models.folder import model_folder
from comps.tts.engines.espeak_manner import Manner
from comps.tts.engines.espeak_worker import EspeakWorker
from comps.tts.engines.hibari_voices import DEFAULT, VOICES
from comps.tts.engines.hibari_worker import HibariWorker
from tests.tts.test_timeline_alignment import MORE, SENTENCES, aligned, onset_errors

_CLAUSE = "Good morning everyone, we will go along the river now."
_CALLS = 20


def voices(name: str, speak: Callable[[str, Any], Any], wanted: dict[str, Any]) -> None:
    """CPU for a second of speech, and the words' onsets against where pocketsphinx hears them."""
    for voice, settings in wanted.items():
        errors: list[float] = []
        cpu = seconds = 0.0
        speak(_CLAUSE, settings)
        for sentence in SENTENCES + MORE:
            started = time.process_time()
            spoken = speak(sentence, settings)
            cpu += time.process_time() - started
            sound = decode_audio(wav_bytes(np.frombuffer(spoken.pcm, "<i2"), spoken.rate), rate=16_000)
            seconds += sound.duration_s
            errors += onset_errors(spoken.words, aligned(sound.samples, sentence.split()))
        away = np.abs(errors) * 1e3
        print(
            f"{name} {voice}: {cpu / seconds * 1e3:.1f} ms CPU a second; onsets of {len(errors)} words: "
            f"bias {np.median(errors) * 1e3:+.0f} ms, median {np.median(away):.0f} ms, p90 {np.percentile(away, 90):.0f} ms"
        )


async def worker(name: str, target: str, kwargs: dict[str, Any], arguments: tuple[Any, ...]) -> None:
    """Latency of a clause through a warm worker, and the worker's memory before and after."""
    pool = WorkerPool(target, kwargs, node="tts")
    started = time.perf_counter()
    await pool.start()
    loaded = time.perf_counter() - started
    before = _pss_mb(pool.pids[0])
    if arguments:
        await pool.call("speak", "Hello.", *arguments)
        times = []
        for _ in range(_CALLS):
            started = time.perf_counter()
            await pool.call("speak", _CLAUSE, *arguments)
            times.append((time.perf_counter() - started) * 1e3)
        print(
            f"{name}: starts in {loaded:.2f} s; a clause of three seconds in {median(times):.0f} ms (best {min(times):.0f}, "
            f"worst {max(times):.0f}); PSS {before:.0f} MB, after {_CALLS} clauses {_pss_mb(pool.pids[0]):.0f} MB"
        )
    else:
        print(f"{name}: PSS {before:.0f} MB")
    await pool.stop()


def _pss_mb(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024


def main() -> None:
    print(machine())
    espeak = EspeakWorker()
    voices("espeak", lambda text, voice: espeak.speak(text, voice, Manner()), {"en-us+m3": "en-us+m3"})
    anyio.run(worker, "a bare worker with onnxruntime", "onnxruntime:SessionOptions", {}, ())
    folder = model_folder("hibari")
    if folder is None:
        print("hibari: skipped, it has not been prepared")
        return
    hibari = HibariWorker(str(folder))
    voices("hibari", hibari.speak, dict(VOICES))
    target = "comps.tts.engines.hibari_worker:HibariWorker"
    anyio.run(worker, f"hibari {DEFAULT}", target, {"folder": str(folder)}, (VOICES[DEFAULT],))


if __name__ == "__main__":
    main()
