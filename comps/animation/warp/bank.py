"""The bank: the two backward maps of the mouth as a polynomial of its parameters, fitted once an avatar.

Solving two thin-plate splines a frame costs 2.5 ms; the polynomial costs 0.03 ms and errs by 0.05 px (RMS).
"""

from __future__ import annotations

from typing import cast

import numpy as np

from comps.animation.warp.geometry import Floats, ThinPlate, pixel_grid, smoothstep
from comps.animation.warp.mouth import MouthShape
from comps.animation.warp.state import Mouth

#: Cells of the maps are this many pixels wide.
STEP = 4
#: Mouths that speech visits; the bank is fitted on mixtures of two of them.
_PROTOTYPES = (
    Mouth(),
    Mouth(opening=-0.015, pucker=0.1),
    Mouth(opening=-0.03),
    Mouth(opening=0.045, wide=0.02, upper=0.030, lower=-0.02),
    Mouth(opening=0.09, wide=0.02, upper=0.01, tongue=0.9),
    Mouth(opening=0.06, wide=0.07, upper=0.015, lower=0.03),
    Mouth(opening=0.09, wide=-0.12, pucker=0.6, upper=0.025, lower=0.02),
    Mouth(opening=0.035, wide=-0.24, pucker=1.0),
    Mouth(opening=0.095, wide=0.14, upper=0.015, lower=0.015),
    Mouth(opening=0.175, wide=0.09, upper=0.01, lower=0.01),
    Mouth(opening=0.255, wide=0.07, upper=0.015, lower=0.01),
    Mouth(opening=0.34, upper=0.01),
    Mouth(opening=0.19, wide=0.01, upper=0.01),
    Mouth(opening=0.22, wide=-0.14, pucker=0.5, upper=0.01),
    Mouth(opening=0.07, wide=-0.24, pucker=0.9),
    Mouth(wide=0.16),
)
_MIXTURES = 140


def features(mouth: Floats, activity: float) -> Floats:
    """The terms of the polynomial, float32 ``[22]``. ``tongue`` moves no skin."""
    m, a = Mouth(*(float(value) for value in mouth)), activity
    o = max(m.opening, 0.0)
    terms = (1, a, a * o, a * min(m.opening, 0), a * m.wide, a * m.pucker, a * m.upper, a * m.lower)
    squares = (a * o * o, a * o * m.wide, a * o * m.pucker, a * max(m.wide, 0), a * m.wide**2, a * a, a * m.pucker**2)
    mixed = (a * o * m.upper, a * a * o, a * a * o * o, a * o**3, a**3, a * a * m.wide, a * a * m.pucker)
    return np.array([*terms, *squares, *mixed], np.float32)


def cells(box: tuple[int, int, int, int], step: int) -> Floats:
    """Centres of the maps' cells: those of ``box`` and one more on every side, float32 ``[rows, columns, 2]``."""
    x0, y0, x1, y1 = box
    return pixel_grid(x0 - step, y0 - step, x1 + step, y1 + step, step)


def solve_maps(shape: MouthShape, box: tuple[int, int, int, int], step: int, mouth: Floats, activity: float) -> Floats:
    """The two backward maps, exactly: float32 ``[2, rows, columns, 2]``, pixels from target to source; upper layer first.

    One value for each of ``cells(box, step)``. The maps fade to zero at the border of ``box``.
    """
    grid = cells(box, step)
    axes, pose = shape.axes, shape.pose(mouth, activity)
    layers = []
    for target, source in ((pose.inner_upper, shape.inner_upper), (pose.inner_lower, shape.inner_lower)):
        centres = axes.picture(np.vstack([pose.common, target[1:-1]]))
        origins = axes.picture(np.vstack([shape.common(), source[1:-1]]))
        layers.append(ThinPlate(centres, origins - centres)(grid))
    return cast("Floats", np.stack(layers) * _window(grid, box, 0.12 * shape.width))


def fit(shape: MouthShape, box: tuple[int, int, int, int]) -> Floats:
    """Fit the bank: float32 ``[22, 2, rows, columns, 2]``. Costs about 0.3 s."""
    samples = _samples()
    terms = np.stack([features(*sample) for sample in samples])
    maps = np.stack([solve_maps(shape, box, STEP, *sample) for sample in samples])
    normal = terms.T @ terms + 1e-6 * np.eye(terms.shape[1], dtype=np.float32)
    solution = np.linalg.solve(normal, terms.T @ maps.reshape(len(samples), -1))
    return cast("Floats", solution.reshape(-1, *maps.shape[1:]).astype(np.float32))


def evaluate(bank: Floats, mouth: Floats, activity: float) -> Floats:
    """The two maps of one mouth, as ``solve_maps`` gives them."""
    return cast("Floats", (features(mouth, activity) @ bank.reshape(len(bank), -1)).reshape(bank.shape[1:]))


def _samples() -> list[tuple[Floats, float]]:
    random = np.random.default_rng(0)
    pure = np.array(_PROTOTYPES, np.float32)
    samples = [(mouth, 1.0) for mouth in pure] + [(pure[0], 0.0)]
    for _ in range(_MIXTURES):
        first, second = random.integers(len(pure), size=2)
        share = np.float32(random.random())
        activity = 1.0 if random.random() < 0.6 else float(random.random())
        samples.append((share * pure[first] + (1 - share) * pure[second], activity))
    return samples


def _window(grid: Floats, box: tuple[int, int, int, int], margin: float) -> Floats:
    """1 inside, 0 at the border of the box: float32 ``[rows, columns, 1]``."""
    x, y = grid[..., 0], grid[..., 1]
    inside = np.minimum(np.minimum(x - box[0], box[2] - x), np.minimum(y - box[1], box[3] - y))
    return np.asarray(smoothstep(inside / np.float32(max(margin, 1.0)))[..., None], np.float32)
