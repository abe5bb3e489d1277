"""Blinks and sway: the same on every replica, and joined over the idle loop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from comps.animation.motion.blinks import blink
from comps.animation.motion.loop import loop_frames
from comps.animation.motion.sway import sway

PARTS = pytest.mark.parametrize("part", [blink, sway], ids=["blink", "sway"])
Part = Callable[[int, int, int, int], NDArray[np.float32]]
FPS = 25


@PARTS
@pytest.mark.parametrize("seed", [0, 7, -3, 2**70])
def test_chunks_equal_the_whole(part: Part, seed: int) -> None:
    whole = part(seed, 0, 600, FPS)
    chunks = np.concatenate([part(seed, start, 12, FPS) for start in range(0, 600, 12)])
    np.testing.assert_array_equal(chunks, whole)


@PARTS
@pytest.mark.parametrize("fps", [10, 25, 30])
def test_the_loop_repeats(part: Part, fps: int) -> None:
    length = loop_frames(fps)
    np.testing.assert_array_equal(part(3, 0, length, fps), part(3, 5 * length, length, fps))


def test_sway_has_no_jump_at_the_loops_end_and_stays_small() -> None:
    for seed in range(20):
        head = sway(seed, 0, loop_frames(FPS) + 1, FPS)
        steps = np.abs(np.diff(head, axis=0))
        assert (steps[-1] <= steps.max(axis=0)).all()
        assert (steps.max(axis=0) < [0.006, 0.004, 0.003, 0.002, 0.002]).all()
        assert (np.ptp(head, axis=0) > [0.02, 0.01, 0.008, 0.003, 0.003]).all()


def test_seeds_differ() -> None:
    assert not np.array_equal(sway(1, 0, 250, FPS), sway(2, 0, 250, FPS))
    assert not np.array_equal(blink(1, 0, 250, FPS), blink(2, 0, 250, FPS))


def test_lids_shut_fully_at_a_human_rate_and_pace() -> None:
    for seed in range(20):
        shut = blink(seed, 0, loop_frames(FPS), FPS)
        blinks = int(((shut > 0.5) & (np.roll(shut, 1) <= 0.5)).sum())
        assert blinks == 3
        assert shut.max() > 0.9
        assert (shut > 0).sum() <= blinks * 8
