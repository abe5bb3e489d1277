"""LaTeX formulas in words. What has no words in the table of a language is read by the name of its command."""

from __future__ import annotations

import re

from comps.tts.reading.phrases import Phrases
from comps.tts.reading.traced import Traced

_DISPLAY = re.compile(r"\$\$(?P<a>[^$]{1,1000})\$\$|\\\((?P<b>[^\n]{1,500}?)\\\)|\\\[(?P<c>[^\]]{1,1000}?)\\\]")
#: "$" also begins an amount: a formula touches both of its signs, and no digit follows the second.
_INLINE = re.compile(r"(?<![\\$\w])\$(?P<d>[^\s$](?:[^$\n]{0,300}[^\s$\\])?)\$(?![\w$])")
_FORMULA = re.compile(
    r"[\\^_={}]|^[^\W\d_](?:\([^()]{1,20}\))?'?$|^[\d\s+*/().,a-z<>-]*[+*/<>][\d\s+*/().,a-z-]*$|^-?\d{0,9}[a-z]?$"
)
_TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|\d+(?:[.,]\d+)*|[^\W\d_]|\S")
_DEEPEST = 20

_SILENT = frozenset(
    ["{", "left", "right", "big", "Big", "bigg", "Bigg", "displaystyle", "textstyle", "limits", "nolimits", "quad", "qquad",
    ",", ";", ":", "!", "boldsymbol", "mathcal", "mathbb", "vec", "hat", "bar", "overline", "underline", "boxed", "&", "\\",
    "{", "}", "|", "begin", "end", "label", "tag", "nonumber"]
)  # fmt: skip
_NAMED = {
    "varepsilon": "epsilon",
    "varphi": "phi",
    "vartheta": "theta",
    "to": "rightarrow",
    "lt": "<",
    "gt": ">",
    "land": "and",
    "lor": "or",
    "neg": "not",
}
_TEXTS = frozenset({"text", "mathrm", "operatorname", "textbf", "textit", "mathit", "mathbf"})  # fmt: skip
_SIGNS = {"!": "factorial", "'": "prime"}
_BIG = frozenset({"sum", "prod", "int", "lim", "oint"})


def with_formulas_read(text: Traced, phrases: Phrases) -> Traced:
    """Formulas between ``$``, ``$$``, ``\\(`` and ``\\[`` as words; as nothing where the language has none."""

    def display(match: re.Match[str]) -> str:
        return f" {read(match['a'] or match['b'] or match['c'], phrases)} "

    def inline(match: re.Match[str]) -> str | None:
        return read(match["d"], phrases) if _FORMULA.search(match["d"]) else None

    return text.sub(_DISPLAY, display).sub(_INLINE, inline)


def read(formula: str, phrases: Phrases) -> str:
    """The words of ``formula``; numbers stay digits."""
    if not phrases.formula:
        return ""
    words = _Reader(_TOKEN.findall(formula), phrases.formula).all()
    return " ".join(" ".join(words).split())


class _Reader:
    """Reads from left to right; groups deeper than ``_DEEPEST`` are read flat."""

    def __init__(self, signs: list[str], words: dict[str, str]) -> None:
        self._signs = signs
        self._words = words
        self._at = 0
        self._depth = 0

    def all(self) -> list[str]:
        read: list[str] = []
        while self._at < len(self._signs):
            read += self._next()
        return read

    def _next(self) -> list[str]:
        sign = self._signs[self._at]
        self._at += 1
        if sign == "{" and self._depth < _DEEPEST:
            return self._group()
        if sign in "^_":
            return self._script(sign)
        if sign.startswith("\\"):
            return self._command(sign[1:].rstrip("*"))
        if sign in "()[]" or sign in _SILENT:
            return []
        return [sign if sign.isdigit() else self._word(_SIGNS.get(sign, sign))]

    def _group(self) -> list[str]:
        self._depth += 1
        read: list[str] = []
        while self._at < len(self._signs) and self._signs[self._at] != "}":
            read += self._next()
        self._at += 1
        self._depth -= 1
        return read

    def _argument(self) -> list[str]:
        if self._at >= len(self._signs) or self._depth >= _DEEPEST:
            return []
        self._depth += 1
        read = self._next()
        self._depth -= 1
        return read

    def _script(self, sign: str) -> list[str]:
        argument = self._argument()
        said = " ".join(argument)
        if sign == "_":
            return [self._word("sub"), *argument]
        if said in (self._words.get("circ"), self._word("prime")) or (len(said) == 1 and not said.isalnum()):
            return argument
        if said in ("2", "3"):
            return [self._words[said]]
        return [self._word("power"), *argument]

    def _command(self, name: str) -> list[str]:
        if name in ("frac", "dfrac", "tfrac"):
            return self._fraction()
        if name == "sqrt":
            return self._root()
        if name in _TEXTS:
            return ["".join(self._argument())]
        if name in _BIG:
            return self._big(name)
        if name in _SILENT or not name.strip():
            if name in ("begin", "end"):
                self._argument()
            return []
        return [self._word(_NAMED.get(name, name))]

    def _fraction(self) -> list[str]:
        top, bottom = self._argument(), self._argument()
        if len(top) == len(bottom) == 1 and f"{top[0]}{bottom[0]}".isdigit():
            return [f"{top[0]}/{bottom[0]}"]
        return [*top, self._word("over"), *bottom]

    def _root(self) -> list[str]:
        if self._signs[self._at : self._at + 1] == ["["] and self._signs[self._at + 2 : self._at + 3] == ["]"]:
            degree = self._signs[self._at + 1]
            self._at += 3
            degree = {"3": "cube", "4": "fourth"}.get(degree, degree)
            return [self._word("nth root").format(degree), *self._argument()]
        return [self._word("root"), *self._argument()]

    def _big(self, name: str) -> list[str]:
        read = [self._word(name)]
        while self._signs[self._at : self._at + 1] in (["_"], ["^"]):
            sign = self._signs[self._at]
            self._at += 1
            if name == "lim" and "as" in self._words:
                to, approaches = self._word("rightarrow"), self._word("approaches")
                read += [self._word("as"), *(approaches if word == to else word for word in self._argument())]
            else:
                read += [self._word("from" if sign == "_" else "to"), *self._argument()]
        return [*read, self._word("of")]

    def _word(self, name: str) -> str:
        return self._words.get(name, name)
