"""Characters that look alike made the same (Unicode NFKC), and those that are seen but not said taken out."""

from __future__ import annotations

import re
import unicodedata

from comps.tts.reading.traced import Span, Traced

#: Spaces that keep the groups of a number together; NFKC would make plain spaces of them.
GROUP_SPACE = "\u202f"
_GROUP_SPACES = "\u00a0\u2007\u2009\u202f"
#: Signs that NFKC would spell as letters or plain digits and that the languages' rules read.
_KEPT = frozenset("½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅐⅑⅒⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿªº″‴™℠№…‥")
#: Punctuation of Chinese and Japanese, which is right for their voices.
_WIDE_PUNCTUATION = frozenset("，。！？：；（）、")
_CLUSTER = re.compile(r"[\s\S][\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ef\u3099\u309a\u1160-\u11ff]{1,30}|[^\x00-\x7f]")

_ARROWS = 0x2190  # from here on "other symbols" are pictures; below are ©, ®, ° and the like, which have names
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_KEYCAP = 0x20E3
_UNSAID = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_NOT_PLAIN = re.compile(r"[^\n -~]")

_EMOTICON = re.compile(
    r"""(?<![^\s(])(?:
        [:;]['’]?-?[)(DPpOo3/\\\]\[]{1,5} | =[)(DP] | [xX]D+ | </?3+ | \^[_.-]?\^ | -_+- | [oO]_[oO] | ¯\\+_\(ツ\)_/¯ | T_T
    )(?![^\s.,!?)])""",
    re.VERBOSE,
)


def without_emoticons(text: Traced) -> Traced:
    """Faces made of punctuation; before any markup is looked for, since they hold underscores and backslashes."""
    return text.sub(_EMOTICON, "")


def normalised(text: Traced, *, keeps_wide_punctuation: bool) -> Traced:
    """NFKC, character by character, so that each keeps its place in the original."""

    def same(match: re.Match[str]) -> str | None:
        cluster = match[0]
        if cluster in _GROUP_SPACES:
            return GROUP_SPACE
        if cluster in _KEPT or (keeps_wide_punctuation and cluster in _WIDE_PUNCTUATION):
            return None
        plain = unicodedata.normalize("NFKC", cluster)
        # Accents that stand alone would gain a space.
        return None if plain[:1] == " " != cluster[:1] and len(plain) > 1 else plain

    return text.sub(_CLUSTER, same)


_EMPTY_BRACKETS = re.compile(r"(?<!\w)\([^\w\s()]{0,12}\)\(?")


def without_pictures(text: Traced) -> Traced:
    """No emoji and no control characters, which some synthesisers take for commands (espeak: 0x01); white space is plain."""
    characters: list[str] = []
    spans: list[Span] = []
    for character, span in zip(text.text, text.spans, strict=True):
        if _NOT_PLAIN.match(character):
            if character.isspace():
                character = GROUP_SPACE if character == GROUP_SPACE else " "  # noqa: PLW2901 - the same place
            elif _is_picture(character) or unicodedata.category(character) in _UNSAID:
                continue
        characters.append(character)
        spans.append(span)
    return Traced("".join(characters), spans).sub(_EMPTY_BRACKETS, "")


def _is_picture(character: str) -> bool:
    code = ord(character)
    if code in _VARIATION_SELECTORS or code in _SKIN_TONES or code == _KEYCAP:
        return True
    return code >= _ARROWS and unicodedata.category(character) == "So"
