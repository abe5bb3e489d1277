"""libespeak-ng by ctypes (speak_lib.h, API revision 12). Its state is global: one synthesis at a time in a process."""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import espeakng_loader

from comps.tts.engines.espeak_manner import Manner

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS; RETRIEVAL polls, which adds 17 ms
_PHONEME_EVENTS = 0x0001
_DONT_EXIT = 0x8000  # an error is returned instead of ending the process
_BY_CHARACTER = 1  # POS_CHARACTER
_UTF8 = 1  # espeakCHARS_UTF8; without espeakSSML (0x10) and espeakPHONEMES (0x100) text is taken literally
_END, _WORD, _PHONEME = 0, 1, 7  # espeakEVENT_LIST_TERMINATED, …_WORD, …_PHONEME
_RATE, _PITCH, _RANGE = 1, 3, 4
_CONTINUE, _ABORT = 0, 1

#: espeak keeps the path of its data in 160 bytes and fails without a word when it does not fit.
_LONGEST_PATH = 120


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class RawEvent:
    """``position``: index of a character of the text, for a word; ``mnemonic``: None for a word."""

    sample: int
    position: int
    mnemonic: str | None


class Library:
    """``rate``: samples a second of all speech. Raises OSError when the library or its data cannot be loaded."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._short: tempfile.TemporaryDirectory[str] | None = None
        self._library.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        data = self._short_path(Path(espeakng_loader.get_data_path()))
        self.rate = int(self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, _PHONEME_EVENTS | _DONT_EXIT))
        if self.rate <= 0:
            raise OSError("espeak-ng could not read its data")
        self._callback = _Callback(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)
        self._pcm = bytearray()
        self._events: list[RawEvent] = []
        self._stopped: Callable[[], bool] = bool

    def _short_path(self, data: Path) -> bytes:
        """The folder of espeak's data, by way of a short link when its own path is too long."""
        if len(str(data).encode()) > _LONGEST_PATH:
            self._short = tempfile.TemporaryDirectory(prefix="espeak")
            link = Path(self._short.name) / "espeak-ng-data"
            link.symlink_to(data)
            data = link
        return str(data).encode()

    def synthesise(self, text: str, voice: str, manner: Manner, stopped: Callable[[], bool]) -> tuple[bytes, list[RawEvent]]:
        """Speak ``text`` (no control characters) → PCM (mono, signed 16 bit) and events in the order of their samples.

        ``stopped`` is asked every 60 ms of speech; once it says True, what there is by then comes back. Raises
        LookupError for an unknown voice and OSError when espeak fails.
        """
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise LookupError(voice)
        for parameter, value in ((_RATE, manner.rate), (_PITCH, manner.pitch), (_RANGE, manner.range)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._pcm, self._events, self._stopped = bytearray(), [], stopped
        encoded = text.encode()
        status = self._library.espeak_Synth(encoded, len(encoded) + 1, 0, _BY_CHARACTER, 0, _UTF8, None, None)
        if status != 0:
            raise OSError(f"espeak-ng failed with status {status}")
        self._library.espeak_Synchronize()
        return bytes(self._pcm), self._events

    def _receive(self, samples: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]) -> int:
        if samples and count > 0:
            self._pcm += ctypes.string_at(samples, count * 2)
        index = 0
        while events[index].type != _END:
            event = events[index]
            if event.type == _WORD:
                self._events.append(RawEvent(event.sample, event.text_position - 1, None))
            elif event.type == _PHONEME:
                self._events.append(RawEvent(event.sample, event.text_position - 1, _mnemonic(event)))
            index += 1
        return _ABORT if self._stopped() else _CONTINUE


def _mnemonic(event: _Event) -> str:
    """Eight bytes without a terminator when the name fills them, so that a character may be cut in two."""
    return bytes(event.id.string).decode("utf-8", "ignore")
