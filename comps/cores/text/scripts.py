"""The scripts that a text is written in, by Unicode's blocks (Scripts.txt has them character by character)."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter

#: First character of a run of blocks → its script (ISO 15924); "" where none of these is.
_BLOCKS = (
    (0x0000, "Latn"),
    (0x0370, "Grek"),
    (0x0400, "Cyrl"),
    (0x0530, "Armn"),
    (0x0590, "Hebr"),
    (0x0600, "Arab"),
    (0x0700, "Syrc"),
    (0x0750, "Arab"),
    (0x0780, "Thaa"),
    (0x07C0, "Nkoo"),
    (0x0800, ""),
    (0x0860, "Syrc"),
    (0x0870, "Arab"),
    (0x0900, "Deva"),
    (0x0980, "Beng"),
    (0x0A00, "Guru"),
    (0x0A80, "Gujr"),
    (0x0B00, "Orya"),
    (0x0B80, "Taml"),
    (0x0C00, "Telu"),
    (0x0C80, "Knda"),
    (0x0D00, "Mlym"),
    (0x0D80, "Sinh"),
    (0x0E00, "Thai"),
    (0x0E80, "Laoo"),
    (0x0F00, "Tibt"),
    (0x1000, "Mymr"),
    (0x10A0, "Geor"),
    (0x1100, "Hang"),
    (0x1200, "Ethi"),
    (0x13A0, "Cher"),
    (0x1400, "Cans"),
    (0x1680, ""),
    (0x1780, "Khmr"),
    (0x1800, "Mong"),
    (0x18B0, ""),
    (0x1C80, "Cyrl"),
    (0x1C90, "Geor"),
    (0x1CC0, ""),
    (0x1D00, "Latn"),
    (0x1F00, "Grek"),
    (0x2000, ""),
    (0x2070, "Latn"),
    (0x20A0, ""),
    (0x2C60, "Latn"),
    (0x2C80, ""),
    (0x2D00, "Geor"),
    (0x2D30, "Tfng"),
    (0x2D80, "Ethi"),
    (0x2DE0, "Cyrl"),
    (0x2E00, ""),
    (0x2E80, "Hani"),
    (0x3000, ""),
    (0x3005, "Hani"),
    (0x3008, ""),
    (0x3041, "Hira"),
    (0x30A0, "Kana"),
    (0x3100, ""),
    (0x3130, "Hang"),
    (0x3190, ""),
    (0x31F0, "Kana"),
    (0x3200, ""),
    (0x3400, "Hani"),
    (0x4DC0, ""),
    (0x4E00, "Hani"),
    (0xA000, "Yiii"),
    (0xA4D0, ""),
    (0xA640, "Cyrl"),
    (0xA6A0, ""),
    (0xA720, "Latn"),
    (0xA800, ""),
    (0xA960, "Hang"),
    (0xA980, ""),
    (0xA9E0, "Mymr"),
    (0xAA00, ""),
    (0xAA60, "Mymr"),
    (0xAA80, ""),
    (0xAB00, "Ethi"),
    (0xAB30, "Latn"),
    (0xAB70, "Cher"),
    (0xABC0, ""),
    (0xAC00, "Hang"),
    (0xD800, ""),
    (0xF8D0, ""),
    (0xF900, "Hani"),
    (0xFB00, "Latn"),
    (0xFB13, "Armn"),
    (0xFB1D, "Hebr"),
    (0xFB50, "Arab"),
    (0xFE00, ""),
    (0xFE70, "Arab"),
    (0xFF00, "Latn"),
    (0xFF66, "Kana"),
    (0xFFA0, "Hang"),
    (0xFFE0, ""),
    (0x20000, "Hani"),
    (0x323B0, ""),
)
_STARTS = [start for start, _ in _BLOCKS]
#: Letters that say as much as about two of an alphabet: syllables and words.
_SYLLABLES = {"Hani", "Hira", "Kana", "Hang", "Ethi"}


def script_of(character: str) -> str:
    """ISO 15924's code; "" for what is no letter, or one of a script that is not told apart here."""
    if not character.isalpha():
        return ""
    return _BLOCKS[bisect_right(_STARTS, ord(character)) - 1][1]


def script_weights(text: str) -> Counter[str]:
    """How much of ``text`` is in which script: letters, those that are syllables twice."""
    weights: Counter[str] = Counter(map(script_of, text))
    del weights[""]
    return Counter({script: count * (2 if script in _SYLLABLES else 1) for script, count in weights.items()})
