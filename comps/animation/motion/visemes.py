"""Mouth movement from a phoneme timeline, with coarticulation.

Cohen and Massaro, Modeling coarticulation in synthetic visual speech (1993).
Every phoneme pulls each mouth parameter towards a target with a dominance that is flat over its middle and decays on both
sides; a parameter is the dominance-weighted mean of the targets. Dominances have finite support, so the value at a time
depends only on speech within ``CONTEXT_S`` of it, and a chunk is drawn as the whole answer would be.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from comps.animation.motion.phonemes import is_silence, shapes
from comps.cores.proto.avatar import CONTEXT_S, PAUSE_ENDS_S, PAUSE_HELD_S, PAUSE_RESTS_S, Phoneme

#: The mouth parameters in their order. open, upper and lower in units of the rig's mouth (renderer.pose), wide as a ratio
#: of the mouth's width, pucker and tongue 0 … 1.
PARAMETERS = ("open", "wide", "pucker", "upper", "lower", "tongue")
#: Those that draw the lips back from the teeth, which no closure allows.
LIPS = [PARAMETERS.index("upper"), PARAMETERS.index("lower")]

#: Times sampled per frame, so that a frame is the mean over the time it is on screen.
_OVERSAMPLING = 4
#: A dominance is zero this far from its phoneme: e**-7 of its height at the slowest decay.
_SUPPORT_S = 0.5
#: The flat middle of a phoneme leaves this share at each end, up to this many seconds.
_INSET_SHARE, _INSET_S = 0.17, 0.06
#: Where within a diphthong its second shape begins.
_GLIDE_AT = 0.62

assert max(PAUSE_RESTS_S, _SUPPORT_S + _INSET_S) < CONTEXT_S


class Viseme(NamedTuple):
    """Targets of the six parameters, and how strongly they are held: ``hold`` the opening, ``spread`` width and pucker.

    The lips are about ``open + upper + lower`` apart.
    """

    open: float
    wide: float
    pucker: float
    upper: float
    lower: float
    tongue: float
    hold: float
    spread: float

    @property
    def target(self) -> tuple[float, ...]:
        return self[:6]


SILENCE = Viseme(0.000, 0.00, 0.0, 0.000, 0.000, 0.0, hold=0.9, spread=0.4)
VISEMES: dict[str, Viseme] = {
    "PBM": Viseme(-0.015, 0.00, 0.1, 0.000, 0.000, 0.0, hold=2.20, spread=0.4),
    "FV": Viseme(0.030, 0.02, 0.0, 0.030, -0.020, 0.0, hold=1.90, spread=0.8),
    "TH": Viseme(0.062, 0.02, 0.0, 0.010, 0.000, 0.9, hold=1.20, spread=0.6),
    "TDN": Viseme(0.046, 0.03, 0.0, 0.006, 0.008, 0.6, hold=0.85, spread=0.4),
    "L": Viseme(0.095, 0.02, 0.0, 0.008, 0.008, 0.8, hold=0.75, spread=0.4),
    "SZ": Viseme(0.002, 0.07, 0.0, 0.012, 0.020, 0.1, hold=1.05, spread=0.8),
    "SH": Viseme(0.016, -0.12, 0.6, 0.018, 0.015, 0.1, hold=1.00, spread=1.5),
    "KG": Viseme(0.094, 0.00, 0.0, 0.000, 0.000, 0.0, hold=0.50, spread=0.3),
    "R": Viseme(0.088, -0.10, 0.4, 0.010, 0.000, 0.2, hold=0.55, spread=0.9),
    "W": Viseme(0.045, -0.24, 1.0, 0.000, 0.000, 0.0, hold=1.20, spread=2.2),
    "J": Viseme(0.068, 0.10, 0.0, 0.008, 0.008, 0.2, hold=0.60, spread=1.0),
    "H": Viseme(0.100, 0.00, 0.0, 0.000, 0.000, 0.0, hold=0.22, spread=0.1),
    "i": Viseme(0.094, 0.14, 0.0, 0.010, 0.010, 0.3, hold=0.95, spread=1.4),
    "I": Viseme(0.092, 0.08, 0.0, 0.008, 0.010, 0.2, hold=0.80, spread=0.9),
    "e": Viseme(0.172, 0.09, 0.0, 0.008, 0.008, 0.2, hold=1.00, spread=1.0),
    "ae": Viseme(0.255, 0.07, 0.0, 0.012, 0.008, 0.1, hold=1.30, spread=1.0),
    "a": Viseme(0.300, -0.01, 0.0, 0.008, 0.000, 0.0, hold=1.45, spread=0.9),
    "V": Viseme(0.222, 0.01, 0.0, 0.008, 0.000, 0.1, hold=1.50, spread=0.7),
    "ə": Viseme(0.155, 0.00, 0.0, 0.000, 0.000, 0.1, hold=0.60, spread=0.4),
    "ɜ": Viseme(0.135, -0.06, 0.2, 0.010, 0.000, 0.1, hold=1.00, spread=0.7),
    "O": Viseme(0.190, -0.14, 0.5, 0.010, 0.000, 0.0, hold=1.25, spread=1.5),
    "œ": Viseme(0.145, -0.18, 0.7, 0.010, 0.000, 0.1, hold=1.20, spread=1.6),
    "U": Viseme(0.105, -0.17, 0.6, 0.000, 0.000, 0.0, hold=0.85, spread=1.5),
    "u": Viseme(0.062, -0.24, 0.9, 0.000, 0.000, 0.0, hold=1.10, spread=1.9),
}
#: 1/s at which dominance over the opening and over the shape decays away from a phoneme.
_DECAY_OPEN, _DECAY_SPREAD = 30.0, 14.0
_DECAY_CLOSURE, _DECAY_SILENCE = 38.0, 20.0
#: Which of the two dominances weighs each parameter.
_BY_SPREAD = np.array([False, True, True, False, False, False])


@dataclass(frozen=True)
class Motion:
    """A mouth over a run of frames: ``mouth`` float32 [frames, 6] in the order of PARAMETERS; ``activity`` float32 [frames],
    0 (the face as in the picture) … 1 (the mouth as ``mouth`` says)."""

    mouth: NDArray[np.float32]
    activity: NDArray[np.float32]


class _Segment(NamedTuple):
    start: float
    end: float
    viseme: Viseme


def tracks(phonemes: Sequence[Phoneme], start_frame: int, frames: int, fps: int) -> Motion:
    """The mouth at frames ``start_frame`` … ``start_frame + frames - 1`` of an answer.

    ``phonemes`` are in seconds of the answer; only those within CONTEXT_S of the frames matter. Frame k stands for the time
    from k/fps to (k+1)/fps. No lead is added: coarticulation alone opens the mouth a few milliseconds early, and viewers forgive
    an early picture more than a late one (ITU-R BT.1359).
    """
    speech = _speech(phonemes)
    grid = _Grid(start_frame, frames, fps)
    samples = _mouth(speech, grid.times)
    mouth = samples.reshape(frames, _OVERSAMPLING, -1).mean(axis=1)
    lowest = samples[:, 0].reshape(frames, _OVERSAMPLING).min(axis=1)
    for frame in grid.closures(speech):
        mouth[frame, 0] = min(lowest[frame], 0.0)
        mouth[frame, LIPS] = np.minimum(mouth[frame, LIPS], 0.0)
    activity = _activity(speech, grid.times).reshape(frames, _OVERSAMPLING).mean(axis=1)
    return Motion(mouth.astype(np.float32), activity.astype(np.float32))


class _Grid(NamedTuple):
    """The frames of a chunk on the answer's own grid."""

    start_frame: int
    frames: int
    fps: int

    @property
    def times(self) -> NDArray[np.float64]:
        """Times [frames · oversampling] of the sound drawn, from integers, so that every chunk computes the same floats."""
        index = np.arange(self.start_frame * _OVERSAMPLING, (self.start_frame + self.frames) * _OVERSAMPLING)
        return (index + 0.5) / (self.fps * _OVERSAMPLING)

    def closures(self, speech: Sequence[_Segment]) -> Iterator[int]:
        """The frames at the middle of every p, b and m: a closure shorter than a frame must not be averaged away."""
        for segment in speech:
            if segment.viseme.open < 0:
                frame = int(np.floor((segment.start + segment.end) / 2 * self.fps)) - self.start_frame
                if 0 <= frame < self.frames:
                    yield frame


def _speech(phonemes: Sequence[Phoneme]) -> list[_Segment]:
    """The mouth shapes of all that is not a pause, in time order; a diphthong gives two."""
    segments = []
    for start, end, symbol in sorted(phonemes):
        if end <= start or is_silence(symbol):
            continue
        names = shapes(symbol)
        if len(names) == 2:
            turn = start + _GLIDE_AT * (end - start)
            segments += [_Segment(start, turn, VISEMES[names[0]]), _Segment(turn, end, VISEMES[names[1]])]
        elif names:
            segments.append(_Segment(start, end, VISEMES[names[0]]))
    return segments


def _gaps(speech: Sequence[_Segment]) -> list[_Segment]:
    """The silence around and between segments; between clauses a timeline need not spell it out."""
    gaps = []
    end = -np.inf
    for segment in speech:
        if segment.start > end:
            gaps.append(_Segment(end, segment.start, SILENCE))
        end = max(end, segment.end)
    return [*gaps, _Segment(end, np.inf, SILENCE)]


def _mouth(speech: Sequence[_Segment], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parameters [times, 6]: the dominance-weighted mean of all targets."""
    weighted = np.zeros((len(times), len(PARAMETERS)))
    weight = np.zeros((len(times), len(PARAMETERS)))
    for segment in (*speech, *_gaps(speech)):
        away = _distance(segment, times)
        viseme = segment.viseme
        hold = viseme.hold * _dominance(away, _decay(viseme))
        spread = viseme.spread * _dominance(away, _DECAY_SPREAD)
        dominance = np.where(_BY_SPREAD, spread[:, None], hold[:, None])
        weighted += dominance * viseme.target
        weight += dominance
    return weighted / weight


def _distance(segment: _Segment, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds between each time and the flat middle of the segment; 0 within it."""
    inset = min(_INSET_SHARE * (segment.end - segment.start), _INSET_S)
    return np.maximum(np.maximum(segment.start + inset - times, times - segment.end + inset), 0.0)


def _decay(viseme: Viseme) -> float:
    if viseme is SILENCE:
        return _DECAY_SILENCE
    return _DECAY_CLOSURE if viseme.open < 0 else _DECAY_OPEN


def _dominance(away: NDArray[np.float64], decay: float) -> NDArray[np.float64]:
    """Exponential decay that reaches zero at the end of its support."""
    return np.exp(-decay * away) * _smoothstep((_SUPPORT_S - away) / (0.5 * _SUPPORT_S))


def _smoothstep(x: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3.0 - 2.0 * x)


def _activity(speech: Sequence[_Segment], times: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 … 1 [times]: 1 in speech and in short pauses, ramps to the rest pose around everything else."""
    since, until = _time_since_and_until(speech, times)
    release = _smoothstep((PAUSE_RESTS_S - since) / (PAUSE_RESTS_S - PAUSE_HELD_S))
    attack = _smoothstep(1.0 - until / PAUSE_ENDS_S)
    return np.where(since + until <= PAUSE_RESTS_S, 1.0, np.maximum(release, attack))


def _time_since_and_until(
    speech: Sequence[_Segment], times: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seconds since speech last sounded and until it next sounds, at each time; 0 within speech, infinite where there is none."""
    since = np.full(len(times), np.inf)
    until = np.full(len(times), np.inf)
    for segment in speech:
        after, before = times - segment.end, segment.start - times
        inside = (after <= 0) & (before <= 0)
        since = np.where(inside, 0.0, np.where(after > 0, np.minimum(since, after), since))
        until = np.where(inside, 0.0, np.where(before > 0, np.minimum(until, before), until))
    return since, until
