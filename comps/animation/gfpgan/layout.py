"""GFPGAN 1.3 and 1.4 as data: the tensors of the official files, and the steps of the network in order.

A U-Net reads the aligned face. Its deepest features give the styles of a StyleGAN2 generator; its rising half gives maps that
scale and shift half of the generator's channels at every size (Wang et al., Towards Real-World Blind Face Restoration, 2021).
The official files have 32 channels after the first layer (``width``), and every other count is a multiple of it. Files of a
quarter of that width are ours, for tests.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

#: Side of an aligned face, pixels.
SIZE = 512
#: Side of the smallest maps, where the generator starts.
SMALLEST = 4
#: In a part of the face, maps above this size are computed in part, and this and smaller ones whole.
WHOLE = 32
#: Channels after the first layer: of the official files, and of a quarter of them.
OFFICIAL, QUARTER = 32, 8
#: Tells the width of a checkpoint: its first size.
FIRST = "conv_body_first.weight"

_SIZES = (4, 8, 16, 32, 64, 128, 256, 512)
Shapes = dict[str, tuple[int, ...]]

#: What a step does with its inputs:
#: - face, still: these are the network's inputs: the face, and the map of ``WHOLE`` side of the face at rest
#: - conv: convolution with bias; leaky: and leaky ReLU; residual: and leaky ReLU, then the second input is added
#: - first, second: half of the channels; add: sum; half, double: change of scale, bilinear
#: - patch: the second input laid into the first, at the window that the change of the face reaches
#: - latents: those of all layers, from the flat input; style: a layer's own → scales of the channels that go in; norm: those →
#:   scales of the channels that come out
#: - constant: the generator's first map
#: - scale: map times channels' scales; condition: second half of the first input's channels times the second, plus the third,
#:   then all times the fourth, channels' scales
#: - generate: convolution, times the second input, plus noise and bias, leaky ReLU
Kind = Literal[
    "face", "still", "conv", "leaky", "residual", "first", "second", "add", "half", "double", "patch", "latents", "style", "norm",
    "constant", "scale", "condition", "generate",
]  # fmt: skip


@dataclass(frozen=True)
class Step:
    """``inputs``: indices of earlier steps; ``size``: side of the whole map, 0 for vectors; ``name``: of its weights; ``reach``:
    how far its convolution looks, pixels; ``latent``: which of the latents its style is made of."""

    kind: Kind
    inputs: tuple[int, ...]
    size: int
    name: str = ""
    reach: int = 0
    latent: int = 0


class Steps(list[Step]):
    """The steps of a network, as they are added."""

    def put(self, kind: Kind, *inputs: int, size: int | None = None, name: str = "", reach: int = 0, latent: int = 0) -> int:
        """Add a step, by default of the size of its first input; its index comes back."""
        self.append(Step(kind, inputs, self[inputs[0]].size if size is None else size, name, reach, latent))
        return len(self) - 1


@dataclass(frozen=True)
class Restorer:
    """The network of one width."""

    width: int

    @property
    def channels(self) -> tuple[int, ...]:
        """Of the U-Net's maps by size, smallest first; the generator has twice as many."""
        return tuple(self.width * factor for factor in (8, 8, 8, 8, 8, 4, 2, 1))

    @property
    def style(self) -> int:
        """Length of a latent."""
        return 16 * self.width

    def encoder(self) -> Steps:
        """The face → its map of ``WHOLE`` side, which is the last step."""
        steps = Steps()
        self._falling(steps, steps.put("face", size=SIZE))
        return steps

    def steps(self, part: bool) -> Steps:
        """The face → the restored one, which is the last step. ``part``: it is computed in part, and the map of ``WHOLE`` side is
        that of the face at rest where the change does not reach."""
        steps = Steps()
        falling = self._falling(steps, steps.put("face", size=SIZE))
        if part:
            falling[-1] = steps.put("patch", steps.put("still", size=WHOLE), falling[-1])
        for block in range(len(falling), len(_SIZES) - 1):
            falling.append(self._half(steps, falling[-1], block))
        deepest = steps.put("leaky", falling[-1], name="final_conv", reach=1)
        latents = steps.put("latents", deepest, name="final_linear", size=0)
        conditions, x = [], deepest
        for level, beside in enumerate(reversed(falling)):
            x = self._double(steps, steps.put("add", x, beside), level)
            first = steps.put("leaky", x, name=f"condition.{level}.0", reach=1)
            halves = steps.put("first", first), steps.put("second", first)
            names = f"condition_scale.{level}.2", f"condition_shift.{level}.2"
            conditions.append([steps.put("conv", half, name=name, reach=1) for half, name in zip(halves, names, strict=True)])
        self._generator(steps, latents, conditions)
        return steps

    def _falling(self, steps: Steps, face: int) -> list[int]:
        """The U-Net's maps down to ``WHOLE``."""
        x = steps.put("leaky", face, name="conv_body_first")
        maps = []
        for block in range(_SIZES[::-1].index(WHOLE)):
            x = self._half(steps, x, block)
            maps.append(x)
        return maps

    @staticmethod
    def _half(steps: Steps, x: int, block: int) -> int:
        name = f"conv_body_down.{block}"
        size = steps[x].size // 2
        first = steps.put("half", steps.put("leaky", x, name=f"{name}.conv1", reach=1), size=size)
        beside = steps.put("conv", steps.put("half", x, size=size), name=f"{name}.skip")
        return steps.put("residual", first, beside, name=f"{name}.conv2", reach=1)

    @staticmethod
    def _double(steps: Steps, x: int, block: int) -> int:
        name = f"conv_body_up.{block}"
        size = steps[x].size * 2
        first = steps.put("double", steps.put("leaky", x, name=f"{name}.conv1", reach=1), size=size)
        # A 1 × 1 convolution and the change of scale may change places: the convolution is a quarter of the work before it.
        beside = steps.put("double", steps.put("conv", x, name=f"{name}.skip"), size=size)
        return steps.put("residual", first, beside, name=f"{name}.conv2", reach=1)

    def _generator(self, steps: Steps, latents: int, conditions: list[list[int]]) -> int:
        def style(name: str, latent: int) -> int:
            return steps.put("style", latents, name=name, latent=latent, size=0)

        def generate(x: int, name: str, styles: int) -> int:
            return steps.put("generate", x, steps.put("norm", styles, name=name, size=0), name=name, reach=1)

        def colour(x: int, name: str, latent: int) -> int:
            return steps.put("conv", steps.put("scale", x, style(name, latent)), name=name)

        first = style("style_conv1", 0)
        x = generate(steps.put("scale", steps.put("constant", size=SMALLEST), first), "style_conv1", first)
        picture = colour(x, "to_rgb1", 1)
        for level, (scale, shift) in enumerate(conditions):
            growing, staying = f"style_convs.{2 * level}", f"style_convs.{2 * level + 1}"
            size, at = 2 * steps[x].size, 2 * level + 1
            styles = style(growing, at)
            x = generate(steps.put("double", steps.put("scale", x, styles), size=size), growing, styles)
            styles = style(staying, at + 1)
            x = generate(steps.put("condition", x, scale, shift, styles), staying, styles)
            picture = steps.put("add", colour(x, f"to_rgbs.{level}", at + 2), steps.put("double", picture, size=size))
        return picture

    def tensors(self) -> Shapes:
        """Names and shapes of a checkpoint's tensors."""
        c = self.channels
        found = _convolution("conv_body_first", 3, self.width, 1)
        for block, (c_in, c_out) in enumerate(zip(c[:0:-1], c[-2::-1], strict=True)):
            found |= _block(f"conv_body_down.{block}", c_in, c_out)
        found |= _convolution("final_conv", c[0], c[0], 3)
        for block, (c_in, c_out) in enumerate(itertools.pairwise(c)):
            found |= _block(f"conv_body_up.{block}", c_in, c_out)
            found |= _convolution(f"toRGB.{block}", c_out, 3, 1)
            for kind in ("scale", "shift"):
                for at in (0, 2):
                    found |= _convolution(f"condition_{kind}.{block}.{at}", c_out, c_out, 3)
        found |= _linear("final_linear", c[0] * SMALLEST**2, self.latents * self.style)
        return found | {f"stylegan_decoder.{name}": shape for name, shape in self._decoder_tensors()}

    @property
    def latents(self) -> int:
        """Of a face: a convolution or colour each has one; those of a size's colours and of the next size's first share one."""
        return 2 * len(_SIZES)

    @property
    def modulated(self) -> dict[str, tuple[int, int]]:
        """The generator's convolutions: channels in and out."""
        c = [2 * count for count in self.channels]
        found = {"style_conv1": (c[0], c[0]), "to_rgb1": (c[0], 3)}
        for level, (c_in, c_out) in enumerate(itertools.pairwise(c)):
            found[f"style_convs.{2 * level}"] = (c_in, c_out)
            found[f"style_convs.{2 * level + 1}"] = (c_out, c_out)
            found[f"to_rgbs.{level}"] = (c_out, 3)
        return found

    def _decoder_tensors(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield "constant_input.weight", (1, 2 * self.channels[0], SMALLEST, SMALLEST)
        for layer in range(1, 16, 2):  # the mapping network: in the files, but the U-Net gives the latents themselves
            yield from _linear(f"style_mlp.{layer}", self.style, self.style).items()
        for name, (c_in, c_out) in self.modulated.items():
            kernel = 1 if "rgb" in name else 3
            yield f"{name}.bias", (1, c_out, 1, 1)
            yield f"{name}.modulated_conv.weight", (1, c_out, c_in, kernel, kernel)
            yield from _linear(f"{name}.modulated_conv.modulation", self.style, c_in).items()
            if kernel == 3:
                yield f"{name}.weight", (1,)
        for layer in range(2 * len(_SIZES) - 1):
            side = _SIZES[(layer + 1) // 2]
            yield f"noises.noise{layer}", (1, 1, side, side)


def _convolution(name: str, c_in: int, c_out: int, kernel: int) -> Shapes:
    return {f"{name}.weight": (c_out, c_in, kernel, kernel), f"{name}.bias": (c_out,)}


def _block(name: str, c_in: int, c_out: int) -> Shapes:
    convolutions = _convolution(f"{name}.conv1", c_in, c_in, 3) | _convolution(f"{name}.conv2", c_in, c_out, 3)
    return convolutions | {f"{name}.skip.weight": (c_out, c_in, 1, 1)}


def _linear(name: str, c_in: int, c_out: int) -> Shapes:
    return {f"{name}.weight": (c_out, c_in), f"{name}.bias": (c_out,)}
