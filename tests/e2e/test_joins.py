"""One answer of several clauses and many chunks is one video: nothing is heard or seen where they meet."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from typing import Any

import anyio
import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from AvatarChatbot import avatars
from AvatarChatbot.answer_stream import AnswerStream
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.nodes import AvatarOrchestrator
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.turn import Turn
from comps.animation.motion.blinks import blink
from comps.cores.common.settings import GatewaySettings
from comps.cores.proto.avatar import Chunk, Persona, Speech
from tests.e2e.mesh import Mesh
from tests.e2e.video import decode

CARD = {
    "name": "Maria Rossi",
    "background": ["Maria was born in Naples, near the old harbour.", "Maria works as a baker, and she gets up at four."],
    "likes": ["Maria loves dark bread, mountain paths, and loud brass bands.", "Maria likes to paint boats."],
}


@dataclass
class Driven:
    """A turn driven through the services of the mesh, and what each of them said."""

    turn: Turn
    video: bytes = b""
    pcm_sha256: str = ""
    speeches: list[Speech] = field(default_factory=list)
    chunks: list[Chunk] = field(default_factory=list)


class Kept(AvatarOrchestrator):
    """Keeps each clause's speech as it came."""

    def align_outputs(self, data: Any, cur_node: str, *args: Any, **kwargs: Any) -> Any:
        if cur_node.startswith("tts"):
            self.driven.speeches.append(Speech.model_validate(data))
        output = super().align_outputs(data, cur_node, *args, **kwargs)
        if cur_node.startswith("animation"):
            self.driven.chunks.append(output)
        return output

    driven: Driven


@pytest.fixture(scope="module")
def driven(mesh: Mesh) -> Driven:
    async def drive() -> Driven:
        settings = GatewaySettings(**{f"{name}_url": url for name, url in mesh.addresses().items() if name != "gateway"})
        chatbot = AvatarChatbot(settings)
        face = avatars.default_avatar().read_bytes()
        request = AvatarChatRequest(text="What do you like?")
        turn = Turn(request, avatar_media=face, persona=Persona.model_validate(CARD), history=[], seed=7)
        driven = Driven(turn)
        chatbot.megaservice.__class__ = Kept
        chatbot.megaservice.driven = driven  # type: ignore[attr-defined]
        try:
            async with chatbot.megaservice.stream({}, turn=turn) as run:
                stream = AnswerStream(run, turn, is_played=False)
                async for _ in stream.events():
                    pass
        finally:
            await chatbot.megaservice.stop()
        driven.video, driven.pcm_sha256 = stream.video, stream.pcm_sha256
        return driven

    return anyio.run(drive)


def test_the_encoder_heard_the_syntheses_one_after_the_other(driven: Driven) -> None:
    assert len(driven.speeches) >= 2
    pcm = b"".join(speech.pcm for speech in driven.speeches)
    assert driven.pcm_sha256 == hashlib.sha256(pcm).hexdigest()
    assert driven.turn.timeline is not None
    assert driven.turn.timeline.duration_s == pytest.approx(len(pcm) / 2 / driven.speeches[0].sample_rate, abs=1e-6)


def test_the_decoded_sound_is_in_its_place_to_the_sample(driven: Driven) -> None:
    spoken = np.frombuffer(b"".join(speech.pcm for speech in driven.speeches), "<i2").astype(np.float64)
    heard = _sound(driven.video)[: len(spoken)]
    for start in _clause_starts(driven):
        part = slice(start, min(start + 16384, len(heard)))
        assert abs(_lag(heard[part], spoken[part])) <= 1


def _clause_starts(driven: Driven) -> list[int]:
    """The first sample of each clause."""
    lengths = [len(speech.pcm) // 2 for speech in driven.speeches]
    return [sum(lengths[:index]) for index in range(len(lengths))]


def _sound(video: bytes) -> NDArray[np.float64]:
    """The decoded sound from time 0 on."""
    with av.open(io.BytesIO(video)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        first = round(float(frames[0].pts * stream.time_base) * stream.sample_rate)
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(np.float64)
    return samples[-first:] if first < 0 else np.pad(samples, (first, 0))


def _lag(heard: NDArray[np.float64], spoken: NDArray[np.float64]) -> int:
    size = 2 ** (len(heard) + len(spoken)).bit_length()
    correlation = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(spoken, size)), size)
    best = int(np.argmax(correlation))
    return best - size if best > size // 2 else best


def _jumps(change: NDArray[np.float64], joins: list[int]) -> list[float]:
    """The change into each frame that begins a piece, by the median change around it."""
    return [float(change[join - 1] / np.median(change[max(0, join - 7) : join + 6])) for join in joins if join < len(change)]


def test_no_jump_where_chunks_and_clauses_meet(driven: Driven) -> None:
    frames = decode(driven.video).frames
    small = np.stack([cv2.resize(frame, (128, 128), interpolation=cv2.INTER_AREA) for frame in frames]).astype(np.float64)
    whole = np.abs(np.diff(small, axis=0)).mean(axis=(1, 2, 3))
    above_the_mouth = np.abs(np.diff(small[:, :64], axis=0)).mean(axis=(1, 2, 3))
    chunks = [chunk.start_frame for chunk in driven.chunks[1:]]
    clauses = [start * 25 // driven.speeches[0].sample_rate for start in _clause_starts(driven)[1:]]
    # The mouth moves as fast as it speaks and lids as fast as they blink, at joins as elsewhere; all the rest is calm at each.
    calm = [join for join in chunks + clauses if not blink(driven.turn.seed, join - 1, 2, 25).any()]
    assert len(calm) >= 0.7 * len(chunks + clauses)
    assert max(_jumps(above_the_mouth, calm)) <= 1.5
    assert np.median(_jumps(whole, chunks)) <= 1.5
    assert np.median(_jumps(whole, clauses)) <= 1.5
