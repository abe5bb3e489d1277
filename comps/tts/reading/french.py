"""How French is read."""

from __future__ import annotations

import re

from comps.tts.reading.european import European, Unit, Words, any_of
from comps.tts.reading.roman import roman

_SMALL = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
"quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"]  # fmt: skip
_TENS = ["zéro", "dix", "vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt"]
_BIG = ((10**12, "billion"), (10**9, "milliard"), (10**6, "million"))
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip


def _unit(one: str, gender: str = "m", many: str = "") -> Unit:
    return Unit(one, many or one + "s", gender)


_UNITS = {
    "km": _unit("kilomètre"), "m": _unit("mètre"), "cm": _unit("centimètre"), "mm": _unit("millimètre"),
    "µm": _unit("micromètre"),
    "nm": _unit("nanomètre"), "kg": _unit("kilogramme"), "g": _unit("gramme"), "mg": _unit("milligramme"), "t": _unit("tonne",
    "f"),
    "l": _unit("litre"), "L": _unit("litre"), "ml": _unit("millilitre"), "mL": _unit("millilitre"), "cl": _unit("centilitre"),
    "cL": _unit("centilitre"), "min": _unit("minute", "f"), "mn": _unit("minute", "f"), "s": _unit("seconde", "f"),
    "ms": _unit("milliseconde", "f"), "Hz": _unit("hertz", many="hertz"), "kHz": _unit("kilohertz", many="kilohertz"),
    "MHz": _unit("mégahertz", many="mégahertz"), "GHz": _unit("gigahertz", many="gigahertz"), "o": _unit("octet"),
    "Ko": _unit("kilooctet"),
    "ko": _unit("kilooctet"), "Mo": _unit("mégaoctet"), "Go": _unit("gigaoctet"), "To": _unit("téraoctet"),
    "MB": _unit("mégaoctet"),
    "GB": _unit("gigaoctet"), "TB": _unit("téraoctet"), "W": _unit("watt"), "kW": _unit("kilowatt"), "MW": _unit("mégawatt"),
    "kWh": _unit("kilowattheure"), "V": _unit("volt"), "A": _unit("ampère"), "mA": _unit("milliampère"),
    "mAh": _unit("milliampèreheure"),
    "Pa": _unit("pascal"), "hPa": _unit("hectopascal"), "bar": _unit("bar"), "J": _unit("joule"), "kJ": _unit("kilojoule"),
    "kcal": _unit("kilocalorie", "f"), "dB": _unit("décibel"), "ha": _unit("hectare"), "%": Unit("pour cent", "pour cent"),
    "‰": Unit("pour mille", "pour mille"), "°C": Unit("degré Celsius", "degrés Celsius"), "°F": Unit("degré Fahrenheit",
    "degrés Fahrenheit"),
    "°": _unit("degré"), "km/h": Unit("kilomètre heure", "kilomètres heure"), "m/s": Unit("mètre par seconde",
    "mètres par seconde"),
    "Ω": _unit("ohm"), "N": _unit("newton"), "heure": _unit("heure", "f"), "mois": Unit("mois", "mois"), "an": _unit("an"),
    "jour": _unit("jour"), "personne": _unit("personne", "f"), "nuit": _unit("nuit", "f"), "h": _unit("heure", "f"),
    "c. à café": Unit("cuillère à café", "cuillères à café", "f"),
    "c. à soupe": Unit("cuillère à soupe", "cuillères à soupe", "f"),
    "c. à s.": Unit("cuillère à soupe", "cuillères à soupe", "f"), "c. à c.": Unit("cuillère à café", "cuillères à café", "f"),
}  # fmt: skip
_CENTIME = _unit("centime")
_EURO = (_unit("euro"), _CENTIME)
_CURRENCIES: dict[str, tuple[Unit, Unit | None]] = {
    "€": _EURO, "EUR": _EURO, "$": (_unit("dollar"), _unit("cent")), "$US": (_unit("dollar américain",
    many="dollars américains"), _unit("cent")),
    "USD": (_unit("dollar américain", many="dollars américains"), _unit("cent")), "£": (_unit("livre sterling", "f",
    "livres sterling"), Unit("penny", "pence")),
    "CHF": (_unit("franc suisse", many="francs suisses"), _CENTIME), "¥": (_unit("yen"), None), "₹": (_unit("roupie", "f"), None),
    "CAD": (_unit("dollar canadien", many="dollars canadiens"), _unit("cent")), "F": (_unit("franc"), _CENTIME),
}  # fmt: skip
_SCALES = {
    "million": ("million", "millions"), "millions": ("million", "millions"), "milliard": ("milliard", "milliards"),
    "milliards": ("milliard", "milliards"), "M": ("million", "millions"), "Md": ("milliard", "milliards"), "Mds": ("milliard",
    "milliards"),
    "k": ("mille", "mille"), "mille": ("mille", "mille"),
}  # fmt: skip
_ABBREVIATIONS = {
    "M.": "Monsieur", "MM.": "Messieurs", "Mme": "Madame", "Mmes": "Mesdames", "Mlle": "Mademoiselle", "Dr": "Docteur",
    "Dr.": "Docteur",
    "Pr": "Professeur", "Me": "Maître", "etc.": "et cetera", "p. ex.": "par exemple", "p.ex.": "par exemple", "ex.": "exemple",
    "c.-à-d.": "c'est-à-dire", "c.-à-d": "c'est-à-dire", "cf.": "confer", "env.": "environ", "av. J.-C.": "avant Jésus-Christ",
    "apr. J.-C.": "après Jésus-Christ", "ap. J.-C.": "après Jésus-Christ", "J.-C.": "Jésus-Christ", "bd": "boulevard",
    "Bd": "Boulevard",
    "av.": "avenue", "St": "Saint", "Ste": "Sainte", "tél.": "téléphone", "Tél.": "Téléphone", "vol.": "volume",
    "chap.": "chapitre",
    "fig.": "figure", "max.": "maximum", "min.": "minimum", "TTC": "toutes taxes comprises", "HT": "hors taxes",
    "svp": "s'il vous plaît",
    "S.V.P.": "s'il vous plaît", "janv.": "janvier", "févr.": "février", "avr.": "avril", "juil.": "juillet",
    "sept.": "septembre",
    "oct.": "octobre", "nov.": "novembre", "déc.": "décembre", "n.b.": "nota bene", "N.B.": "nota bene", "qqch.": "quelque chose",
    "resp.": "respectivement",
}  # fmt: skip

_WORDS = Words(
    months=_MONTHS,
    month_abbreviations={"janv": 1, "févr": 2, "fév": 2, "avr": 4, "juil": 7, "sept": 9, "oct": 10, "nov": 11, "déc": 12},
    units=_UNITS,
    currencies=_CURRENCIES,
    scales=_SCALES,
    abbreviations=_ABBREVIATIONS,
    comma="virgule",
    point="point",
    minus="moins",
    plus="plus",
    to="à",
    per="par",
    over="sur",
    times="fois",
    by="sur",
    divided="divisé par",
    equals="égale",
    less="inférieur à",
    greater="supérieur à",
    about="environ",
    conjunction="et",
    number_sign="numéro",
    paragraph="paragraphe",
    version="version",
    squared="au carré",
    cubed="au cube",
    power="puissance",
    out_of="sur",
    and_half=" et demi",
    century="siècles?",
    degrees="degrés",
    roman_before="[Cc]hapitre|[Tt]ome|[Pp]artie|[Aa]cte|[Ss]cène|[Aa]rticle|[Ss]ection|[Vv]olume|[Tt]ype|[Pp]hase"
    "|[Nn]iveau|[Gg]uerre mondiale"
    "|[Tt]itre|[Ll]ivre|[Cc]lasse|[Gg]roupe|République",
    roman_kings="Louis|Henri|Charles|François|Napoléon|Philippe|Jean|Paul|Benoît|Pie|Léon|Élisabeth|Elizabeth"
    "|Georges?|Édouard|Jacques|Guillaume"
    "|Frédéric|Pierre|Ivan|Alexandre|Nicolas|Ferdinand|Catherine|Albert|Léopold|Ramsès|Richard|Robert|Clément"
    "|Grégoire|Mohammed|Hassan|Rainier",
)


_DAYS = {"lun": "lundi", "mar": "mardi", "mer": "mercredi", "jeu": "jeudi", "ven": "vendredi", "sam": "samedi", "dim": "dimanche"}
#: What is counted in the feminine.
_WOMEN = (
    "personnes?|fois|minutes?|heures?|secondes?|années?|semaines?|pages?|tasses?|cuillères?"
    "|femmes?|filles?|pièces?|places?|voitures?"
)


class French(European):
    words = _WORDS
    time_pattern = (
        r"(?<![\w:.,])(?:(?P<h>\d{1,2})(?:[ \u202f]?[hH][ \u202f]?|:)(?P<m>\d{2})(?:[ ]?h)?(?!\w)"
        r"|(?P<h2>\d{1,2})[ \u202f]?[hH](?P<m2>)(?![\w/]))(?![:])"
    )
    ratio = "à"
    ordinal_pattern = r"(?<![\w.,])(?P<it>(?P<n>\d{1,3})(?:er|ère|re|ème|ième|nde?|e)s?)(?!\w)"

    def own_rules(self) -> None:
        self.rule(
            r"(?<![\w.,/])(?P<n>\d{1,4})[ \u202f]?½[ ](?P<what>[^\W\d_]{2,20})(?!\w)",
            lambda match: (
                f"{self.number(match['n'])} {match['what']} et demi{'e' if re.fullmatch(_WOMEN, match['what']) else ''}"
            ),
        )
        self.rule(r"(?<=[IVX]e)(?P<it>[ ]s\.)(?P<end>\s*$)?", lambda match: " siècle" if match["end"] is None else " siècle.")
        self.rule(
            r"(?<!\w)(?!Ie)(?P<n>[IVX]{1,6})(?:e|ème)(?!\w)(?![ "
            r"]siècle)",
            lambda match: self.ordinal(roman(match["n"]) or 0, "e"),
        )
        self.rule(
            rf"(?<!\w)(?P<it>(?P<d>{any_of(_DAYS)})\.)(?=[ ]?(?:au|à|et|-|–|\d))|(?<=au[ ])(?P<x>(?P<e>{any_of(_DAYS)})\.)",
            lambda match: _DAYS[match["d"] or match["e"]],
        )
        self.rule(r"(?<!\w)pp?\.[ ]?(?=\d)", "page ")
        self.rule(r"(?<!\w)[nN][°º][ \u202f]?(?=\d)", "numéro ")
        self.rule(rf"(?<![\w.,/])(?P<n>\d{{0,3}}1)(?=[ ](?:{_WOMEN})\b)", lambda match: self.number(match["n"], "f"))
        self.rule(r"(?<=\d)(?P<it>[ \u202f]?M€)(?!\w)", " millions €")
        self.rule(r"(?<=\d)(?P<it>[ \u202f]?k€)(?!\w)", " mille €")
        self.rule(r"(?<=\d)(?P<it>[ \u202f]?Mds?€)(?!\w)", " milliards €")

    def cardinal(self, number: int, gender: str = "") -> str:
        for scale, name in _BIG:
            if number >= scale:
                count, rest = divmod(number, scale)
                said = f"{self.cardinal(count)} {name}{'s' if count > 1 else ''}"
                return f"{said} {self.cardinal(rest, gender)}" if rest else said
        return self._small(number, gender, last=True)

    def _small(self, number: int, gender: str, *, last: bool) -> str:
        """``last``: nothing follows, so that "cent" and "quatre-vingt" take their plural."""
        if number == 1:
            return "une" if gender == "f" else "un"
        if number < 20:
            return _SMALL[number]
        if number < 100:
            return self._tens(number, gender, last=last)
        scale, name = (1000, "mille") if number >= 1000 else (100, "cent")
        count, rest = divmod(number, scale)
        said = (self._small(count, "", last=False) + " " if count > 1 else "") + name
        if not rest:
            return said + ("s" if scale == 100 and count > 1 and last else "")
        return f"{said} {self._small(rest, gender, last=last)}"

    def _tens(self, number: int, gender: str, *, last: bool) -> str:
        tens, ones = divmod(number, 10)
        if tens in (7, 9):
            ones += 10
        if ones == 0:
            return _TENS[tens] + ("s" if tens == 8 and last else "")
        if ones in (1, 11) and tens < 8:
            return f"{_TENS[tens]} et {self._small(ones, gender, last=True)}"
        return f"{_TENS[tens]}-{self._small(ones, gender, last=True)}"

    def ordinal(self, number: int, context: str) -> str:
        plural = "s" if context.endswith("s") and context[-2:-1].isalpha() and not context.endswith("es") else ""
        if number == 1:
            return ("première" if context.rstrip("s").endswith("re") else "premier") + plural
        if number == 2 and context.rstrip("es").endswith("nd"):
            return "seconde" if context.rstrip("s").endswith("e") else "second"
        words = self.cardinal(number)
        if number % 100 == 80 or words.endswith("cents"):
            words = words.removesuffix("s")
        for ending, stem in (("cinq", "cinquième"), ("neuf", "neuvième")):
            if words.endswith(ending):
                return words.removesuffix(ending) + stem + plural
        return words.removesuffix("e") + "ième" + plural

    def century(self, number: int, context: str) -> str:
        return self.ordinal(number, "er")

    def king(self, number: int, name: str) -> str:
        return (
            ("première" if name in ("Catherine", "Élisabeth", "Elizabeth") else "premier")
            if number == 1
            else self.cardinal(number)
        )

    def day(self, day: int, month: int, before: str) -> str:
        return ("premier" if day == 1 else self.cardinal(day)) + (f" {_MONTHS[month - 1]}" if month else "")

    def clock(self, hour: int, minute: int) -> str:
        said = f"{self.cardinal(hour, 'f')} heure{'s' if hour > 1 else ''}"
        return f"{said} {self.cardinal(minute)}" if minute else said

    def fraction(self, top: int, bottom: int) -> str:
        part = {2: "demi", 3: "tiers", 4: "quart"}.get(bottom) or self.ordinal(bottom, "e")
        return f"{self.cardinal(top)} {part}" + ("s" if top > 1 and bottom != 3 else "")

    def square(self, unit: Unit, exponent: str) -> Unit:
        power = "carré" if exponent in "²2" else "cube"
        return Unit(f"{unit.one} {power}", f"{unit.many} {power}s", unit.gender)

    def decimals(self, fraction: str) -> str:
        return self.number(fraction) if len(fraction) < 3 and fraction[0] != "0" else self.digits(fraction)

    def is_one(self, text: str) -> bool:
        return text.partition(",")[0] in ("0", "1")

    def of_scale(self, scale: str, unit: Unit) -> str:
        if scale == "mille":
            return f"mille {unit.many}"
        return f"{scale} {'d’' if unit.many[0] in 'aeiouy' and unit.many != 'yens' else 'de '}{unit.many}".replace("’", "'")

    def phone_group(self, group: str) -> str:
        return self.number(group) if len(group) < 3 else self.digits(group)


READER = French()
