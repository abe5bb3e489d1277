"""Words of two texts compared, however they are written: capitals, punctuation, numbers in digits, British spellings."""

from __future__ import annotations

import re

_ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
#: One of the ways of writing a word.
_SAME = {
    "centre": "center",
    "colour": "color",
    "favourite": "favorite",
    "grey": "gray",
    "metre": "meter",
    "metres": "meters",
    "mr": "mister",
    "mrs": "missus",
    "mum": "mom",
    "ok": "okay",
    "theatre": "theater",
}
_TOKEN = re.compile(r"\d[\d,]*(?:st|nd|rd|th)?(?![a-z\d])|\d+|[^\W\d_]+(?:'[^\W\d_]+)*")
_TIMES_A_DAY = re.compile(r"\b([ap])\.\s?m\.?")


def spoken(text: str) -> list[str]:
    """The words of ``text`` in lower case, numbers in words."""
    text = _TIMES_A_DAY.sub(r"\1m", text.lower().replace("’", "'"))
    found: list[str] = []
    for token in _TOKEN.findall(text):
        found += _number(token) if token[0].isdigit() else [_SAME.get(token, token)]
    return found


def word_errors(said: str, heard: str) -> int:
    """Words that are wrong, missing or too many (Levenshtein's distance)."""
    reference, hypothesis = spoken(said), spoken(heard)
    distances = list(range(len(hypothesis) + 1))
    for row, word in enumerate(reference, 1):
        above, distances[0] = distances[0], row
        for column, other in enumerate(hypothesis, 1):
            substituted = above + (word != other)
            above = distances[column]
            distances[column] = min(above + 1, distances[column - 1] + 1, substituted)
    return distances[-1]


def _number(token: str) -> list[str]:
    digits = token.rstrip("stndrh").replace(",", "")
    if len(digits) > 6 or (len(digits) > 1 and digits[0] == "0"):
        return [_ONES[int(digit)] for digit in digits]
    cardinal = _year(digits) if len(digits) == 4 and "," not in token else _cardinal(int(digits))
    if token[-1].isdigit():
        return cardinal
    *rest, last = cardinal
    return [*rest, _ORDINALS.get(last, last[:-1] + "ieth" if last.endswith("y") else last + "th")]


def _year(digits: str) -> list[str]:
    """Four digits are read by twos, but for hundreds and thousands."""
    high, low = int(digits[:2]), int(digits[2:])
    if low == 0 or high % 10 == 0:
        return _cardinal(int(digits))
    return _cardinal(high) + (["oh"] if low < 10 else []) + _cardinal(low)


def _cardinal(number: int) -> list[str]:
    if number < 20:
        return [_ONES[number]]
    if number < 100:
        return [_TENS[number // 10]] + ([_ONES[number % 10]] if number % 10 else [])
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = _cardinal(number % size) if number % size else []
            return [*_cardinal(number // size), name, *rest]
    raise AssertionError(number)
