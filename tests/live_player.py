"""A player of live conversations for tests and benchmarks: it plays in real time what the socket brings, and speaks into it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
from websockets.exceptions import ConnectionClosed

from AvatarChatbot.client import LiveClient, live
from AvatarChatbot.live.framing import Frame

#: Messages of a microphone, and how often the player says where it is, seconds.
PIECE_S, POSITION_S = 0.02, 0.1
RATE = 16_000


class RefusedError(Exception):
    """There was no session to be had."""


@dataclass
class LivePlayer:
    """Plays from the first fragment on, stops where nothing is there, and jumps where an answer is interrupted."""

    client: LiveClient
    arrived: list[tuple[float, Frame]] = field(default_factory=list)
    events: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    stalls: list[tuple[float, float]] = field(default_factory=list)
    buffered_s: float = 0.0
    #: The other side has closed the connection.
    is_over: bool = False
    changed: anyio.Event = field(default_factory=anyio.Event)
    _media_s: float = 0.0
    _at: float | None = None
    #: Where the last interruption jumped to: nothing is buffered there yet, and nothing is missing.
    _resumed_s: float = 0.0
    _speech: bytes = b""
    #: Wall time of the last sample of what was last spoken into the microphone.
    spoken_at: float = 0.0
    spoken_from: float = 0.0

    def position_s(self) -> float:
        """The media time on show."""
        now = time.monotonic()
        if self._at is None:
            return 0.0
        position = self._media_s + now - self._at
        if position > self.buffered_s:
            self._media_s, self._at = self.buffered_s, now
            return self.buffered_s
        return position

    def _frame(self, frame: Frame) -> None:
        now = time.monotonic()
        position = self.position_s()
        if frame.kind == "media":
            if self._at is None:
                self._media_s, self._at = frame.pts_s, now
            elif position >= self.buffered_s - 1e-3 and self.buffered_s > self._resumed_s:
                self.stalls.append((now, frame.pts_s))
            self.buffered_s = frame.pts_s + frame.duration_s
        self.arrived.append((now, frame))

    def _event(self, event: dict[str, Any]) -> None:
        now = time.monotonic()
        if event["type"] == "interrupted":
            self._media_s, self._at = event["resume_s"], now
            self.buffered_s = self._resumed_s = event["resume_s"]
        self.events.append((now, event))

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._report)
            tasks.start_soon(self._microphone)
            async for message in self.client:
                if isinstance(message, Frame):
                    self._frame(message)
                else:
                    self._event(message)
                self.changed.set()
                self.changed = anyio.Event()
            self.is_over = True
            self.changed.set()
            tasks.cancel_scope.cancel()

    def speak(self, pcm: bytes) -> None:
        """Mono s16le at 16 kHz, said from the next message of the microphone on, in real time."""
        self._speech, self.spoken_from = pcm, 0.0

    async def until(self, condition: Any, seconds: float = 20) -> Any:
        """The first true value of ``condition()``."""
        with anyio.fail_after(seconds):
            while not (value := condition()):
                await self.changed.wait()
        return value

    def event(self, type: str, since: float = 0.0) -> dict[str, Any] | None:
        return next((event for at, event in self.events if event["type"] == type and at >= since), None)

    def first_voice(self, turn: int) -> float | None:
        """When 200 ms of an answer had arrived."""
        seconds = 0.0
        for at, frame in self.arrived:
            if frame.turn == turn:
                seconds += frame.duration_s
                if seconds >= 0.2 - 1e-6:
                    return at
        return None

    async def _report(self) -> None:
        while True:
            await anyio.sleep(POSITION_S)
            with contextlib.suppress(ConnectionClosed):
                await self.client.send("position", media_s=self.position_s())

    async def _microphone(self) -> None:
        """A message every 20 ms, silence where nothing is said; late ones are caught up."""
        size = int(2 * RATE * PIECE_S)
        begun, sent = time.monotonic(), 0
        while True:
            if self._speech and not self.spoken_from:
                self.spoken_from = begun + sent * PIECE_S
            piece, self._speech = self._speech[:size], self._speech[size:]
            if piece:
                self.spoken_at = begun + (sent + len(piece) / size) * PIECE_S
            with contextlib.suppress(ConnectionClosed):
                await self.client.speak(piece.ljust(size, b"\0"))
            sent += 1
            await anyio.sleep(max(0.0, begun + (sent + 1) * PIECE_S - time.monotonic()))


@asynccontextmanager
async def playing(url: str, **start: Any) -> AsyncIterator[LivePlayer]:
    """A session at a gateway's http URL, greeted, with its player at work."""
    async with live(url.replace("http", "ws", 1) + "/v1/avatarchatbot", **start) as client, anyio.create_task_group() as tasks:
        player = LivePlayer(client)
        tasks.start_soon(player.run)
        await player.until(lambda: player.event("ready") or player.event("error"))
        if refused := player.event("error"):
            raise RefusedError(refused["problem"]["detail"])
        yield player
        with contextlib.suppress(ConnectionClosed):
            await client.send("stop")
        tasks.cancel_scope.cancel()
