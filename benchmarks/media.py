"""What the media layer costs: decoding, muxing, splitting, in milliseconds of CPU. ``scripts/bench media``."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from benchmarks.machine import machine
from comps.cores.proto.avatar import Chunk, VideoProfile
from comps.cores.text.clauses import ClauseSplitter
from comps.media.audio import decode_audio, encode_audio
from comps.media.image import decode_image, encode_jpeg
from comps.media.mux import AnswerMuxer
from comps.media.video import sample_clip
from tests.media.make import chunk, clip, picture

_RATE, _SECONDS = 22_050, 10


def _cpu_ms(work: Callable[[], object], repeats: int = 5) -> float:
    """Of the best of ``repeats`` runs."""
    times = []
    for _ in range(repeats):
        before = time.process_time()
        work()
        times.append(time.process_time() - before)
    return 1000 * min(times)


def _mux(profile: VideoProfile, pcm: bytes, chunks: list[Chunk]) -> None:
    muxer = AnswerMuxer(profile, _RATE)
    muxer.add_speech(pcm)
    for piece in chunks:
        muxer.add_chunk(piece)
    muxer.finish()


def main() -> None:
    profile = VideoProfile()
    noise = np.random.default_rng(1).integers(-5000, 5000, _RATE * _SECONDS).astype(np.int16)
    total = math.ceil(_SECONDS * profile.fps)
    chunks = [chunk(start, min(12, total - start), profile) for start in range(0, total, 12)]
    portrait = encode_jpeg(picture(1, 1024, 1024))
    question = encode_audio(noise, _RATE, "opus")
    film = clip(frames=10 * 25, width=640, height=360)
    reply = "A sentence, with Dr. Smith in it, costs $29.95. " * 100
    figures = {
        f"AAC and MP4, a second of a {profile.size}² answer": _cpu_ms(lambda: _mux(profile, noise.tobytes(), chunks)) / _SECONDS,
        "decode a 1024² JPEG": _cpu_ms(lambda: decode_image(portrait)),
        "decode a second of Opus": _cpu_ms(lambda: decode_audio(question)) / _SECONDS,
        "8 frames of a 10 s clip of 640×360": _cpu_ms(lambda: sample_clip(film, n=8)),
        "clauses, a thousand characters": _cpu_ms(lambda: ClauseSplitter().feed(reply)) / len(reply) * 1000,
    }
    print(machine())
    for what, milliseconds in figures.items():
        print(f"{what:40} {milliseconds:7.2f} ms")


if __name__ == "__main__":
    main()
