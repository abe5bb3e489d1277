"""What a microphone has sent and nobody has listened to yet: bounded in seconds and bytes."""

from __future__ import annotations

from AvatarChatbot.live import messages
from comps.cores.errors import TooLarge
from comps.cores.mega.channel import Signal

#: What is older than this is no real time any more, seconds.
WAITING_S = 10.0
#: So much coded sound may wait: Opus has at most 64 kB a second (RFC 6716 §2.1.1), and WebM or Ogg a little more.
WAITING_BYTES = 1 << 20
#: Raw sound is taken in pieces of this, so that one session's does not keep the ear from others', seconds.
_PIECE_S = 1.0


class WaitingSound:
    """``put`` and ``take`` of one microphone. Of raw sound the oldest is left out where too much waits. Coded sound cannot be cut
    where one likes: all that waits is dropped, and ``put`` says so.
    """

    def __init__(self, format: messages.Microphone) -> None:
        self._waiting = bytearray()
        self._come = Signal()
        self.change(format)

    def change(self, format: messages.Microphone) -> None:
        """Sound of another format follows. What waits is dropped."""
        self._waiting.clear()
        self._is_raw = format.format == "pcm16"
        second = 2 * format.rate
        self._most = int(WAITING_S * second) if self._is_raw else WAITING_BYTES
        self._piece = int(_PIECE_S * second) if self._is_raw else WAITING_BYTES

    def __len__(self) -> int:
        """Bytes that wait."""
        return len(self._waiting)

    def put(self, sound: bytes) -> bool:
        """Whether all is well; else a stream has lost a part. Raises TooLarge for a message that holds more than may wait."""
        if len(sound) > self._most:
            limit = f"{WAITING_S:g} s" if self._is_raw else f"{WAITING_BYTES} bytes"
            raise TooLarge(f"a message holds more than {limit} of sound", field="microphone", limit_bytes=self._most)
        self._waiting += sound
        excess = len(self._waiting) - self._most
        if excess > 0 and not self._is_raw:
            self._waiting.clear()
            return False
        if excess > 0:
            # Whole samples: an even number of bytes, wherever messages are cut.
            del self._waiting[: excess + excess % 2]
        self._come.notify()
        return True

    def clear(self) -> None:
        self._waiting.clear()

    async def take(self) -> bytes:
        """The next of it, at least a byte."""
        while not self._waiting:
            await self._come.wait()
        piece = bytes(self._waiting[: self._piece])
        del self._waiting[: self._piece]
        return piece
