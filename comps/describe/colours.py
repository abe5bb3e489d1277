"""Colours of a region, by name."""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np
from numpy.typing import NDArray

#: Prototypes in sRGB. Browns are divided as hair is spoken of; the rest are basic colour terms.
PALETTE: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("black", (22, 22, 24)),
    ("dark brown", (60, 40, 28)),
    ("dark brown", (56, 26, 32)),
    ("brown", (105, 70, 45)),
    ("light brown", (150, 110, 75)),
    ("auburn", (115, 58, 38)),
    ("auburn", (155, 92, 60)),
    ("blond", (205, 170, 110)),
    ("dark grey", (70, 70, 72)),
    ("dark grey", (52, 58, 72)),
    ("grey", (128, 128, 128)),
    ("light grey", (190, 190, 190)),
    ("white", (240, 240, 240)),
    ("red", (190, 30, 35)),
    ("dark red", (110, 25, 30)),
    ("orange", (230, 120, 30)),
    ("orange", (210, 95, 45)),
    ("yellow", (235, 215, 60)),
    ("green", (50, 130, 60)),
    ("dark green", (30, 70, 45)),
    ("light green", (150, 205, 140)),
    ("teal", (30, 130, 130)),
    ("blue", (45, 80, 180)),
    ("light blue", (140, 185, 230)),
    ("navy blue", (25, 35, 80)),
    ("navy blue", (45, 60, 95)),
    ("purple", (110, 50, 140)),
    ("lilac", (180, 150, 215)),
    ("pink", (235, 150, 180)),
    ("beige", (215, 195, 165)),
)
_NAMES = tuple(dict.fromkeys(name for name, _ in PALETTE))
#: What clothes and walls are not called, and what hair is not.
_HAIR_ONLY = frozenset({"blond", "auburn"})
_SURFACE_ONLY = frozenset({"dark green", "light green", "beige"})
HAIR_NAMES = tuple(name for name in _NAMES if name not in _SURFACE_ONLY)
SURFACE_NAMES = tuple(name for name in _NAMES if name not in _HAIR_ONLY)
#: A region's colours: at most this many clusters, of at most this many of its pixels.
_CLUSTERS, _SAMPLE = 3, 4000
#: Lightness differs with the light that falls on a thing; hue does not.
_WEIGHTS = np.array([0.7, 1.0, 1.0])
#: A colour that covers less of its region is not named.
_SMALLEST_SHARE = 0.2

Pixels = NDArray[np.uint8]


def lab(rgb: Pixels) -> NDArray[np.float64]:
    """sRGB uint8 [n, 3] → CIE L*a*b* float64 [n, 3]: L* 0 … 100, a* and b* about ±128."""
    scaled = rgb.reshape(-1, 1, 3).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB)[:, 0], np.float64)


def name(colour: NDArray[np.float64], names: Collection[str]) -> str:
    """The name in ``names`` nearest to an L*a*b* colour [3]."""
    known = [(each, prototype) for each, prototype in PALETTE if each in names]
    values = lab(np.array([prototype for _, prototype in known], np.uint8))
    return known[int(difference(values, colour).argmin())][0]


def difference(colours: NDArray[np.float64], colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """How unlike ``colour`` [3] each of ``colours`` [n, 3] is (L*a*b*), the light that falls on them counting less."""
    return np.asarray(np.linalg.norm((colours - colour) * _WEIGHTS, axis=-1))


def dominant(pixels: Pixels) -> list[tuple[NDArray[np.float64], float]]:
    """The main colours of ``pixels`` (uint8 RGB [n, 3]), the largest first: L*a*b* and share 0 … 1."""
    if len(pixels) < _CLUSTERS:
        return []
    chosen = pixels[np.linspace(0, len(pixels) - 1, min(_SAMPLE, len(pixels))).astype(np.int64)]
    colours = lab(chosen).astype(np.float32)
    # k-means starts from random centres; the same picture must give the same names.
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, labels, centres = cv2.kmeans(colours, _CLUSTERS, None, stop, 2, cv2.KMEANS_PP_CENTERS)
    shares = np.bincount(labels.ravel(), minlength=_CLUSTERS) / len(colours)
    return [(centres[k].astype(np.float64), float(shares[k])) for k in np.argsort(-shares)]


def names_of(pixels: Pixels, names: Collection[str]) -> list[str]:
    """The names of the main colours, the largest first, each once."""
    found = [name(colour, names) for colour, share in dominant(pixels) if share >= _SMALLEST_SHARE]
    return list(dict.fromkeys(found))
