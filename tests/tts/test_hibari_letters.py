"""Every letter of hibari's alphabet is a mouth shape, or no sound."""

from __future__ import annotations

import json

import pytest

from comps.animation.motion.phonemes import is_silence, shapes
from comps.models.folder import model_folder
from comps.tts.engines.hibari_letters import MARKS, PUNCTUATION, SPACE, ipa, is_sound

#: Places of articulation by which lips, teeth and tongue are drawn.
SHAPES = {
    "PBM": "pbm",
    "FV": "fvβɸʋ",
    "TH": "θð",
    "TDN": "tdnTɾɖɳɽʈ",
    "L": "lʎ",
    "SZ": "szʣʦ",
    "SH": "ʃʒSʤʧʥʨꭧɕʂç",
    "KG": "kɡŋqcɟɲɴxχɣʁʝ",
    "R": "rɹɻɚ",
    "W": "wɥɰ",
    "J": "j",
    "H": "hʔ",
    "i": "iɨ",
    "I": "ɪᵻ",
    "e": "eɛ",
    "ae": "aæ",
    "a": "ɑɒ",
    "V": "ʌɤ",
    "ə": "əᵊɐɯ",
    "ɜ": "ɜ",
    "O": "oɔ",
    "œ": "œ",
    "U": "ʊ",
    "u": "uyø",
}
GLIDES = {"A": ("e", "i"), "I": ("a", "I"), "O": ("O", "U"), "Q": ("O", "U"), "W": ("a", "U"), "Y": ("O", "I")}
EXPECTED = {letter: (shape,) for shape, letters in SHAPES.items() for letter in letters} | GLIDES


def vocabulary() -> list[str]:
    folder = model_folder("hibari")
    if folder is None:
        pytest.skip("the model hibari has not been prepared")
    return list(json.loads((folder / "hibari/assets/vocab.json").read_text("utf-8")))


def test_every_sound_has_its_mouth_shape() -> None:
    sounds = [letter for letter in vocabulary() if is_sound(letter)]
    assert {letter: shapes(ipa(letter)) for letter in sounds} == {letter: EXPECTED[letter] for letter in sounds}


def test_what_is_no_sound_is_known() -> None:
    assert {letter for letter in vocabulary() if not is_sound(letter)} == MARKS | PUNCTUATION | {SPACE}


def test_no_sound_is_taken_for_a_pause() -> None:
    assert not any(is_silence(ipa(letter)) for letter in EXPECTED)
