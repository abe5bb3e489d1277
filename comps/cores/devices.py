"""Where neural engines run: names from the settings → a device that exists here, how it computes, and its threads.

Nothing heavy is imported into the process that asks: torch looks for accelerators in a child process
(``python -m comps.cores.devices``), and only where there may be one. ``habana_frameworks`` is imported here and nowhere else.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from comps.cores.errors import NodeUnavailable

Runtime = Literal["torch", "openvino"]
Dtype = Literal["f32", "bf16", "f16", "int8"]

#: What ``device`` in the settings may be.
NAMES = ("auto", "cpu", "openvino", "cuda", "hpu", "xpu", "mps")
#: The command that installs what neural engines need.
INSTALL = "pip install 'avatarchatbot[neural]'"

#: Accelerators as torch calls them, in the order that ``auto`` prefers, with what to install where torch does not see one. ROCm's
#: are called cuda too.
_ACCELERATORS: Mapping[str, str] = {
    "hpu": "install Gaudi's driver, and run in one of its PyTorch images (docker/Dockerfile.intel_hpu)",
    "cuda": "install the GPU's driver, and torch built for it (https://pytorch.org/get-started/locally)",
    "xpu": "install the GPU's driver, and torch built for it (https://pytorch.org/get-started/locally)",
    "mps": "this needs torch on a Mac with Apple silicon",
}
#: Device files that hint at an accelerator. Habana's modules, or a Mac, hint at the others.
_DEVICE_FILES: Mapping[str, tuple[str, ...]] = {
    "hpu": ("accel/accel[0-9]*", "hl[0-9]*"),
    "cuda": ("nvidia[0-9]*", "kfd", "dxg"),
    "xpu": ("dri/renderD[0-9]*",),
    "mps": (),
}
#: What torch's version module calls its builds for an accelerator.
_BUILDS: Mapping[str, tuple[str, ...]] = {"cuda": ("cuda", "hip"), "xpu": ("xpu",)}
#: What decides how fast a processor computes with networks (names as in /proc/cpuinfo).
_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
#: What a processor has that computes with bf16 faster than with f32.
_BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
#: Where device files lie.
_DEV = Path("/dev")
#: Longest time that torch may take to look for accelerators, seconds.
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Device:
    """``name``: cpu, cuda, hpu, xpu or mps; ``runtime``: who computes there; ``threads``: processor cores it may use.

    ``model`` is what the hardware calls itself, or nothing.
    """

    name: str
    runtime: Runtime
    dtype: Dtype
    threads: int
    model: str = ""


@dataclass(frozen=True)
class Accelerator:
    """What torch says of one. ``bf16``: it computes with bf16 by itself."""

    model: str
    bf16: bool


def resolve(device: str = "auto", dtype: str = "auto", threads: int = 0) -> Device:
    """The device for these settings (``AnimationSettings``).

    ``auto`` takes an accelerator where torch sees one, else the processor. ``cpu`` is the processor, with OpenVINO where it is
    installed, else with torch; ``openvino`` is the processor with OpenVINO alone. Cheap on machines without accelerators. Raises
    NodeUnavailable, with what to do, for a device that is not here, or one that cannot compute with ``dtype``.
    """
    if device not in NAMES:
        raise _unavailable(f"no device is called {device!r}; there are: {', '.join(NAMES)}")
    cores = threads or usable_cores()
    if device not in {"cpu", "openvino"}:
        wanted = [device] if device in _ACCELERATORS else list(_hinted())
        seen = _seen_of(wanted)
        for name in wanted:
            if name in seen:
                return Device(name, "torch", _accelerator_dtype(name, seen[name], dtype), cores, seen[name].model)
        if device != "auto":
            raise _unavailable(f"the device {device!r} is not here: {_ACCELERATORS[device]}; ANIMATION_DEVICE=auto takes another")
    runtime = _processor_runtime(device)
    return Device("cpu", runtime, _processor_dtype(runtime, dtype), cores, processor_model())


def accelerators() -> Mapping[str, Accelerator]:
    """The accelerators that torch sees, by its name for them; looked for once, in a child process."""
    return _probed()


def unseen() -> tuple[str, ...]:
    """What hints at an accelerator that torch does not see, with what to do."""
    hinted = list(_hinted())
    seen = _seen_of(hinted)
    # A display adapter hints at xpu on every desktop.
    return tuple(f"{name}: {_ACCELERATORS[name]}" for name in hinted if name not in seen and name != "xpu")


def usable_cores() -> int:
    """Processor cores that this process may use: its affinity, and its cgroup's quota, rounded down."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([affinity, *(int(quota) for quota in _quotas())]))


def processor_flags() -> tuple[str, ...]:
    """Of the extensions that networks gain from, those that this processor has, as /proc/cpuinfo calls them."""
    flags = set(_cpuinfo("flags").split())
    return tuple(flag for flag in _FLAGS if flag in flags)


def processor_model() -> str:
    return _cpuinfo("model name")


def habana() -> Any:
    """``habana_frameworks.torch`` with its ``core``, which makes torch know hpu. Raises NodeUnavailable where there is none."""
    try:
        return _habana()
    except ImportError as error:
        raise _unavailable(f"the device 'hpu' is not here ({error}): {_ACCELERATORS['hpu']}") from error


def _habana() -> Any:
    module = importlib.import_module("habana_frameworks.torch")
    importlib.import_module("habana_frameworks.torch.core")
    return module


def _processor_runtime(device: str) -> Runtime:
    if _installed("openvino"):
        return "openvino"
    if device == "openvino":
        raise _unavailable("the package openvino is not installed: run `pip install openvino`, or set ANIMATION_DEVICE=auto")
    if _installed("torch"):
        return "torch"
    raise _unavailable(f"neither openvino nor torch is installed: run `{INSTALL}`")


def _processor_dtype(runtime: Runtime, dtype: str) -> Dtype:
    has_bf16 = not _BF16_FLAGS.isdisjoint(processor_flags())
    if dtype == "auto":
        return "bf16" if has_bf16 else "f32"
    if dtype == "bf16" and not has_bf16:
        raise _unavailable("this processor has no bf16 (neither avx512_bf16 nor AMX): set ANIMATION_DTYPE=auto")
    if dtype == "f16":
        raise _unavailable("processors do not compute with f16 here: set ANIMATION_DTYPE=auto")
    if dtype == "int8" and runtime != "openvino":
        raise _unavailable("int8 needs OpenVINO: run `pip install openvino`, or set ANIMATION_DTYPE=auto")
    return _dtype(dtype)


def _accelerator_dtype(name: str, found: Accelerator, dtype: str) -> Dtype:
    if dtype == "auto":
        # bf16 has the range of f32: nothing overflows that has not been tried in f16. Apple's is not tried at all.
        return "f32" if name == "mps" else "bf16" if found.bf16 else "f16"
    if dtype == "int8":
        raise _unavailable(f"int8 is for processors, with OpenVINO; {name} computes with bf16, f16 or f32")
    if dtype == "f16" and name == "hpu":
        raise _unavailable("Gaudi computes with bf16 or f32: set ANIMATION_DTYPE=auto")
    return _dtype(dtype)


def _dtype(name: str) -> Dtype:
    if name not in ("f32", "bf16", "f16", "int8"):
        raise _unavailable(f"no dtype is called {name!r}; there are: auto, f32, bf16, f16, int8")
    return cast(Dtype, name)


def _unavailable(detail: str) -> NodeUnavailable:
    return NodeUnavailable(detail, node="animation")


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _hinted() -> Iterator[str]:
    """Accelerators that may be here: their device files are."""
    for name, patterns in _DEVICE_FILES.items():
        if name == "hpu" and not _installed("habana_frameworks"):
            continue
        if any(any(_DEV.glob(pattern)) for pattern in patterns) or (name == "mps" and sys.platform == "darwin"):
            yield name


def _seen_of(names: list[str]) -> Mapping[str, Accelerator]:
    """Ask torch only where its build could see one of ``names``."""
    return accelerators() if _installed("torch") and any(_is_built_for(name) for name in names) else {}


def _is_built_for(name: str) -> bool:
    """Whether the torch that is installed was built for cuda or xpu: its version module says so, and imports nothing heavy."""
    spec = importlib.util.find_spec("torch")
    version = Path(spec.origin).with_name("version.py") if spec is not None and spec.origin is not None else None
    if version is None or not version.exists():
        return True
    said = runpy.run_path(str(version))
    return any(said.get(build, True) for build in _BUILDS.get(name, (name,)))


@functools.cache
def _probed() -> Mapping[str, Accelerator]:
    # PATH and its like go on: drivers and torch find their parts by them.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=True, env=environment)  # noqa: S603 - ours
        found = json.loads(done.stdout.splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return {}
    return {name: Accelerator(**said) for name, said in found.items()}


def _look() -> dict[str, dict[str, Any]]:
    """In the child process: what torch sees, by torch's name for it. One that fails is not there."""
    found: dict[str, dict[str, Any]] = {}
    for name in _ACCELERATORS:
        try:
            if (said := _seen(name)) is not None:
                found[name] = said
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
    return found


def _seen(name: str) -> dict[str, Any] | None:
    torch = importlib.import_module("torch")
    if name == "hpu":
        hpu = _habana().hpu
        return {"model": str(hpu.get_device_name()), "bf16": True} if hpu.is_available() else None
    if name == "mps":
        return {"model": "Apple", "bf16": False} if torch.backends.mps.is_available() else None
    backend = getattr(torch, name)
    if not backend.is_available():
        return None
    # Without emulation: GPUs before Ampere have bf16 in name only.
    bf16 = bool(backend.is_bf16_supported(including_emulation=False)) if name == "cuda" else True
    return {"model": str(backend.get_device_name(0)), "bf16": bf16}


@functools.cache
def _cpuinfo(key: str) -> str:
    """A line of /proc/cpuinfo, of the first processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.partition(":")[0].strip() == key), "")


def _quotas(root: Path = Path("/sys/fs/cgroup"), of: Path = Path("/proc/self/cgroup")) -> Iterator[float]:
    """Cores that the control groups of this process, and those above them, grant (versions 2 and 1)."""
    try:
        lines = of.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        base = root / controllers if controllers else root
        # In a container the path may be the host's: then the group's own files lie at the root.
        for group in {base, *(base / part for part in _ancestors(path))}:
            if (quota := _quota(group)) is not None:
                yield quota


def _ancestors(path: str) -> Iterator[str]:
    parts = path.strip("/").split("/")
    for length in range(1, len(parts) + 1):
        yield "/".join(parts[:length])


def _quota(group: Path) -> float | None:
    """Of one group: microseconds of processor time in each period (max or -1: all)."""
    try:
        if (group / "cpu.max").exists():
            limit, period = (group / "cpu.max").read_text().split()
        else:
            limit, period = ((group / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period"))
    except (OSError, ValueError):
        return None
    return None if limit in {"max", "-1"} else int(limit) / int(period)


if __name__ == "__main__":
    print(json.dumps(_look()))
