"""Pictures as BT.601 limited-range luma and chroma planes: what the encoder takes, and half the bytes of BGR.

Drawing in the planes spares a conversion a frame; blending is linear, so it gives the same colours as blending in BGR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from comps.animation.warp.geometry import Floats, Pixels

#: ITU-R BT.601 limited range, rows Y, U, V; columns B, G, R in 0 … 1; then the offsets.
FROM_BGR = np.array([[24.966, 128.553, 65.481], [112.0, -74.203, -37.797], [-18.214, -93.786, 112.0]], np.float32)
OFFSET = np.array([16.0, 128.0, 128.0], np.float32)


@dataclass(frozen=True)
class Planes:
    """``luma`` uint8 ``[h, w]``, ``chroma`` uint8 ``[h / 2, w / 2, 2]`` (U, V); h and w even.

    A layer that is drawn on has two more channels of chroma, for what a drawing step wants to carry along: OpenCV 5 warps four
    channels in half the time of two.
    """

    luma: Pixels
    chroma: Pixels

    @classmethod
    def of(cls, bgr: Pixels) -> Planes:
        """Planes of a picture uint8 ``[h, w, 3]`` with even sides."""
        frame = Frame(cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420))
        return cls(frame.luma.copy(), cv2.merge([frame.u, frame.v]))

    def layer(self) -> Planes:
        """A copy that can be drawn on."""
        chroma = np.zeros((*self.chroma.shape[:2], 4), np.uint8)
        cv2.mixChannels([self.chroma], [chroma], [0, 0, 1, 1])
        return Planes(self.luma.copy(), chroma)

    def frame(self) -> Frame:
        """Packed for the encoder."""
        height, width = self.luma.shape
        frame = Frame(np.empty((height * 3 // 2, width), np.uint8))
        np.copyto(frame.luma, self.luma)
        cv2.mixChannels([self.chroma], [frame.u, frame.v], [0, 0, 1, 1])
        return frame

    def i420(self) -> Pixels:
        """The pixels of ``frame()``."""
        return self.frame().pixels

    def crop(self, box: tuple[int, int, int, int]) -> Planes:
        """A view of the box x0, y0, x1, y1 (even numbers)."""
        x0, y0, x1, y1 = box
        return Planes(self.luma[y0:y1, x0:x1], self.chroma[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2])

    def paste(self, other: Planes, box: tuple[int, int, int, int]) -> None:
        """Draw ``other`` at ``box``."""
        view = self.crop(box)
        view.luma[:] = other.luma
        view.chroma[..., :2] = other.chroma[..., :2]


@dataclass(frozen=True)
class Frame:
    """A picture as I420: ``pixels`` uint8 ``[h * 3 / 2, w]``; h and w even."""

    pixels: Pixels

    @property
    def luma(self) -> Pixels:
        """``[h, w]``, a view."""
        return self.pixels[: len(self.pixels) * 2 // 3]

    @property
    def u(self) -> Pixels:
        """``[h / 2, w / 2]``, a view."""
        return self._chroma(0)

    @property
    def v(self) -> Pixels:
        """``[h / 2, w / 2]``, a view."""
        return self._chroma(1)

    def crop(self, box: tuple[int, int, int, int]) -> tuple[Pixels, Pixels, Pixels]:
        """Y, U and V in the box x0, y0, x1, y1 (even numbers), views."""
        x0, y0, x1, y1 = box
        half = slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2)
        return self.luma[y0:y1, x0:x1], self.u[half], self.v[half]

    def _chroma(self, which: int) -> Pixels:
        height, width = len(self.pixels) * 2 // 3, self.pixels.shape[1]
        return cast("Pixels", self.pixels[height:].reshape(2, height // 2, width // 2)[which])


def yuv(bgr: Floats) -> Floats:
    """Colours 0 … 1 ``[…, 3]`` B, G, R → ``[…, 3]`` Y, U, V in 0 … 255, limited range."""
    return cast("Floats", (bgr @ FROM_BGR.T + OFFSET).astype(np.float32))


def half(mask: Floats | Pixels) -> Floats:
    """A mask at the chroma's resolution, same type."""
    height, width = mask.shape[:2]
    return cast("Floats", cv2.resize(mask, (width // 2, height // 2), interpolation=cv2.INTER_AREA))


def blend(target: Pixels, colour: Floats, amount: Floats) -> None:
    """Mix ``colour`` (0 … 255) over ``target`` in place by ``amount`` (0 … 1), all of one shape up to broadcasting."""
    below = target.astype(np.float32)
    np.copyto(target, np.clip(below + (colour - below) * amount + 0.5, 0, 255), casting="unsafe")
