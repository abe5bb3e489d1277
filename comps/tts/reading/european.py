"""What German, French and Spanish share: a comma before decimals, the day before the month, signs after the number.

A language is a table of its words and a few functions for its numbers; the patterns are here once.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from comps.tts.reading.roman import ROMAN, roman
from comps.tts.reading.traced import Rewrite, Traced

Match = re.Match[str]
#: Longer numbers are read digit by digit.
MAX_DIGITS = 15


@dataclass(frozen=True)
class Unit:
    """``gender`` is "m", "f" or "n": Spanish and German numbers agree with what they count."""

    one: str
    many: str
    gender: str = "m"


@dataclass(frozen=True)
class Words:
    """``currencies``: the whole and its hundredth. ``scales`` are what stands between a number and a currency, one and many."""

    months: tuple[str, ...]
    month_abbreviations: Mapping[str, int]
    units: Mapping[str, Unit]
    currencies: Mapping[str, tuple[Unit, Unit | None]]
    scales: Mapping[str, tuple[str, str]]
    abbreviations: Mapping[str, str]
    comma: str
    point: str
    minus: str
    plus: str
    to: str
    per: str
    over: str
    times: str
    by: str
    divided: str
    equals: str
    less: str
    greater: str
    about: str
    conjunction: str
    number_sign: str
    paragraph: str
    version: str
    squared: str
    cubed: str
    power: str
    out_of: str
    and_half: str
    century: str
    degrees: str
    roman_before: str
    roman_kings: str


def any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_NUM = r"\d{1,40}(?:_\d{3}){0,12}(?:,\d{1,40})?"
_DASH = r"[-–—−]"
_VULGAR = {"½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5), "⅘": (4, 5),
           "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8)}  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿ", "0123456789-+n")


class European(ABC):
    """The rules of one language, made once."""

    words: Words
    #: "14:05", with the hour in a group ``h`` or ``h2`` and the minute in ``m`` or ``m2``.
    time_pattern: str
    #: "3rd", with the number in a group ``n`` and what is replaced in ``it``.
    ordinal_pattern: str
    #: Between the numbers of a score or a ratio.
    ratio: str
    #: The full stop after a roman numeral, in German.
    king_mark = ""

    def __init__(self) -> None:
        self._rules: list[tuple[re.Pattern[str], Rewrite | str]] = []
        self._add_rules()

    @abstractmethod
    def cardinal(self, number: int, gender: str = "") -> str:
        """``gender`` is that of what is counted; "" where nothing is. At most ``MAX_DIGITS`` digits."""

    @abstractmethod
    def ordinal(self, number: int, context: str) -> str:
        """``context`` is the match: it holds the article or the ending."""

    @abstractmethod
    def king(self, number: int, name: str) -> str:
        """What is said after the name of a ruler."""

    @abstractmethod
    def day(self, day: int, month: int, before: str) -> str:
        """``month`` 0: the day alone. ``before`` is the word that precedes."""

    @abstractmethod
    def clock(self, hour: int, minute: int) -> str: ...

    @abstractmethod
    def fraction(self, top: int, bottom: int) -> str: ...

    @abstractmethod
    def square(self, unit: Unit, exponent: str) -> Unit:
        """The unit to its second or third power."""

    def year(self, number: int) -> str:
        return self.cardinal(number)

    def in_date(self, number: int) -> str:
        return self.year(number)

    def decimals(self, fraction: str) -> str:
        return self.digits(fraction)

    def is_one(self, text: str) -> bool:
        return text == "1"

    def cents(self, whole: str, cents: str, unit: Unit, part: Unit) -> str:
        return f"{self.counted(whole, unit)} {self.number(cents, part.gender)}"

    def half_more(self, whole: str) -> str:
        return self.number(whole) + self.words.and_half

    def of_scale(self, scale: str, unit: Unit) -> str:
        """ "millions d'euros"."""
        return f"{scale} {unit.many}"

    def phone_group(self, group: str) -> str:
        return self.digits(group)

    def century(self, number: int, context: str) -> str:
        return self.ordinal(number, context)

    @abstractmethod
    def own_rules(self) -> None:
        """Rules of this language alone, before all others."""

    def read(self, text: Traced) -> Traced:
        for pattern, rewrite in self._rules:
            text = text.sub(pattern, rewrite)
        return text

    # ---- numbers in words

    def number(self, text: str, gender: str = "") -> str:
        """ "1_234,5", "007"."""
        whole, _, fraction = text.replace("_", "").partition(",")
        if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole[0] == "0"):
            said = self.digits(whole)
        else:
            said = self.cardinal(int(whole), "" if fraction else gender)
        return f"{said} {self.words.comma} {self.decimals(fraction)}" if fraction else said

    def digits(self, text: str) -> str:
        return " ".join(self.cardinal(int(digit), "") for digit in text if digit.isdigit())

    def _grouped(self, text: str) -> str:
        return ", ".join(self.phone_group(group) for group in re.findall(r"\d+", text))

    def counted(self, text: str, unit: Unit) -> str:
        """ "five kilometres", "one hour": the unit in the number that the language wants."""
        return f"{self.number(text, unit.gender)} {unit.one if self.is_one(text) else unit.many}"

    # ---- rules

    def rule(self, pattern: str, rewrite: Rewrite | str, flags: int = 0) -> None:
        self._rules.append((re.compile(pattern, flags), rewrite))

    def _add_rules(self) -> None:
        self.own_rules()
        self._names()
        self._dates()
        self._times()
        self._groups()
        self._money()
        self._fractions()
        self._measures()
        self._ordinals()
        self._words()
        self._signs()
        self._rest()

    def _names(self) -> None:
        words = self.words
        self.rule(r"(?<![\w/])24/7(?![\w/])", lambda match: f"{self.number('24')} {self.number('7')}")
        self.rule(
            r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)",
            lambda match: f" {words.point} ".join(self.number(part) for part in match[0].split(".")),
        )
        self.rule(
            r"(?<![\w+])\+(?P<c>\d{1,3})(?P<rest>(?:[ ./\u202f-]{0,2}\(?\d{1,5}\)?){2,7})(?!\w)",
            lambda match: (
                f"{words.plus} {self.number(match['c'])}, {self._grouped(match['rest'])}"
                if sum(map(str.isdigit, match[0])) > 6
                else None
            ),
        )
        self.rule(
            r"(?<![\w.,/-])(?<!\d[ \u202f])(?:\(?0\d{1,5}\)?[ /\u202f-]{1,3}\d{2,8}(?:[ \u202f-]\d{1,5}){0,4}|0\d(?:[ "
            r".\u202f]\d\d){4})(?![\w-])(?!,\d)",
            lambda match: self._grouped(match[0]),
        )
        self.rule(
            r"(?<![\w.,])\d{1,5}(?:\.\d{1,2}){2}(?!\w)(?!\.\d)",
            lambda match: None if self._date_of(match[0]) else self._version(match[0]),
        )
        self.rule(
            r"(?<!\w)[vV](?:ersion )?(?P<n>\d{1,5}(?:\.\d{1,5}){0,4})(?!\w)(?!\.\d)",
            lambda match: f"{words.version} {self._version(match['n'])}",
        )
        self.rule(
            r"(?<=\w[ ])(?P<it>(?<=Python[ ])\d{1,3}(?:\.\d{1,4}){1,3}|(?<=iOS[ ])\d{1,3}(?:\.\d{1,4}){1,3}"
            r"|(?<=ersion[ ])\d{1,3}(?:\.\d{1,4}){1,3})(?![\w])",
            lambda match: self._version(match["it"]),
        )

    def _version(self, text: str) -> str:
        return f" {self.words.point} ".join(self.number(part) for part in text.split("."))

    def _date_of(self, text: str) -> bool:
        parts = re.split(r"[./-]", text)
        return len(parts) == 3 and len(parts[2]) in (2, 4) and 0 < int(parts[0]) < 32 and 0 < int(parts[1]) < 13

    def _dates(self) -> None:
        words = self.words
        months = any_of(words.months)
        short = any_of(words.month_abbreviations)
        self.rule(
            r"(?<![\w-])(?P<y>\d{4})([-/.])(?P<m>0?[1-9]|1[0-2])\2(?P<d>0[1-9]|[12]\d|3[01]|[1-9])(?![\w-])",
            lambda match: f"{self.day(int(match['d']), int(match['m']), self._before(match))} {self._in_date(match['y'])}",
        )
        self.rule(
            r"(?<![\w/.,-])(?P<d>\d{1,2})(?P<s>[./-])(?P<m>\d{1,2})(?P=s)(?P<y>\d{4}|\d{2})(?![\w/-])(?!\.\d)",
            lambda match: (
                f"{self.day(int(match['d']), int(match['m']), self._before(match))} {self._in_date(match['y'])}"
                if self._date_of(match[0]) and (len(match["y"]) == 4 or match["s"] != "-")
                else None
            ),
        )
        self.rule(
            rf"(?<=\d)(?:\.|er)?[ ](?:de[ ])?(?P<it>(?P<m>{short})(?!\w)\.?)",
            lambda match: words.months[words.month_abbreviations[match["m"]] - 1],
        )
        self.rule(
            rf"(?<![\w.,])(?P<a>\d{{1,2}})\.?(?:er|º)?[ ]?{_DASH}[ ]?(?P<b>\d{{1,2}})\.?[ ](?P<de>de[ ])?(?P<m>{months})\b",
            lambda match: (
                f"{self._bare_day(int(match['a']), self._before(match))} {words.to}"
                f" {self.day(int(match['b']), self._month(match['m']), self._before(match))}"
            ),
            re.IGNORECASE,
        )
        self.rule(
            rf"(?<![\w.,])(?P<d>\d{{1,2}})\.?(?:er|º)?[ ](?P<de>de[ ])?(?P<m>{months})\b(?P<y>(?:[ ](?:de[l]?[ ])"
            rf"?\d{{4}}(?!\d))?)",
            lambda match: (
                self.day(int(match["d"]), self._month(match["m"]), self._before(match))
                + (f" {self._in_date(match['y'].rsplit(' ', 1)[1])}" if match["y"] else "")
                if 0 < int(match["d"]) < 32
                else None
            ),
            re.IGNORECASE,
        )
        self.rule(
            r"(?<![\w.,])(?P<a>1\d{3}|20\d\d)[ ]?[-–—/][ ]?(?P<b>\d{4}|\d{2})(?![\w%])(?![.,]\d)",
            lambda match: f"{self.year(int(match['a']))} {words.to} {self.year(int(match['b']))}",
        )

    def _bare_day(self, day: int, before: str) -> str:
        return self.day(day, 0, before)

    def _month(self, name: str) -> int:
        return [month.lower() for month in self.words.months].index(name.lower()) + 1

    def _in_date(self, year: str) -> str:
        value = int(year) + (0 if len(year) == 4 else 1900 if int(year) > 50 else 2000)
        return self.in_date(value)

    def _before(self, match: Match) -> str:
        """The word before the match, in small letters."""
        words = match.string[max(0, match.start() - 14) : match.start()].lower().split()
        return words[-1].strip("(«\"'") if words else ""

    def _times(self) -> None:
        words = self.words
        self.rule(
            r"(?P<a>(?<![\w.,])\d{1,2}(?:[:h]\d{0,2}|[ ]h)?)(?P<it>[ ]?[–-][ ]?)(?=\d{1,2}(?:[:h]\d{2}|[ ]?(?:h|Uhr"
            r"|heures|horas)\b))",
            f" {words.to} ",
        )
        self.rule(self.time_pattern, self._time)

    def _time(self, match: Match) -> str | None:
        hour = match["h"] if match["h"] is not None else match["h2"]
        minute = match["m"] if match["h"] is not None else match["m2"]
        if int(hour) > 24 or int(minute or 0) > 59:
            return None
        return self.clock(int(hour), int(minute or 0))

    def _groups(self) -> None:
        self.rule(
            r"(?<![\w.,])\d{1,3}(?P<s>[.\u202f'’ ])\d{3}(?:(?P=s)\d{3}){0,10}(?!\d)(?!(?P=s)\d)(?!\.\d)",
            lambda match: (
                None
                if match["s"] == " " and not match[0].endswith("000") and match[0].count(" ") == 1 and len(match[0]) == 7
                else match[0].replace(match["s"], "_")
            ),
        )
        self.rule(r"(?<![\w.,])0\d{2,20}(?![\w.,]*\d)", lambda match: self.digits(match[0]))
        # A point before decimals, as in English, cannot be one of groups of three.
        self.rule(r"(?<![\w.,])\d{1,12}(?P<it>\.)(?=(?:\d{1,2}|\d{4,12})(?![\w.,]*\d)[ ]?(?:%|[€$£]|[a-zA-Z]{0,4}\b|$))", ",")

    def _money(self) -> None:
        words = self.words
        names = any_of(words.currencies)
        scales = any_of(words.scales)
        dash = r"(?:[ ]?[-–—][ ]?(?P<n2>" + _NUM + "))?"
        scale = rf"(?:[ ]?(?P<scale>{scales})(?!\w))?"
        self.rule(
            rf"(?<![\w,.])(?P<minus>[-−])?(?P<n>{_NUM}){dash}{scale}(?:[ \u202f]?,[-–—]{{1,2}})?[ "
            rf"\u202f]?(?P<cur>{names})(?!\w)"
            rf"(?:/(?P<per>{any_of(words.units)})(?!\w))?",
            self._amount,
        )
        self.rule(
            rf"(?<!\w)(?P<minus>[-−])?(?P<cur>{names})[ \u202f]?(?P<n>{_NUM})"
            rf"{dash}{scale}(?:/(?P<per>{any_of(words.units)})(?!\w))?(?!\d)",
            self._amount,
        )

    def _amount(self, match: Match) -> str:
        words = self.words
        unit, part = words.currencies[match["cur"]]
        per = f" {words.per} {words.units[match['per']].one}" if match["per"] else ""
        minus = f"{words.minus} " if match["minus"] else ""
        text, second, scale = match["n"], match["n2"], match["scale"]
        if scale or second:
            one, many = words.scales[scale] if scale else ("", "")
            gender = unit.gender if not scale else "f" if one.endswith("e") or one == "Million" else "m"
            said = self.number(text, gender) + (f" {words.to} {self.number(second, gender)}" if second else "")
            counted = self.of_scale(one if text == "1" and not second else many, unit) if scale else unit.many
            return f"{minus}{said} {counted}{per}"
        whole, _, cents = text.partition(",")
        if len(cents) == 2 and not int(cents):
            return minus + self.counted(whole, unit) + per
        if len(cents) != 2 or part is None:
            return minus + self.counted(text, unit) + per
        cents = cents.lstrip("0")
        return minus + (self.counted(cents, part) if whole == "0" else self.cents(whole, cents, unit, part)) + per

    def _fractions(self) -> None:
        words = self.words
        after = rf"(?:[ ](?P<unit>{any_of(unit for unit in words.units if len(unit) > 1)})(?![\w/]))?"
        self.rule(
            rf"(?:(?<![\w.])(?P<w>\d{{1,5}})[ ]?)?(?P<f>[{''.join(_VULGAR)}]){after}",
            lambda match: self._mixed(match["w"], *_VULGAR[match["f"]]) + self._part_of(match),
        )
        self.rule(
            r"(?<![\w/.,])(?:(?P<w>\d{1,3})[ ](?=\d{1,2}/))?(?P<a>\d{1,4})[ ]?[/⁄][ ]?(?P<b>\d{1,4})(?![\w/])(?![.,]\d)" + after,
            lambda match: self._slashed(match) + self._part_of(match),
        )
        self.rule(
            r"(?<![\w.])(?P<n>\d{1,20}(?:[.,]\d{1,20})?)[eE](?P<p>[+-]?\d{1,4})(?!\w)",
            lambda match: (
                f"{self.number(match['n'].replace('.', ','))} {words.times} {self.number('10')} {words.power}"
                f" {self._signed(match['p'])}"
            ),
        )

    def _mixed(self, whole: str | None, top: int, bottom: int) -> str:
        words = self.words
        if whole and (top, bottom) == (1, 2):
            return self.half_more(whole)
        return (f"{self.number(whole)} {words.conjunction} " if whole else "") + self.fraction(top, bottom)

    def _part_of(self, match: Match) -> str:
        """The unit after a fraction."""
        return f" {self.words.units[match['unit']].one}" if match["unit"] else ""

    def _slashed(self, match: Match) -> str:
        words = self.words
        top, bottom = int(match["a"]), int(match["b"])
        if not match["w"] and bottom in (10, 20, 100) and top <= bottom:
            return f"{self.number(match['a'])} {words.out_of} {self.number(match['b'])}"
        if 0 < top < bottom <= 12:
            return self._mixed(match["w"], top, bottom)
        return f"{self.number(match['a'])} {words.over} {self.number(match['b'])}"

    def _signed(self, text: str) -> str:
        return (f"{self.words.minus} " if text[0] in "-−" else "") + self.number(text.lstrip("+-−"))

    def _measures(self) -> None:
        words = self.words
        units = any_of(words.units)
        exponent = r"(?:²|³|\^2|\^3)"
        self.rule(
            rf"(?P<a>(?<![\w.,])(?:{_NUM}))(?P<it>[ ]?(?:%|°C)?[ ]?(?:[–—]|(?<![ ])-(?![ ]))[ ]?)(?={_NUM}(?![\w]*-))"
            rf"(?![^\n]{{0,12}}=)",
            f" {words.to} ",
        )
        self.rule(
            rf"(?<![\w.,])(?P<minus>(?<![\w)])[-−])?(?P<n>{_NUM})(?P<gap>[ \u202f-]?)(?P<unit>{units})(?P<exp>{exponent})?"
            rf"(?:/(?P<per>{units})(?P<perexp>{exponent})?)?(?![\w/])",
            self._measure,
        )
        self.rule(
            rf"(?<![\w.,])(?P<a>{_NUM})[ ]?(?P<s>[x×∗*])[ ]?(?P<b>{_NUM})(?!\d)(?P<rest>[ ]?=)?",
            lambda match: (
                f"{self.number(match['a'])} {words.times if match['rest'] or match['s'] in '×∗*' else words.by}"
                f" {self.number(match['b'])}" + (f" {words.equals}" if match["rest"] else "")
            ),
        )
        self.rule(
            r"(?P<it>(?<=[^\W_]{3})[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}|(?<=[.,;:!?])[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3})(?!\w)",
            lambda match: None if match.string[match.start() - 1].isdigit() else "",
        )
        self.rule(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]{1,6}", lambda match: self._powered(match[0].translate(_RAISED)))
        self.rule(r"(?<=[\w)])\^[({]?(?P<p>-?\w{1,6})[)}]?", lambda match: self._powered(match["p"]))

    def _powered(self, power: str) -> str:
        words = self.words
        said = {"2": words.squared, "3": words.cubed}.get(power)
        return f" {said}" if said else f" {words.power} " + (self._signed(power) if power.lstrip("-").isdigit() else power)

    def _measure(self, match: Match) -> str | None:
        words = self.words
        if match["gap"] == "-" and len(match["unit"]) == 1:
            return None
        unit = words.units[match["unit"]]
        if match["exp"]:
            unit = self.square(unit, match["exp"][-1])
        said = self.counted(match["n"], unit)
        if match["per"]:
            per = words.units[match["per"]]
            per = self.square(per, match["perexp"][-1]) if match["perexp"] else per
            said += f" {words.per} {per.one}"
        return (f"{words.minus} " if match["minus"] else "") + said

    def _ordinals(self) -> None:
        words = self.words
        self.rule(rf"(?<!\w)(?P<it>(?P<n>{ROMAN}{{1,6}})(?:e|ème|er)?)(?=[ ]{words.century})", self._roman_century)
        self.rule(
            rf"\b(?:{words.roman_before})[ ](?P<it>{ROMAN}{{1,6}})(?!\w)",
            lambda match: self.number(str(value)) if (value := roman(match["it"])) else None,
        )
        self.rule(
            rf"\b(?:{words.roman_kings})[ ](?P<it>(?P<n>{ROMAN}{{1,6}})(?:er|e)?(?!\w){self.king_mark})",
            self._king,
        )
        self.rule(
            r"(?<![\w.])(?P<it>III|VII|VIII|XII|XIII|XIV|XVI|XVII|XVIII|XIX|XXI)(?!\w)",
            lambda match: self.number(str(roman(match["it"]))),
        )
        self.rule(self.ordinal_pattern, lambda match: self.ordinal(int(match["n"]), match[0]) if int(match["n"]) < 1000 else None)

    def _roman_century(self, match: Match) -> str | None:
        value = roman(match["n"])
        if value is None:
            return None
        return self.century(value, self._before(match))

    def _king(self, match: Match) -> str | None:
        value = roman(match["n"])
        if value is None or value > 39:
            return None
        return self.king(value, match[0].split()[-2]) + _stop(match)

    def _words(self) -> None:
        words = self.words
        self.rule(
            rf"(?<![\w.])(?P<t>{any_of(words.abbreviations)})(?!\w)",
            lambda match: words.abbreviations[match["t"]] + _stop(match),
        )

    def _signs(self) -> None:
        words = self.words
        for pattern, said in (
            (r"(?:№|Nº|nº|N°|n°|Nr\.|#)[ ]?(?=\d)", f"{words.number_sign} "),
            (r"§[ ]?(?=\d)", f"{words.paragraph} "),
            (r"(?<![\w])[~≈][ ]?(?=\d)", f"{words.about} "),
            (r"[ ]?±[ ]?", f" {words.plus} {words.minus} "),
            (r"[ ]?(?:≠|!=)[ ]?", " ≠ "),
            (r"(?<=[\w)])[ ]?(?:≤|<=)[ ]?(?=[\w-])", f" {words.less} {words.equals} "),
            (r"(?<=[\w)])[ ]?(?:≥|>=)[ ]?(?=[\w-])", f" {words.greater} {words.equals} "),
            (r"[ ]?(?:->|=>|⇒|→)[ ]?", ", "),
            (r"(?<=[\w)])[ ]?=[ ]?(?=[\w(-])", f" {words.equals} "),
            (r"(?<=[\w)])[ ]<[ ](?=[\w(-])|(?<!\w)<[ ]?(?=\d)", f" {words.less} "),
            (r"(?<=[\w)])[ ]>[ ](?=[\w(-])|(?<!\w)>[ ]?(?=\d)", f" {words.greater} "),
            (r"(?<=[\w)])[ ]?\+[ ]?(?=[\w(])", f" {words.plus} "),
            (r"(?<!\w)\+(?=\d)", f"{words.plus} "),
            (r"(?<=[\w)])[ ]?×[ ]?(?=[\w(])|(?<=\d)[ ]?[∗*][ ]?(?=\d)", f" {words.times} "),
            (r"(?<=[\w)])[ ]?÷[ ]?(?=[\w(])|(?<=\d)[ ]:[ ](?=\d)", f" {words.divided} "),
            (r"(?<=\d)[ ]?:[ ]?(?=\d)", f" {self.ratio} "),
            (r"(?<=\d)[ ][-−–][ ](?=\d)", f" {words.minus} "),
            (r"(?<![\w)\]])[-−](?=\d)", f"{words.minus} "),
            (r"(?<=\d)–(?=\d)", f" {words.to} "),
            (r"(?<=\w)[ ]?&[ ]?(?=\w)", f" {words.conjunction} "),
            (r"(?<=\d)[ \u202f]?°", f" {words.degrees}"),
            (r"(?<=\w)/(?=\w)", " "),
        ):
            self.rule(pattern, said)

    def _rest(self) -> None:
        self.rule(r"(?<![\w.,])(?P<y>1[1-9]\d\d|20\d\d)(?![\w%])(?![.,]\d)", lambda match: self.year(int(match["y"])))
        self.rule(r"(?<=[A-Za-z])(?P<it>-?)(?=\d)", " ")
        self.rule(r"(?<=\d)(?P<it>-?)(?=[A-Za-z])", " ")
        self.rule(
            rf"(?<![,_])(?P<n>{_NUM})",
            lambda match: (
                ", ".join(self.digits(match["n"][at : at + 3]) for at in range(0, len(match["n"]), 3))
                if match["n"].isdigit() and len(match["n"]) > 9 and not match["n"].endswith("000")
                else self.number(match["n"])
            ),
        )
        self.rule(r"\d+", lambda match: self.digits(match[0]))
        self.rule(r"(?<=\w)[_\\](?=\w)|\u202f", " ")
        self.rule(r"[ ]?\|{1,9}[ ]?", ", ")
        self.rule(r"[*∗^~\\_{}<>=#|®™©†•`]|\[|\]", "")
        self.rule(r"(?<=\S)[ ]{2,}(?=\S)", " ")


def _stop(match: Match) -> str:
    """The full stop of an abbreviation at the end of the text ends the sentence too."""
    return "." if match[0].endswith(".") and not match.string[match.end() :].strip(" \"'”’)*_") else ""
