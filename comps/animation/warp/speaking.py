"""Draws the speaking mouth into the face layer: two warped layers, torn along the lips, and what shows between them."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from comps.animation.warp import bank
from comps.animation.warp.geometry import Axes, Doubles, Floats, Pixels, fill, smoothstep, spline
from comps.animation.warp.interior import Interior, Plate
from comps.animation.warp.mouth import Pose
from comps.animation.warp.planes import Planes, blend
from comps.animation.warp.rig import Speech
from comps.animation.warp.state import Mouth

#: Samples of a lip line.
_SAMPLES = 48
#: Without a bank the maps are solved for each frame, on coarser cells.
_SOLVED_STEP = 8
#: Opening below which nothing shows between the lips, pixels.
_SHUT = 0.6


class Speaking:
    """Draws mouths for one picture."""

    def __init__(self, speech: Speech) -> None:
        self._speech = speech
        self._box = speech.box
        self._step = _SOLVED_STEP if speech.bank is None else bank.STEP
        self._cells = bank.cells(speech.box, self._step)
        axes = speech.mouth.axes
        self._axes = Axes(axes.origin - [*speech.box[:2]], axes.right, axes.down)

    def draw(self, face: Planes, mouth: Floats, activity: float) -> None:
        """Draw the mouth of the parameters (see ``FrameState``) into ``face``, a layer that shows the face at rest."""
        if activity <= 0:
            return
        pose = self._speech.mouth.pose(mouth, activity)
        maps = self._maps(mouth, activity)
        upper, lower = (self._axes.picture(spline(lip, _SAMPLES)) for lip in (pose.inner_upper, pose.inner_lower))
        region = face.crop(self._box)
        self._lips(region, face, maps, upper)
        if float((lower[:, 1] - upper[:, 1]).max()) > _SHUT:
            self._between(region, upper, lower, pose, Mouth(*(float(value) for value in mouth)), activity)

    def _maps(self, mouth: Floats, activity: float) -> Floats:
        """Where each cell of the two layers comes from, pixels of the picture."""
        if self._speech.bank is not None:
            return self._cells + bank.evaluate(self._speech.bank, mouth, activity)
        return self._cells + bank.solve_maps(self._speech.mouth, self._box, self._step, mouth, activity)

    def _fine(self, cells: Floats, scale: int) -> Floats:
        """One value a cell → one a pixel of the box, at luma (1) or chroma (2) resolution."""
        step = self._step // scale
        rows, columns = cells.shape[:2]
        fine = cv2.resize(cells, (columns * step, rows * step), interpolation=cv2.INTER_LINEAR)
        return cast("Floats", fine[step:-step, step:-step])

    def _lips(self, region: Planes, face: Planes, maps: Floats, seam: Doubles) -> None:
        """Upper layer above the seam, lower layer below; both are only warped where they show."""
        height, width = region.luma.shape
        first = int(np.clip(seam[:, 1].min() - 4, 0, height - 4)) // 2 * 2
        last = int(np.clip(seam[:, 1].max() + 6, first + 2, height)) // 2 * 2
        far = width + 9.0
        sides = np.array([[far, seam[-1, 1]], [far, -9.0], [-9.0, -9.0], [-9.0, seam[0, 1]]])
        mask = fill((height, width), np.vstack([seam, sides]))[first:last]
        mask = cv2.GaussianBlur(mask, (0, 0), 0.7)
        half_mask = cv2.resize(mask, (width // 2, (last - first) // 2), interpolation=cv2.INTER_AREA)
        # A chroma sample lies between two of luma: (x - 0.5) / 2.
        for plane, layer, cells, scale, share in (
            (region.luma, face.luma, maps, 1, mask),
            (region.chroma, face.chroma, maps * np.float32(0.5) - np.float32(0.25), 2, half_mask),
        ):
            upper, lower = (self._fine(part, scale) for part in cells)
            band = slice(first // scale, last // scale)
            # Both are read before either is written: the region is a part of the layer.
            above, below = _warp(layer, upper[: band.stop]), _warp(layer, lower[band.start :])
            plane[band.start :] = below
            plane[: band.start] = above[: band.start]
            part = share.astype(np.float32) / 255
            blend(plane[band], above[band].astype(np.float32), part if plane.ndim == 2 else part[..., None])

    def _between(self, region: Planes, upper: Doubles, lower: Doubles, pose: Pose, mouth: Mouth, activity: float) -> None:
        """Cavity, tongue and teeth in the opening between the inner lips ``[n, 2]``, shaded towards the lips."""
        interior, shape = self._speech.interior, self._speech.mouth
        opening = _even_box(np.vstack([upper, lower]), self._box)
        x0, y0, x1, y1 = opening
        contour = np.vstack([upper, lower[::-1]]) - [x0, y0]
        shown = fill((y1 - y0, x1 - x0), contour).astype(np.float32) / 255
        depth = smoothstep((cv2.GaussianBlur(shown, (0, 0), max(1.0, 0.045 * shape.unit)) - 0.35) / np.float32(0.62))
        shade = 0.50 + 0.50 * depth
        amount = cv2.GaussianBlur(shown, (0, 0), 0.6)
        drop = max(pose.drop + 0.78 * 0.55 * float(shape.gap.max()), 0.0)
        lift = 0.07 * shape.unit * mouth.tongue * activity
        puckered = min(max(mouth.pucker * activity, 0.0), 1.0)
        layers = [
            (interior.cavity, 0.4 * drop, 1.0),
            (interior.tongue, 0.62 * drop - lift, 0.75 + 0.25 * mouth.tongue * activity),
            (interior.lower_teeth, drop, min(max(mouth.lower / 0.02, 0.0), 1.0)),
            # Puckered lips cover the teeth.
            (interior.upper_teeth, -0.09 * shape.unit * puckered, 1 - 0.6 * max(puckered - 0.5, 0.0)),
        ]
        where = (x0 + self._box[0], y0 + self._box[1], x1 + self._box[0], y1 + self._box[1])
        luma, chroma = self._compose(layers, interior, where)
        view = region.crop(opening)
        blend(view.luma, 16 + (luma - 16) * shade, amount)
        half_size = view.chroma.shape[1::-1]
        half_shade = cv2.resize(shade, half_size, interpolation=cv2.INTER_AREA)[..., None]
        half_amount = cv2.resize(amount, half_size, interpolation=cv2.INTER_AREA)[..., None]
        blend(view.chroma[..., :2], 128 + (chroma - 128) * half_shade, half_amount)

    def _compose(
        self, layers: list[tuple[Plate, float, float]], interior: Interior, where: tuple[int, int, int, int]
    ) -> tuple[Floats, Floats]:
        """Lay the plates over one another, each moved down the face by its pixels and shown by its strength."""
        x0, y0 = where[0] - interior.box[0], where[1] - interior.box[1]
        width, height = where[2] - where[0], where[3] - where[1]
        luma = np.zeros((height, width), np.float32)
        chroma = np.zeros((height // 2, width // 2, 2), np.float32)
        for plate, down, strength in layers:
            if strength <= 0:
                continue
            shift = self._axes.down * down
            fine = _moved(plate.luma, shift, (x0, y0), (width, height))
            coarse = _moved(plate.chroma, shift / 2, (x0 // 2, y0 // 2), (width // 2, height // 2))
            luma += (fine[..., 0] - luma) * (fine[..., 1] * np.float32(strength / 255))
            chroma += (coarse[..., :2] - chroma) * (coarse[..., 2:] * np.float32(strength / 255))
        return luma, chroma


def _warp(plane: Pixels, grid: Floats) -> Pixels:
    return cast("Pixels", cv2.remap(plane, grid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _moved(plate: Pixels, shift: Doubles, origin: tuple[int, int], size: tuple[int, int]) -> Pixels:
    """The part at ``origin`` of a plate that lies ``shift`` pixels further."""
    matrix = np.array([[1, 0, shift[0] - origin[0]], [0, 1, shift[1] - origin[1]]])
    return cast("Pixels", cv2.warpAffine(plate, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _even_box(points: Doubles, region: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The even box around ``points`` (pixels of the region), inside the region."""
    limit = np.array([region[2] - region[0], region[3] - region[1]])
    low = np.clip(np.floor(points.min(axis=0)).astype(int) - 6, 0, limit - 2) // 2 * 2
    high = np.clip((np.ceil(points.max(axis=0)).astype(int) + 7) // 2 * 2, low + 2, limit)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
