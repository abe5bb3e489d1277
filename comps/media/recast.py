"""Making the portrait of a picture file: turned and cut out as its face needs it (``landmarks.portrait``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.media import ground
from comps.media.image import Picture, decode_image
from comps.media.landmarks.portrait import LARGEST, Recast
from comps.media.metadata import encoded_like

#: A part of the face → points in pixels.
Points = Mapping[str, Sequence[tuple[float, float]]]


def recast(media: bytes, how: Recast, points: Points | None = None) -> tuple[bytes, dict[str, list[tuple[float, float]]] | None]:
    """The picture file as it is needed, and ``points`` of the picture in its pixels. Raises UnsupportedMedia, TooLarge."""
    picture = decode_image(media)
    if how.square is None:
        matrix = _quarters(how.degrees, picture.shape[0], picture.shape[1])
        made = np.ascontiguousarray(np.rot90(picture, -round(how.degrees / 90)))
    elif how.degrees % 90 == 0:
        x, y, side = (value * picture.shape[1] for value in how.square)
        left, top = max(0, int(x - side / 2)), max(0, int(y - side / 2))
        part = picture[top : int(y + side / 2) + 1, left : int(x + side / 2) + 1]
        matrix = _quarters(how.degrees, part.shape[0], part.shape[1])
        matrix[:, 2] -= matrix[:, :2] @ [left, top]
        made = np.ascontiguousarray(np.rot90(part, -round(how.degrees / 90)))
    else:
        made, matrix = _turned(picture, how.degrees, *(value * picture.shape[1] for value in how.square))
    return encoded_like(made, media), None if points is None else _moved(points, matrix)


def _quarters(degrees: float, height: int, width: int) -> NDArray[np.float64]:
    """Where a turn of the whole picture takes its points."""
    matrices = {
        0: [[1, 0, 0], [0, 1, 0]],
        1: [[0, -1, height], [1, 0, 0]],
        2: [[-1, 0, width], [0, -1, height]],
        3: [[0, 1, 0], [-1, 0, width]],
    }
    return np.array(matrices[round(degrees / 90) % 4], np.float64)


def _turned(picture: Picture, degrees: float, x: float, y: float, side: float) -> tuple[Picture, NDArray[np.float64]]:
    size = max(2, min(LARGEST, round(side)))
    matrix = cv2.getRotationMatrix2D((x, y), -degrees, size / side)
    matrix[:, 2] += size / 2 - np.array([x, y])
    # The points' coordinates count from the corner of the first pixel, warping's from its middle.
    centred = matrix.copy()
    centred[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    flags = cv2.INTER_AREA if size < side else cv2.INTER_CUBIC
    return ground.shown(picture, centred, size, flags), np.asarray(matrix)


def _moved(points: Points, matrix: NDArray[np.float64]) -> dict[str, list[tuple[float, float]]]:
    def move(place: tuple[float, float]) -> tuple[float, float]:
        x, y = matrix @ [*place, 1.0]
        return float(x), float(y)

    return {part: [move(place) for place in places] for part, places in points.items()}
