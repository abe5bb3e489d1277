"""Worker processes of a running mesh, killed in the middle of their jobs: each next request is answered."""

from __future__ import annotations

import base64
import os
import random
import signal
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from AvatarChatbot import avatars
from benchmarks.word_errors import word_errors
from comps.cores.proto.avatar import ChunkRequest, VideoProfile
from comps.cores.proto.wire import MSGPACK, pack
from tests.asr.flite import say
from tests.e2e.mesh import Mesh, free_port, open_files, ready, running
from tests.live_player import playing

PATH = "/v1/avatarchatbot"
pytestmark = pytest.mark.timeout(600)
#: A request's number makes it one that no cache knows.
Ask = Callable[[httpx.Client, int], httpx.Response]

_RECORDING = Path("AvatarChatbot/demo/who_are_you.wav").read_bytes()


def _picture(number: int) -> str:
    """Another file each time: readers of PNG stop at its end."""
    return base64.b64encode(avatars.path("aria").read_bytes() + str(number).encode()).decode()


def _recognise(asr: httpx.Client, number: int) -> httpx.Response:
    return asr.post("/v1/asr", json={"audio": base64.b64encode(_RECORDING).decode()})


def _speak(tts: httpx.Client, number: int) -> httpx.Response:
    return tts.post("/v1/tts", json={"text": f"This is number {number}, and it is a rather long sentence. " * 20})


def _speak_german(tts: httpx.Client, number: int) -> httpx.Response:
    return tts.post("/v1/tts", json={"text": f"Dies ist die Nummer {number} und ein recht langer Satz. " * 20, "voice": "de"})


def _encode(tts: httpx.Client, number: int) -> httpx.Response:
    """The sound is sent as it is made: what is cut off after its beginning has no other status any more."""
    try:
        return tts.post("/v1/audio/speech", json={"input": f"Number {number} is encoded. " * 20})
    except httpx.RemoteProtocolError:
        return httpx.Response(503)


def _match(tts: httpx.Client, number: int) -> httpx.Response:
    return tts.get("/v1/tts/voices", params={"description": f"an old sailor of {number} years"})


def _reply(llm: httpx.Client, number: int) -> httpx.Response:
    messages = [{"role": "user", "content": f"What do you think of the number {number}? " * 20}]
    return llm.post("/v1/chat/completions", json={"model": "any", "messages": messages})


def _describe(describe: httpx.Client, number: int) -> httpx.Response:
    return describe.post("/v1/describe", json={"media": _picture(number)})


def _draw(animation: httpx.Client, number: int) -> httpx.Response:
    avatar = animation.post("/v1/animation/avatars", json={"media": _picture(0)})
    if not avatar.is_success:
        return avatar
    chunk = ChunkRequest(avatar_id=avatar.json()["avatar_id"], profile=VideoProfile(), seed=number, start_frame=0, frames=12)
    return animation.post("/v1/animation/chunks", content=pack(chunk), headers={"Content-Type": MSGPACK})


def _learn(animation: httpx.Client, number: int) -> httpx.Response:
    return animation.post("/v1/animation/avatars", json={"media": _picture(number)})


def _animate(animation: httpx.Client, number: int) -> httpx.Response:
    sound = base64.b64encode(_RECORDING).decode()
    return animation.post("/v1/animation", json={"byte_str": sound, "profile": {"size": 128}})


def _draw_mouth(animation: httpx.Client, number: int) -> httpx.Response:
    avatar = animation.post("/v1/animation/avatars", json={"media": _picture(0)})
    if not avatar.is_success:
        return avatar
    chunk = ChunkRequest(
        avatar_id=avatar.json()["avatar_id"],
        profile=VideoProfile(engine="wav2lip", restore="mouth"),
        seed=number,
        start_frame=0,
        frames=12,
        phonemes=[(0.0, 1.0, "A:")],
        pcm=b"\0\1\0\7" * 12_000,
        sample_rate=24_000,
    )
    return animation.post("/v1/animation/chunks", content=pack(chunk), headers={"Content-Type": MSGPACK})


_POOLS: dict[str, tuple[str, Ask]] = {
    "MoonshineWorker": ("asr", _recognise),
    "HibariWorker": ("tts", _speak),
    "EspeakWorker": ("tts", _speak_german),
    "SpeechEncoder": ("tts", _encode),
    "VoiceMatcher": ("tts", _match),
    "Responder": ("llm", _reply),
    "DraftWorker": ("describe", _describe),
    "FaceMeshWorker": ("animation", _learn),
    "WarpWorker": ("animation", _draw),
    "SoundDecoder": ("animation", _animate),
}
#: Of the animation service that draws with Wav2Lip.
_WAV2LIP_POOLS = ("Wav2LipWorker", "NetworkWorker")
_STAGES = {"asr": _recognise, "describe": _describe, "llm": _reply, "tts": _speak, "animation": _draw}


@dataclass(frozen=True)
class _Service:
    """``pid``: of the process that its workers are children of."""

    url: str
    pid: int


@pytest.fixture(scope="module")
def wav2lip(mesh: Mesh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Service]:
    """An animation service that draws with the small trained Wav2Lip, and restores with random weights."""
    pytest.importorskip("torch")
    pytest.importorskip("openvino")
    from benchmarks.plain import gfpgan

    folder, port = tmp_path_factory.mktemp("wav2lip"), free_port()
    environment = {
        "ANIMATION_PORT": str(port),
        "ANIMATION_WAV2LIP_CHECKPOINT": str(Path("tests/animation/wav2lip/quarter.safetensors").resolve()),
        "ANIMATION_GFPGAN_CHECKPOINT": str(gfpgan.save_safetensors(gfpgan.seeded(4), folder / "gfpgan.safetensors")),
        "ANIMATION_NON_COMMERCIAL": "true",
        "ANIMATION_WORKERS": "1",
        "AVATARCHATBOT_MODELS": str(folder / "models"),
        **mesh.storage,
    }
    with running("comps.animation.service", log=folder / "animation.log", **environment) as process:
        ready(f"http://127.0.0.1:{port}")
        yield _Service(f"http://127.0.0.1:{port}", process.pid)


def test_a_file_that_is_closed_meanwhile_hides_no_others() -> None:
    """Listing one's own files opens a folder, which is closed before it is looked at."""
    with socket.socket() as opened:
        assert f"socket:[{os.fstat(opened.fileno()).st_ino}]" in open_files(os.getpid())


def _of_the_mesh(mesh: Mesh, service: str) -> _Service:
    return _Service(mesh.addresses()[service], mesh.pid_of(service))


def _workers(mesh: Mesh, service: _Service, name: str = "") -> list[int]:
    """The worker processes of a service; of one class."""
    found = []
    for pid, command in mesh.processes().items():
        if "comps.cores.workers.child" in command and command.rstrip().endswith(name):
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == service.pid and fields[0] != "Z":
                found.append(pid)
    return found


def _kill(pids: list[int]) -> int:
    """How many of them there were to kill."""
    for number, pid in enumerate(pids):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return number
    return len(pids)


def _is_at_work(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "R"
    except OSError:
        return False


def _kill_in_the_middle(
    mesh: Mesh, service: _Service, name: str, ask: Ask, times: int, then: Callable[[httpx.Client, int], Any], *, hits: int = 3
) -> None:
    """Kill the workers while they answer ``ask``, sooner or later after they began; do ``then`` after each."""
    moments = random.Random(ask.__name__ + name)
    cut = 0
    with httpx.Client(base_url=service.url, timeout=60, trust_env=False) as client, ThreadPoolExecutor(1) as beside:
        numbers = iter(range(10_000 * len(name), 10_000 * (len(name) + 1)))
        assert ask(client, next(numbers)).status_code == 200
        for _ in range(times):
            workers = _workers(mesh, service, name)
            answer = beside.submit(ask, client, next(numbers))
            while not answer.done() and not any(_is_at_work(pid) for pid in workers):
                time.sleep(0.0002)
            time.sleep(moments.choice((0, 0.001, 0.01, 0.1)))
            _kill(workers)
            first = answer.result(60)
            assert first.status_code in (200, 503), first.text
            cut += first.status_code == 503
            then(client, next(numbers))
            probe = client.get("/health/ready")
            assert probe.status_code == 200, probe.text
    assert cut >= hits, "hardly a job was hit"


def _answered(ask: Ask) -> Callable[[httpx.Client, int], None]:
    def then(client: httpx.Client, number: int) -> None:
        answer = ask(client, number)
        assert answer.status_code == 200, answer.text

    return then


@pytest.mark.slow
@pytest.mark.parametrize("name", _POOLS)
def test_thirty_workers_of_each_pool_killed(mesh: Mesh, name: str) -> None:
    service, ask = _POOLS[name]
    _kill_in_the_middle(mesh, _of_the_mesh(mesh, service), name, ask, 30, _answered(ask))


@pytest.mark.parametrize("name", _WAV2LIP_POOLS)
@pytest.mark.parametrize(("times", "hits"), [(3, 1), pytest.param(30, 3, marks=pytest.mark.slow)])
def test_workers_of_wav2lip_killed(mesh: Mesh, wav2lip: _Service, name: str, times: int, hits: int) -> None:
    _kill_in_the_middle(mesh, wav2lip, name, _draw_mouth, times, _answered(_draw_mouth), hits=hits)


@pytest.mark.slow
@pytest.mark.parametrize("stage", _STAGES)
def test_twenty_workers_of_each_stage_killed(mesh: Mesh, client: httpx.Client, question: bytes, stage: str) -> None:
    def then(_: httpx.Client, number: int) -> None:
        body = {"audio": base64.b64encode(question).decode(), "profile": {"size": 128}, "avatar": _picture(number)}
        answer = client.post(PATH, json=body)
        assert answer.status_code == 200, answer.text

    _kill_in_the_middle(mesh, _of_the_mesh(mesh, stage), "", _STAGES[stage], 20, then)


@pytest.mark.anyio
@pytest.mark.parametrize("times", [3, pytest.param(30, marks=pytest.mark.slow)])
async def test_ears_that_are_killed_hear_again(mesh: Mesh, tmp_path: Path, times: int) -> None:
    from comps.media.audio import decode_audio

    def speech(text: str) -> bytes:
        return decode_audio(say(text, "rms", tmp_path), rate=16_000).samples.astype("<i2").tobytes()

    moments = random.Random(times)
    async with playing(mesh.url, avatar="aria") as player, httpx.AsyncClient(base_url=mesh.url, trust_env=False) as client:
        await player.until(lambda: len(player.arrived) > 4)
        for _ in range(times):
            # The microphone is open all the time: an ear works for a part of every 20 ms.
            with anyio.fail_after(10):
                while not (ears := _workers(mesh, _of_the_mesh(mesh, "gateway"), "EarWorker")):
                    await anyio.sleep(0.02)
            # One that is killed twice as it starts is not tried again for a while.
            await anyio.sleep(1.0 + moments.uniform(0, 0.05))
            assert _kill(ears) == 1
            assert (await client.get("/health/ready")).status_code == 200
        since = anyio.current_time()
        player.speak(speech("what is your name"))
        transcript = await player.until(lambda: player.event("transcript", since))
        assert word_errors("what is your name", transcript["text"]) == 0
        failed = {event["problem"]["code"] for _, event in player.events if event["type"] == "error"}
        assert failed <= {"node_unavailable"}
