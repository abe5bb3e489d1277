"""All that moves in a chunk, frame by frame."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from comps.animation.motion import audio, visemes
from comps.animation.motion.blinks import blink
from comps.animation.motion.spectrum import Sound
from comps.animation.motion.sway import sway
from comps.animation.warp.state import FrameState
from comps.cores.errors import BadInput
from comps.cores.proto.avatar import CONTEXT_S, MAX_CHUNK_S, ChunkRequest

#: Rates that speech comes in; beyond these the sound is mislabelled.
_LOWEST_RATE, _HIGHEST_RATE = 8_000, 96_000
#: More sound than a chunk can depend on, with room for callers that round up.
_LONGEST_PCM_S = MAX_CHUNK_S + 2 * CONTEXT_S + 1.0


def frame_states(request: ChunkRequest) -> Iterator[FrameState]:
    """The state of every frame of a chunk, a pure function of the request. Call ``check`` first."""
    at = (request.start_frame, request.frames, request.profile.fps)
    motion = _motion(request)
    lids, head = blink(request.seed, *at), sway(request.seed, *at)
    for k in range(request.frames):
        yield FrameState(motion.mouth[k], float(motion.activity[k]), float(lids[k]), head[k], request.start_frame + k)


def _motion(request: ChunkRequest) -> visemes.Motion:
    """The mouth: from phonemes where the timeline has them, from sound elsewhere if there is any."""
    at = (request.start_frame, request.frames, request.profile.fps)
    timed = visemes.tracks(request.phonemes, *at)
    if not request.pcm:
        return timed
    has_phonemes = _covered(request)
    if has_phonemes.all():
        return timed
    heard = audio.tracks(sound(request), *at)
    mouth = np.where(has_phonemes[:, None], timed.mouth, heard.mouth)
    return visemes.Motion(mouth, np.where(has_phonemes, timed.activity, heard.activity))


def _covered(request: ChunkRequest) -> NDArray[np.bool_]:
    """Whether the timeline says what is spoken in the middle of each frame (silence counts), or that lies beyond its end and
    that of the sound: bool [frames].
    """
    middle = (np.arange(request.start_frame, request.start_frame + request.frames) + 0.5) / request.profile.fps
    spans = np.array([(start, end) for start, end, _ in request.phonemes]).reshape(-1, 2)
    told = ((spans[:, 0] <= middle[:, None]) & (middle[:, None] < spans[:, 1])).any(axis=1)
    # The last frame of an answer may have its middle after its last sample.
    heard_until = request.pcm_start_s + len(request.pcm) / 2 / request.sample_rate
    after_all = (middle >= heard_until) & (middle >= spans[:, 1].max(initial=-np.inf)) & (len(spans) > 0)
    return np.asarray(told | after_all)


def check(request: ChunkRequest) -> None:
    """Raise BadInput for a chunk that is too long, and for times or sound that make no sense."""
    longest = math.floor(MAX_CHUNK_S * request.profile.fps + 1e-6)
    if request.frames > longest:
        raise BadInput(f"a chunk has at most {longest} frames at {request.profile.fps} fps", field="frames")
    if not all(math.isfinite(start) and math.isfinite(end) for start, end, _ in request.phonemes):
        raise BadInput("a phoneme's times must be finite", field="phonemes")
    if not request.pcm:
        return
    if not _LOWEST_RATE <= request.sample_rate <= _HIGHEST_RATE:
        raise BadInput(f"must be {_LOWEST_RATE} … {_HIGHEST_RATE}", field="sample_rate")
    if len(request.pcm) % 2:
        raise BadInput("is not a whole number of 16-bit samples", field="pcm")
    if len(request.pcm) / 2 / request.sample_rate > _LONGEST_PCM_S:
        raise BadInput(f"holds more than {_LONGEST_PCM_S:g} s of sound", field="pcm")
    if not math.isfinite(request.pcm_start_s):
        raise BadInput("must be finite", field="pcm_start_s")


def sound(request: ChunkRequest) -> Sound:
    """The stretch of the answer's sound that a request brings; empty where it brings none."""
    samples = np.frombuffer(request.pcm, "<i2").astype(np.float32) / 32768.0
    return Sound(samples, request.sample_rate, round(request.pcm_start_s * request.sample_rate))
