"""How German is read."""

from __future__ import annotations

from comps.tts.reading.european import European, Unit, Words, any_of

_SMALL = ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf",
"dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"]  # fmt: skip
_TENS = ["null", "zehn", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
_BIG = ((10**12, "Billion"), (10**9, "Milliarde"), (10**6, "Million"))
_ONES = {"": "eins", "m": "ein", "n": "ein", "f": "eine"}
_MONTHS = (
    "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
)  # fmt: skip


def _unit(one: str, gender: str = "m", many: str = "") -> Unit:
    return Unit(one, many or one, gender)


_UNITS = {
    "km": _unit("Kilometer"), "m": _unit("Meter"), "cm": _unit("Zentimeter"), "mm": _unit("Millimeter"),
    "µm": _unit("Mikrometer"),
    "nm": _unit("Nanometer"), "kg": _unit("Kilogramm", "n"), "g": _unit("Gramm", "n"), "mg": _unit("Milligramm", "n"),
    "t": _unit("Tonne", "f", "Tonnen"), "l": _unit("Liter"), "L": _unit("Liter"), "ml": _unit("Milliliter"),
    "cl": _unit("Zentiliter"),
    "h": _unit("Stunde", "f", "Stunden"), "Std.": _unit("Stunde", "f", "Stunden"), "min": _unit("Minute", "f", "Minuten"),
    "Min.": _unit("Minute", "f", "Minuten"), "s": _unit("Sekunde", "f", "Sekunden"), "Sek.": _unit("Sekunde", "f", "Sekunden"),
    "ms": _unit("Millisekunde", "f", "Millisekunden"), "Hz": _unit("Hertz", "n"), "kHz": _unit("Kilohertz", "n"),
    "MHz": _unit("Megahertz", "n"), "GHz": _unit("Gigahertz", "n"), "B": _unit("Byte", "n"), "kB": _unit("Kilobyte", "n"),
    "KB": _unit("Kilobyte", "n"), "MB": _unit("Megabyte", "n"), "GB": _unit("Gigabyte", "n"), "TB": _unit("Terabyte", "n"),
    "W": _unit("Watt", "n"), "kW": _unit("Kilowatt", "n"), "MW": _unit("Megawatt", "n"), "kWh": _unit("Kilowattstunde", "f",
    "Kilowattstunden"),
    "V": _unit("Volt", "n"), "A": _unit("Ampere", "n"), "mA": _unit("Milliampere", "n"), "mAh": _unit("Milliamperestunde", "f",
    "Milliamperestunden"),
    "Ω": _unit("Ohm", "n"), "Pa": _unit("Pascal", "n"), "hPa": _unit("Hektopascal", "n"), "bar": _unit("Bar", "n"),
    "N": _unit("Newton", "n"),
    "J": _unit("Joule", "n"), "kJ": _unit("Kilojoule", "n"), "kcal": _unit("Kilokalorie", "f", "Kilokalorien"),
    "PS": _unit("P S"),
    "dB": _unit("Dezibel", "n"), "ha": _unit("Hektar"), "%": _unit("Prozent", "n"), "‰": _unit("Promille", "n"),
    "°C": _unit("Grad Celsius", "m"), "°F": _unit("Grad Fahrenheit", "m"), "°": _unit("Grad", "m"),
    "km/h": _unit("Kilometer pro Stunde"),
    "km/s": _unit("Kilometer pro Sekunde"), "Mbit/s": _unit("Megabit pro Sekunde"), "Jh.": _unit("Jahrhundert", "n",
    "Jahrhunderte"),
    "Mio.": _unit("Million", "f", "Millionen"), "Mio": _unit("Million", "f", "Millionen"), "Mrd.": _unit("Milliarde", "f",
    "Milliarden"),
    "Mrd": _unit("Milliarde", "f", "Milliarden"), "Tsd.": _unit("Tausend", "n"), "EL": _unit("Esslöffel"),
    "TL": _unit("Teelöffel"),
}  # fmt: skip
_CENT = _unit("Cent")
_EURO = (_unit("Euro"), _CENT)
_CURRENCIES: dict[str, tuple[Unit, Unit | None]] = {
    "€": _EURO, "EUR": _EURO, "Euro": _EURO, "$": (_unit("Dollar"), _CENT), "US$": (_unit("US-Dollar"), _CENT),
    "USD": (_unit("US-Dollar"), _CENT), "£": (_unit("Pfund", "n"), _unit("Pence")), "GBP": (_unit("Pfund", "n"), _unit("Pence")),
    "CHF": (_unit("Franken"), _unit("Rappen")), "Fr.": (_unit("Franken"), _unit("Rappen")), "¥": (_unit("Yen"), None),
    "₹": (_unit("Rupie", "f", "Rupien"), None), "DM": (_unit("Mark", "f"), _unit("Pfennig")), "ct": (_CENT, None), "¢": (_CENT,
    None),
}  # fmt: skip
_SCALES = {
    "Mio.": ("Million", "Millionen"), "Mio": ("Million", "Millionen"), "Million": ("Million", "Millionen"),
    "Millionen": ("Million", "Millionen"), "Mrd.": ("Milliarde", "Milliarden"), "Mrd": ("Milliarde", "Milliarden"),
    "Milliarde": ("Milliarde", "Milliarden"), "Milliarden": ("Milliarde", "Milliarden"), "Tsd.": ("Tausend", "Tausend"),
    "Tausend": ("Tausend", "Tausend"),
}  # fmt: skip
_ABBREVIATIONS = {
    "z. B.": "zum Beispiel", "z.B.": "zum Beispiel", "d. h.": "das heißt", "d.h.": "das heißt", "u. a.": "unter anderem",
    "u.a.": "unter anderem", "usw.": "und so weiter", "bzw.": "beziehungsweise", "ca.": "circa", "etc.": "et cetera",
    "inkl.": "inklusive", "exkl.": "exklusive", "evtl.": "eventuell", "ggf.": "gegebenenfalls", "vgl.": "vergleiche",
    "sog.": "sogenannt", "o. ä.": "oder ähnlich", "o.ä.": "oder ähnlich", "i. d. R.": "in der Regel", "i.d.R.": "in der Regel",
    "u. U.": "unter Umständen", "Dr.": "Doktor", "Prof.": "Professor", "St.": "Sankt", "Hr.": "Herr", "Fr.": "Frau",
    "Tel.": "Telefon",
    "Abb.": "Abbildung", "Kap.": "Kapitel", "Jh.": "Jahrhundert", "v. Chr.": "vor Christus", "n. Chr.": "nach Christus",
    "v.Chr.": "vor Christus", "n.Chr.": "nach Christus", "Mio.": "Millionen", "Mrd.": "Milliarden", "max.": "maximal",
    "mind.": "mindestens", "min.": "minimal", "Str.": "Straße", "bspw.": "beispielsweise", "zzgl.": "zuzüglich", "Nr.": "Nummer",
    "MwSt.": "Mehrwertsteuer", "Aufl.": "Auflage", "Bd.": "Band", "geb.": "geboren", "gest.": "gestorben", "Mo.": "Montag",
    "Di.": "Dienstag", "Mi.": "Mittwoch", "Do.": "Donnerstag", "Sa.": "Samstag", "Jan.": "Januar", "Feb.": "Februar",
    "Okt.": "Oktober", "Dez.": "Dezember", "Sept.": "September", "s. o.": "siehe oben", "s. u.": "siehe unten", "Fa.": "Firma",
    "GmbH": "G m b H", "Std.": "Stunden", "Min.": "Minuten",
}  # fmt: skip
_DATIVE = frozenset(
    [
        "am",
        "vom",
        "zum",
        "bis",
        "den",
        "dem",
        "ab",
        "seit",
        "beim",
        "im",
        "nach",
        "vor",
        "dieser",
        "und",
        "zwischen",
        "letzten",
        "nächsten",
        "kommenden",
    ]
)
_ORDINALS = {1: "erst", 3: "dritt", 7: "siebt", 8: "acht"}
_DAYS = {
    "Mo": "Montag",
    "Di": "Dienstag",
    "Mi": "Mittwoch",
    "Do": "Donnerstag",
    "Fr": "Freitag",
    "Sa": "Samstag",
    "So": "Sonntag",
}
_WOMEN = frozenset({"Elisabeth", "Katharina", "Maria", "Margarethe", "Isabella", "Christina", "Beatrix", "Kleopatra"})

_WORDS = Words(
    months=_MONTHS,
    month_abbreviations={name[:3]: index + 1 for index, name in enumerate(_MONTHS) if name != "Mai"} | {"Sept": 9, "Jän": 1},
    units=_UNITS,
    currencies=_CURRENCIES,
    scales=_SCALES,
    abbreviations=_ABBREVIATIONS,
    comma="Komma",
    point="Punkt",
    minus="minus",
    plus="plus",
    to="bis",
    per="pro",
    over="durch",
    times="mal",
    by="mal",
    divided="geteilt durch",
    equals="gleich",
    less="kleiner als",
    greater="größer als",
    about="etwa",
    conjunction="und",
    number_sign="Nummer",
    paragraph="Paragraf",
    version="Version",
    squared="hoch zwei",
    cubed="hoch drei",
    power="hoch",
    out_of="von",
    and_half="einhalb",
    century="(?:Jahrhundert|Jh)",
    degrees="Grad",
    roman_before="Kapitel|Band|Teil|Akt|Szene|Artikel|Abschnitt|Klasse|Stufe|Phase|Typ|Weltkrieg|Hartz|Buch",
    roman_kings="Ludwig|Heinrich|Karl|Friedrich|Wilhelm|Elisabeth|Katharina|Georg|Otto|Benedikt|Franziskus|Pius|Leo"
    "|Napoleon|Philipp"
    "|Peter|Iwan|Alexander|Nikolaus|Franz|Joseph|Maximilian|Johannes|Paul|Ramses|Rudolf|Leopold|August|Gustav|Jakob"
    "|Eduard|Richard|Margarethe",
)


class German(European):
    words = _WORDS
    time_pattern = (
        r"(?<![\w:.,])(?:(?P<h>\d{1,2}):(?P<m>\d{2})(?::\d{2})?(?:[ ]?(?:Uhr|h)\b)?|(?P<h2>\d{1,2})"
        r"(?:\.(?P<m2>\d{2}))?[ ]Uhr\b)(?![\w:])"
    )
    ordinal_pattern = (
        r"\b(?P<article>[Dd]er|[Dd]ie|[Dd]as|[Dd]em|[Dd]en|[Dd]es|[Ii]m|[Zz]um|[Zz]ur|[Aa]m|[Bb]eim|[Vv]om|[Uu]nd"
        r"|[Ii]hr|[Ii]hren|[Aa]ls|[Jj]eder|[Jj]ede|[Jj]eden|[Bb]is)"
        r"[ ](?P<it>(?P<n>\d{1,3})\.)(?=[ ][A-ZÄÖÜa-zäöü])"
    )
    ratio = "zu"
    king_mark = r"\.?"

    def own_rules(self) -> None:
        days = any_of(_DAYS)
        self.rule(
            rf"(?<!\w)(?P<a>{days})\.?[ ]?[-–][ ]?(?P<b>{days})(?!\w)\.?",
            lambda match: f"{_DAYS[match['a']]} bis {_DAYS[match['b']]}",
        )
        self.rule(
            r"(?<![\w.,])(?P<d>0?[1-9]|[12]\d|3[01])\.(?P<m>0?[1-9]|1[0-2])\.(?!\d)",
            lambda match: self.day(int(match["d"]), int(match["m"]), self._before(match)),
        )
        self.rule(
            r"(?<![\w.,])(?P<n>\d{2}(?:\d0)?)er(?P<years>-Jahre[n]?)?(?!\w)",
            lambda match: (
                f"{self.year(int(match['n']))}er{' ' + match['years'][1:] if match['years'] else ''}"
                if match["n"][-1] == "0"
                else None
            ),
        )
        self.rule(r"(?<=\w)(?P<it>str\.)(?=[ ]\d)", "straße")
        self.rule(r"(?<!\w)S\.[ ](?=\d)", "Seite ")
        self.rule(r"(?<![\w.,/])1(?=[ ][A-ZÄÖÜ][a-zäöü]{1,20}(?<!e)(?<!heit)(?<!ung)(?<!keit)(?<!ion)\b)", "ein")
        self.rule(r"(?<![\w.,/])1(?=[ ][A-ZÄÖÜ][a-zäöü]{1,20}\b)", "eine")

    def cardinal(self, number: int, gender: str = "") -> str:
        for scale, name in _BIG:
            if number >= scale:
                count, rest = divmod(number, scale)
                many = name + ("n" if name.endswith("e") else "en")
                said = f"eine {name}" if count == 1 else f"{self.cardinal(count)} {many}"
                return f"{said} {self.cardinal(rest, gender)}" if rest else said
        return self._small(number, gender)

    def _small(self, number: int, gender: str) -> str:
        if number == 1:
            return _ONES[gender]
        if number < 20:
            return _SMALL[number]
        if number < 100:
            tens, ones = divmod(number, 10)
            return (self._small(ones, "m") + "und" if ones else "") + _TENS[tens]
        scale, name = (1000, "tausend") if number >= 1000 else (100, "hundert")
        count, rest = divmod(number, scale)
        return self._small(count, "m") + name + (self._small(rest, gender if rest > 1 else "") if rest else "")

    def year(self, number: int) -> str:
        if 1100 <= number < 2000:
            century, rest = divmod(number, 100)
            return self._small(century, "") + "hundert" + (self._small(rest, "") if rest else "")
        return self.cardinal(number)

    def _stem(self, number: int) -> str:
        last = number % 100
        if last in _ORDINALS:
            head = number - last
            return (self.cardinal(head) if head else "") + _ORDINALS[last]
        return self.cardinal(number) + ("t" if 0 < last < 20 else "st")

    def ordinal(self, number: int, context: str) -> str:
        article = context.split(maxsplit=1)[0].lower() if context.split() else ""
        return self._stem(number) + (
            "e" if article in ("der", "die", "das", "jede") else "er" if article in ("jeder", "als") else "en"
        )

    def king(self, number: int, name: str) -> str:
        return f"{'die' if name in _WOMEN else 'der'} {self._stem(number).capitalize()}e"

    def day(self, day: int, month: int, before: str) -> str:
        ending = "e" if before == "der" else "en" if before in _DATIVE else "er"
        return self._stem(day) + ending + (f" {_MONTHS[month - 1]}" if month else "")

    def clock(self, hour: int, minute: int) -> str:
        said = f"{self.cardinal(hour, 'm')} Uhr"
        return f"{said} {self.cardinal(minute)}" if minute else said

    def fraction(self, top: int, bottom: int) -> str:
        if bottom == 2:
            return "ein halb" if top == 1 else f"{self.cardinal(top)} halbe"
        part = {3: "Drittel", 7: "Siebtel", 8: "Achtel"}.get(bottom) or self.cardinal(bottom).capitalize() + (
            "tel" if bottom < 20 else "stel"
        )
        return f"{self.cardinal(top, 'n')} {part}"

    def half_more(self, whole: str) -> str:
        return self.number(whole, "m") + self.words.and_half

    def square(self, unit: Unit, exponent: str) -> Unit:
        power = "Quadrat" if exponent in "²2" else "Kubik"
        return Unit(power + unit.one.lower(), power + unit.many.lower(), unit.gender)


READER = German()
