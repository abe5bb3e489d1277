"""Checkpoints: the official layout is read, what is not GFPGAN's is refused, and code in a file is never run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from benchmarks.plain import gfpgan  # noqa: E402
from comps.animation.checkpoint import UnusableCheckpoint, read  # noqa: E402
from comps.animation.folded import folded  # noqa: E402
from comps.animation.gfpgan.folding import fold  # noqa: E402
from comps.animation.gfpgan.layout import OFFICIAL, QUARTER, Restorer  # noqa: E402
from comps.animation.gfpgan.loading import load  # noqa: E402
from comps.cores.devices import Device  # noqa: E402

OFFICIAL_KEYS = Path(__file__).parents[4] / "shared/reference/checkpoints/gfpgan_v1.4.txt"


@pytest.fixture(scope="module")
def network() -> Any:
    return gfpgan.seeded(4)


def test_layout_is_the_official_files() -> None:
    if not OFFICIAL_KEYS.exists():
        pytest.skip(f"{OFFICIAL_KEYS} is not here")
    official = dict(line.split("\t") for line in OFFICIAL_KEYS.read_text().splitlines())
    assert {name: str(list(shape)) for name, shape in Restorer(OFFICIAL).tensors().items()} == official


def test_official_shapes_load_strictly(tmp_path: Path) -> None:
    """The whole file in its size: one number stands for every tensor's."""
    state = {name: torch.full((1,), 0.5).expand(shape) for name, shape in Restorer(OFFICIAL).tensors().items()}
    torch.save({"params_ema": state}, tmp_path / "GFPGANv1.4.pth")
    weights = fold(tmp_path / "GFPGANv1.4.pth")
    assert weights["final_linear.weight"].shape == (8192, 4096)
    assert weights["style_convs.8.weight"].shape == (256, 512, 3, 3)


@pytest.mark.parametrize("save", [gfpgan.save, gfpgan.save_safetensors])
def test_formats_hold_the_same_tensors(network: Any, tmp_path: Path, save: Any) -> None:
    found = read(save(network, tmp_path / "checkpoint"), under=("params_ema",))
    expected = {name: value.numpy() for name, value in network.state_dict().items()}
    assert found.keys() == expected.keys() == Restorer(QUARTER).tensors().keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)


def _without(state: dict[str, Any]) -> None:
    del state["stylegan_decoder.noises.noise14"]


def _with_more(state: dict[str, Any]) -> None:
    state["condition_scale.7.0.bias"] = torch.zeros(4)


def _misshapen(state: dict[str, Any]) -> None:
    state["final_linear.weight"] = torch.zeros(512, 4096)


def _of_another_width(state: dict[str, Any]) -> None:
    state["conv_body_first.weight"] = torch.zeros(16, 3, 1, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without, "of 285 tensors, 1 missing: stylegan_decoder.noises.noise14"),
        (_with_more, "1 unknown: condition_scale.7.0.bias"),
        (_misshapen, "1 of another shape: final_linear.weight [512, 4096], not [2048, 1024]"),
        (_of_another_width, "has 16 channels, not 32 or 8"),
    ],
)
def test_another_layout_is_refused(network: Any, tmp_path: Path, change: Any, message: str) -> None:
    state = dict(network.state_dict())
    change(state)
    torch.save({"params_ema": state}, tmp_path / "wrong.pth")
    with pytest.raises(UnusableCheckpoint) as refused:
        folded(tmp_path / "wrong.pth", "gfpgan", None)
    assert message in refused.value.detail
    assert refused.value.status == 503
    assert refused.value.extra["field"] == "checkpoint"


class _Code:
    def __reduce__(self) -> Any:
        return os.mkdir, ("executed",)


def test_code_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"params_ema": {"a": _Code()}}, "evil.pth")
    with pytest.raises(UnusableCheckpoint, match=r"code or unknown objects, none of which was run"):
        load(tmp_path / "evil.pth", Device("cpu", "torch", "f32", 1))
    assert not (tmp_path / "executed").exists()


def test_wav2lips_checkpoint_is_refused(tmp_path: Path) -> None:
    from benchmarks.plain import seeded

    with pytest.raises(UnusableCheckpoint, match=r"not GFPGAN's: of 285 tensors, 285 missing"):
        load(seeded.save_legacy(seeded.wav2lip(4), tmp_path / "wav2lip.pth"), Device("cpu", "torch", "f32", 1))
