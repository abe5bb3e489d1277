"""What ``doctor`` says of neural engines: what they run on, what they lack, and what to type for better."""

from __future__ import annotations

from pathlib import Path

import pytest

from AvatarChatbot import doctor
from comps.cores import devices
from comps.cores.devices import Accelerator
from comps.models import checkpoints
from comps.models.checkpoints import CHECKPOINTS


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores with bf16, both packages, all models, no checkpoint, no accelerator."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "MODELS", {})
    monkeypatch.setenv("AVATARCHATBOT_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(devices, "usable_cores", lambda: 2)
    monkeypatch.setattr(devices, "_cpuinfo", {"flags": "avx2 avx512_bf16", "model name": "Xeon"}.__getitem__)
    monkeypatch.setattr(devices, "_hinted", lambda: iter(()))
    _installed(monkeypatch, "openvino", "torch")


def _installed(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    monkeypatch.setattr(devices, "_installed", packages.__contains__)


def _facts() -> dict[str, str]:
    return dict(doctor.neural())


def test_it_tells_the_device_and_the_processor() -> None:
    assert _facts()["device"] == "cpu (Xeon) with OpenVINO, bf16, 2 threads"
    assert _facts()["processor"] == "Xeon: avx2, avx512_bf16"
    assert list(doctor.advices()) == []


def test_it_tells_the_checkpoints_and_what_they_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "run `avatarchatbot models pull wav2lip-gan`" in _facts()["wav2lip"]
    assert "run `avatarchatbot models pull gfpgan-1.4`" in _facts()["gfpgan"]
    own = tmp_path / "own.safetensors"
    monkeypatch.setenv("ANIMATION_GFPGAN_CHECKPOINT", str(own))
    assert f"there is no file {own}" in _facts()["gfpgan"]
    own.touch()
    assert "set ANIMATION_NON_COMMERCIAL=true" in _facts()["gfpgan"]
    monkeypatch.setenv("ANIMATION_NON_COMMERCIAL", "true")
    assert _facts()["gfpgan"] == str(own)


def test_it_tells_the_checkpoint_that_was_pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = CHECKPOINTS["wav2lip"]
    monkeypatch.setitem(checkpoints.CHECKPOINTS, "wav2lip", checkpoints.Checkpoint(**{**vars(entry), "size": 0}))
    pulled = tmp_path / "models" / "wav2lip" / "wav2lip.pth"
    pulled.parent.mkdir(parents=True)
    pulled.touch()
    monkeypatch.setenv("ANIMATION_NON_COMMERCIAL", "true")
    assert _facts()["wav2lip"] == str(pulled)


def test_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, "torch")
    assert any("pip install openvino" in advice for advice in doctor.advices())
    _installed(monkeypatch)
    assert _facts()["device"] == "none: neither openvino nor torch is installed: run `pip install 'avatarchatbot[neural]'`"
    assert list(doctor.advices()) == []


@pytest.mark.parametrize(
    ("variable", "value", "advice"),
    [
        ("ANIMATION_DTYPE", "f32", "ANIMATION_DTYPE=auto takes bf16"),
        ("ANIMATION_DTYPE", "int8", ""),
        ("ANIMATION_DEFAULT_AVATAR", "/faces/none.jpg", "There is no file /faces/none.jpg"),
        ("UPSCALE_FACTOR", "2", "UPSCALE_FACTOR is ignored"),
    ],
)
def test_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, advice: str) -> None:
    monkeypatch.setenv(variable, value)
    told = list(doctor.advices())
    assert len(told) == bool(advice)
    assert all(advice in sentence for sentence in told)


def test_it_says_that_an_accelerator_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_hinted", lambda: iter(["cuda"]))
    monkeypatch.setattr(devices, "_seen_of", lambda names: {})
    (told,) = doctor.advices()
    assert "PyTorch does not see. cuda: install the GPU's driver" in told
    monkeypatch.setattr(devices, "_seen_of", lambda names: {"cuda": Accelerator("H200", True)})
    assert list(doctor.advices()) == []
    assert _facts()["device"] == "cuda (H200) with PyTorch, bf16, 2 threads"
    monkeypatch.setenv("ANIMATION_DEVICE", "cpu")
    assert list(doctor.advices()) == ["Neural engines run on cpu; ANIMATION_DEVICE=auto takes cuda (H200)."]


def test_a_device_that_is_not_here_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANIMATION_DEVICE", "tpu")
    assert "no device is called 'tpu'" in _facts()["device"]
