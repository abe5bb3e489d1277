"""From a question to its answer: each first, streaming and one after the other; replicas of a slow engine.

``scripts/bench latency [questions]``. The language model is a stand-in that says 20 tokens a second (benchmarks/llm_stand_in.py).
"""

from __future__ import annotations

import base64
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from benchmarks.machine import engines, machine
from comps.cores.proto import sse
from tests.e2e.mesh import Mesh, free_port, ready, running

PATH = "/v1/avatarchatbot"
#: Real-time chunks of voice that count as a first fragment, seconds.
ENOUGH_S = 0.2


@dataclass
class Answer:
    """Seconds from the request to each first; ``fragments``: (arrival, start, duration)."""

    firsts: dict[str, float] = field(default_factory=dict)
    fragments: list[tuple[float, float, float]] = field(default_factory=list)

    @property
    def first_fragment(self) -> float:
        return next(at for at, start, seconds in self.fragments if start + seconds >= ENOUGH_S - 1e-6)

    @property
    def stalls(self) -> list[float]:
        """How long a player that begins with the first fragment has to wait, each time."""
        found, late = [], 0.0
        for at, start, _ in self.fragments:
            wait = at - (self.first_fragment + start + late)
            if wait > 1e-3:
                found.append(wait)
                late += wait
        return found


def streamed(client: httpx.Client, **body: Any) -> Answer:
    answer, parser, began = Answer(), sse.Parser(), time.perf_counter()
    with client.stream("POST", PATH, json=body, headers={"Accept": sse.MEDIA_TYPE}) as response:
        if not response.is_success:
            response.read()
            response.raise_for_status()
        for piece in response.iter_bytes():
            for event in parser.feed(piece):
                at = time.perf_counter() - began
                told = json.loads(event.data)
                answer.firsts.setdefault(event.type, at)
                if event.type == "fragment" and told["kind"] == "media":
                    answer.fragments.append((at, told["pts_s"], told["duration_s"]))
    assert "done" in answer.firsts, answer.firsts
    return answer


def one_after_the_other(mesh: Mesh, avatar_id: str, question: str) -> float:
    """OPEA's way: each service is given the whole of what the one before it made. Seconds until the video is there."""
    urls, began = mesh.addresses(), time.perf_counter()
    with httpx.Client(timeout=300, trust_env=False) as client:
        messages = [{"role": "user", "content": question}]
        said = client.post(f"{urls['llm']}/v1/chat/completions", json={"messages": messages}).json()
        text = said["choices"][0]["message"]["content"]
        speech = client.post(f"{urls['tts']}/v1/tts", json={"text": text}).json()
        clip = {"byte_str": speech["tts_result"], "avatar_id": avatar_id, "phonemes": speech["phonemes"]}
        made = client.post(f"{urls['animation']}/v1/animation", json=clip).json()
        client.get(urls["animation"] + made["video_path"]).raise_for_status()
    return time.perf_counter() - began


def figures(name: str, seconds: list[float]) -> None:
    p50, p95 = np.percentile(seconds, [50, 95])
    print(f"{name}: p50 {p50:.3f}, p95 {p95:.3f} s", flush=True)


def embedded(count: int) -> None:
    """All engines embedded, warm."""
    audio = base64.b64encode(Path("AvatarChatbot/demo/who_are_you.wav").read_bytes()).decode()
    with tempfile.TemporaryDirectory() as folder:
        mesh = Mesh(Path(folder))
        try:
            mesh.wait_until_ready()
            with mesh.client() as client:
                streamed(client, text="Hello!")
                typed = [streamed(client, text="Who are you?") for _ in range(count)]
                spoken = [streamed(client, audio=audio) for _ in range(max(3, count // 4))]
        finally:
            mesh.stop()
    figures("POST with text, first fragment", [answer.first_fragment for answer in typed])
    figures("POST with audio, transcript", [answer.firsts["transcript"] for answer in spoken])
    figures("POST with audio, first fragment after the transcript", [a.first_fragment - a.firsts["transcript"] for a in spoken])


def long_answers(count: int) -> None:
    """A language model of 20 tokens a second; one sentence and fifteen; streaming and not; a slow engine with 1 and 4
    replicas.
    """
    llm = free_port()
    with tempfile.TemporaryDirectory() as folder, running("benchmarks.llm_stand_in", str(llm)):
        mesh = Mesh(Path(folder), LLM_ENDPOINT=f"http://127.0.0.1:{llm}/v1", AVATARCHATBOT_TIMEOUT_S="200")
        try:
            mesh.wait_until_ready()
            with mesh.client() as client:
                streamed(client, text="Say one thing.")
                short = [streamed(client, text="Say one thing.") for _ in range(count)]
                long = [streamed(client, text="How was your day?") for _ in range(max(2, count // 5))]
                avatar_id = client.post(PATH, json={"text": "Say one thing."}).json()["avatar_id"]
            figures("one sentence, first fragment", [answer.first_fragment for answer in short])
            figures("fifteen sentences, first fragment", [answer.first_fragment for answer in long])
            for what in ("transcript", "reply", "caption", "fragment", "done"):
                figures(f"  fifteen sentences, first {what}", [answer.firsts[what] for answer in long])
            first = float(np.median([answer.first_fragment for answer in long]))
            more = first / np.median([answer.first_fragment for answer in short]) - 1
            print(f"  against one sentence: {more:+.1%} (at most 10 %)")
            print(f"  stalls: {[round(stall, 3) for answer in long for stall in answer.stalls]}")
            whole = one_after_the_other(mesh, avatar_id, "How was your day?")
            print(f"the same services one after the other: {whole:.1f} s, {whole / first:.0f} × later (at least 8)", flush=True)
            for replicas in (4, 1):
                slow_engine(mesh, replicas)
        finally:
            mesh.stop()


def slow_engine(mesh: Mesh, replicas: int) -> None:
    ports = [free_port() for _ in range(replicas)]
    urls, port = mesh.addresses(), free_port()
    storage = {"STORAGE_BLOBS": f"{mesh.folder}/blobs", "STORAGE_DATABASE": f"sqlite+aiosqlite:///{mesh.folder}/records.db"}
    addresses = {f"AVATARCHATBOT_{name.upper()}_URL": url for name, url in urls.items() if name != "gateway"}
    addresses["AVATARCHATBOT_ANIMATION_URL"] = ",".join(f"http://127.0.0.1:{port}" for port in ports)
    with ExitStack() as stack:
        for slow in ports:
            stack.enter_context(running("benchmarks.slow_animation", ANIMATION_PORT=str(slow), **storage))
        for slow in ports:
            ready(f"http://127.0.0.1:{slow}")
        stack.enter_context(running("AvatarChatbot.gateway", AVATARCHATBOT_PORT=str(port), **storage, **addresses))
        ready(f"http://127.0.0.1:{port}")
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=300, trust_env=False) as client:
            try:
                answer = streamed(client, text="How was your day?")
            except httpx.HTTPStatusError as refused:
                wait = refused.response.headers.get("Retry-After")
                print(
                    f"slow engine (RTF 3), {replicas} replica: refused, {refused.response.status_code}, Retry-After {wait}",
                    flush=True,
                )
                return
        stalls = [round(stall, 3) for stall in answer.stalls]
        print(
            f"slow engine (RTF 3), {replicas} replicas: first fragment {answer.first_fragment:.2f} s, stalls {stalls}", flush=True
        )


def main() -> None:
    print(machine())
    print(engines())
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    embedded(count)
    long_answers(count)


if __name__ == "__main__":
    main()
