"""What is understood over the live socket: as well as of a file, whatever comes before the question, with noise and without."""

from __future__ import annotations

import re
from pathlib import Path

import anyio
import numpy as np
import pytest
from numpy.typing import NDArray

from comps.media.audio import decode_audio
from tests.asr.flite import say
from tests.e2e.mesh import Mesh
from tests.live_player import LivePlayer, playing

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]

RATE = 16_000
#: Seconds before the recording, and noise (root mean square, on the scale of int16).
TRIALS = ((0.3, 0), (0.85, 15), (1.17, 20), (1.45, 5), (1.9, 25))

Floats = NDArray[np.float64]


def _words(text: str) -> str:
    return re.sub(r"[^a-z0-9 ]", "", text.lower()).strip()


def _recording(file: Path) -> Floats:
    return decode_audio(file.read_bytes(), rate=RATE).samples.astype(float)


async def _transcript(player: LivePlayer, sound: Floats, lead_s: float, noise: float) -> str | None:
    """What the session takes ``sound`` for; None where it begins no turn within 3 s of its end."""
    whole = np.concatenate([np.zeros(int(lead_s * RATE)), sound, np.zeros(RATE)])
    whole += np.random.default_rng(int(100 * lead_s)).normal(0, noise, len(whole))
    since = anyio.current_time()
    player.speak(np.clip(whole, -32768, 32767).astype("<i2").tobytes())
    try:
        transcript = await player.until(lambda: player.event("transcript", since), len(whole) / RATE + 3)
    except TimeoutError:
        return None
    # What is answered must not be heard with the next question.
    await player.client.send("interrupt")
    await player.until(lambda: player.event("interrupted", since))
    return str(transcript["text"])


async def test_the_demos_question_is_understood(mesh: Mesh) -> None:
    recording = _recording(Path("AvatarChatbot/demo/who_are_you.wav"))
    async with playing(mesh.url, avatar="aria") as player:
        understood = [await _transcript(player, recording, lead_s, noise) for lead_s, noise in TRIALS]
    assert [_words(text or "") for text in understood] == ["who are you"] * len(TRIALS)


@pytest.mark.parametrize(
    ("name", "text"),
    [("who_are_you", "who are you"), ("when_was_minecraft_released", "when was minecraft released")],
)
async def test_recorded_questions_are_understood(mesh: Mesh, shared: Path, name: str, text: str) -> None:
    recording = _recording(shared / "data" / "audio" / f"{name}.wav")
    async with playing(mesh.url, avatar="aria") as player:
        understood = [await _transcript(player, recording, lead_s, noise) for lead_s, noise in TRIALS[1:4]]
    assert [_words(heard or "") for heard in understood] == [text] * 3


@pytest.mark.parametrize("voice", ["slt", "rms"])
async def test_a_hum_and_a_cough_are_no_question_and_a_bare_word_is(mesh: Mesh, voice: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    time = np.arange(int(0.4 * RATE)) / RATE
    pitch = 120 + 30 * np.sin(2 * np.pi * time)
    # A nasal's harmonics fall steeply: "mm".
    hum = sum(np.sin(2 * np.pi * k * np.cumsum(pitch) / RATE) / k**2 for k in range(1, 9)) * np.hanning(len(time)) * 4000
    cough = rng.normal(0, 4000, int(0.3 * RATE)) * np.exp(-np.arange(int(0.3 * RATE)) / (0.08 * RATE))
    word = decode_audio(say("stop", voice, tmp_path), rate=RATE).samples.astype(float)
    async with playing(mesh.url, avatar="aria") as player:
        assert await _transcript(player, hum, 0.5, 8) is None
        assert await _transcript(player, cough, 0.5, 8) is None
        assert await _transcript(player, word, 0.5, 8) is not None
