"""A checkpoint of Wav2Lip → the weights that its back ends compute with: batch normalisation folded into the convolutions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from comps.animation.checkpoint import Tensors, UnusableCheckpoint, check, read
from comps.animation.wav2lip.layout import FIRST, OFFICIAL, QUARTER, Generator, Layer

#: Of torch's BatchNorm2d.
_EPSILON = 1e-5


def fold(path: Path) -> Tensors:
    """``<layer>.weight`` and ``<layer>.bias`` of every layer, float32.

    Raises UnusableCheckpoint where the file is not Wav2Lip's.
    """
    tensors = read(path)
    check(tensors, generator(tensors, FIRST).tensors(), "Wav2Lip")
    layers = Generator(tensors[FIRST].shape[0])
    folded: Tensors = {}
    for layer in layers.normalised:
        folded |= _folded(tensors, layer)
    last = layers.colour.name
    return folded | {f"{last}.{kind}": tensors[f"{last}.{kind}"].copy() for kind in ("weight", "bias")}


def generator(tensors: Tensors, first: str = "face_encoder_blocks.0.0.weight") -> Generator:
    """The generator whose first layer's weights are the tensor ``first``."""
    width = tensors[first].shape[0] if first in tensors and tensors[first].ndim else OFFICIAL
    if width not in (OFFICIAL, QUARTER):
        raise UnusableCheckpoint(f"the checkpoint is no Wav2Lip's: {first} has {width} channels, not {OFFICIAL} or {QUARTER}")
    return Generator(width)


def split(weights: Tensors, layer: Layer, before: int) -> tuple[Tensors, Tensors]:
    """The weights of a joined layer for the stage before it, of ``before`` channels, and for the face's features; the latter take
    the bias, which so costs nothing in each frame."""
    weight, bias = f"{layer.name}.weight", f"{layer.name}.bias"
    ours, theirs = np.split(weights[weight], [before], 0 if layer.transposed else 1)
    return {weight: ours}, {weight: theirs, bias: weights[bias]}


def _folded(tensors: Tensors, layer: Layer) -> Tensors:
    block = f"{layer.name}.conv_block"
    gain, shift, mean, variance = (
        tensors[f"{block}.1.{name}"].astype(np.float64) for name in ("weight", "bias", "running_mean", "running_var")
    )
    scale = gain / np.sqrt(variance + _EPSILON)
    axes = (1, -1, 1, 1) if layer.transposed else (-1, 1, 1, 1)
    weight = tensors[f"{block}.0.weight"] * scale.reshape(axes)
    bias = (tensors[f"{block}.0.bias"] - mean) * scale + shift
    return {f"{layer.name}.weight": weight.astype(np.float32), f"{layer.name}.bias": bias.astype(np.float32)}
