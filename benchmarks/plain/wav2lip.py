"""Wav2Lip's generator in plain PyTorch (Prajwal et al., A Lip Sync Expert Is All You Need, 2020), evaluated as its authors do.

The modules are named so that ``state_dict()`` has the official checkpoints' keys, in their order and shapes.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

FACE = 96


class _Conv(nn.Module):
    """Convolution, batch normalisation, ReLU; with ``residual`` the input is added before the ReLU."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int | tuple[int, int], padding: int, residual: bool = False):
        super().__init__()
        self.conv_block = nn.Sequential(nn.Conv2d(c_in, c_out, kernel, stride, padding), nn.BatchNorm2d(c_out))
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv_block(x)
        return torch.relu(y + x if self.residual else y)


class _Transposed(nn.Module):
    """Transposed convolution, batch normalisation, ReLU."""

    def __init__(self, c_in: int, c_out: int, stride: int, padding: int, output_padding: int):
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ConvTranspose2d(c_in, c_out, 3, stride, padding, output_padding), nn.BatchNorm2d(c_out)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv_block(x))


def _stage(first: nn.Module, channels: int, residuals: int) -> nn.Sequential:
    return nn.Sequential(first, *(_Conv(channels, channels, 3, 1, 1, residual=True) for _ in range(residuals)))


class Wav2Lip(nn.Module):
    """The generator. ``divisor``: 1 for the official width (16 channels after the first layer), 4 for a quarter of it."""

    def __init__(self, divisor: int = 1) -> None:
        super().__init__()
        w = 16 // divisor
        self.face_encoder_blocks = nn.ModuleList(
            [
                nn.Sequential(_Conv(6, w, 7, 1, 3)),  # 96 × 96
                _stage(_Conv(w, 2 * w, 3, 2, 1), 2 * w, 2),  # 48
                _stage(_Conv(2 * w, 4 * w, 3, 2, 1), 4 * w, 3),  # 24
                _stage(_Conv(4 * w, 8 * w, 3, 2, 1), 8 * w, 2),  # 12
                _stage(_Conv(8 * w, 16 * w, 3, 2, 1), 16 * w, 2),  # 6
                _stage(_Conv(16 * w, 32 * w, 3, 2, 1), 32 * w, 1),  # 3
                nn.Sequential(_Conv(32 * w, 32 * w, 3, 1, 0), _Conv(32 * w, 32 * w, 1, 1, 0)),  # 1
            ]
        )
        self.audio_encoder = nn.Sequential(
            *_stage(_Conv(1, 2 * w, 3, 1, 1), 2 * w, 2),  # 80 × 16
            *_stage(_Conv(2 * w, 4 * w, 3, (3, 1), 1), 4 * w, 2),  # 27 × 16
            *_stage(_Conv(4 * w, 8 * w, 3, 3, 1), 8 * w, 2),  # 9 × 6
            *_stage(_Conv(8 * w, 16 * w, 3, (3, 2), 1), 16 * w, 1),  # 3 × 3
            _Conv(16 * w, 32 * w, 3, 1, 0),  # 1
            _Conv(32 * w, 32 * w, 1, 1, 0),
        )
        # A stage's input is the one before it and the face encoder's features of the same size.
        self.face_decoder_blocks = nn.ModuleList(
            [
                nn.Sequential(_Conv(32 * w, 32 * w, 1, 1, 0)),
                _stage(_Transposed(64 * w, 32 * w, 1, 0, 0), 32 * w, 1),
                _stage(_Transposed(64 * w, 32 * w, 2, 1, 1), 32 * w, 2),
                _stage(_Transposed(48 * w, 24 * w, 2, 1, 1), 24 * w, 2),
                _stage(_Transposed(32 * w, 16 * w, 2, 1, 1), 16 * w, 2),
                _stage(_Transposed(20 * w, 8 * w, 2, 1, 1), 8 * w, 2),
                _stage(_Transposed(10 * w, 4 * w, 2, 1, 1), 4 * w, 2),
            ]
        )
        self.output_block = nn.Sequential(_Conv(5 * w, 2 * w, 3, 1, 1), nn.Conv2d(2 * w, 3, 1))

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        """Faces [n, 3, 96, 96], BGR, 0 … 1. ``mel``: [n, 1, 80, 16], -4 … 4; ``face``: [n, 6, 96, 96], by ``face_input``."""
        features = []
        x = face
        for block in self.face_encoder_blocks:
            x = block(x)
            features.append(x)
        x = self.audio_encoder(mel)
        for block in self.face_decoder_blocks:
            x = torch.cat((block(x), features.pop()), dim=1)
        return torch.sigmoid(self.output_block(x))


def face_input(crops: NDArray[np.uint8] | NDArray[np.float32]) -> NDArray[np.float32]:
    """What the generator sees of ``crops`` (BGR [n, 96, 96, 3], 0 … 255): float32 [n, 6, 96, 96], 0 … 1.

    First the faces without their lower halves, then the faces.
    """
    faces = crops.transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
    masked = faces.copy()
    masked[:, :, FACE // 2 :] = 0
    return np.concatenate((masked, faces), axis=1)


@torch.inference_mode()
def lower_halves(network: Wav2Lip, crops: NDArray[np.uint8], mels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows 48 … 95 of what ``network`` draws: float32 BGR [n, 3, 48, 96], 0 … 1.

    ``crops``: uint8 BGR [n, 96, 96, 3]; ``mels``: float32 [n, 80, 16].
    """
    drawn = network(torch.from_numpy(mels[:, None]), torch.from_numpy(face_input(crops)))
    return np.ascontiguousarray(drawn[:, :, FACE // 2 :].numpy())
