"""Numbers in English words, as they are said in the United States: no "and", no commas."""

from __future__ import annotations

import re

_SMALL = [
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
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
             "twelve": "twelfth"}  # fmt: skip
#: Longer numbers are read digit by digit: nobody has a name for them.
MAX_DIGITS = 15


def cardinal(number: int) -> str:
    """At most ``MAX_DIGITS`` digits."""
    if number < 0:
        return "minus " + cardinal(-number)
    if number < 20:
        return _SMALL[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + ("-" + _SMALL[ones] if ones else "")
    scale, name = next(pair for pair in _SCALES if number >= pair[0])
    count, rest = divmod(number, scale)
    return f"{cardinal(count)} {name}" + (" " + cardinal(rest) if rest else "")


def ordinal(number: int) -> str:
    words = cardinal(number)
    cut = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[cut:]
    if last in _ORDINALS:
        return words[:cut] + _ORDINALS[last]
    return words[:cut] + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def digits(text: str) -> str:
    """Each digit of ``text`` for itself; other characters are left out."""
    return " ".join(_SMALL[int(digit)] for digit in text if digit.isdigit())


def number(text: str) -> str:
    """ "1_234.50", "007", ".5": with "_" between groups and a point."""
    whole, _, fraction = text.replace("_", "").partition(".")
    if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole[0] == "0"):
        said = digits(whole)
    else:
        said = cardinal(int(whole)) if whole else ""
    return f"{said} point {digits(fraction)}".strip() if fraction else said


def pair(number: int) -> str:
    """Two digits as the second half of a year or a number said in pairs: "oh five", "twelve", "hundred"."""
    return "hundred" if number == 0 else cardinal(number) if number > 9 else "oh " + cardinal(number)


def year(number: int) -> str:
    century, rest = divmod(number, 100)
    if number < 1000 or number > 9999 or (century % 10 == 0 and rest < 10):
        return cardinal(number)
    return f"{cardinal(century)} {pair(rest)}"


def pairs(text: str) -> str:
    """Numbers of rooms, flights and errors: "four oh four", "seven forty-seven", "twelve oh five"."""
    number = int(text)
    if text[0] == "0" or len(text) > 4:
        return digits(text)
    if number % 1000 == 0 or number < 100:
        return cardinal(number)
    return f"{cardinal(number // 100)} {pair(number % 100)}"


def plural(words: str) -> str:
    """ "nineties", "sixes", "twos"."""
    if words.endswith("y"):
        return words[:-1] + "ies"
    return words + ("es" if words.endswith("x") else "s")


_PARTS = {2: ("half", "halves"), 4: ("quarter", "quarters")}


def fraction(top: int, bottom: int) -> str:
    one, many = _PARTS.get(bottom, (ordinal(bottom), ordinal(bottom) + "s"))
    return f"{cardinal(top)} {one if top == 1 else many}"


def grouped(text: str) -> str:
    """Digits one by one, with a pause where they were written apart."""
    return ", ".join(digits(group) for group in re.findall(r"\d+", text))


def counted(text: str, one: str) -> str:
    return f"{number(text.lstrip('0') or '0')} {one}" + ("" if text.lstrip("0") == "1" else "s")
