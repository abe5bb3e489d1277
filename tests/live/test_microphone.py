"""A live session's microphone: what waits is bounded, what fails is told, and the session goes on."""

from __future__ import annotations

import logging
import shutil
import tracemalloc
from typing import Any

import anyio
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from AvatarChatbot.live import messages
from AvatarChatbot.live.session import LiveSession
from AvatarChatbot.live.waiting_sound import WAITING_BYTES, WAITING_S, WaitingSound
from comps.cores.errors import NodeUnavailable, NoSpeech, NotFound, RelayedProblem, TooLarge, UnsupportedMedia
from comps.listening.ear_worker import EarWorker
from comps.listening.heard import Endpoint, Onset, Voice
from comps.media.audio import decode_audio, encode_audio, resample
from tests.listening.same_sound import check, spoken
from tests.listening.same_sound import microphone as heard_by_a_microphone
from tests.live import toy
from tests.live.toy import Recogniser, told
from tests.virtual_time import backend

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_threads")]

RATE = 16_000
NO_SPEECH = RelayedProblem(NoSpeech("audio: no word was understood in it", field="audio").document(), node="asr")
EBML, MIDDLE = b"\x1aE\xdf\xa3 and more", b"some cluster"


@pytest.fixture
def anyio_backend() -> Any:
    return backend()


def _numbered(seconds: float) -> bytes:
    """PCM whose samples are the hundredths of a second that they are in."""
    return (np.arange(int(seconds * RATE)) // (RATE // 100)).astype("<i2").tobytes()


def _pieces(sound: bytes, size: int) -> list[bytes]:
    return [sound[at : at + size] for at in range(0, len(sound), size)]


@given(size=st.integers(1, 2000), seconds=st.floats(0.1, 14))
async def test_the_newest_sound_waits_in_whole_samples(size: int, seconds: float) -> None:
    waiting = WaitingSound(messages.Microphone(rate=8000))
    sound = np.arange(int(seconds * 8000)).astype("<i2").tobytes()
    for piece in _pieces(sound, size):
        assert waiting.put(piece)
        assert len(waiting) <= WAITING_S * 2 * 8000
    taken = b""
    while len(waiting):
        taken += await waiting.take()
    assert taken == sound[len(sound) - len(taken) :]
    assert len(taken) >= min(len(sound), WAITING_S * 2 * 8000 - 2)
    assert (len(sound) - len(taken)) % 2 == 0


async def test_coded_sound_is_not_cut_anywhere() -> None:
    waiting = WaitingSound(messages.Microphone(format="webm"))
    for _ in range(16):
        assert waiting.put(bytes(WAITING_BYTES // 16))
    assert not waiting.put(b"x")
    assert len(waiting) == 0


async def test_large_messages_are_refused_and_take_no_memory() -> None:
    async with toy.session(toy.ToyServices()) as live:
        live._services.ears.is_listening = anyio.Event()
        message = bytes(16 << 20)
        tracemalloc.start()
        for _ in range(120):
            with pytest.raises(TooLarge) as refused:
                live.hear(message)
        small = bytes(WAITING_BYTES // 16)
        for _ in range(200):
            live.hear(small)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
        tracemalloc.stop()
    assert refused.value.document()["field"] == "microphone"
    assert refused.value.status == 413


async def test_where_the_ear_is_late_the_oldest_sound_is_left_out() -> None:
    services = toy.ToyServices()
    services.toy_ears.is_listening = anyio.Event()
    async with toy.session(services) as live:
        for piece in _pieces(_numbered(25), 640):
            live.hear(piece)
            await anyio.sleep(0.02)
        services.toy_ears.is_listening.set()
        await anyio.sleep(1)
        heard = np.frombuffer(b"".join(services.toy_ears.sounds), "<i2")
    # What the ear was given before it stood still, then the last ten seconds.
    assert heard[-1] == 2499
    assert heard[heard >= 1500].size == 10 * RATE
    assert heard[(heard > 200) & (heard < 1400)].size == 0


async def test_bytes_that_cannot_be_decoded_are_told_once_and_the_session_goes_on() -> None:
    services = toy.ToyServices()
    async with toy.session(services, microphone={"format": "webm"}) as live:
        await anyio.sleep(0.1)
        services.toy_ears.heard = [UnsupportedMedia("cannot be decoded", field="microphone")]
        for _ in range(5):
            live.hear(b"garbage")
            await anyio.sleep(0.1)
        (failed,) = told(live, "error")
        assert (failed["problem"]["status"], failed["problem"]["field"]) == (415, "microphone")
        assert "turn" not in failed
        assert services.toy_ears.sounds == [b"garbage"]
        await live.ask("Who are you?")
        await anyio.sleep(5)
        assert told(live, "done")
        # A stream that begins is another chance.
        for part in (EBML, MIDDLE):
            live.hear(part)
            await anyio.sleep(0.1)
        assert services.toy_ears.sounds[1:] == [EBML, MIDDLE]
        assert services.toy_ears.opened == ["webm", "webm"]
        assert len(told(live, "error")) == 1


async def test_a_stream_whose_ear_is_another_process_is_begun_anew() -> None:
    """A demuxer cannot begin in the middle of a stream."""
    services = toy.ToyServices()
    async with toy.session(services, microphone={"format": "ogg"}) as live:
        live.hear(b"OggS\0\2 and more")
        await anyio.sleep(0.1)
        services.toy_ears.heard = [NotFound("there is no such microphone")]
        for _ in range(3):
            live.hear(b"OggS\0\0 and more")
            await anyio.sleep(0.1)
        assert [failed["problem"]["code"] for failed in told(live, "error")] == ["unsupported_media"]
        live.hear(b"OggS\0\2 again")
        await anyio.sleep(0.1)
        assert services.toy_ears.sounds[-1] == b"OggS\0\2 again"
        assert services.toy_ears.opened == ["ogg", "ogg"]


@pytest.mark.parametrize(
    ("failure", "status"),
    [(UnsupportedMedia("is no sound"), 415), (FileNotFoundError("no weights"), 500)],
)
async def test_an_ear_that_fails_is_told_once_and_tried_again(
    failure: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    services = toy.ToyServices()
    async with toy.session(services) as live:
        await anyio.sleep(0.1)
        services.toy_ears.heard = [failure, failure]
        for _ in range(300):
            live.hear(bytes(640))
            await anyio.sleep(0.02)
        assert [failed["problem"]["status"] for failed in told(live, "error")] == [status]
        assert len(services.toy_ears.sounds) == 2, "once, and again after five seconds"
        await anyio.sleep(5)
        for _ in range(10):
            live.hear(bytes(640))
            await anyio.sleep(0.02)
        assert len(services.toy_ears.sounds) == 12
        await live.ask("Who are you?")
        await anyio.sleep(5)
        assert told(live, "done")
    assert ("FileNotFoundError" in caplog.text) == (status == 500)


async def test_when_the_process_of_an_ear_ends_another_hears_the_next_sound() -> None:
    services = toy.ToyServices()
    async with toy.session(services) as live:
        await anyio.sleep(0.1)
        services.toy_ears.heard = [[], NodeUnavailable("a worker process has ended", node="gateway")]
        for _ in range(4):
            live.hear(bytes(640))
            await anyio.sleep(0.02)
        assert [failed["problem"]["status"] for failed in told(live, "error")] == [503]
        assert len(services.toy_ears.sounds) == 4
        assert len(services.toy_ears.opened) == 2


async def test_somebody_who_is_heard_by_an_ear_that_ends_has_said_what_was_heard(recogniser: Recogniser) -> None:
    services = toy.ToyServices()
    async with toy.session(services) as live:
        await anyio.sleep(0.1)
        services.toy_ears.heard = [[Onset(0.0), Voice(b"who ")], [Voice(b"are you")], NotFound("another process")]
        for _ in range(6):
            live.hear(bytes(640))
            await anyio.sleep(0.02)
        await anyio.sleep(1)
        assert recogniser.sound == b"who are you"
        assert told(live, "transcript")[0]["text"] == "what is your name"
        assert [message["state"] for message in told(live, "listening")] == ["started", "ended"]
        assert services.toy_ears.opened == ["pcm16", "pcm16"]


@pytest.mark.parametrize("failure", [NodeUnavailable("broke the connection", node="asr"), ValueError("an answer that is none")])
async def test_recognition_that_fails_is_told_and_the_session_goes_on(
    failure: Exception, recogniser: Recogniser, caplog: pytest.LogCaptureFixture
) -> None:
    services = toy.ToyServices()
    recogniser.text = failure
    async with toy.session(services) as live:
        await anyio.sleep(0.1)
        services.toy_ears.heard = [[Onset(0.0), Voice(b"who"), Endpoint(0.5)]]
        live.hear(bytes(640))
        await anyio.sleep(1)
        (failed,) = told(live, "error")
        assert failed["problem"]["status"] == (503 if isinstance(failure, NodeUnavailable) else 500)
        assert told(live, "partial")[-1]["text"] == ""
        await live.ask("Who are you?")
        await anyio.sleep(5)
        assert told(live, "done")
    logged = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(logged) == isinstance(failure, ValueError)


async def test_speech_that_goes_on_and_on_is_still_a_question(recogniser: Recogniser) -> None:
    services = toy.ToyServices()
    recogniser.text = "and another thing " * 200
    services.megaservice.clauses = []
    async with toy.session(services) as live:
        await anyio.sleep(0.1)
        for _ in range(4):
            # They begin again before they are answered.
            services.toy_ears.heard = [[Onset(0.0), Voice(b"who"), Endpoint(0.5)]]
            live.hear(bytes(640))
            await anyio.sleep(0.2)
        assert live.ended.is_set() is False
        assert 4000 < len(told(live, "transcript")[-1]["text"]) <= messages.MAX_TEXT
        assert told(live, "error") == []


def _with_an_ear(services: toy.ToyServices) -> None:
    """A real one, in this process."""
    worker = EarWorker()

    async def call(method: str, *args: Any, **_: Any) -> Any:
        return getattr(worker, method)(*args)

    services.toy_ears.call = call  # type: ignore[method-assign]


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite (Debian package flite) is not installed")
@pytest.mark.parametrize(("rate", "noise"), [(16_000, 0), (16_000, 60), (48_000, 20), (8000, 8)])
@pytest.mark.parametrize(("text", "voice"), [("who are you", "slt"), ("she is my sister", "rms"), ("how far is it", "awb")])
@pytest.mark.parametrize("is_answered_before", [False, True])
async def test_the_recogniser_gets_the_sound_of_a_file(
    text: str, voice: str, rate: int, noise: float, is_answered_before: bool, recogniser: Recogniser
) -> None:
    services, speech, lead_s = toy.ToyServices(), spoken(text, voice), 1.3
    _with_an_ear(services)
    sound = resample(heard_by_a_microphone(speech, lead_s, noise), RATE, rate)
    async with toy.session(services, microphone={"rate": rate}) as live:
        if is_answered_before:
            await live.ask("Who are you?")
            await anyio.sleep(1.5)
        began = services.clock()
        for piece in _pieces(sound.tobytes(), rate // 50 * 2):
            live.hear(piece)
            await anyio.sleep(0.02)
            if told(live, "transcript")[is_answered_before:]:
                break
        transcript_s = services.clock() - began
    got = np.frombuffer(recogniser.sound, "<i2")
    check(decode_audio(encode_audio(sound, rate, "wav")).samples, speech, lead_s, got)
    assert transcript_s - (lead_s + len(speech) / RATE) < 0.4, "0.29 s of silence, and next to nothing"


@pytest.mark.parametrize("text", ["Mm-hmm.", "Uh-huh.", "Um...", "And,", "", NO_SPEECH])
async def test_a_hum_or_a_cough_is_no_question(text: str | Exception, recogniser: Recogniser) -> None:
    services = toy.ToyServices()
    recogniser.text = text
    async with toy.session(services) as live:
        await _utter(live, services)
        assert told(live, "transcript") == []
        assert told(live, "partial")[-1]["text"] == ""
        assert told(live, "error") == []
        assert services.megaservice.asked == []


@pytest.mark.parametrize("text", ["Yes.", "No.", "Stop.", "Hello."])
async def test_a_bare_word_is_a_question(text: str, recogniser: Recogniser) -> None:
    services = toy.ToyServices()
    recogniser.text = text
    async with toy.session(services) as live:
        await _utter(live, services)
        assert [message["text"] for message in told(live, "transcript")] == [text]


@pytest.mark.parametrize("text", ["Mm-hmm.", NO_SPEECH])
async def test_a_hum_before_the_answer_does_not_take_the_question_away(text: str | Exception, recogniser: Recogniser) -> None:
    services = toy.ToyServices()
    services.megaservice.clauses = []
    async with toy.session(services) as live:
        await anyio.sleep(0.1)
        services.megaservice.is_answering = anyio.Event()
        await live.ask("Who are you?")
        recogniser.text = text
        await _utter(live, services)
        assert services.megaservice.asked == ["Who are you?", "Who are you?"]


async def _utter(live: LiveSession, services: toy.ToyServices) -> None:
    """Somebody makes a sound of 0.4 s."""
    await anyio.sleep(0.1)
    services.toy_ears.heard = [[Onset(0.0), Voice(b"mhm"), Endpoint(0.4)]]
    live.hear(bytes(640))
    await anyio.sleep(1)
