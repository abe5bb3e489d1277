"""Frames: the same in every process, lips that shut and open, a background that stands still."""

from __future__ import annotations

import hashlib
import itertools
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from comps.animation.warp import bank
from comps.animation.warp.framing import Framing
from comps.animation.warp.matte import head as head_matte
from comps.animation.warp.renderer import Renderer
from comps.animation.warp.rig import Rig
from comps.animation.warp.state import FrameState, Head, Mouth
from tests.animation.faces import Pixels, Portrait, aperture, bgr, faces_in

#: Faces whose mouth the mesh measures well; avatar1 and the astronaut smile with open lips.
MEASURED = ("avatar1.jpg", "avatar2.jpg", "avatar5.png", "astronaut")
SHUT, VOWEL = Mouth(opening=-0.015, pucker=0.1), Mouth(opening=0.29, upper=0.01)
LEFT = Head(yaw=-0.045, pitch=-0.026, roll=-0.019, x=-0.006, y=-0.005)
RIGHT = Head(yaw=0.045, pitch=0.026, roll=0.019, x=0.006, y=0.005)


def _state(mouth: Mouth | None = None, head: Head = LEFT, blink: float = 0.0) -> FrameState:
    return FrameState(np.array(mouth or Mouth(), np.float32), float(mouth is not None), blink, np.array(head, np.float32))


@pytest.mark.parametrize("name", MEASURED)
def test_lips_shut_and_open(rigs: dict[str, Rig], name: str) -> None:
    renderer = Renderer(rigs[name])
    frames = [bgr(renderer.frame(_state(mouth, Head()))) for mouth in (SHUT, Mouth(opening=0.175, wide=0.09), VOWEL)]
    shut, half, wide = (aperture(face.points) for face in faces_in(frames) if face is not None)
    assert shut < 0.045
    assert shut + 0.05 < half < wide
    assert wide > shut + 0.08


@pytest.mark.parametrize("name", ["avatar1.jpg", "avatar2.jpg", "avatar5.png", "avatar6.png", "astronaut"])
def test_the_background_stands_still_while_the_head_sways(rigs: dict[str, Rig], faces: dict[str, Portrait], name: str) -> None:
    renderer = Renderer(rigs[name])
    left, right = (bgr(renderer.frame(_state(VOWEL, head))) for head in (LEFT, RIGHT))
    matte = _matte(faces[name])
    flow = _flow(left, right)
    background = cv2.erode((matte < 0.02).astype(np.uint8), np.ones((65, 65), np.uint8)) > 0
    assert background.mean() > 0.05
    assert flow[background].mean() <= 0.1
    assert np.abs(left.astype(int) - right)[background].max() == 0
    face = np.zeros_like(background)
    framing = Framing.around(faces[name].landmarks, *faces[name].picture.shape[:2], 512)
    x, y = framing.place(faces[name].landmarks)[6, :2].astype(int)
    face[y - 40 : y + 40, x - 60 : x + 60] = True
    assert np.median(flow[face]) > 2.0  # the head does sway


@pytest.mark.parametrize("name", ["avatar1.jpg", "astronaut"])
def test_nothing_of_the_head_is_left_where_it_was(rigs: dict[str, Rig], faces: dict[str, Portrait], name: str) -> None:
    """Beside the head a plain background stays plain: no ghost of the edge shows where the head sways away."""
    renderer = Renderer(rigs[name])
    matte = _matte(faces[name])
    rim = (cv2.dilate(matte, np.ones((41, 41), np.uint8)) > 0.02) & (matte < 0.02)
    rim[300:] = False
    plain = np.median(bgr(renderer.frame(FrameState()))[rim], axis=0)
    for head in (LEFT, RIGHT):
        shown = bgr(renderer.frame(_state(None, head))).astype(int)
        unlike = np.abs(shown - plain).max(axis=2)[rim] > 60
        assert unlike.mean() < 0.20  # the head itself covers some of the rim


def test_replicas_draw_the_same_bytes(rigs: dict[str, Rig], tmp_path: Path) -> None:
    stored = tmp_path / "rig"
    stored.write_bytes(rigs["astronaut"].to_bytes())
    script = f"""
import hashlib, pathlib, numpy as np
from comps.animation.warp.renderer import Renderer
from comps.animation.warp.rig import Rig
from comps.animation.warp.state import FrameState
renderer = Renderer(Rig.from_bytes(pathlib.Path({str(stored)!r}).read_bytes()))
state = FrameState(np.float32([.2, .05, .1, .01, .01, .5]), .8, .6, np.float32([.03, .01, -.01, 0, .004]))
print(hashlib.sha256(renderer.frame(state).tobytes()).hexdigest())
"""
    theirs = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    renderer = Renderer(rigs["astronaut"])
    state = FrameState(np.float32([0.2, 0.05, 0.1, 0.01, 0.01, 0.5]), 0.8, 0.6, np.float32([0.03, 0.01, -0.01, 0, 0.004]))
    renderer.frame(_state(VOWEL, RIGHT, 1.0))  # what was drawn before makes no difference
    assert hashlib.sha256(renderer.frame(state).tobytes()).hexdigest() == theirs


@pytest.mark.parametrize("name", ["avatar1.jpg", "avatar3.png", "astronaut"])
def test_the_bank_agrees_with_the_solved_maps(rigs: dict[str, Rig], name: str) -> None:
    speech = rigs[name].stills[0].speech
    assert speech.bank is not None
    for mouth in (VOWEL, SHUT, Mouth(opening=0.15, wide=0.06), Mouth(opening=0.1, wide=-0.2, pucker=0.8)):
        values = np.array(mouth, np.float32)
        for activity in (1.0, 0.5):
            exact = bank.solve_maps(speech.mouth, speech.box, bank.STEP, values, activity)
            error = np.linalg.norm(bank.evaluate(speech.bank, values, activity) - exact, axis=-1)
            assert np.sqrt((error**2).mean()) < 0.45


def test_mouths_move_smoothly(rigs: dict[str, Rig]) -> None:
    renderer = Renderer(rigs["avatar2.jpg"])
    openings = np.linspace(0, 0.25, 60)
    frames = [renderer.frame(_state(Mouth(opening=float(o)), Head()))[:512].astype(int) for o in openings]
    steps = np.array([np.abs(after - before).mean() for before, after in itertools.pairwise(frames)])
    assert steps.max() < 4 * np.median(steps)


def _matte(face: Portrait) -> np.ndarray:
    framing = Framing.around(face.landmarks, *face.picture.shape[:2], 512)
    return head_matte(framing.cut(face.picture), framing.place(face.landmarks), framing.cut(face.person))


def _flow(one: Pixels, other: Pixels) -> np.ndarray:
    grey = [cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in (one, other)]
    flow = cv2.calcOpticalFlowFarneback(*grey, None, 0.5, 3, 15, 3, 5, 1.2, 0)
    return np.linalg.norm(flow, axis=-1)
