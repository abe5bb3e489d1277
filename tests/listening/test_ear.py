"""Who speaks when: voice activity, onsets and ends, decoding of live streams."""

from __future__ import annotations

import io
import random
import subprocess
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.synthetic_speech import espeak
from comps.cores.errors import NodeUnavailable, NotFound, UnsupportedMedia
from comps.listening.decode import decoder
from comps.listening.ear import Ear
from comps.listening.ear_worker import EarWorker
from comps.listening.echo import EchoCanceller
from comps.listening.heard import Endpoint, Heard, Onset, Pause, Resumed, Voice
from comps.listening.vad import WINDOW, Vad
from comps.media.audio import decode_audio, encode_audio, resample
from comps.models.folder import VARIABLE
from comps.models.state import COMMAND
from tests.asr.flite import say

RATE = 16_000


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.int16]:
    """A second of silence, a question, a second of silence."""
    said = decode_audio(
        say("what do you like to do in your free time", "rms", tmp_path_factory.mktemp("said")), rate=RATE
    ).samples
    loud = np.flatnonzero(np.abs(said) > 600)
    noise = np.random.default_rng(0).normal(0, 8, 2 * RATE + len(said)).astype(np.int16)
    noise[RATE : RATE + loud[-1] - loud[0]] += said[loud[0] : loud[-1]]
    return noise[: 2 * RATE + loud[-1] - loud[0]]


def _heard(sound: NDArray[np.int16], piece: int = 320) -> list[Heard]:
    ear = Ear()
    return [heard for at in range(0, len(sound), piece) for heard in ear.hear(sound[at : at + piece])]


def test_speech_is_told_from_noise(question: NDArray[np.int16]) -> None:
    def share(sound: NDArray[np.int16]) -> float:
        vad = Vad()
        return float(np.mean([vad.probability(sound[k : k + WINDOW]) > 0.5 for k in range(0, len(sound) - WINDOW, WINDOW)]))

    time = np.arange(2 * RATE) / RATE
    assert share(question[RATE:-RATE]) > 0.85
    assert share(np.random.default_rng(1).normal(0, 2000, 2 * RATE).astype(np.int16)) < 0.05
    assert share((4000 * np.sin(2 * np.pi * 120 * time)).astype(np.int16)) < 0.1


def test_an_utterance_begins_and_ends_where_it_does(question: NDArray[np.int16]) -> None:
    heard = _heard(question)
    (onset,) = [item for item in heard if isinstance(item, Onset)]
    end = [item for item in heard if isinstance(item, Endpoint)][-1]
    assert onset.at_s == pytest.approx(1.0, abs=0.15)
    assert end.at_s == pytest.approx(len(question) / RATE - 1.0, abs=0.15)
    kinds = [type(item) for item in heard if not isinstance(item, Voice)]
    assert kinds[0] is Onset
    assert kinds[-2:] == [Pause, Endpoint]
    assert kinds.count(Pause) == kinds.count(Resumed) + 1
    voice = b"".join(item.pcm for item in heard if isinstance(item, Voice))
    assert len(voice) / 2 / RATE == pytest.approx(end.at_s - onset.at_s + 0.35 + 0.3, abs=0.35)


@pytest.mark.parametrize("seed", range(3))
def test_how_messages_are_cut_makes_no_difference(question: NDArray[np.int16], seed: int) -> None:
    rng, ear, at = random.Random(seed), Ear(), 0
    heard: list[Heard] = []
    while at < len(question):
        size = rng.choice([1, 7, 320, 512, 1000, 5000])
        heard += ear.hear(question[at : at + size])
        at += size
    assert heard == _heard(question)


@pytest.mark.parametrize(("format", "made"), [("webm", "webm"), ("ogg", "ogg")])
def test_opus_is_decoded_as_it_comes(question: NDArray[np.int16], tmp_path: Path, format: str, made: str) -> None:
    wav, coded = tmp_path / "said.wav", tmp_path / f"said.{made}"
    wav.write_bytes(encode_audio(question, RATE, "wav"))
    command = ["ffmpeg", "-loglevel", "error", "-i", str(wav), "-c:a", "libopus", "-cluster_time_limit", "100", str(coded)]
    subprocess.run([part for part in command if made == "webm" or part not in ("-cluster_time_limit", "100")], check=True)
    data, rng, at = coded.read_bytes(), random.Random(1), 0
    decode = decoder(format, 48_000)  # type: ignore[arg-type]
    pieces, first = [], None
    while at < len(data):
        size = rng.choice([1, 50, 400, 3000])
        pieces.append(decode.decode(data[at : at + size]))
        at += size
        if first is None and len(pieces[-1]):
            first = at
    decode.close()
    sound = np.concatenate(pieces)
    assert first is not None
    assert first < 0.5 * len(data), "sound comes before the stream has ended"
    assert abs(len(sound) - len(question)) < 0.2 * RATE
    level = np.abs(sound.astype(float)).mean()
    assert level == pytest.approx(np.abs(question.astype(float)).mean(), rel=0.2)


def test_raw_samples_may_be_cut_anywhere_and_have_any_rate(question: NDArray[np.int16]) -> None:
    data, decode = question.astype("<i2").tobytes(), decoder("pcm16", RATE)
    got = np.concatenate([decode.decode(data[at : at + 333]) for at in range(0, len(data), 333)])
    assert np.array_equal(got, question)
    slow = decoder("pcm16", 8000)
    doubled = sum(len(slow.decode(data[at : at + 500])) for at in range(0, len(data), 500))
    assert doubled == pytest.approx(2 * len(question), rel=0.01)


@pytest.mark.parametrize("format", ["webm", "ogg"])
def test_garbage_is_refused(format: str) -> None:
    decode = decoder(format, 48_000)  # type: ignore[arg-type]

    def hear() -> None:
        for _ in range(200):
            decode.decode(random.Random(3).randbytes(1000))

    with pytest.raises(UnsupportedMedia):
        hear()
    decode.close()


def test_a_worker_listens_to_many_and_knows_whom(question: NDArray[np.int16]) -> None:
    worker = EarWorker()
    with pytest.raises(NotFound):
        worker.hear("a", b"", b"", RATE)
    for name in ("a", "b"):
        worker.open(name, "pcm16", RATE)
    data = question.astype("<i2").tobytes()
    heard = worker.hear("a", data, b"", 24_000)
    assert any(isinstance(item, Endpoint) for item in heard)
    assert worker.hear("b", bytes(len(data)), b"", 24_000) == []
    worker.close("a")
    worker.close("a")
    with pytest.raises(NotFound):
        worker.hear("a", b"", b"", RATE)


def test_without_the_model_of_voice_activity_a_session_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(NodeUnavailable, match=COMMAND) as refused:
        EarWorker().open("a", "pcm16", RATE)
    assert refused.value.document()["node"] == "gateway"


def _spoken_over(voice: NDArray[np.int16], avatar: NDArray[np.int16], echo_db: float | None) -> tuple[EchoCanceller, list[Heard]]:
    """Somebody speaks, 3 s into what the avatar says, into a microphone that else hears nothing, or an echo 0.2 s later."""
    microphone = np.zeros(len(avatar) + RATE // 5)
    if echo_db is not None:
        microphone[RATE // 5 :] = avatar * 10 ** (echo_db / 20)
    microphone = microphone[: len(avatar)]
    microphone[3 * RATE : 3 * RATE + len(voice)] += voice
    ear, canceller = Ear(), EchoCanceller(WINDOW)
    heard = microphone.astype(np.int16)
    for at in range(0, len(heard) - WINDOW, WINDOW):
        canceller.residual(avatar[at : at + WINDOW] / 32768, heard[at : at + WINDOW] / 32768)
    return canceller, ear.hear(heard, avatar)


@pytest.fixture(scope="module")
def avatar() -> NDArray[np.int16]:
    text = "I was born by the sea, and I have been a sailor for forty years. Now I tell stories about it to whoever listens."
    spoken = espeak(text)
    return resample((spoken.samples * 32767).astype(np.int16), spoken.rate, RATE)


def test_who_wears_headphones_interrupts_with_a_short_word(avatar: NDArray[np.int16], tmp_path: Path) -> None:
    """Half of "excuse me" is voiceless."""
    said = decode_audio(say("excuse me", "awb", tmp_path), rate=RATE).samples
    loud = np.flatnonzero(np.abs(said) > 600)
    canceller, heard = _spoken_over(said[loud[0] : loud[-1]], avatar, None)
    assert not canceller.is_heard
    assert any(isinstance(item, Onset) for item in heard)


def test_an_echo_is_found_and_is_nobody(avatar: NDArray[np.int16]) -> None:
    canceller, heard = _spoken_over(np.zeros(0, np.int16), avatar, -12)
    assert canceller.is_heard
    assert heard == []


@pytest.mark.parametrize("format", ["webm", "ogg"])
def test_silence_in_few_bytes_is_not_listened_to_for_hours(format: Literal["webm", "ogg"]) -> None:
    sink = io.BytesIO()
    with av.open(sink, "w", format=format) as container:
        stream = container.add_stream("libopus", rate=48_000, layout="mono")
        stream.options = {"frame_duration": "60", "b": "6000"}
        for number in range(2000):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 2880), np.int16), format="s16", layout="mono")
            frame.sample_rate, frame.pts = 48_000, 2880 * number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert len(sink.getvalue()) < 1 << 20
    decode = decoder(format, 48_000)
    with pytest.raises(UnsupportedMedia):
        decode.decode(sink.getvalue())
    decode.close()
