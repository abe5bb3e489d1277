"""How well the asr engines hear. ``scripts/bench speech`` runs it too; ``python -m benchmarks.hearing`` runs it alone.

Words wrong, with an interval that holds 95 % of 2000 samples of as many clips (bootstrap): recordings of people (Debian's
pocketsphinx-testdata; and asterisk-core-sounds-en with -en-g722, where they are installed), hibari's voice clean and in pink
noise, flite's four voices. Words invented: fifty clips without English, and Asterisk's prompts in other languages. Then CPU,
memory, and how long the text takes after the last sample.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks import no_english
from benchmarks.machine import machine
from benchmarks.word_errors import spoken, word_errors
from comps.asr.engines.moonshine_worker import MoonshineWorker
from comps.asr.engines.pocketsphinx_worker import PocketsphinxWorker
from comps.cores.errors import BadInput
from comps.media.audio import decode_audio, resample, wav_bytes
from comps.models.folder import model_folder
from tests.asr.flite import QUESTIONS, VOICES, say

RATE = 16_000
#: Where Debian's packages put their recordings; another root, where they were only unpacked.
_ROOT = Path(os.environ.get("RECORDINGS_ROOT", "/"))
_TESTDATA = _ROOT / "usr/share/pocketsphinx/test/data"
_PROMPTS = _ROOT / "usr/share/asterisk/sounds"
_PROMPT_TEXTS = _ROOT / "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
_OTHER_PROMPTS = ("es_MX_f_Allison", "fr_CA_f_June", "it_IT_f_Menardi", "it_IT_m_Carlo", "ru_RU_f_IvrvoiceRU")
_SAMPLES = 2000
#: Prompts of so many seconds are sentences; shorter ones are digits and letters, many of them the same in two languages.
_SENTENCE_S = 2.0

Samples = NDArray[np.int16]


class Clip(NamedTuple):
    said: str
    samples: Samples


class Worker(Protocol):
    def transcribe(self, media: bytes) -> tuple[object, ...]: ...
    def begin(self) -> None: ...
    def feed(self, pcm: bytes) -> str: ...
    def result(self) -> tuple[str, float]: ...


def people() -> Iterator[Clip]:
    """pocketsphinx-testdata: an audiobook read aloud, playing cards, digits."""
    for transcript in ("librivox/transcription", "cards/cards.transcription"):
        path = _TESTDATA / transcript
        for line in path.read_text().splitlines() if path.is_file() else []:
            if match := re.fullmatch(r"<s> (.*?)\s*</s>\s+\((.+)\)", line.strip()):
                yield Clip(match[1], decode_audio((path.parent / f"{match[2]}.wav").read_bytes()).samples)
    for name, said in (("goforward", "go forward ten meters"), ("tidigits/dhd.2934z", "two nine three four zero")):
        if (path := _TESTDATA / f"{name}.raw").is_file():
            yield Clip(said, np.frombuffer(path.read_bytes(), "<i2"))


def prompts() -> Iterator[Clip]:
    """Asterisk's English sentences, read by one person."""
    if not _PROMPT_TEXTS.is_file():
        return
    for line in gzip.decompress(_PROMPT_TEXTS.read_bytes()).decode().splitlines():
        name, _, said = line.partition(":")
        path = _PROMPTS / "en_US_f_Allison" / f"{name}.g722"
        if said and not re.search(r"[\[(;]", line) and path.is_file():
            clip = Clip(said, _decoded(path))
            if len(clip.samples) >= _SENTENCE_S * RATE:
                yield clip


def other_prompts() -> Iterator[tuple[str, Samples]]:
    """Every tenth of Asterisk's sentences in Spanish, French, Italian and Russian."""
    for voice in _OTHER_PROMPTS:
        sounds = (decode_audio(path.read_bytes()).samples for path in sorted((_PROMPTS / voice).glob("*.wav"))[::10])
        yield from ((voice, samples) for samples in sounds if len(samples) >= _SENTENCE_S * RATE)


def neural() -> Iterator[Clip]:
    """Thirty questions by hibari's default voice."""
    from comps.tts.engines.hibari_voices import VOICES as FAMILY
    from comps.tts.engines.hibari_worker import HibariWorker

    if (folder := model_folder("hibari")) is None:
        return
    worker = HibariWorker(str(folder))
    for question in QUESTIONS:
        made = worker.speak(f"{question.capitalize()}?", FAMILY["heart"], seed=1)
        yield Clip(question, resample(np.frombuffer(made.pcm, "<i2"), made.rate, RATE))


def in_noise(clips: Iterable[Clip], snr_db: float) -> Iterator[Clip]:
    rng = np.random.default_rng(1)
    for clip in clips:
        yield Clip(clip.said, no_english.noisy(clip.samples, snr_db, rng))


def flite() -> Iterator[Clip]:
    """Thirty questions by four voices."""
    with tempfile.TemporaryDirectory() as folder:
        for number, question in enumerate(QUESTIONS if shutil.which("flite") else ()):
            yield Clip(question, decode_audio(say(question, VOICES[number % len(VOICES)], Path(folder))).samples)


def words_wrong(name: str, worker: Worker, what: str, clips: Iterable[Clip]) -> None:
    counts: list[tuple[int, int]] = []
    seconds = cpu = 0.0
    for clip in clips:
        started = time.process_time()
        heard = _heard(worker, clip.samples)
        cpu += time.process_time() - started
        seconds += len(clip.samples) / RATE
        counts.append((word_errors(clip.said, heard or ""), len(spoken(clip.said))))
    if not counts:
        print(f"asr  {name}, {what}: no such recordings here")
        return
    errors, words = np.array(counts).T
    picked = np.random.default_rng(0).integers(0, len(counts), (_SAMPLES, len(counts)))
    low, high = np.percentile(errors[picked].sum(axis=1) / words[picked].sum(axis=1), [2.5, 97.5])
    print(
        f"asr  {name}, {what}: {errors.sum()} of {words.sum()} words wrong, {errors.sum() / words.sum():.1%} "
        f"({low:.1%} to {high:.1%}), {len(counts)} clips, {cpu / seconds * 1e3:.0f} ms of CPU a second of sound"
    )


def words_invented(name: str, worker: Worker, what: str, clips: Iterable[tuple[str, Samples]]) -> None:
    heard = [(clip, _heard(worker, samples)) for clip, samples in clips]
    invented = [(clip, text) for clip, text in heard if text]
    print(f"asr  {name}, {what}: words invented in {len(invented)} of {len(heard)} clips {invented or ''}")


def latency(name: str, worker: Worker, clips: Iterable[Clip]) -> None:
    """Milliseconds from the last sample to the text, of clips fed as they are spoken, and CPU before it."""
    after: list[float] = []
    seconds = cpu = 0.0
    for clip in clips:
        pcm = clip.samples.astype("<i2").tobytes()
        worker.begin()
        started = time.process_time()
        for at in range(0, len(pcm), 1280):
            worker.feed(pcm[at : at + 1280])
        told = time.process_time()
        try:
            worker.result()
        except BadInput:
            continue
        after.append(time.process_time() - told)
        cpu += time.process_time() - started
        seconds += len(clip.samples) / RATE
    if after:
        print(
            f"asr  {name}, live: text {np.median(after) * 1e3:.0f} ms (most: {max(after) * 1e3:.0f} ms) of CPU after the last "
            f"sample of {seconds / len(after):.1f} s, {cpu / seconds * 1e3:.0f} ms of CPU a second of sound"
        )


def _heard(worker: Worker, samples: Samples) -> str | None:
    try:
        return str(worker.transcribe(wav_bytes(samples, RATE))[0])
    except BadInput:
        return None


def _decoded(path: Path) -> Samples:
    command = ["ffmpeg", "-v", "error", "-f", "g722", "-i", str(path), "-ar", str(RATE), "-f", "s16le", "-"]
    return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<i2")


def _pss_mb() -> float:
    kilobytes = re.search(r"^Pss:\s+(\d+)", Path("/proc/self/smaps_rollup").read_text(), re.MULTILINE)
    return int(kilobytes[1]) / 1024 if kilobytes else 0.0


def main() -> None:
    before = _pss_mb()
    folder = model_folder("moonshine-tiny-en")
    if folder is None:
        print("asr  moonshine skipped: the model has not been prepared")
    else:
        moonshine = MoonshineWorker(str(folder), 120.0)
        print(f"asr  moonshine: {_pss_mb() - before:.0f} MB for its model, in a process of {_pss_mb():.0f} MB PSS")
        _all("moonshine", moonshine)
    pocketsphinx = PocketsphinxWorker(120.0)
    words_wrong("pocketsphinx", pocketsphinx, "people", people())
    words_wrong("pocketsphinx", pocketsphinx, "flite", flite())


def _all(name: str, worker: Worker) -> None:
    clean = list(neural())
    words_wrong(name, worker, "people", people())
    words_wrong(name, worker, "people, Asterisk's prompts", prompts())
    words_wrong(name, worker, "hibari, clean", clean)
    for snr_db in (10, 5):
        words_wrong(name, worker, f"hibari, pink noise at {snr_db} dB", in_noise(clean, snr_db))
    words_wrong(name, worker, "flite", flite())
    words_invented(name, worker, "sounds", no_english.sounds())
    words_invented(name, worker, "other languages by espeak", no_english.languages())
    words_invented(name, worker, "other languages by people", other_prompts())
    latency(name, worker, [clip for clip in prompts() if 4.5 <= len(clip.samples) / RATE <= 5.5] or clean)


if __name__ == "__main__":
    print(machine())
    main()
