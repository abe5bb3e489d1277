"""The matte of the speaking person: which pixels go with the head, and which are background."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Doubles, Floats, Pixels, smoothstep

#: Guided filter (He, Sun, Tang 2010): window radius in pixels, and the contrast below which it smooths.
_RADIUS = 6
_CONTRAST = 1e-3


def refine(picture: Pixels, person: Floats, landmarks: Doubles) -> Floats:
    """The matte, float32 ``[size, size]`` 0 … 1, of the person whose face has these landmarks ``[478, 2 or 3]``.

    ``person`` ``[size, size]`` is a coarse segmentation of all persons; the guided filter fits its edge to the picture.
    """
    face_mask = _face_mask(person.shape, landmarks)
    one = _component(np.maximum(person, face_mask), face_mask)
    fitted = _guided(picture, one)
    return cast("Floats", np.maximum(smoothstep((fitted - 0.12) / 0.76), face_mask).astype(np.float32))


def without_segmentation(size: int, landmarks: Doubles) -> Floats:
    """A matte where no segmentation is at hand: everything goes with the head, as far as the sway's field lets it."""
    return np.ones((size, size), np.float32)


def _face_mask(shape: tuple[int, ...], landmarks: Doubles) -> Floats:
    mask = np.zeros(shape, np.float32)
    hull = cv2.convexHull(np.round(landmarks[:, :2]).astype(np.int32))
    cv2.fillConvexPoly(mask, hull, 1.0, cv2.LINE_AA)
    return mask


def _component(person: Floats, face_mask: Floats) -> Floats:
    """Of all persons only the one that the face belongs to."""
    _, labels = cv2.connectedComponents((person > 0.35).astype(np.uint8))
    own = np.bincount(labels[face_mask > 0.5], minlength=labels.max() + 1)
    own[0] = 0
    mine = cv2.dilate((labels == int(own.argmax())).astype(np.uint8), np.ones((9, 9), np.uint8))
    return cast("Floats", person * mine)


def _guided(picture: Pixels, matte: Floats) -> Floats:
    """Guided filter with a grey guide."""
    guide = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255

    def mean(values: Floats) -> Floats:
        return cast("Floats", cv2.blur(values, (2 * _RADIUS + 1, 2 * _RADIUS + 1)))

    guide_mean, matte_mean = mean(guide), mean(matte)
    slope = (mean(guide * matte) - guide_mean * matte_mean) / (mean(guide * guide) - guide_mean**2 + _CONTRAST)
    return mean(slope) * guide + mean(matte_mean - slope * guide_mean)
