"""Laying a drawn mouth into the face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Doubles, Floats, Pixels, fill
from comps.animation.warp.planes import Planes, blend, half


@dataclass(frozen=True)
class Mask:
    """How much of a drawn mouth shows. ``box``: x0, y0, x1, y1 in the picture, even numbers; ``luma`` float32 [h, w], ``chroma``
    float32 [h / 2, w / 2, 1], 0 … 1, within it."""

    box: tuple[int, int, int, int]
    luma: Floats
    chroma: Floats

    @classmethod
    def of(cls, outline: Doubles, matrix: Doubles, size: int) -> Mask:
        """Of the lower face's ``outline``, softened towards its rim; ``matrix`` maps the lower half into the picture."""
        soft = 4.0 * float(np.linalg.norm(matrix[:, 1]))
        low = np.clip(np.floor(outline.min(axis=0) - 2 * soft), 0, size - 2).astype(int) // 2 * 2
        high = np.minimum(np.ceil(outline.max(axis=0) + 2 * soft).astype(int) // 2 * 2 + 2, size)
        mask = fill((int(high[1] - low[1]), int(high[0] - low[0])), outline - low, soft).astype(np.float32) / np.float32(255)
        box = (int(low[0]), int(low[1]), int(high[0]), int(high[1]))
        return cls(box, mask, half(mask)[..., None])


def paste(layer: Planes, mask: Mask, patch: Pixels, matrix: Doubles, strength: float) -> None:
    """Lay ``patch`` (uint8 BGR) into the layer. ``matrix``: its pixels → pixels of the picture. ``strength``: 0 … 1."""
    view = layer.crop(mask.box)
    x0, y0, x1, y1 = mask.box
    placed = matrix - np.array([[0, 0, x0], [0, 0, y0]])
    flags = cv2.INTER_CUBIC
    drawn = cast("Pixels", cv2.warpAffine(patch, placed, (x1 - x0, y1 - y0), flags=flags, borderMode=cv2.BORDER_REPLICATE))
    planes = Planes.of(drawn)
    blend(view.luma, planes.luma.astype(np.float32), mask.luma * strength)
    blend(view.chroma[..., :2], planes.chroma.astype(np.float32), mask.chroma * strength)
