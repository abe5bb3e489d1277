"""How Spanish is read."""

from __future__ import annotations

import re

from comps.tts.reading.european import European, Unit, Words

_SMALL = ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce", "trece",
"catorce", "quince", "dieciséis", "diecisiete", "dieciocho", "diecinueve", "veinte", "veintiuno", "veintidós", "veintitrés",
"veinticuatro", "veinticinco", "veintiséis", "veintisiete", "veintiocho", "veintinueve"]  # fmt: skip
_TENS = ["cero", "diez", "veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"]
_HUNDREDS = [
    "x",
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
]
_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
)  # fmt: skip
_ORDINALS = [
    "x",
    "primero",
    "segundo",
    "tercero",
    "cuarto",
    "quinto",
    "sexto",
    "séptimo",
    "octavo",
    "noveno",
    "décimo",
    "undécimo",
    "duodécimo",
]
_TENTHS = ["x", "décimo", "vigésimo", "trigésimo", "cuadragésimo", "quincuagésimo", "sexagésimo", "septuagésimo", "octogésimo",
"nonagésimo"]  # fmt: skip


def _unit(one: str, gender: str = "m", many: str = "") -> Unit:
    return Unit(one, many or one + "s", gender)


_UNITS = {
    "km": _unit("kilómetro"), "m": _unit("metro"), "cm": _unit("centímetro"), "mm": _unit("milímetro"), "µm": _unit("micrómetro"),
    "nm": _unit("nanómetro"), "kg": _unit("kilogramo"), "g": _unit("gramo"), "mg": _unit("miligramo"), "t": _unit("tonelada",
    "f"),
    "l": _unit("litro"), "L": _unit("litro"), "ml": _unit("mililitro"), "mL": _unit("mililitro"), "cl": _unit("centilitro"),
    "h": _unit("hora", "f"), "min": _unit("minuto"), "s": _unit("segundo"), "ms": _unit("milisegundo"), "Hz": _unit("hercio"),
    "kHz": _unit("kilohercio"), "MHz": _unit("megahercio"), "GHz": _unit("gigahercio"), "KB": _unit("kilobyte"),
    "kB": _unit("kilobyte"),
    "MB": _unit("megabyte"), "GB": _unit("gigabyte"), "TB": _unit("terabyte"), "W": _unit("vatio"), "kW": _unit("kilovatio"),
    "MW": _unit("megavatio"), "kWh": _unit("kilovatio hora", many="kilovatios hora"), "V": _unit("voltio"), "A": _unit("amperio"),
    "mA": _unit("miliamperio"), "mAh": _unit("miliamperio hora", many="miliamperios hora"), "Pa": _unit("pascal",
    many="pascales"),
    "hPa": _unit("hectopascal", many="hectopascales"), "J": _unit("julio"), "kJ": _unit("kilojulio"),
    "kcal": _unit("kilocaloría", "f"),
    "dB": _unit("decibelio"), "ha": _unit("hectárea", "f"), "%": Unit("por ciento", "por ciento", ""), "‰": Unit("por mil",
    "por mil", ""),
    "°C": Unit("grado Celsius", "grados Celsius"), "ºC": Unit("grado Celsius", "grados Celsius"),
    "°F": Unit("grado Fahrenheit", "grados Fahrenheit"),
    "°": _unit("grado"), "km/h": Unit("kilómetro por hora", "kilómetros por hora"), "m/s": Unit("metro por segundo",
    "metros por segundo"),
    "Ω": _unit("ohmio"), "lb": _unit("libra", "f"), "oz": _unit("onza", "f"), "hora": _unit("hora", "f"), "mes": Unit("mes",
    "meses"),
    "año": _unit("año"), "día": _unit("día"), "persona": _unit("persona", "f"), "noche": _unit("noche", "f"),
    "N": _unit("newton", many="newtons"),
}  # fmt: skip
_CENTIMO = _unit("céntimo")
_CENTAVO = _unit("centavo")
_EURO = (_unit("euro"), _CENTIMO)
_CURRENCIES: dict[str, tuple[Unit, Unit | None]] = {
    "€": _EURO, "EUR": _EURO, "$": (_unit("dólar", many="dólares"), _CENTAVO), "US$": (_unit("dólar", many="dólares"), _CENTAVO),
    "USD": (_unit("dólar", many="dólares"), _CENTAVO), "MXN": (_unit("peso mexicano", many="pesos mexicanos"), _CENTAVO),
    "£": (_unit("libra", "f"), _unit("penique")), "CHF": (_unit("franco suizo", many="francos suizos"), _CENTIMO),
    "¥": (_unit("yen", many="yenes"), None),
    "₹": (_unit("rupia", "f"), None), "ARS": (_unit("peso argentino", many="pesos argentinos"), _CENTAVO),
}  # fmt: skip
_SCALES = {
    "millón": ("millón", "millones"), "millones": ("millón", "millones"), "M": ("millón", "millones"), "mil": ("mil", "mil"),
    "mil millones": ("mil millones", "mil millones"), "k": ("mil", "mil"), "mill.": ("millón", "millones"),
}  # fmt: skip
_ABBREVIATIONS = {
    "Sr.": "señor", "Sra.": "señora", "Srta.": "señorita", "Sres.": "señores", "Dr.": "doctor", "Dra.": "doctora",
    "Prof.": "profesor",
    "Ud.": "usted", "Uds.": "ustedes", "Vd.": "usted", "D.": "don", "Dª": "doña", "Sto.": "santo", "Sta.": "santa",
    "etc.": "etcétera",
    "p. ej.": "por ejemplo", "p.ej.": "por ejemplo", "P. ej.": "Por ejemplo", "EE. UU.": "Estados Unidos",
    "EE.UU.": "Estados Unidos",
    "EEUU": "Estados Unidos", "aprox.": "aproximadamente", "núm.": "número", "pág.": "página", "págs.": "páginas", "p.": "página",
    "cap.": "capítulo", "tel.": "teléfono", "Tel.": "Teléfono", "tfno.": "teléfono", "Avda.": "avenida", "Av.": "avenida",
    "C/": "calle ", "a. C.": "antes de Cristo", "d. C.": "después de Cristo", "a.C.": "antes de Cristo",
    "d.C.": "después de Cristo",
    "S.A.": "S A", "máx.": "máximo", "mín.": "mínimo", "vs.": "versus", "fig.": "figura", "art.": "artículo",
    "dpto.": "departamento",
    "a. m.": "de la mañana", "a.m.": "de la mañana", "p. m.": "de la tarde", "p.m.": "de la tarde", "vol.": "volumen",
    "izq.": "izquierda",
    "dcha.": "derecha", "s.": "siglo", "c/u": "cada uno", "Gral.": "general", "Lic.": "licenciado", "Ing.": "ingeniero",
}  # fmt: skip

_WORDS = Words(
    months=_MONTHS,
    month_abbreviations={"ene": 1, "feb": 2, "abr": 4, "jun": 6, "jul": 7, "ago": 8, "sept": 9, "oct": 10, "nov": 11, "dic": 12},
    units=_UNITS,
    currencies=_CURRENCIES,
    scales=_SCALES,
    abbreviations=_ABBREVIATIONS,
    comma="coma",
    point="punto",
    minus="menos",
    plus="más",
    to="a",
    per="por",
    over="partido por",
    times="por",
    by="por",
    divided="dividido entre",
    equals="igual a",
    less="menor que",
    greater="mayor que",
    about="unos",
    conjunction="y",
    number_sign="número",
    paragraph="sección",
    version="versión",
    squared="al cuadrado",
    cubed="al cubo",
    power="elevado a",
    out_of="sobre",
    and_half=" y medio",
    century="siglos?",
    degrees="grados",
    roman_before="[Ss]iglos?|[Cc]apítulo|[Tt]omo|[Pp]arte|[Aa]cto|[Ee]scena|[Aa]rtículo|[Ss]ección|[Vv]olumen|[Tt]ipo"
    "|[Ff]ase|[Nn]ivel"
    "|[Gg]uerra [Mm]undial|[Tt]ítulo|[Ll]ibro|[Cc]lase|[Gg]rupo",
    roman_kings="Felipe|Carlos|Alfonso|Fernando|Luis|Enrique|Napoleón|Juan|Pablo|Benedicto|Pío|León|Isabel|Jorge"
    "|Eduardo|Jacobo|Guillermo"
    "|Federico|Pedro|Iván|Alejandro|Nicolás|Catalina|Sancho|Ramiro|Jaime|Francisco|Ramsés|Ricardo|Clemente|Gregorio"
    "|Alberto|Leopoldo",
)


class Spanish(European):
    words = _WORDS
    time_pattern = (
        r"(?<![\w:.,])(?:(?P<h>\d{1,2}):(?P<m>\d{2})(?::\d{2})?(?:[ ]?h(?:oras|rs)?\b)?|(?P<h2>\d{1,2})"
        r"(?:\.(?P<m2>\d{2}))[ ]?h(?:oras)?\b)(?![\w:])"
    )
    ratio = "a"
    ordinal_pattern = r"(?<![\w.,])(?P<it>(?P<n>\d{1,3})(?:\.?[ºª°](?!C)|\.er|er|ro|ra|do|da|to|ta|vo|va|mo|ma|no|na))(?!\w)"

    def own_rules(self) -> None:
        self.rule(r"(?<![\w/.,])(?:1/2|½)(?=[ ][a-zñáéíóú]{2,20}a\b)", "media")
        self.rule(r"(?<![\w/.,])(?:1/2|½)(?=[ ][a-zñáéíóú]{2,20}o\b)", "medio")
        self.rule(
            r"(?<![\w.,/])(?P<n>\d{1,4})[ \u202f]?½[ ](?P<what>[a-zñáéíóú]{2,20})(?!\w)",
            lambda match: (
                f"{self.number(match['n'], 'f' if match['what'].rstrip('s').endswith('a') else 'm')} {match['what']}"
                f" y medi{'a' if match['what'].rstrip('s').endswith('a') else 'o'}"
            ),
        )
        self.rule(r"(?<!\w)[nN]\.?[º°][ ]?(?=\d)", "número ")
        self.rule(
            r"(?<![\w.,])\d{1,3}(?:,\d{3})"
            r"{1,5}\.\d{1,2}(?!\d)",
            lambda match: match[0].replace(",", "_").replace(".", ","),
        )
        self.rule(
            r"(?<![\w.,/–-])(?P<n>\d{1,3}(?:[.\u202f ]\d{3})*)(?=[ ][a-zñáéíóú]{2,20}as\b)(?![ ](?:más|las|unas|para"
            r"|días|problemas|programas|sistemas|mapas|idiomas|temas|planetas)\b)",
            lambda match: self.number(re.sub(r"[.\u202f ]", "", match["n"]), "f"),
        )
        self.rule(
            r"(?<![\w.,/–-])(?P<n>\d{0,2}1)(?=[ ][a-zñáéíóú]{2,20}a\b)(?![ ](?:día|problema|la|a)\b)",
            lambda match: self.number(match["n"], "f"),
        )
        self.rule(
            r"(?<![\w.,/–-])(?P<n>\d{0,2}1)(?=[ ][a-zñáéíóú]{3,20}\b)(?![ ](?:que|del?|con|por|para|como|entre)\b)",
            lambda match: self.number(match["n"], "m"),
        )
        self.rule(
            r"(?<![\w.,])(?<!\+\d\d[ ])(?:[6-9]\d[ ]\d{3}[ ]\d\d[ ]\d\d|[6-9]\d\d[ ]\d\d[ ]\d\d[ ]\d\d)(?!\w)"
            r"|(?:[Tt]el\.|[Tt]eléfono|[Mm]óvil|[Ll]lam\w{1,5}(?:[ ]al)?):?[ ](?P<it>\d{3}[ ]\d{3}[ ]\d{3})(?!\w)",
            lambda match: self._grouped(match["it"] or match[0]),
        )

    def cardinal(self, number: int, gender: str = "") -> str:
        if number >= 10**12:
            count, rest = divmod(number, 10**12)
            said = "un billón" if count == 1 else f"{self.cardinal(count, 'm')} billones"
            return f"{said} {self.cardinal(rest, gender)}" if rest else said
        if number >= 10**6:
            count, rest = divmod(number, 10**6)
            said = "un millón" if count == 1 else f"{self.cardinal(count, 'm')} millones"
            return f"{said} {self.cardinal(rest, gender)}" if rest else said
        if number >= 1000:
            count, rest = divmod(number, 1000)
            said = "mil" if count == 1 else f"{self._small(count, 'f' if gender == 'f' else 'm')} mil"
            return f"{said} {self._small(rest, gender)}" if rest else said
        return self._small(number, gender)

    def _small(self, number: int, gender: str) -> str:
        """Below a thousand; before a masculine noun "uno" is "un"."""
        if number == 100:
            return "cien"
        if number >= 100:
            hundreds, rest = divmod(number, 100)
            said = _HUNDREDS[hundreds]
            if gender == "f" and hundreds > 1:
                said = said.removesuffix("os") + "as"
            return f"{said} {self._small(rest, gender)}" if rest else said
        if number < 30:
            said = _SMALL[number]
        else:
            tens, ones = divmod(number, 10)
            return _TENS[tens] + (f" y {self._small(ones, gender)}" if ones else "")
        if not said.endswith("uno"):
            return said
        stem = said.removesuffix("uno")
        return stem + {"f": "una", "m": "ún" if stem else "un"}.get(gender, "uno")

    def ordinal(self, number: int, context: str) -> str:
        is_feminine = context.endswith(("ª", "a"))
        if number <= 12:
            words = _ORDINALS[number] if number else "cero"
        elif number < 100:
            tens, ones = divmod(number, 10)
            words = _TENTHS[tens] + (" " + _ORDINALS[ones] if ones else "")
        else:
            return self.cardinal(number)
        if context.endswith("er"):
            return words.removesuffix("o") if number in (1, 3) else words
        return " ".join(word.removesuffix("o") + "a" for word in words.split()) if is_feminine else words

    def century(self, number: int, context: str) -> str:
        return self.cardinal(number)

    def king(self, number: int, name: str) -> str:
        return self.ordinal(number, "a" if name in ("Isabel", "Catalina") else "") if number <= 10 else self.cardinal(number)

    def day(self, day: int, month: int, before: str) -> str:
        return ("primero" if day == 1 else self.cardinal(day)) + (f" de {_MONTHS[month - 1]}" if month else "")

    def in_date(self, number: int) -> str:
        return f"de {self.cardinal(number)}"

    def clock(self, hour: int, minute: int) -> str:
        said = self.cardinal(hour, "f")
        return f"{said} y {self.cardinal(minute)}" if minute else f"{said} en punto" if 0 < hour < 13 else f"{said} horas"

    def fraction(self, top: int, bottom: int) -> str:
        part = {2: "medio", 3: "tercio", 9: "noveno", 10: "décimo"}.get(bottom)
        part = part or (_ORDINALS[bottom] if bottom < 10 else self.cardinal(bottom) + "avo")
        return f"{self.cardinal(top, 'm')} {part}" + ("s" if top > 1 else "")

    def square(self, unit: Unit, exponent: str) -> Unit:
        power = "cuadrado" if exponent in "²2" else "cúbico"
        power = power if unit.gender != "f" else power[:-1] + "a"
        return Unit(f"{unit.one} {power}", f"{unit.many} {power}s", unit.gender)

    def decimals(self, fraction: str) -> str:
        return self.number(fraction) if len(fraction) < 3 and fraction[0] != "0" else self.digits(fraction)

    def cents(self, whole: str, cents: str, unit: Unit, part: Unit) -> str:
        return f"{self.counted(whole, unit)} con {self.counted(cents, part)}"

    def of_scale(self, scale: str, unit: Unit) -> str:
        return f"{scale} {'' if scale == 'mil' else 'de '}{unit.many}"


READER = Spanish()
