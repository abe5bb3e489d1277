"""The matte of the speaking person: which pixels go with the head, and which are background."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Doubles, Floats, Pixels, smoothstep

#: Guided filter (He, Sun, Tang 2010): window radius in pixels, and the contrast below which it smooths.
_RADIUS = 6
_CONTRAST = 1e-3
#: The person is segmented at this size, in this many rounds.
_CUT_SIDE = 192
_CUT_ROUNDS = 4
#: Where the hint is this sure, it is a person.
_HINT_PERSON = 0.9


def head(picture: Pixels, landmarks: Doubles, person: Floats | None) -> Floats:
    """The matte, float32 ``[size, size]`` 0 … 1, of the person in ``picture`` (BGR) whose landmarks ``[478, 2 or 3]`` these are.

    ``person`` ``[size, size]``: a coarse segmentation of all persons, where there is one; it only guides.
    """
    face_mask = _face_mask(picture.shape[:2], landmarks)
    one = _component(_person(picture, landmarks, person), face_mask)
    fitted = _guided(picture, one)
    return cast("Floats", np.maximum(smoothstep((fitted - 0.12) / 0.76), face_mask).astype(np.float32))


def _person(picture: Pixels, landmarks: Doubles, hint: Floats | None) -> Floats:
    """A coarse segmentation of the person (GrabCut; Rother, Kolmogorov, Blake 2004), float32 0 … 1.

    Seeds: the face is the person; head and shoulders, as they usually lie about it, probably are; the rest probably is not.
    """
    size = len(picture)
    small = cv2.resize(picture, (_CUT_SIDE, _CUT_SIDE), interpolation=cv2.INTER_AREA)
    scaled = landmarks[:, :2] * (_CUT_SIDE / size)
    low, high = scaled.min(axis=0), scaled.max(axis=0)
    (x, y), (width, height) = (low + high) / 2, high - low
    labels = np.full(small.shape[:2], cv2.GC_PR_BGD, np.uint8)
    edge = int(high[1] + 0.25 * height)
    cv2.ellipse(labels, _whole(x, y - 0.18 * height), _whole(0.72 * width, 0.85 * height), 0, 0, 360, cv2.GC_PR_FGD, -1)
    labels[edge:, max(0, int(x - 1.2 * width)) : int(x + 1.2 * width)] = cv2.GC_PR_FGD
    labels[:edge, : max(0, int(x - 1.5 * width))] = cv2.GC_BGD
    labels[:edge, int(x + 1.5 * width) :] = cv2.GC_BGD
    if hint is not None:
        coarse = cv2.resize(hint, labels.shape[::-1], interpolation=cv2.INTER_AREA)
        labels[coarse > _HINT_PERSON] = cv2.GC_FGD
    labels[_face_mask(labels.shape, scaled) > 0.5] = cv2.GC_FGD
    cv2.setRNGSeed(0)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, labels, None, *models, _CUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    person = ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.float32)
    return cast("Floats", cv2.resize(cv2.GaussianBlur(person, (0, 0), 1.0), (size, size), interpolation=cv2.INTER_LINEAR))


def _whole(x: float, y: float) -> tuple[int, int]:
    return int(x), int(y)


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
    return np.asarray(mean(slope) * guide + mean(matte_mean - slope * guide_mean), np.float32)
