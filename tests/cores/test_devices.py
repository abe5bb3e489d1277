"""Names of devices in the settings → what exists here. Accelerators are stand-ins: modules of their names, and device files."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from comps.cores import devices
from comps.cores.devices import Accelerator, Device, resolve
from comps.cores.errors import NodeUnavailable

#: A module of torch's name that sees one accelerator of each kind.
_TORCH = """
class _Backend:
    def __init__(self, name, bf16): self._name, self._bf16 = name, bf16
    def is_available(self): return True
    def get_device_name(self, index): return self._name
    def is_bf16_supported(self, including_emulation=True): return including_emulation or self._bf16

cuda = _Backend("Old GPU", False)
xpu = _Backend("Arc", True)

class backends:
    class mps:
        is_available = staticmethod(lambda: False)
"""
_HABANA = {
    "__init__": "",
    "torch/__init__": "from habana_frameworks.torch import hpu",
    "torch/core": "",
    "torch/hpu": "is_available = lambda: True\nget_device_name = lambda: 'GAUDI2'\n",
}


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four cores without bf16, all packages installed, no accelerators."""
    (tmp_path / "dev").mkdir()
    monkeypatch.setattr(devices, "_DEV", tmp_path / "dev")
    monkeypatch.setattr(devices, "usable_cores", lambda: 4)
    _has(monkeypatch, flags="avx2")
    _installed(monkeypatch, "openvino", "torch")
    # One that other tests have imported would be found before those made here.
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    devices._probed.cache_clear()


def _has(monkeypatch: pytest.MonkeyPatch, flags: str) -> None:
    monkeypatch.setattr(devices, "_cpuinfo", {"flags": f"fpu {flags} sse2", "model name": "Xeon"}.__getitem__)


def _installed(monkeypatch: pytest.MonkeyPatch, *packages: str) -> None:
    monkeypatch.setattr(devices, "_installed", packages.__contains__)


def _sees(monkeypatch: pytest.MonkeyPatch, **accelerators: Accelerator) -> None:
    monkeypatch.setattr(devices, "_hinted", lambda: iter(accelerators))
    monkeypatch.setattr(devices, "_seen_of", lambda names: accelerators)


@pytest.mark.parametrize(
    ("flags", "dtype"), [("avx2", "f32"), ("avx512f avx512_vnni", "f32"), ("avx512_bf16", "bf16"), ("amx_bf16", "bf16")]
)
def test_the_processor_computes_with_bf16_where_it_has_it(monkeypatch: pytest.MonkeyPatch, flags: str, dtype: str) -> None:
    _has(monkeypatch, flags=flags)
    assert resolve() == resolve("cpu") == resolve("openvino") == Device("cpu", "openvino", dtype, 4, "Xeon")


def test_flags_are_told_as_the_kernel_calls_them(monkeypatch: pytest.MonkeyPatch) -> None:
    _has(monkeypatch, flags="avx2 avx512f avx512_bf16 amx_int8")
    assert devices.processor_flags() == ("avx2", "avx512f", "avx512_bf16", "amx_int8")


def test_torch_computes_on_the_processor_where_openvino_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch, "torch")
    assert resolve("auto", "f32", 2) == Device("cpu", "torch", "f32", 2, "Xeon")
    with pytest.raises(NodeUnavailable, match="pip install openvino"):
        resolve("openvino")
    with pytest.raises(NodeUnavailable, match="int8 needs OpenVINO"):
        resolve("cpu", "int8")


def test_without_either_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    _installed(monkeypatch)
    for name in ("auto", "cpu"):
        with pytest.raises(NodeUnavailable, match=r"pip install 'avatarchatbot\[neural\]'"):
            resolve(name)


@pytest.mark.parametrize("dtype", ["bf16", "f16", "f64"])
def test_what_the_processor_cannot_compute_with_is_refused(dtype: str) -> None:
    with pytest.raises(NodeUnavailable, match=f"{dtype}.*auto"):
        resolve("cpu", dtype)
    assert resolve("cpu", "int8").dtype == "int8"


@pytest.mark.parametrize("name", ["cuda", "hpu", "xpu", "mps"])
def test_an_accelerator_that_is_not_here_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    _sees(monkeypatch)
    with pytest.raises(NodeUnavailable, match=f"{name}.*ANIMATION_DEVICE=auto"):
        resolve(name)


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NodeUnavailable, match=r"'tpu'.*auto, cpu, openvino, cuda, hpu, xpu, mps"):
        resolve("tpu")


def test_auto_takes_an_accelerator_before_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    _sees(monkeypatch, cuda=Accelerator("H200", True))
    assert resolve() == Device("cuda", "torch", "bf16", 4, "H200")
    assert resolve(dtype="f16").dtype == "f16"
    assert resolve("cpu").name == "cpu"
    with pytest.raises(NodeUnavailable, match="int8 is for processors"):
        resolve(dtype="int8")
    _sees(monkeypatch, hpu=Accelerator("GAUDI2", True), cuda=Accelerator("T4", False))
    assert resolve().name == "hpu"
    assert resolve("cuda").dtype == "f16"
    with pytest.raises(NodeUnavailable, match="Gaudi computes with bf16 or f32"):
        resolve(dtype="f16")


def test_torch_is_asked_in_a_process_of_its_own_and_only_where_there_are_device_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = tmp_path / "packages"
    for name, content in {"torch": _TORCH, **{f"habana_frameworks/{name}": content for name, content in _HABANA.items()}}.items():
        file = packages / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.setattr(devices, "_installed", lambda name: importlib.util.find_spec(name) is not None)
    assert list(devices._hinted()) == []
    assert resolve("cuda") == Device("cuda", "torch", "f16", 4, "Old GPU")
    assert devices.accelerators() == {
        "hpu": Accelerator("GAUDI2", True),
        "cuda": Accelerator("Old GPU", False),
        "xpu": Accelerator("Arc", True),
    }
    (tmp_path / "dev" / "accel").mkdir()
    (tmp_path / "dev" / "accel" / "accel0").touch()
    assert resolve() == Device("hpu", "torch", "bf16", 4, "GAUDI2")


@pytest.mark.parametrize(("build", "name", "asked"), [("None", "cuda", False), ("'13.0'", "cuda", True), ("None", "hpu", True)])
def test_a_torch_that_was_built_without_it_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, build: str, name: str, asked: bool
) -> None:
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch" / "__init__.py").touch()
    (tmp_path / "torch" / "version.py").write_text(f"cuda = {build}\nhip = xpu = None\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    asking: list[bool] = []
    monkeypatch.setattr(devices, "accelerators", lambda: asking.append(True) or {})
    with pytest.raises(NodeUnavailable):
        resolve(name)
    assert asking == [True] * asked


def test_a_torch_that_fails_sees_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libcudart.so.12 is missing')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "dev" / "nvidia0").touch()
    assert list(devices._hinted()) == ["cuda"]
    assert resolve().name == "cpu"


def test_habanas_modules_are_missed_with_what_to_do() -> None:
    with pytest.raises(NodeUnavailable, match=r"habana_frameworks.*Dockerfile\.intel_hpu"):
        devices.habana()


@pytest.mark.parametrize(
    ("groups", "files", "quotas"),
    [
        ("0::/", {"cpu.max": "max 100000"}, []),
        ("0::/", {"cpu.max": "250000 100000"}, [2.5]),
        ("0::/kube/pod", {"kube/cpu.max": "400000 100000", "kube/pod/cpu.max": "150000 100000"}, [1.5, 4.0]),
        ("4:cpu,cpuacct:/docker/x", {"cpu,cpuacct/cpu.cfs_quota_us": "300000", "cpu,cpuacct/cpu.cfs_period_us": "100000"}, [3.0]),
        ("4:memory:/x\n1:cpu:/", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, []),
        ("0::/", {}, []),
    ],
)
def test_the_quota_of_control_groups_counts(tmp_path: Path, groups: str, files: dict[str, str], quotas: list[float]) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content + "\n")
    (tmp_path / "self").write_text(groups + "\n")
    assert sorted(devices._quotas(tmp_path, tmp_path / "self")) == quotas
