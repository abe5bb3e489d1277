"""From text as a language model or a person writes it to text that a synthesiser can take literally.

Markdown marks and emoji are not spoken. Control characters go, since synthesisers take some for commands (espeak: 0x01).
Everything else, markup for speech (SSML) included, stays as it is and is read out as written.
"""

from __future__ import annotations

import re
import unicodedata

from comps.cores.errors import BadInput
from comps.cores.text.words import has_words

#: Link and image: only the label is spoken.
_LINK = re.compile(r"!?\[(?P<label>[^\[\]]{0,500})\]\([^()\s]{0,2000}\)")
_MARKS = re.compile(
    r"""
      ^[ \t]*(?:`{3,}|~{3,})[^\n`]*$         # code fence with its language
    | ^[ \t]*(?:[-*_][ \t]*){3,}$            # horizontal rule
    | ^[ \t]{0,3}\#{1,6}[ \t]+               # heading
    | ^[ \t]*(?:>[ \t]?)+                    # quotation
    | ^[ \t]*[-*+•][ \t]+                    # list item
    | `+ | ~~ | \*{2,}                       # code, strike-through, strong
    | (?<![\w*])\*(?=[^\s*]) | (?<=[^\s*])\*(?![\w*])          # emphasis, opening and closing; not the sign in 2 * 3
    | (?<![^\W_])_+(?=[^\s_]) | (?<=[^\s_])_+(?![^\W_])        # emphasis with underscores; not the one in snake_case
    """,
    re.MULTILINE | re.VERBOSE,
)
_ARROWS = 0x2190  # from here on "other symbols" are pictures; below are ©, ®, ° and the like, which have names
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_KEYCAP = 0x20E3
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}


def speakable(text: str) -> str:
    """Raises BadInput (field ``text``) when no letter or digit is left."""
    silent = _markdown(text)
    spoken = "".join(_spoken(character) for character, skip in zip(text, silent, strict=True) if not skip)
    if not has_words(spoken):
        raise BadInput("text: holds nothing that can be spoken", field="text")
    return spoken


def _spoken(character: str) -> str:
    if character.isspace():
        return "\n" if character == "\n" else " "
    if _is_picture(character) or unicodedata.category(character) in _INVISIBLE:
        return ""
    return character


def _markdown(text: str) -> list[bool]:
    """For each character whether it belongs to a mark rather than to the text."""
    silent = [False] * len(text)
    for link in _LINK.finditer(text):
        label = range(*link.span("label"))
        for index in range(*link.span()):
            silent[index] = index not in label
    for mark in _MARKS.finditer(text):
        silent[slice(*mark.span())] = [True] * (mark.end() - mark.start())
    return silent


def _is_picture(character: str) -> bool:
    code = ord(character)
    if code in _VARIATION_SELECTORS or code in _SKIN_TONES or code == _KEYCAP:
        return True
    return code >= _ARROWS and unicodedata.category(character) == "So"
