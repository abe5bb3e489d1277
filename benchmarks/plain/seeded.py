"""Checkpoints of random weights in the official files' layouts: real ones cannot be fetched where this is tested.

The running statistics of the batch normalisations are those of the network's own activations, so that every layer has a say
in what comes out: parity on such weights is parity of every layer. The same seed gives the same weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.plain.wav2lip import FACE, Wav2Lip, face_input

#: Pictures from which the running statistics are taken.
_CALIBRATION = 16


def wav2lip(divisor: int = 1, seed: int = 0) -> Wav2Lip:
    """The generator with random weights, ready to be evaluated. ``divisor``: 4 is a quarter of the official width."""
    network = Wav2Lip(divisor)
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                # He initialisation: activations keep their size from layer to layer.
                reached = layer.weight[0].numel() if isinstance(layer, nn.Conv2d) else layer.weight[:, 0].numel()
                layer.weight.normal_(0.0, (2.0 / reached) ** 0.5, generator=rng)
                assert layer.bias is not None
                layer.bias.normal_(0.0, 0.1, generator=rng)
            elif isinstance(layer, nn.BatchNorm2d):
                layer.weight.uniform_(0.5, 1.5, generator=rng)
                layer.bias.normal_(0.0, 0.2, generator=rng)
                layer.momentum = 1.0  # the statistics of the one batch below
        network.train()(
            torch.from_numpy(mels(_CALIBRATION, seed)[:, None]), torch.from_numpy(face_input(faces(_CALIBRATION, seed)))
        )
        for layer in network.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.momentum = 0.1
    return network.eval()


def faces(count: int, seed: int = 0) -> NDArray[np.uint8]:
    """Blurred noise of many scales in place of faces: uint8 BGR [n, 96, 96, 3]."""
    rng = np.random.default_rng([seed, 1])
    drawn = np.zeros((count, FACE, FACE, 3))
    for side in (3, 6, 12, 24, 48):
        coarse = rng.standard_normal((count, side, side, 3))
        drawn += [cv2.resize(one, (FACE, FACE), interpolation=cv2.INTER_CUBIC) for one in coarse]
    return np.clip(128 + 30 * drawn, 0, 255).astype(np.uint8)


def mels(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Blurred noise in place of mel spectrogram windows: float32 [n, 80, 16], -4 … 4."""
    rng = np.random.default_rng([seed, 2])
    coarse = rng.standard_normal((count, 16, 8)).astype(np.float32)
    return np.clip([2 * cv2.resize(one, (16, 80), interpolation=cv2.INTER_CUBIC) - 1 for one in coarse], -4, 4).astype(np.float32)


def save_legacy(network: Wav2Lip, path: Path, *, prefix: str = "module.") -> Path:
    """As ``wav2lip.pth`` and ``wav2lip_gan.pth``: a pickled training state, keys prefixed by what trained on several GPUs."""
    state: dict[str, Any] = {prefix + key: value for key, value in network.state_dict().items()}
    torch.save({"state_dict": state, "optimizer": None, "global_step": 1, "global_epoch": 1}, path)
    return path


def save_bare(network: Wav2Lip, path: Path) -> Path:
    """As many converted checkpoints are: the pickled state dictionary alone."""
    torch.save(network.state_dict(), path)
    return path


def save_torchscript(network: Wav2Lip, path: Path) -> Path:
    """As the official ``Wav2Lip-SD-*.pt`` of 2025: a TorchScript archive."""
    example = (torch.from_numpy(mels(1)[:, None]), torch.from_numpy(face_input(faces(1))))
    torch.jit.trace(network, example).save(str(path))
    return path


def save_safetensors(network: Wav2Lip, path: Path, dtype: torch.dtype = torch.float32) -> Path:
    """As safetensors; ``dtype``: of what is not counted."""
    from safetensors.torch import save_file

    def stored(value: Tensor) -> Tensor:
        return value.to(dtype).contiguous() if value.is_floating_point() else value

    save_file({key: stored(value) for key, value in network.state_dict().items()}, path)
    return path
