"""The generator of Wav2Lip as data: its layers in order, named as in the official checkpoints, and the tensors that each has.

The official files have 16 channels after the first layer (``width``), and every other count is a multiple of it. Files of a
quarter of that width are ours, for tests and demonstrations.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Channels after the first layer: of the official files, and of a quarter of them.
OFFICIAL, QUARTER = 16, 4
#: Tells the width of a checkpoint: its first size.
FIRST = "face_encoder_blocks.0.0.conv_block.0.weight"


@dataclass(frozen=True)
class Layer:
    """A convolution with batch normalisation and ReLU; ``residual``: its input is added before the ReLU.

    ``transposed``: of the decoder's stages, with ``output_padding`` where it doubles the size.
    """

    name: str
    inputs: int
    outputs: int
    kernel: int
    stride: tuple[int, int] = (1, 1)
    padding: int = 0
    residual: bool = False
    transposed: bool = False

    @property
    def output_padding(self) -> int:
        return 1 if self.transposed and self.stride != (1, 1) else 0

    @property
    def weight_shape(self) -> tuple[int, int, int, int]:
        first, second = (self.inputs, self.outputs) if self.transposed else (self.outputs, self.inputs)
        return first, second, self.kernel, self.kernel


Stage = tuple[Layer, ...]


@dataclass(frozen=True)
class Generator:
    """The layers of a generator of one width. Decoder stage i, from the second on, sees the stage before it beside the output of
    face encoder stage -i; the output block sees the last beside that of the first."""

    width: int

    @property
    def face_encoder(self) -> tuple[Stage, ...]:
        w, name = self.width, "face_encoder_blocks.{}.{}".format
        stages: list[Stage] = [(Layer(name(0, 0), 6, w, 7, padding=3),)]
        channels = [w, 2 * w, 4 * w, 8 * w, 16 * w, 32 * w]
        for at, residuals in enumerate((2, 3, 2, 2, 1), start=1):
            halving = Layer(name(at, 0), channels[at - 1], channels[at], 3, (2, 2), 1)
            stages.append((halving, *(_residual(name(at, 1 + i), channels[at]) for i in range(residuals))))
        stages.append((Layer(name(6, 0), 32 * w, 32 * w, 3), Layer(name(6, 1), 32 * w, 32 * w, 1)))
        return tuple(stages)

    @property
    def audio_encoder(self) -> Stage:
        w, name = self.width, "audio_encoder.{}".format
        return (
            Layer(name(0), 1, 2 * w, 3, padding=1),
            *(_residual(name(i), 2 * w) for i in (1, 2)),
            Layer(name(3), 2 * w, 4 * w, 3, (3, 1), 1),
            *(_residual(name(i), 4 * w) for i in (4, 5)),
            Layer(name(6), 4 * w, 8 * w, 3, (3, 3), 1),
            *(_residual(name(i), 8 * w) for i in (7, 8)),
            Layer(name(9), 8 * w, 16 * w, 3, (3, 2), 1),
            _residual(name(10), 16 * w),
            Layer(name(11), 16 * w, 32 * w, 3),
            Layer(name(12), 32 * w, 32 * w, 1),
        )

    @property
    def decoder(self) -> tuple[Stage, ...]:
        w, name = self.width, "face_decoder_blocks.{}.{}".format
        stages: list[Stage] = [(Layer(name(0, 0), 32 * w, 32 * w, 1),)]
        sizes = ((64, 32), (64, 32), (48, 24), (32, 16), (20, 8), (10, 4))
        for at, (inputs, outputs) in enumerate(sizes, start=1):
            stride, padding = ((1, 1), 0) if at == 1 else ((2, 2), 1)
            growing = Layer(name(at, 0), inputs * w, outputs * w, 3, stride, padding, transposed=True)
            residuals = 1 if at == 1 else 2
            stages.append((growing, *(_residual(name(at, 1 + i), outputs * w) for i in range(residuals))))
        return tuple(stages)

    @property
    def output(self) -> Layer:
        return Layer("output_block.0", 5 * self.width, 2 * self.width, 3, padding=1)

    @property
    def colour(self) -> Layer:
        """The last convolution: no normalisation, and a sigmoid follows."""
        return Layer("output_block.1", 2 * self.width, 3, 1)

    @property
    def joined(self) -> tuple[tuple[Layer, int], ...]:
        """Layers that see the decoder stage before them and features of the face beside it, with the channels of the former."""
        stages = self.decoder
        layers = [*(stage[0] for stage in stages[1:]), self.output]
        return tuple((layer, before[-1].outputs) for before, layer in zip(stages, layers, strict=True))

    @property
    def normalised(self) -> tuple[Layer, ...]:
        """Every layer but the last, in the order of the files."""
        stages = (*self.face_encoder, self.audio_encoder, *self.decoder)
        return (*(layer for stage in stages for layer in stage), self.output)

    def tensors(self) -> dict[str, tuple[int, ...]]:
        """Names and shapes of a checkpoint's tensors, without the prefix ``module.`` that training on several GPUs adds."""
        found: dict[str, tuple[int, ...]] = {}
        for layer in self.normalised:
            block = f"{layer.name}.conv_block"
            found[f"{block}.0.weight"] = layer.weight_shape
            for tensor in ("0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var"):
                found[f"{block}.{tensor}"] = (layer.outputs,)
            found[f"{block}.1.num_batches_tracked"] = ()
        found[f"{self.colour.name}.weight"] = self.colour.weight_shape
        found[f"{self.colour.name}.bias"] = (self.colour.outputs,)
        return found


def _residual(name: str, channels: int) -> Layer:
    return Layer(name, channels, channels, 3, padding=1, residual=True)
