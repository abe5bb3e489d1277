"""Checkpoints: every format that is published is read, what is not Wav2Lip's is refused, and code in a file is never run."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")

from benchmarks.plain import seeded  # noqa: E402
from comps.animation.checkpoint import UnusableCheckpoint, read  # noqa: E402
from comps.animation.folded import folded  # noqa: E402
from comps.animation.wav2lip.folding import fold  # noqa: E402
from comps.animation.wav2lip.layout import OFFICIAL, Generator  # noqa: E402

OFFICIAL_KEYS = Path(__file__).parents[4] / "shared/reference/checkpoints/wav2lip.txt"


@pytest.fixture(scope="module")
def network() -> Any:
    return seeded.wav2lip(4)


def test_layout_is_the_official_files() -> None:
    if not OFFICIAL_KEYS.exists():
        pytest.skip(f"{OFFICIAL_KEYS} is not here")
    lines = (line.split("\t") for line in OFFICIAL_KEYS.read_text().splitlines())
    official = {name.removeprefix("module."): shape for name, _, shape in lines}
    ours = {name: str(list(shape)) for name, shape in Generator(OFFICIAL).tensors().items()}
    assert ours == official


@pytest.mark.parametrize("save", [seeded.save_legacy, seeded.save_bare, seeded.save_torchscript, seeded.save_safetensors])
def test_formats_hold_the_same_tensors(network: Any, tmp_path: Path, save: Any) -> None:
    found = read(save(network, tmp_path / "checkpoint"))
    expected = {name: value.numpy() for name, value in network.state_dict().items()}
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)
        assert found[name].shape == value.shape


def test_older_pickles_are_read(network: Any, tmp_path: Path) -> None:
    """The official files of 2020 were written before PyTorch's archives."""
    path = tmp_path / "wav2lip.pth"
    state = {f"module.{name}": value for name, value in network.state_dict().items()}
    torch.save({"state_dict": state, "optimizer": {}, "global_step": 1}, path, _use_new_zipfile_serialization=False)
    assert fold(path).keys() == fold(seeded.save_bare(network, tmp_path / "bare.pth")).keys()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_read(network: Any, tmp_path: Path, dtype: Any) -> None:
    found = read(seeded.save_safetensors(network, tmp_path / "half.safetensors", dtype))
    name = "output_block.1.weight"
    np.testing.assert_array_equal(found[name], network.state_dict()[name].to(dtype).float().numpy())


def _without(state: dict[str, Any]) -> None:
    del state["audio_encoder.3.conv_block.1.running_var"]


def _with_more(state: dict[str, Any]) -> None:
    state["audio_encoder.13.conv_block.0.bias"] = torch.zeros(4)


def _misshapen(state: dict[str, Any]) -> None:
    state["face_decoder_blocks.5.0.conv_block.0.weight"] = torch.zeros(80, 32, 3, 2)


def _of_another_width(state: dict[str, Any]) -> None:
    state["face_encoder_blocks.0.0.conv_block.0.weight"] = torch.zeros(8, 6, 7, 7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_without, "of 352 tensors, 1 missing: audio_encoder.3.conv_block.1.running_var"),
        (_with_more, "1 unknown: audio_encoder.13.conv_block.0.bias"),
        (_misshapen, "1 of another shape: face_decoder_blocks.5.0.conv_block.0.weight [80, 32, 3, 2], not [80, 32, 3, 3]"),
        (_of_another_width, "has 8 channels, not 16 or 4"),
    ],
)
def test_another_layout_is_refused(network: Any, tmp_path: Path, change: Any, message: str) -> None:
    state = dict(network.state_dict())
    change(state)
    torch.save({"state_dict": state}, tmp_path / "wrong.pth")
    with pytest.raises(UnusableCheckpoint) as refused:
        folded(tmp_path / "wrong.pth", "wav2lip", None)
    assert message in refused.value.detail
    assert refused.value.status == 503
    assert refused.value.extra["field"] == "checkpoint"


class _Code:
    def __reduce__(self) -> Any:
        return os.mkdir, ("executed",)


def _archive(path: Path) -> None:
    torch.save({"state_dict": {"a": _Code()}}, path)


def _older(path: Path) -> None:
    torch.save({"state_dict": {"a": _Code()}}, path, _use_new_zipfile_serialization=False)


def _bare_pickle(path: Path) -> None:
    path.write_bytes(pickle.dumps(_Code()))


def _torchscript(path: Path) -> None:
    seeded.save_torchscript(seeded.wav2lip(4), path)
    changed = io.BytesIO()
    with zipfile.ZipFile(path) as original, zipfile.ZipFile(changed, "w") as archive:
        for name in original.namelist():
            data = pickle.dumps(_Code(), protocol=2) if name.endswith("/data.pkl") else original.read(name)
            archive.writestr(name, data)
    path.write_bytes(changed.getvalue())


@pytest.mark.parametrize("write", [_archive, _older, _bare_pickle, _torchscript])
def test_code_is_refused_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Any) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "evil.pth")
    with pytest.raises(UnusableCheckpoint, match=r"code or unknown objects, none of which was run"):
        read(tmp_path / "evil.pth")
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04", b"\x08\0\0\0\0\0\0\0{broken}"])
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "damaged.pth").write_bytes(content)
    with pytest.raises(UnusableCheckpoint):
        read(tmp_path / "damaged.pth")


def test_cut_files_are_refused(network: Any, tmp_path: Path) -> None:
    for save in (seeded.save_legacy, seeded.save_torchscript, seeded.save_safetensors):
        path = save(network, tmp_path / "cut")
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(UnusableCheckpoint):
            read(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableCheckpoint, match="cannot be read: No such file"):
        folded(tmp_path / "none.pth", "wav2lip", tmp_path)


def test_folded_weights_are_kept_by_content(network: Any, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    path = seeded.save_bare(network, tmp_path / "a.pth")
    first = folded(path, "wav2lip", cache)
    kept = list(cache.iterdir())
    assert len(kept) == 1
    written = kept[0].stat().st_mtime_ns
    again = folded(path, "wav2lip", cache)
    assert kept[0].stat().st_mtime_ns == written
    for name, value in first.items():
        np.testing.assert_array_equal(again[name], value)
    seeded.save_bare(seeded.wav2lip(4, seed=1), path)
    folded(path, "wav2lip", cache)
    assert len(list(cache.iterdir())) == 2
