"""The plain network has the official layout, and the seeded checkpoints say something about every layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="neural engines need PyTorch")

from benchmarks.plain import seeded  # noqa: E402
from benchmarks.plain.wav2lip import Wav2Lip, lower_halves  # noqa: E402


def listed(path: Path) -> list[tuple[str, str, list[int]]]:
    rows = (line.split("\t") for line in path.read_text().splitlines())
    return [(name, dtype, [int(n) for n in shape.strip("[]").split(",") if n.strip()]) for name, dtype, shape in rows]


def test_the_layout_is_the_official_one(shared: Path, tmp_path: Path) -> None:
    official = listed(shared / "reference/checkpoints/wav2lip.txt")
    stored = torch.load(seeded.save_legacy(Wav2Lip(), tmp_path / "wav2lip.pth"), weights_only=True)["state_dict"]
    ours = [(name, str(value.dtype).removeprefix("torch."), list(value.shape)) for name, value in stored.items()]
    assert ours == official


def test_every_format_holds_the_same_weights(tmp_path: Path) -> None:
    load_file = pytest.importorskip("safetensors.torch").load_file
    network = seeded.wav2lip(4)
    weights = network.state_dict()
    files = [
        torch.load(seeded.save_legacy(network, tmp_path / "legacy.pth", prefix=""), weights_only=True)["state_dict"],
        torch.load(seeded.save_bare(network, tmp_path / "bare.pth"), weights_only=True),
        torch.jit.load(seeded.save_torchscript(network, tmp_path / "script.pt")).state_dict(),
        load_file(seeded.save_safetensors(network, tmp_path / "safe.safetensors")),
    ]
    for stored in files:
        assert stored.keys() == weights.keys()
        assert all(torch.equal(stored[key], value) for key, value in weights.items())


@pytest.mark.parametrize("divisor", [1, 4])
def test_seeded_weights_use_every_layer(divisor: int) -> None:
    network = seeded.wav2lip(divisor, seed=3)
    still, moving = seeded.faces(1, seed=7).repeat(4, axis=0), seeded.faces(4, seed=7)
    spoken, silent = seeded.mels(4, seed=7), np.zeros((4, 80, 16), np.float32)
    drawn = lower_halves(network, still, spoken)
    assert drawn.shape == (4, 3, 48, 96)
    assert ((drawn > 0.05) & (drawn < 0.95)).mean() > 0.9, "few pixels are in the sigmoid's flat ends"
    assert drawn.std(axis=0).mean() > 0.02, "sound changes the picture"
    assert (lower_halves(network, moving, silent)).std(axis=0).mean() > 0.02, "the face changes the picture"
    means = [layer.running_mean.abs().mean() for layer in network.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    assert min(means) > 0.05
    again = seeded.wav2lip(divisor, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(network.state_dict().values(), again.state_dict().values(), strict=True))
