"""Pictures with one thing wrong, made of good ones. All are uint8 BGR [h, w, 3]."""

from __future__ import annotations

import cv2
import numpy as np

from comps.animation.warp import rig
from comps.animation.warp.renderer import Renderer
from comps.animation.warp.state import FrameState, Mouth
from comps.media.landmarks import Face
from tests.animation.faces import bgr

Picture = np.ndarray


def turned(picture: Picture, face: Face, yaw: float, pitch: float = 0.0) -> Picture:
    """The face turned about its middle, by degrees: each triangle of the mesh is drawn where its corners come to lie."""
    height, width = picture.shape[:2]
    points = face.points.astype(np.float64)
    middle = points.mean(axis=0) + [0, 0, 0.35 * np.ptp(points[:, 0])]
    a, b = np.radians([yaw, pitch])
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    moved = (points - middle) @ (about_x @ about_y).T + middle
    right, bottom = width - 1, height - 1
    rim = [(0, 0), (right / 2, 0), (right, 0), (right, bottom / 2), (right, bottom), (right / 2, bottom), (0, bottom)]
    frame = np.array([(x, y, 0.0) for x, y in [*rim, (0, bottom / 2)]])
    sources, targets = np.vstack([points, frame]), np.vstack([moved, frame])
    drawn = picture.copy()
    triangles = _triangles(sources[:, :2], height, width)
    for corners in sorted(triangles, key=lambda one: -float(targets[one, 2].mean())):
        _draw(picture, sources[corners, :2], drawn, targets[corners, :2])
    return drawn


def _triangles(points: np.ndarray, height: int, width: int) -> list[list[int]]:
    plane = cv2.Subdiv2D((0, 0, width, height))
    number = {plane.insert((float(x), float(y))): at for at, (x, y) in enumerate(points)}
    found = []
    for triangle in plane.getTriangleList().reshape(-1, 3, 2):
        corners = [number.get(plane.locate((float(x), float(y)))[2]) for x, y in triangle if 0 <= x < width and 0 <= y < height]
        if len(corners) == 3 and None not in corners:
            found.append([corner for corner in corners if corner is not None])
    return found


def _draw(picture: Picture, source: np.ndarray, drawn: Picture, target: np.ndarray) -> None:
    low = np.maximum(np.floor(target.min(axis=0)).astype(int) - 1, 0)
    high = np.minimum(np.ceil(target.max(axis=0)).astype(int) + 2, [drawn.shape[1], drawn.shape[0]])
    if (high <= low).any():
        return
    matrix = cv2.getAffineTransform(source.astype(np.float32), (target - low).astype(np.float32))
    size = int(high[0] - low[0]), int(high[1] - low[1])
    patch = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = np.zeros(size[::-1], np.uint8)
    cv2.fillConvexPoly(mask, np.round(target - low).astype(np.int32), 1)
    part = drawn[low[1] : high[1], low[0] : high[0]]
    part[mask > 0] = patch[mask > 0]


def drawn(picture: Picture, face: Face, *, opening: float | None = None, blink: float = 0.0) -> Picture:
    """The face as our own renderer shows it, 512 × 512: with the mouth open or the eyes shut."""
    made = rig.build(picture, face.points, 512)
    mouth = np.array(Mouth(opening=opening or 0.0, upper=0.01), np.float32)
    return bgr(Renderer(made).frame(FrameState(mouth, float(opening is not None), blink)))


def cropped(picture: Picture, face: Face, cut: float, side: str) -> Picture:
    """Without ``cut`` of the width or height of the face, and all beyond it."""
    x0, y0, x1, y1 = face.box
    if side == "left":
        return picture[:, round(x0 + cut * (x1 - x0)) :]
    if side == "right":
        return picture[:, : round(x1 - cut * (x1 - x0))]
    if side == "top":
        return picture[round(y0 + cut * (y1 - y0)) :]
    return picture[: round(y1 - cut * (y1 - y0))]


def shrunk(picture: Picture, scale: float) -> Picture:
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def amid(picture: Picture, scale: float, side: int = 2000) -> Picture:
    """Shrunk, on a large plain wall."""
    small = shrunk(picture, scale)
    wall = np.empty((side * 3 // 4, side, 3), np.uint8)
    wall[:] = np.median(picture[:40], axis=(0, 1))
    y, x = (wall.shape[0] - small.shape[0]) // 2, side // 5
    wall[y : y + small.shape[0], x : x + small.shape[1]] = small
    return wall


def tilted(picture: Picture, degrees: float) -> Picture:
    """Clockwise."""
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE))


def overexposed(picture: Picture) -> Picture:
    return np.asarray(np.clip(picture.astype(np.float32) * 2.6, 0, 255), np.uint8)


def compressed(picture: Picture, quality: int = 5) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
