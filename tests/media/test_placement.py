"""How a face lies in its picture: height along the face, tilt, and how much of it is beyond the border."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from comps.media.landmarks import Face, Placement
from comps.media.landmarks.face import OVAL, POINTS


def oval(x: float, y: float, half_width: float = 40.0, half_height: float = 50.0, tilt: float = 0.0) -> Face:
    """A face whose points lie in an ellipse, its features in the middle."""
    points = np.zeros((POINTS, 2))
    turns = np.linspace(0, 2 * np.pi, len(OVAL), endpoint=False)
    points[[*OVAL]] = np.stack([half_width * np.sin(turns), -half_height * np.cos(turns)], axis=1)
    points[33], points[263], points[17] = (-20, -10), (20, -10), (0, 10)
    rotation = cv2.getRotationMatrix2D((0, 0), -tilt, 1)[:, :2]
    return Face.of(np.column_stack([points @ rotation.T + [x, y], np.zeros(POINTS)]).astype(np.float32), 0.9)


@pytest.mark.parametrize("tilt", [0, 20, 90, 135, 179, -45, -120])
def test_height_and_tilt(tilt: int) -> None:
    seen = Placement.of(oval(100, 100, tilt=tilt), 200, 200)
    assert seen.height == pytest.approx(100, abs=1)
    assert seen.tilt == pytest.approx(tilt, abs=0.5)
    assert seen.cut == pytest.approx(0, abs=1e-3)
    assert not seen.lacks_features


@pytest.mark.parametrize(("x", "y", "cut"), [(0, 100, 0.5), (200, 100, 0.5), (100, 0, 0.5), (100, 200, 0.5), (0, 0, 0.75)])
def test_a_face_over_the_border_is_cut(x: float, y: float, cut: float) -> None:
    seen = Placement.of(oval(x, y), 200, 200)
    assert seen.cut == pytest.approx(cut, abs=0.01)
    assert seen.lacks_features


def test_a_chin_that_is_cut_lacks_no_feature() -> None:
    seen = Placement.of(oval(100, 160), 200, 200)
    assert 0.0 < seen.cut < 0.2
    assert not seen.lacks_features


def test_a_face_beyond_the_picture_is_cut_away() -> None:
    assert Placement.of(oval(-500, 100), 200, 200).cut == 1.0
