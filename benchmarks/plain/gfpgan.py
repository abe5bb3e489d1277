"""GFPGAN v1.3 and v1.4 in plain PyTorch, layer by layer (Wang et al., Towards Real-World Blind Face Restoration, 2021).

The clean architecture: a U-Net reads the face; its features scale and shift half of a StyleGAN2 generator's. The modules are
named so that ``state_dict()`` has the official checkpoint's keys and shapes. Noise is the checkpoint's own instead of a new one
each time, which flickers.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

SIZE = 512


def _scaled(x: Tensor, factor: float) -> Tensor:
    return functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def _leaky(x: Tensor) -> Tensor:
    return functional.leaky_relu(x, 0.2)


class _ResBlock(nn.Module):
    """Two convolutions with a change of scale between them, beside a 1 × 1 convolution."""

    def __init__(self, c_in: int, c_out: int, factor: float) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_in, 3, 1, 1)
        self.conv2 = nn.Conv2d(c_in, c_out, 3, 1, 1)
        self.skip = nn.Conv2d(c_in, c_out, 1, bias=False)
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        y = _leaky(self.conv2(_scaled(_leaky(self.conv1(x)), self.factor)))
        return y + self.skip(_scaled(x, self.factor))


class _ModulatedConv(nn.Module):
    """A convolution whose weights each picture's style scales (StyleGAN2)."""

    def __init__(self, c_in: int, c_out: int, kernel: int, style: int, demodulate: bool = True, up: bool = False) -> None:
        super().__init__()
        self.modulation = nn.Linear(style, c_in)
        self.weight = nn.Parameter(torch.zeros(1, c_out, c_in, kernel, kernel))
        self.demodulate, self.up = demodulate, up

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        n, c_in = len(x), x.shape[1]
        weight = self.weight * self.modulation(style).view(n, 1, c_in, 1, 1)
        if self.demodulate:
            weight = weight * torch.rsqrt(weight.square().sum([2, 3, 4], keepdim=True) + 1e-8)
        if self.up:
            x = _scaled(x, 2)
        # One group a picture: each has weights of its own.
        x = x.reshape(1, n * c_in, *x.shape[2:])
        y = functional.conv2d(x, weight.flatten(0, 1), padding=weight.shape[-1] // 2, groups=n)
        return y.view(n, -1, *y.shape[2:])


class _StyleConv(nn.Module):
    def __init__(self, c_in: int, c_out: int, style: int, up: bool) -> None:
        super().__init__()
        self.modulated_conv = _ModulatedConv(c_in, c_out, 3, style, up=up)
        self.weight = nn.Parameter(torch.zeros(1))
        self.bias = nn.Parameter(torch.zeros(1, c_out, 1, 1))

    def forward(self, x: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        return _leaky(self.modulated_conv(x, style) * 2**0.5 + self.weight * noise + self.bias)


class _ToRGB(nn.Module):
    def __init__(self, c_in: int, style: int) -> None:
        super().__init__()
        self.modulated_conv = _ModulatedConv(c_in, 3, 1, style, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))

    def forward(self, x: Tensor, style: Tensor, below: Tensor | None) -> Tensor:
        y = self.modulated_conv(x, style) + self.bias
        return y if below is None else y + _scaled(below, 2)


class _Constant(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1, channels, 4, 4))


class _Decoder(nn.Module):
    """StyleGAN2's generator; the second half of each level's channels is scaled and shifted by the U-Net's conditions."""

    def __init__(self, channels: list[int], style: int) -> None:
        super().__init__()
        # The mapping network is in the checkpoint, but the U-Net gives the latents themselves.
        self.style_mlp = nn.Sequential(
            nn.Identity(), *(layer for _ in range(8) for layer in (nn.Linear(style, style), nn.Identity()))
        )
        self.constant_input = _Constant(channels[0])
        self.style_conv1 = _StyleConv(channels[0], channels[0], style, up=False)
        self.to_rgb1 = _ToRGB(channels[0], style)
        self.style_convs, self.to_rgbs = nn.ModuleList(), nn.ModuleList()
        for c_in, c_out in itertools.pairwise(channels):
            self.style_convs.extend([_StyleConv(c_in, c_out, style, up=True), _StyleConv(c_out, c_out, style, up=False)])
            self.to_rgbs.append(_ToRGB(c_out, style))
        self.noises = nn.Module()
        for layer in range(2 * len(channels) - 1):
            side = 2 ** ((layer + 5) // 2)
            self.noises.register_buffer(f"noise{layer}", torch.zeros(1, 1, side, side))

    def forward(self, latents: Tensor, conditions: list[tuple[Tensor, Tensor]]) -> Tensor:
        noise = [self.noises.get_buffer(f"noise{layer}") for layer in range(len(self.style_convs) + 1)]
        x = self.constant_input.weight.repeat(len(latents), 1, 1, 1)
        x = self.style_conv1(x, latents[:, 0], noise[0])
        picture: Tensor = self.to_rgb1(x, latents[:, 1], None)
        for level, (scale, shift) in enumerate(conditions):
            i = 2 * level + 1
            x = self.style_convs[2 * level](x, latents[:, i], noise[i])
            kept, changed = x.chunk(2, 1)
            x = torch.cat([kept, changed * scale + shift], 1)
            x = self.style_convs[2 * level + 1](x, latents[:, i + 1], noise[i + 1])
            picture = self.to_rgbs[level](x, latents[:, i + 2], picture)
        return picture


class GFPGAN(nn.Module):
    """The restorer. ``divisor``: 1 for the official width (32 channels after the first layer), 4 for a quarter of it."""

    def __init__(self, divisor: int = 1) -> None:
        super().__init__()
        w = 32 // divisor
        channels = [8 * w, 8 * w, 8 * w, 8 * w, 8 * w, 4 * w, 2 * w, w]  # at 4², 8², … 512²
        style = 16 * w
        levels = len(channels) - 1
        rising = list(itertools.pairwise(channels))
        self.conv_body_first = nn.Conv2d(3, w, 1)
        self.conv_body_down = nn.ModuleList(_ResBlock(fine, coarse, 0.5) for coarse, fine in reversed(rising))
        self.final_conv = nn.Conv2d(channels[0], channels[0], 3, 1, 1)
        self.conv_body_up = nn.ModuleList(_ResBlock(coarse, fine, 2) for coarse, fine in rising)
        self.toRGB = nn.ModuleList(nn.Conv2d(c, 3, 1) for c in channels[1:])  # used in training only
        self.final_linear = nn.Linear(channels[0] * 16, (2 * levels + 2) * style)
        self.stylegan_decoder = _Decoder([2 * c for c in channels], style)
        self.condition_scale = nn.ModuleList(self._condition(c) for c in channels[1:])
        self.condition_shift = nn.ModuleList(self._condition(c) for c in channels[1:])
        self.style = style

    @staticmethod
    def _condition(channels: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(channels, channels, 3, 1, 1))

    def forward(self, faces: Tensor) -> Tensor:
        """Faces RGB [n, 3, 512, 512], -1 … 1 → the restored ones, about -1 … 1."""
        x = _leaky(self.conv_body_first(faces))
        skips = []
        for block in self.conv_body_down:
            x = block(x)
            skips.insert(0, x)
        x = _leaky(self.final_conv(x))
        latents = self.final_linear(x.flatten(1)).view(len(x), -1, self.style)
        conditions = []
        for level, block in enumerate(self.conv_body_up):
            x = block(x + skips[level])
            conditions.append((self.condition_scale[level](x), self.condition_shift[level](x)))
        restored: Tensor = self.stylegan_decoder(latents, conditions)
        return restored


def network_input(faces: NDArray[np.uint8]) -> Tensor:
    """Aligned faces, uint8 BGR [n, 512, 512, 3], as the network takes them."""
    return torch.from_numpy(np.ascontiguousarray(faces[..., ::-1].transpose(0, 3, 1, 2), np.float32)) / 127.5 - 1


def pictures(restored: Tensor) -> NDArray[np.uint8]:
    """What the network gives as uint8 BGR [n, 512, 512, 3]."""
    levels = ((restored.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return np.ascontiguousarray(levels.permute(0, 2, 3, 1).numpy()[..., ::-1])


@torch.no_grad()
def seeded(divisor: int = 1, seed: int = 0) -> GFPGAN:
    """The network with random weights, ready to be evaluated. Every layer has a say in what comes out."""
    network = GFPGAN(divisor)
    rng = torch.Generator().manual_seed(seed)
    for name, value in (*network.named_parameters(), *network.named_buffers()):
        value.normal_(0.0, _spread(name, value), generator=rng)
        if name.endswith("modulation.bias") or (name.startswith("condition_scale") and name.endswith(".2.bias")):
            value.add_(1.0)
    return network.eval()


@torch.no_grad()
def echo(divisor: int = 1) -> GFPGAN:
    """The network with weights by which it gives back the face that it sees, at half the resolution: colours and places can be
    checked with it. The face takes the way over the U-Net's first skip connection into the largest shift."""
    network = GFPGAN(divisor)
    for name, value in (*network.named_parameters(), *network.named_buffers()):
        value.fill_(float(name.endswith("modulation.bias")))
    last, half = 6, network.conv_body_first.out_channels
    shift = network.condition_shift[last]
    staying, colour = network.stylegan_decoder.style_convs[2 * last + 1], network.stylegan_decoder.to_rgbs[last]
    for c in range(3):
        # A leaky ReLU keeps a number as the difference of it and its negative: lrelu(x) - lrelu(-x) = 1.2 x.
        plus, minus = 2 * c, 2 * c + 1
        network.conv_body_first.weight[[plus, minus], c] = torch.tensor([[[1.0]], [[-1.0]]])
        network.conv_body_down[0].skip.weight[c, [plus, minus]] = torch.tensor([[[1.0]], [[-1.0]]]) / 1.2
        network.conv_body_up[last].skip.weight[c, c] = 1.0
        shift[0].weight[[plus, minus], c, 1, 1] = torch.tensor([1.0, -1.0])
        shift[2].weight[c, [plus, minus], 1, 1] = torch.tensor([1.0, -1.0]) / 1.2
        staying.modulated_conv.weight[0, [plus, minus], half + c, 1, 1] = torch.tensor([1.0, -1.0])
        colour.modulated_conv.weight[0, c, [plus, minus], 0, 0] = torch.tensor([1.0, -1.0]) / (1.2 * 2**0.5)
    return network.eval()


def _spread(name: str, value: Tensor) -> float:
    """The standard deviation of random weights with which activations keep their size from layer to layer."""
    if name.endswith("bias") or value.numel() == 1:
        return 0.1
    if "noises" in name or "constant_input" in name or ("modulated_conv.weight" in name and "to_rgb" not in name):
        return 1.0  # the convolution's weights are normalised
    fan_in = value[0].numel()
    if "modulation" in name or "to_rgb" in name or name.endswith(".2.weight"):
        return 0.3 / fan_in**0.5
    # Two summands in each block of the U-Net, and its features are added to what comes from below.
    halved = 0.5 if "skip" in name or "conv2" in name or "conv_body_up" in name else 1.0
    gain = 1.0 if "skip" in name or "linear" in name else 2.0 / (1 + 0.2**2)
    return float((gain * halved / fan_in) ** 0.5)


def faces(count: int, seed: int = 0) -> NDArray[np.uint8]:
    """Blurred noise of many scales in place of aligned faces: uint8 BGR [n, 512, 512, 3]."""
    rng = np.random.default_rng([seed, 3])
    drawn = np.zeros((count, SIZE, SIZE, 3))
    for side in (4, 8, 16, 32, 64, 128):
        coarse = rng.standard_normal((count, side, side, 3))
        drawn += [cv2.resize(one, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC) for one in coarse]
    return np.clip(128 + 30 * drawn, 0, 255).astype(np.uint8)


def save(network: GFPGAN, path: Path) -> Path:
    """As ``GFPGANv1.4.pth``: a pickled dictionary that holds the averaged weights."""
    torch.save({"params_ema": network.state_dict()}, path)
    return path


def save_safetensors(network: GFPGAN, path: Path, dtype: torch.dtype = torch.float32) -> Path:
    """As safetensors."""
    from safetensors.torch import save_file

    save_file({key: value.to(dtype).contiguous() for key, value in network.state_dict().items()}, path)
    return path
