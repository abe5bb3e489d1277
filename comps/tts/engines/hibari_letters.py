"""hibari's alphabet (Kokoro's: IPA, but one letter for a diphthong or affricate), and the IPA that timelines are written in."""

from __future__ import annotations

from collections.abc import Mapping

#: Letters that are not what IPA means by them.
_OWN: Mapping[str, str] = {
    "A": "eɪ",
    "I": "aɪ",
    "O": "oʊ",
    "Q": "əʊ",
    "S": "ʃ",
    "T": "ɾ",
    "W": "aʊ",
    "Y": "ɔɪ",
    "ʤ": "dʒ",
    "ʧ": "tʃ",
    "ʣ": "dz",
    "ʥ": "dʑ",
    "ʦ": "ts",
    "ʨ": "tɕ",
    "ꭧ": "tʂ",
    "ɐ": "ə",  # the weak "a", "an", "am"
    "ᵊ": "ə",
    "ᵻ": "ɪ",
}
#: Stress of the sound behind.
STRESS = frozenset("ˈˌ")
#: Stress, length, nasalisation, aspiration, palatalisation, tones: they change the sound beside them and are none of their own.
MARKS = STRESS | frozenset("ː̃ʰʲᵝ↓→↗↘")
#: Where the voice may pause; spaces are between words and are not heard.
PUNCTUATION = frozenset(';:,.!?—…"()“”')
SPACE = " "


def is_sound(letter: str) -> bool:
    """Whether a letter of hibari's alphabet is a sound, not a mark, a space or punctuation."""
    return letter not in MARKS and letter not in PUNCTUATION and letter != SPACE


def ipa(letter: str) -> str:
    """The IPA of a sound's letter."""
    return _OWN.get(letter, letter)
