"""Live conversation on this machine: from the end of a spoken question to its answer, interruptions, sessions at once.

``scripts/bench live [questions] [interruptions]``
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import anyio
import numpy as np

from AvatarChatbot.client import live
from benchmarks.listening import INTERJECTIONS, spoken
from benchmarks.machine import engines, machine
from tests.asr.flite import QUESTIONS, VOICES
from tests.e2e.mesh import Mesh
from tests.live_player import LivePlayer, playing


def pcm(text: str, voice: str, folder: Path) -> bytes:
    return np.clip(spoken(text, voice, folder), -32768, 32767).astype("<i2").tobytes()


async def ask(player: LivePlayer, question: bytes) -> dict[str, float]:
    """Seconds from the last sample of a question to each first; the answer is then interrupted."""
    since = anyio.current_time()
    player.speak(question)
    transcript = await player.until(lambda: player.event("transcript", since), 15)
    at = await player.until(lambda: player.first_voice(transcript["turn"]), 15)
    heard = next(when for when, event in player.events if event is transcript)
    await anyio.sleep(0.3)
    await player.client.send("interrupt")
    await player.until(lambda: player.event("interrupted", since))
    await anyio.sleep(0.5)
    return {"transcript": heard - player.spoken_at, "fragment": at - player.spoken_at}


async def questions(url: str, spoken_questions: list[bytes], count: int) -> None:
    figures: list[dict[str, float]] = []
    missed = 0
    async with playing(url, avatar="aria") as player:
        await anyio.sleep(2)
        for number in range(count):
            try:
                figures.append(await ask(player, spoken_questions[number % len(spoken_questions)]))
            except TimeoutError:
                missed += 1
        gaps = [
            (a.pts_s + a.duration_s, b.pts_s)
            for (_, a), (_, b) in zip(player.arrived, player.arrived[1:], strict=False)
            if a.kind == b.kind == "media" and abs(a.pts_s + a.duration_s - b.pts_s) > 1e-4
        ]
    for what in ("transcript", "fragment"):
        values = [figure[what] for figure in figures]
        print(f"{len(values)} questions, from their last sample to the {what}: {_figures(values)}", flush=True)
    resumed = {round(event["resume_s"], 3) for _, event in player.events if event["type"] == "interrupted"}
    unexplained = [gap for gap in gaps if round(gap[1], 3) not in resumed]
    print(
        f"missed {missed}; unexplained gaps or overlaps in pts: {len(unexplained)}; stalls {len(player.stalls)}",
        flush=True,
    )


async def interruptions(url: str, voices: list[bytes], count: int) -> None:
    """A voice over the answer, heard without echo."""
    silent, confirmed, missed, older = [], [], 0, 0
    async with playing(url, avatar="aria") as player:
        await anyio.sleep(2)
        rng = np.random.default_rng(4)
        for number in range(count):
            since = anyio.current_time()
            await player.client.send("text", text="What do you like?")
            turn = (await player.until(lambda since=since: player.event("transcript", since)))["turn"]
            await player.until(lambda turn=turn: player.first_voice(turn))
            await anyio.sleep(float(rng.uniform(1.5, 3.0)))
            since = anyio.current_time()
            player.speak(voices[number % len(voices)])
            try:
                interrupted = await player.until(lambda since=since: player.event("interrupted", since), 4)
            except TimeoutError:
                missed += 1
                continue
            at = next(when for when, event in player.events if event is interrupted)
            began = next(when for when, event in player.events if event["type"] == "listening" and when >= since)
            silent.append(at - player.spoken_from)
            confirmed.append(at - began)
            await anyio.sleep(3.0)
            older += sum(when > at and frame.turn == turn for when, frame in player.arrived)
            await player.client.send("interrupt")
            await anyio.sleep(0.5)
    print(f"{count} interruptions, first sample to silence in the player: {_figures(silent)}; missed {missed}")
    print(f"  of it after confirmation: {_figures(confirmed)}; fragments of an older turn afterwards: {older}", flush=True)


async def sessions(url: str) -> None:
    """As many faces at once as are admitted, all speaking; what the last one that is not makes of it."""
    async with AsyncExitStack() as stack:
        players: list[LivePlayer] = []
        refused: dict[str, object] = {}
        while not refused and len(players) < 20:
            try:
                players.append(await stack.enter_async_context(playing(url, avatar="aria")))
            except BaseExceptionGroup:
                refused = await refusal(url)
        await anyio.sleep(12)
        for player in players:
            player.stalls.clear()
            await player.client.send("text", text="What do you like?")
        await refusal(url)
        for player in players:
            await player.until(lambda player=player: player.event("done"), 40)
        stalls = [round(len(player.stalls), 3) for player in players]
        rungs = [event["level"] for player in players for _, event in player.events if event["type"] == "quality"]
    print(
        f"{len(players)} live sessions at once, all speaking: stalls {stalls}, rungs left {rungs}; the next: {refused}",
        flush=True,
    )


async def refusal(url: str) -> dict[str, object]:
    """What one session too many is told, and how it is closed."""
    async with live(url.replace("http", "ws", 1) + "/v1/avatarchatbot", avatar="aria") as client:
        told = await anext(client)
        assert isinstance(told, dict)
        await client.connection.wait_closed()
        return {"status": told.get("problem", {}).get("status"), "close": client.connection.close_code}


def _figures(seconds: list[float]) -> str:
    if not seconds:
        return "never"
    p50, p95 = np.percentile(seconds, [50, 95])
    return f"p50 {p50:.3f}, p95 {p95:.3f}, most {max(seconds):.3f} s"


def main() -> None:
    print(machine())
    print(engines())
    asked, interrupted = (int(value) for value in [*sys.argv[1:], *["100", "20"][len(sys.argv) - 1 :]])
    with tempfile.TemporaryDirectory() as folder:
        spoken_questions = [pcm(text, VOICES[k % len(VOICES)], Path(folder)) for k, text in enumerate(QUESTIONS)]
        voices = [pcm(text, VOICES[k % len(VOICES)], Path(folder)) for k, text in enumerate([*INTERJECTIONS, *QUESTIONS[:10]])]
        (Path(folder) / "mesh").mkdir()
        mesh = Mesh(Path(folder) / "mesh", AVATARCHATBOT_LIVE_PER_OWNER="100", AVATARCHATBOT_ADDRESS_RATE="10000")
        try:
            mesh.wait_until_ready()
            if asked:
                anyio.run(questions, mesh.url, spoken_questions, asked)
            if interrupted:
                anyio.run(interruptions, mesh.url, voices, interrupted)
            anyio.run(sessions, mesh.url)
        finally:
            mesh.stop()
            errors = [line for line in mesh.log.read_text().splitlines() if "ERROR" in line or "Traceback" in line]
            print("\n".join(errors[:20]))


if __name__ == "__main__":
    main()
