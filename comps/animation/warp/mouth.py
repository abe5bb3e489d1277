"""The mouth as control points: where lips, chin, jaw and cheeks lie in the picture, and where a mouth shape puts them.

Two thin-plate layers, upper and lower lip side, share every outer point; so the only tear is the inner lip line, and a
picture that smiles or gapes can still close its mouth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from comps.animation.warp import topology as face
from comps.animation.warp.geometry import Axes, Doubles, Floats, smoothstep
from comps.animation.warp.state import Mouth

#: Where in the open mouth the lips meet when it closes, from the upper lip (0) to the lower (1).
_MEETING = 0.45
#: How much of the opening the upper lip takes: at rest in the picture, and while speaking.
_UPPER_SHARE_REST, _UPPER_SHARE_SPEECH = _MEETING, 0.20
#: The jaw drops by this share of the lower lip's way; the skin between gives the rest.
_JAW_SHARE = 0.78
#: And by this share of that when an open mouth is shut.
_SHUTTING_SHARE = 0.45
#: How far the contour of an open mouth is drawn into the lips, lip thicknesses.
_INTO_LIP = 0.22
#: How far from a mouth corner the cheek still follows it, mouth widths.
_CORNER_REACH = 0.55


@dataclass(frozen=True)
class MouthShape:
    """Control points in local coordinates (pixels from the middle of the mouth, x along the eyes, y down the face).

    ``width``: outer width of the mouth. ``unit``: what one unit of the mouth parameters is in pixels; it follows the
    width and the room between nose and chin. ``gap`` ``[11]``: the picture's own opening along the inner lips.
    """

    origin: Doubles
    right: Doubles
    down: Doubles
    width: float
    unit: float
    inner_upper: Doubles
    inner_lower: Doubles
    outer_upper: Doubles
    outer_lower: Doubles
    jaw: Doubles
    chin: Doubles
    cheek: Doubles
    still: Doubles
    gap: Doubles
    chin_y: float

    @classmethod
    def of(cls, points: Doubles) -> MouthShape:
        """From the 478 landmarks ``[478, 2]``, pixels."""
        right = points[face.EYE_CORNERS[1]] - points[face.EYE_CORNERS[0]]
        right = right / max(float(np.linalg.norm(right)), 1e-6)
        axes = Axes((points[78] + points[308]) / 2, right, np.array([-right[1], right[0]]))
        width = max(float(np.linalg.norm(points[291] - points[61])), 4.0)
        nose_to_chin = abs(float((points[face.CHIN] - points[face.NOSE_BASE]) @ axes.down))
        upper, lower = axes.local(points[[*face.INNER_UPPER]]), axes.local(points[[*face.INNER_LOWER]])
        gap = lower[:, 1] - upper[:, 1]
        crossed = gap < 0
        upper[crossed, 1] = lower[crossed, 1] = ((upper + lower) / 2)[crossed, 1]
        outer_upper, outer_lower = axes.local(points[[*face.OUTER_UPPER]]), axes.local(points[[*face.OUTER_LOWER]])
        gap = np.maximum(gap, 0)
        _clear_of_teeth(upper, outer_upper, gap)
        _clear_of_teeth(lower, outer_lower, gap)
        chin_y = max(float(axes.local(points[face.CHIN])[1]), width * 0.3)
        jaw, chin, still = (axes.local(points[[*group]]) for group in (face.JAW, face.CHIN_FRONT, face.STILL))
        return cls(
            origin=axes.origin,
            right=axes.right,
            down=axes.down,
            width=width,
            unit=float(np.sqrt(width * 0.75 * max(nose_to_chin, width * 0.3))),
            inner_upper=upper,
            inner_lower=lower,
            outer_upper=outer_upper,
            outer_lower=outer_lower,
            jaw=jaw,
            chin=chin,
            cheek=axes.local(points[[*face.CHEEK]]),
            still=np.vstack([still, _ring(jaw, width, chin_y)]),
            gap=lower[:, 1] - upper[:, 1],
            chin_y=chin_y,
        )

    @property
    def axes(self) -> Axes:
        """The local frame."""
        return Axes(self.origin, self.right, self.down)

    @property
    def open_by_itself(self) -> float:
        """The picture's own opening, mouth units."""
        return float(self.gap.max()) / self.unit

    @property
    def seam(self) -> Doubles:
        """y of the line where the lips meet ``[11]``."""
        return self.inner_upper[:, 1] + _MEETING * self.gap

    @property
    def spread(self) -> Doubles:
        """x along the inner lips, -1 … 1 at the corners ``[11]``."""
        return np.clip(self.inner_upper[:, 0] / (self.width / 2 * 0.93), -1, 1)

    def common(self) -> Doubles:
        """The control points both layers share, as they lie in the picture ``[n, 2]``."""
        return np.vstack([self.outer_upper, self.outer_lower[1:-1], self.jaw, self.chin, self.cheek, self.still])

    def box(self, size: int) -> tuple[int, int, int, int]:
        """The part of the picture that speech moves: x0, y0, x1, y1, sides divisible by 8."""
        nostrils = np.array([[0.0, min(self.outer_upper[:, 1].min(), 0) - 0.55 * self.width]])
        reach = self.axes.picture(np.vstack([self.still[-11:], self.jaw, nostrils]))
        low = np.clip(np.floor(reach.min(axis=0)).astype(int) // 4 * 4, 0, size - 8)
        high = np.clip(np.ceil(reach.max(axis=0)).astype(int), 8, size)
        high = low + np.maximum((high - low) // 8 * 8, 8)
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])

    def pose(self, mouth: Floats, activity: float) -> Pose:
        """Where mouth parameters (``FrameState``) put the control points."""
        return _Posing(self, Mouth(*(float(value) for value in mouth)), activity).pose()


@dataclass(frozen=True)
class Pose:
    """Target positions, local, of the shared points and of the two inner lip contours; ``drop`` of the jaw, pixels."""

    common: Doubles
    inner_upper: Doubles
    inner_lower: Doubles
    drop: float


class _Posing:
    """One pose in the making: the lips first, then what follows them."""

    def __init__(self, shape: MouthShape, mouth: Mouth, activity: float) -> None:
        self.shape, self.mouth, self.activity = shape, mouth, activity
        spread = np.abs(shape.spread)
        # Rounder when puckered, almond-shaped when spread.
        exponent = 2.0 + 0.8 * (mouth.wide > 0) - 0.3 * mouth.pucker
        self.profile = np.clip(1 - spread**exponent, 0, 1) ** (0.75 - 0.2 * mouth.pucker)
        self.corner = spread**4
        self.widening = activity * (mouth.wide - 0.22 * max(mouth.opening - 0.08, 0))

    def pose(self) -> Pose:
        shape, mouth, activity, unit = self.shape, self.mouth, self.activity, self.shape.unit
        gap = (1 - activity) * shape.gap + activity * max(mouth.opening, 0) * unit * self.profile
        upper_share = (1 - activity) * _UPPER_SHARE_REST + activity * _UPPER_SHARE_SPEECH
        upper, lower = shape.inner_upper.copy(), shape.inner_lower.copy()
        upper[:, 1] = shape.seam - upper_share * gap - activity * mouth.upper * unit * self.profile
        lower[:, 1] = shape.seam + (1 - upper_share) * gap + activity * mouth.lower * unit * self.profile
        lift, sink = upper[:, 1] - shape.inner_upper[:, 1], lower[:, 1] - shape.inner_lower[:, 1]
        drop = _JAW_SHARE * (sink[5] - activity * mouth.lower * unit)
        # Open lips shut by themselves, for the most part: the jaw goes up less than it goes down.
        drop = drop if drop > 0 else _SHUTTING_SHARE * drop
        outer_upper, outer_lower = self._outer(lift, sink)
        for lip in (upper, lower, outer_upper, outer_lower):
            lip[:, 0] *= 1 + self.widening
            lip[:, 1] += 0.30 * max(drop, 0) * self.corner
        corner = outer_upper[[0, -1]] - shape.outer_upper[[0, -1]]
        common = np.vstack(
            [outer_upper, outer_lower[1:-1], self._jaw(drop), self._chin(drop, sink[5]), self._cheek(corner, drop), shape.still]
        )
        return Pose(common, upper, lower, float(drop))

    def _outer(self, lift: Doubles, sink: Doubles) -> tuple[Doubles, Doubles]:
        shape, unit = self.shape, self.shape.unit
        pressed = self.activity * max(-self.mouth.opening, 0) * unit
        thicker = self.activity * self.mouth.pucker * 0.030 * unit
        upper, lower = shape.outer_upper.copy(), shape.outer_lower.copy()
        upper[:, 1] += 0.82 * lift + (pressed - thicker) * self.profile
        lower[:, 1] += 0.92 * sink + (thicker - pressed) * self.profile
        return upper, lower

    def _jaw(self, drop: float) -> Doubles:
        shape = self.shape
        weight = smoothstep(shape.jaw[:, 1] / shape.chin_y * 1.05)
        jaw = shape.jaw.copy()
        jaw[:, 0] *= 1 - 0.02 * max(drop, 0) / shape.unit * weight
        jaw[:, 1] += weight * drop
        return jaw

    def _chin(self, drop: float, lip: float) -> Doubles:
        """The chin goes with the jaw; right below the lip it goes with the lip."""
        shape = self.shape
        weight = smoothstep(np.clip(shape.chin[:, 1] / shape.chin_y, 0, 1) * 1.2)
        middle = np.clip(1 - np.abs(shape.chin[:, 0]) / (0.6 * shape.width), 0, 1)
        chin = shape.chin.copy()
        chin[:, 1] += drop * weight + (1 - weight) * 0.92 * lip * middle
        return chin

    def _cheek(self, corner: Doubles, drop: float) -> Doubles:
        """Cheeks are drawn along by the near corner of the mouth, and down and inwards by the jaw."""
        shape = self.shape
        cheek = shape.cheek.copy()
        for side, at in zip((0, 1), (0, -1), strict=True):
            distance = np.linalg.norm(shape.cheek - shape.outer_upper[at], axis=1) / shape.width
            cheek += corner[side] * (0.75 * np.exp(-((distance / _CORNER_REACH) ** 2)))[:, None]
        weight = smoothstep((shape.cheek[:, 1] / shape.chin_y + 0.55) / 1.2)
        cheek[:, 0] -= 0.10 * max(drop, 0) * weight * np.sign(shape.cheek[:, 0])
        cheek[:, 1] += 0.55 * drop * weight
        return cheek


def _clear_of_teeth(inner: Doubles, outer: Doubles, gap: Doubles) -> None:
    """Where the mouth is open, draw the inner contour a little into the lip: teeth at its edge would show on shut lips."""
    thickness = outer[:, 1] - inner[:, 1]
    inner[:, 1] += np.sign(thickness) * np.minimum(_INTO_LIP * np.abs(thickness), 0.25 * gap)


def _ring(jaw: Doubles, width: float, chin_y: float) -> Doubles:
    """Still points around the lower face ``[11, 2]``: below the chin and beside the jaw."""
    below = chin_y * 1.55
    left, right = jaw[:, 0].min() - 0.12 * width, jaw[:, 0].max() + 0.12 * width
    ring = [(x * width, below) for x in (-1.6, -0.8, 0.0, 0.8, 1.6)]
    ring += [(x, y * chin_y) for x in (left, right) for y in (0.25, 0.75, 1.15)]
    return np.array(ring)
