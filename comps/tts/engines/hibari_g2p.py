"""English text to the letters of hibari's alphabet, each with the word that it is of, by the package's rules and dictionaries."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comps.tts.engines import hibari_dictionaries
from comps.tts.engines.hibari_letters import PUNCTUATION, SPACE
from comps.tts.engines.hibari_model import import_package

#: Letters that the model is given at once, about 15 s of speech: longer sentences are cut at punctuation, or between words.
LONGEST = 240
#: The package has no names for numbers of more than 36 digits, and nobody has an ear for more than 15.
_LONG_NUMBER = re.compile(r"\d(?:,*\d){15,}")


@dataclass(frozen=True)
class Letter:
    """``word``: the index of the word of the normalised text that the letter is of; -1 for spaces and punctuation."""

    symbol: str
    word: int


@dataclass(frozen=True)
class Sentence:
    """What is spoken in one breath: at most LONGEST letters."""

    letters: list[Letter]


@dataclass(frozen=True)
class Pronounced:
    """``words``: those of the normalised text, which the letters count; ``sentences`` have at least one sound each."""

    words: list[str]
    sentences: list[Sentence]

    def text(self, sentence: Sentence) -> str:
        """The words that a sentence's letters are of."""
        own = [letter.word for letter in sentence.letters if letter.word >= 0]
        return " ".join(self.words[min(own) : max(own) + 1])


_WORD = re.compile(r"[^\s—–…]+")


class HibariG2P:
    def __init__(self, folder: Path) -> None:
        import_package(folder)
        from hibari.g2p.normalize import normalize
        from hibari.tts import Hibari

        self._g2p: Any = hibari_dictionaries.g2p(folder)
        self._normalize: Any = normalize
        self._split: Any = Hibari.split_sentences

    def pronounce(self, text: str) -> Pronounced:
        words: list[str] = []
        sentences: list[Sentence] = []
        for sentence in self._split(text):
            normal = _with_plain_numbers(self._normalize(sentence))
            letters = self._letters(normal, len(words))
            words += [match.group() for match in _WORD.finditer(normal)]
            sentences += [Sentence(part) for part in _breaths(letters) if any(letter.word >= 0 for letter in part)]
        return Pronounced(words, sentences)

    def _letters(self, text: str, first: int) -> list[Letter]:
        """``first``: the index of the text's first word."""
        ends = [match.end() for match in _WORD.finditer(text)]
        letters: list[Letter] = []
        at = word = 0
        for token in self._g2p.phonemize_tokens(self._g2p._tokens(text)):
            begin = text.find(token.text, at)
            at = (begin if begin >= 0 else at) + len(token.text)
            while word < len(ends) - 1 and ends[word] < at:
                word += 1
            for symbol in (token.phonemes or "") + (SPACE if token.whitespace else ""):
                letters.append(Letter(symbol, -1 if symbol == SPACE or symbol in PUNCTUATION else first + word))
        return letters


def _with_plain_numbers(text: str) -> str:
    """Numbers as the package can read them: superscripts, circled digits and the like as digits, very long ones by the digit."""
    decimal = "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isdecimal() else c for c in text)
    return _LONG_NUMBER.sub(lambda number: " ".join(number.group().replace(",", "")), decimal)


def _breaths(letters: list[Letter]) -> Iterator[list[Letter]]:
    """The letters of a sentence in parts of at most LONGEST."""
    while len(letters) > LONGEST:
        cut = _cut(letters[: LONGEST + 1])
        yield letters[:cut]
        letters = letters[cut:]
    yield letters


def _cut(letters: list[Letter]) -> int:
    """Where to cut: after the last punctuation of the second half, else at the last space, else at the end."""
    for index in range(len(letters) - 1, len(letters) // 2, -1):
        if letters[index].symbol == SPACE and letters[index - 1].symbol in PUNCTUATION:
            return index
    spaces = [index for index, letter in enumerate(letters) if letter.symbol == SPACE and index]
    return spaces[-1] if spaces else len(letters) - 1
