"""The answer's time line: clauses one after another at exact sample positions, and the chunks of video that go with them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from comps.cores.proto.avatar import (
    CONTEXT_S,
    HEARING_S,
    MAX_CHUNK_S,
    PAUSE_ENDS_S,
    PAUSE_HELD_S,
    PAUSE_RESTS_S,
    ChunkRequest,
    Phoneme,
    Speech,
    VideoProfile,
    Word,
)
from comps.media.audio import AAC_RATES, resample

_SILENCE = "_"
#: How much speech after a chunk must be known before it is drawn while the answer is still being made, seconds: sounds further
#: away weigh less than 1 % in the mouth's shape (``animation.motion.visemes``: decays of 14/s and more).
LIVE_LOOKAHEAD_S = 0.3
#: The shortest chunk that is drawn before more is known: what a player needs to begin.
LIVE_SHORTEST_S = 0.2


@dataclass(frozen=True)
class _Clause:
    """Where a clause lies: samples [start, end) of the answer."""

    start: int
    end: int
    has_phonemes: bool


class Timeline:
    """Places clauses and cuts the answer's video into chunks.

    Positions are whole samples of the first clause's rate (raised to one that AAC knows), so nothing drifts; nothing is
    padded to the frame grid. Frame k of the answer is on screen from k/fps to (k+1)/fps; there are ceil(duration × fps).
    """

    def __init__(
        self,
        avatar_id: str,
        profile: VideoProfile,
        seed: int = 0,
        *,
        lookahead_s: float = CONTEXT_S,
        shortest_s: float = MAX_CHUNK_S,
        first_s: float = MAX_CHUNK_S,
        longest_s: float = MAX_CHUNK_S,
        first_frame: int = 0,
        sample_rate: int = 0,
        hears: bool = False,
    ) -> None:
        """``lookahead_s``: how much speech after a chunk must be known before the chunk is asked for.

        ``shortest_s``: the shortest chunk that is asked for before the answer has ended; ``first_s``: the longest that the first
        may be, ``longest_s`` any. ``first_frame``: the answer's frame 0 is this frame of the grid that chunks are drawn on.
        ``sample_rate``: of the answer, one that AAC knows; 0 for the first clause's. ``hears``: chunks carry their sound though
        phonemes tell all, for an engine that draws from it.
        """
        self._avatar_id = avatar_id
        self._profile = profile
        self._seed = seed
        self._lookahead = Fraction(lookahead_s)
        self._shortest = self._frames_in(shortest_s)
        self._first = self._frames_in(first_s)
        self._longest = self._frames_in(longest_s)
        self._first_frame = first_frame
        self._rate = sample_rate
        self._hears = hears
        self._pcm = bytearray()
        self._clauses: list[_Clause] = []
        self._phonemes: list[Phoneme] = []
        self._words: list[Word] = []
        self._next_frame = 0
        self._sounding_until = 0.0
        #: Silence put in because speech was late, seconds.
        self.paused_s = 0.0

    @property
    def sample_rate(self) -> int:
        """Of the whole answer; 0 before the first clause."""
        return self._rate

    @property
    def phonemes(self) -> list[Phoneme]:
        """In the answer's time, seconds."""
        return self._phonemes

    @property
    def words(self) -> list[Word]:
        """In the answer's time, seconds."""
        return self._words

    @property
    def samples(self) -> int:
        """Length of the answer so far."""
        return len(self._pcm) // 2

    @property
    def duration_s(self) -> float:
        return self.samples / self._rate if self._rate else 0.0

    @property
    def frames(self) -> int:
        """Frames that cover the answer so far: the last may begin, but not end, within it."""
        return -(-self.samples * self._profile.fps // self._rate) if self._rate else 0

    def add(self, speech: Speech) -> bytes:
        """Append a clause; returns its sound at the answer's rate, mono s16le: what the muxer gets next."""
        if not self._rate:
            self._rate = min((rate for rate in AAC_RATES if rate >= speech.sample_rate), default=AAC_RATES[-1])
        pcm = resample(np.frombuffer(speech.pcm, "<i2"), speech.sample_rate, self._rate).astype("<i2").tobytes()
        start = self.samples
        self._pcm += pcm
        self._clauses.append(_Clause(start, self.samples, bool(speech.phonemes)))
        at = start / self._rate
        self._phonemes += [(at + begin, at + end, name) for begin, end, name in speech.phonemes]
        self._words += [(at + begin, at + end, word) for begin, end, word in speech.words]
        sounding = [end for _, end, name in speech.phonemes if not name.startswith(_SILENCE)]
        self._sounding_until = at + max(sounding, default=0.0) if speech.phonemes else self.duration_s
        return pcm

    def pause(self, seconds: float) -> None:
        """Append silence: speech is late."""
        samples = round(seconds * self._rate)
        start = self.duration_s
        self._pcm += bytes(2 * samples)
        self._clauses.append(_Clause(self.samples - samples, self.samples, True))
        self._phonemes.append((start, self.duration_s, _SILENCE))
        self.paused_s += samples / self._rate

    def end_pause(self) -> None:
        """Before the clause that ends a pause: where the face was drawn leaving its pose, append what it needs to come to rest
        and to begin to speak again.
        """
        drawn = self.next_s - self._sounding_until
        if drawn > PAUSE_HELD_S:
            self.pause(max(0.0, self._sounding_until + max(PAUSE_RESTS_S, drawn) + PAUSE_ENDS_S - self.duration_s))

    def truncate(self, end_s: float) -> None:
        """Leave out what sounds from ``end_s`` seconds on. No chunk may have been asked for there."""
        samples = min(self.samples, round(end_s * self._rate))
        del self._pcm[2 * samples :]
        self._clauses = [replace(clause, end=min(clause.end, samples)) for clause in self._clauses if clause.start < samples]
        self._phonemes = _until(end_s, self._phonemes)
        self._words = _until(end_s, self._words)

    def sound(self, start: int, end: int | None = None) -> bytes:
        """Samples ``start`` … ``end`` of the answer (None: all that are there): mono s16le at its rate."""
        return bytes(self._pcm[2 * start : None if end is None else 2 * end])

    @property
    def undrawn_frames(self) -> int:
        """Whole frames of the answer so far that no chunk was asked for."""
        return self._whole_frames - self._next_frame

    @property
    def next_s(self) -> float:
        """Where the next chunk begins, seconds of the answer."""
        return self._next_frame / self._profile.fps

    def chunks(self, final: bool = False, *, hurry: bool = False) -> list[ChunkRequest]:
        """The chunks that became complete. ``final``: no clause follows, so all that are left. ``hurry``: all whole frames that
        are left, though a clause may follow; the speech so far ends in a pause, so little of what follows would show in them.
        """
        known = self.frames
        if hurry and not final:
            known = self._whole_frames
        elif not final:
            known = int((Fraction(self.samples, self._rate or 1) - self._lookahead) * self._profile.fps)
        ready = []
        while (left := known - self._next_frame) > 0:
            frames = min(left, self._first if self._next_frame == 0 else self._longest)
            if not (final or hurry) and left < self._shortest:
                break
            ready.append(self._chunk(self._next_frame, frames))
            self._next_frame += frames
        return ready

    @property
    def _whole_frames(self) -> int:
        return self.samples * self._profile.fps // (self._rate or 1)

    def _frames_in(self, seconds: float) -> int:
        return max(1, int(Fraction(seconds).limit_denominator(1000) * self._profile.fps))

    def _chunk(self, start_frame: int, frames: int) -> ChunkRequest:
        fps = self._profile.fps
        shift = self._first_frame / fps
        begin, stop = start_frame / fps, (start_frame + frames) / fps
        start, end = begin - CONTEXT_S, stop + CONTEXT_S
        first, last = self._between(start, end)
        untimed = any(clause.start < last and clause.end > first and not clause.has_phonemes for clause in self._clauses)
        if not untimed:
            first, last = self._between(begin - HEARING_S, stop + HEARING_S) if self._hears else (0, 0)
        return ChunkRequest(
            avatar_id=self._avatar_id,
            profile=self._profile,
            seed=self._seed,
            start_frame=self._first_frame + start_frame,
            frames=frames,
            phonemes=[(a + shift, b + shift, name) for a, b, name in self._phonemes if b > start and a < end],
            pcm=bytes(self._pcm[2 * first : 2 * last]),
            pcm_start_s=first / self._rate + shift if first < last else 0.0,
            sample_rate=self._rate,
        )

    def _between(self, start_s: float, end_s: float) -> tuple[int, int]:
        """The samples of a stretch of the answer, as far as there are any."""
        return max(0, int(start_s * self._rate)), min(self.samples, int(end_s * self._rate))


def _until(end_s: float, spans: list[Phoneme]) -> list[Phoneme]:
    """The spans that begin before ``end_s``, and no further."""
    return [(start, min(stop, end_s), name) for start, stop, name in spans if start < end_s]
