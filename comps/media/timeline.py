"""The answer's time line: clauses one after another at exact sample positions, and the chunks of video that go with them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from comps.cores.proto.avatar import CONTEXT_S, MAX_CHUNK_S, ChunkRequest, Phoneme, Speech, VideoProfile, Word
from comps.media.audio import AAC_RATES, resample


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

    def __init__(self, avatar_id: str, profile: VideoProfile, seed: int = 0, *, lookahead_s: float = CONTEXT_S) -> None:
        """``lookahead_s``: how much speech after a chunk must be known before the chunk is asked for."""
        self._avatar_id = avatar_id
        self._profile = profile
        self._seed = seed
        self._lookahead = Fraction(lookahead_s)
        self._rate = 0
        self._pcm = bytearray()
        self._clauses: list[_Clause] = []
        self._phonemes: list[Phoneme] = []
        self._words: list[Word] = []
        self._next_frame = 0

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
        return pcm

    def chunks(self, final: bool = False) -> list[ChunkRequest]:
        """The chunks that became complete; ``final``: no clause follows, so all that are left."""
        longest = max(1, int(Fraction(MAX_CHUNK_S).limit_denominator(1000) * self._profile.fps))
        ready = []
        while (frames := min(longest, self.frames - self._next_frame)) > 0:
            end = Fraction(self._next_frame + frames, self._profile.fps) + self._lookahead
            if not final and (frames < longest or end * self._rate > self.samples):
                break
            ready.append(self._chunk(self._next_frame, frames))
            self._next_frame += frames
        return ready

    def _chunk(self, start_frame: int, frames: int) -> ChunkRequest:
        fps = self._profile.fps
        start, end = start_frame / fps - CONTEXT_S, (start_frame + frames) / fps + CONTEXT_S
        first, last = max(0, int(start * self._rate)), min(self.samples, int(end * self._rate))
        untimed = any(clause.start < last and clause.end > first and not clause.has_phonemes for clause in self._clauses)
        return ChunkRequest(
            avatar_id=self._avatar_id,
            profile=self._profile,
            seed=self._seed,
            start_frame=start_frame,
            frames=frames,
            phonemes=[phoneme for phoneme in self._phonemes if phoneme[1] > start and phoneme[0] < end],
            pcm=bytes(self._pcm[2 * first : 2 * last]) if untimed else b"",
            pcm_start_s=first / self._rate if untimed else 0.0,
            sample_rate=self._rate,
        )
