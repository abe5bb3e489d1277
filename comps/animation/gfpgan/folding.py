"""A checkpoint of GFPGAN → the weights that its back ends compute with.

The generator's modulated convolution scales its weights by each face's style. Here the maps are scaled before and after a
convolution whose weights never change, which comes to the same: constant weights are laid out for the processor once.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from comps.animation.checkpoint import Tensors, UnusableCheckpoint, check, read
from comps.animation.gfpgan.layout import FIRST, OFFICIAL, QUARTER, Restorer

_DECODER = "stylegan_decoder."


def fold(path: Path) -> Tensors:
    """Weights by the names of ``Restorer.steps``, float32. Raises UnusableCheckpoint for files not of GFPGAN.

    Of a modulated convolution: ``weight`` and ``bias``; ``style`` and ``style_bias``, latent → scales of its channels; and but
    for colours ``squares`` [in, out], the sums of its squared weights, and ``noise`` [1, 1, side, side].
    """
    tensors = read(path, under=("params_ema", "params", "state_dict"))
    layers = restorer(tensors)
    check(tensors, layers.tensors(), "GFPGAN")
    of_training = ("toRGB.", "condition_", _DECODER)
    folded = {name: value for name, value in tensors.items() if not name.startswith(of_training)}
    for level in range(len(layers.channels) - 1):
        both = [f"condition_{kind}.{level}" for kind in ("scale", "shift")]
        for part in ("weight", "bias"):  # the first convolutions see the same map: one of twice the channels
            folded[f"condition.{level}.0.{part}"] = np.concatenate([tensors[f"{name}.0.{part}"] for name in both])
            folded |= {f"{name}.2.{part}": tensors[f"{name}.2.{part}"] for name in both}
    folded["constant.weight"] = tensors[f"{_DECODER}constant_input.weight"]
    for name in layers.modulated:
        folded |= {f"{name}.{part}": value for part, value in _modulated(tensors, name).items()}
    return {name: np.ascontiguousarray(value, np.float32) for name, value in folded.items()}


def restorer(tensors: Tensors) -> Restorer:
    """The network whose first layer's weights ``tensors`` have."""
    width = tensors[FIRST].shape[0] if FIRST in tensors and tensors[FIRST].ndim else OFFICIAL
    if width not in (OFFICIAL, QUARTER):
        raise UnusableCheckpoint(f"the checkpoint is no GFPGAN's: {FIRST} has {width} channels, not {OFFICIAL} or {QUARTER}")
    return Restorer(width)


def _modulated(tensors: Tensors, name: str) -> Tensors:
    """Of one convolution of the generator."""
    inside = f"{_DECODER}{name}.modulated_conv"
    weight = tensors[f"{inside}.weight"][0]
    folded = {
        "weight": weight,
        "bias": tensors[f"{_DECODER}{name}.bias"].reshape(-1),
        "style": tensors[f"{inside}.modulation.weight"],
        "style_bias": tensors[f"{inside}.modulation.bias"],
    }
    if "rgb" in name:
        return folded
    layer = 0 if name == "style_conv1" else 1 + int(name.removeprefix("style_convs."))
    return folded | {
        "weight": weight * np.float32(2**0.5),  # StyleGAN2's gain
        "squares": np.square(weight.astype(np.float64)).sum(axis=(2, 3)).T,
        "noise": tensors[f"{_DECODER}noises.noise{layer}"] * tensors[f"{_DECODER}{name}.weight"],
    }
