"""Just enough H.264 (ITU-T H.264) to put an encoder's Annex B output into MP4 without touching a picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_START_CODE = re.compile(b"\x00\x00\x01")
_SLICE_IDR, _SPS, _PPS, _DELIMITER = 5, 7, 8, 9
#: Profiles whose avcC carries the chroma format and bit depths (ISO/IEC 14496-15 §5.3.3.1).
_HIGH_PROFILES = frozenset({100, 110, 122, 144})


@dataclass(frozen=True)
class ParameterSets:
    """One sequence and one picture parameter set, as NAL units without start codes."""

    sps: bytes
    pps: bytes

    @classmethod
    def parse(cls, annex_b: bytes) -> ParameterSets:
        """Raises ValueError when there is not an SPS and a PPS."""
        units = {unit[0] & 0x1F: unit for unit in nal_units(annex_b)}
        if _SPS not in units or _PPS not in units or len(units[_SPS]) < 4:
            raise ValueError("the parameter sets hold no SPS and PPS")
        return cls(units[_SPS], units[_PPS])

    @property
    def codec(self) -> str:
        """RFC 6381 name, e.g. ``avc1.64001f``: profile, constraints and level of the SPS."""
        return f"avc1.{self.sps[1:4].hex()}"

    def avcc(self) -> bytes:
        """AVCDecoderConfigurationRecord with 4-byte lengths, 4:2:0, 8 bit."""
        record = bytes((1, *self.sps[1:4], 0xFF, 0xE1)) + _sized(self.sps) + b"\x01" + _sized(self.pps)
        return record + (b"\xfd\xf8\xf8\x00" if self.sps[1] in _HIGH_PROFILES else b"")


@dataclass(frozen=True)
class Sample:
    """An access unit as MP4 stores it: each NAL unit behind its length."""

    data: bytes
    is_idr: bool

    @classmethod
    def from_annex_b(cls, access_unit: bytes) -> Sample:
        """Parameter sets and delimiters are left out: they stand in the header. Raises ValueError when nothing is left."""
        units = [unit for unit in nal_units(access_unit) if unit[0] & 0x1F not in (_SPS, _PPS, _DELIMITER)]
        if not units:
            raise ValueError("an access unit holds no picture")
        return cls(
            b"".join(len(unit).to_bytes(4, "big") + unit for unit in units), any(unit[0] & 0x1F == _SLICE_IDR for unit in units)
        )


def nal_units(annex_b: bytes) -> Sequence[bytes]:
    """The NAL units between start codes; zero bytes before a start code belong to it (Annex B.1.1)."""
    starts = [found.end() for found in _START_CODE.finditer(annex_b)]
    ends = [start - 3 for start in starts[1:]] + [len(annex_b)]
    units = (annex_b[start:end].rstrip(b"\0") for start, end in zip(starts, ends, strict=True))
    return [unit for unit in units if unit]


def _sized(unit: bytes) -> bytes:
    return len(unit).to_bytes(2, "big") + unit
