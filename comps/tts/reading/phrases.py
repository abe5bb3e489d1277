"""The few words that marks are read as, by language: a dot in an address, a block of code, a tick in a table, a formula."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Phrases:
    """``formula`` has the words of LaTeX by sign or command; where it is empty, formulas are left out."""

    code: str
    dot: str = "."
    at: str = "@"
    slash: str = " "
    dash: str = "-"
    underscore: str = " "
    yes: str = ""
    no: str = ""
    formula: dict[str, str] = field(default_factory=dict)
    #: What ends a heading, and what parts the cells of a table.
    stop: str = "."
    comma: str = ", "


_ENGLISH_FORMULA = {
    "=": "equals", "+": "plus", "-": "minus", "<": "is less than", ">": "is greater than", "*": "times", "/": "over",
    "over": "over", "root": "the square root of", "nth root": "the {} root of", "2": "squared", "3": "cubed",
    "power": "to the power of", "sub": "sub", "from": "from", "to": "to", "of": "of", "sum": "the sum", "prod": "the product",
    "int": "the integral", "lim": "the limit", "as": "as", "approaches": "approaches", "times": "times", "cdot": "times",
    "div": "divided by", "pm": "plus or minus",
    "mp": "minus or plus", "leq": "is at most", "le": "is at most", "geq": "is at least", "ge": "is at least",
    "neq": "is not equal to", "ne": "is not equal to", "approx": "is approximately", "sim": "is similar to",
    "equiv": "is equivalent to", "infty": "infinity", "in": "in", "notin": "not in", "rightarrow": "to", "Rightarrow": "implies",
    "implies": "implies", "iff": "if and only if", "forall": "for all", "exists": "there exists", "cup": "union",
    "cap": "intersection", "subset": "is a subset of", "partial": "partial", "nabla": "nabla", "sin": "sine", "cos": "cosine",
    "tan": "tangent", "log": "log", "ln": "natural log", "exp": "exponential", "degree": "degrees", "circ": "degrees",
    "%": "percent", "factorial": "factorial", "dots": "and so on", "ldots": "and so on", "cdots": "and so on", "prime": "prime",
    "propto": "is proportional to", "angle": "angle", "hbar": "h bar", "mid": "given", "min": "min", "max": "max",
}  # fmt: skip
_GERMAN_FORMULA = {
    "=": "gleich", "+": "plus", "-": "minus", "<": "kleiner als", ">": "größer als", "*": "mal", "/": "durch", "over": "durch",
    "root": "Wurzel aus", "nth root": "{}te Wurzel aus", "2": "hoch zwei", "3": "hoch drei", "power": "hoch", "sub": "",
    "from": "von", "to": "bis", "of": "von", "sum": "die Summe", "prod": "das Produkt", "int": "das Integral",
    "lim": "der Grenzwert", "times": "mal", "cdot": "mal", "div": "geteilt durch", "pm": "plus minus", "leq": "kleiner gleich",
    "le": "kleiner gleich", "geq": "größer gleich", "ge": "größer gleich", "neq": "ungleich", "ne": "ungleich",
    "approx": "ungefähr", "infty": "unendlich", "in": "Element von", "sin": "Sinus", "cos": "Kosinus", "tan": "Tangens",
    "log": "Logarithmus", "ln": "natürlicher Logarithmus", "circ": "Grad", "degree": "Grad", "%": "Prozent",
    "rightarrow": "nach", "Rightarrow": "daraus folgt", "implies": "daraus folgt", "dots": "und so weiter",
    "ldots": "und so weiter", "cdots": "und so weiter", "factorial": "Fakultät",
}  # fmt: skip
_FRENCH_FORMULA = {
    "=": "égale", "+": "plus", "-": "moins", "<": "inférieur à", ">": "supérieur à", "*": "fois", "/": "sur", "over": "sur",
    "root": "racine carrée de", "nth root": "racine {}-ième de", "2": "au carré", "3": "au cube", "power": "puissance",
    "sub": "indice", "from": "de", "to": "à", "of": "de", "sum": "la somme", "prod": "le produit", "int": "l'intégrale",
    "lim": "la limite", "times": "fois", "cdot": "fois", "div": "divisé par", "pm": "plus ou moins", "leq": "inférieur ou égal à",
    "le": "inférieur ou égal à", "geq": "supérieur ou égal à", "ge": "supérieur ou égal à", "neq": "différent de",
    "ne": "différent de", "approx": "environ", "infty": "l'infini", "in": "appartient à", "sin": "sinus", "cos": "cosinus",
    "tan": "tangente", "log": "log", "ln": "logarithme népérien", "circ": "degrés", "degree": "degrés", "%": "pour cent",
    "rightarrow": "tend vers", "Rightarrow": "implique", "implies": "implique", "dots": "et ainsi de suite",
    "ldots": "et ainsi de suite", "cdots": "et ainsi de suite", "factorial": "factorielle",
}  # fmt: skip
_SPANISH_FORMULA = {
    "=": "es igual a", "+": "más", "-": "menos", "<": "menor que", ">": "mayor que", "*": "por", "/": "sobre", "over": "sobre",
    "root": "la raíz cuadrada de", "nth root": "la raíz {} de", "2": "al cuadrado", "3": "al cubo", "power": "elevado a",
    "sub": "sub", "from": "desde", "to": "hasta", "of": "de", "sum": "la suma", "prod": "el producto", "int": "la integral",
    "lim": "el límite", "times": "por", "cdot": "por", "div": "dividido por", "pm": "más menos", "leq": "menor o igual que",
    "le": "menor o igual que", "geq": "mayor o igual que", "ge": "mayor o igual que", "neq": "distinto de", "ne": "distinto de",
    "approx": "aproximadamente", "infty": "infinito", "in": "pertenece a", "sin": "seno", "cos": "coseno", "tan": "tangente",
    "log": "logaritmo", "ln": "logaritmo natural", "circ": "grados", "degree": "grados", "%": "por ciento",
    "rightarrow": "tiende a", "Rightarrow": "implica", "implies": "implica", "dots": "y así sucesivamente",
    "ldots": "y así sucesivamente", "cdots": "y así sucesivamente", "factorial": "factorial",
}  # fmt: skip
_CHINESE_FORMULA = {
    "=": "等于", "+": "加", "-": "减", "<": "小于", ">": "大于", "*": "乘", "/": "除以", "over": "除以", "root": "根号",
    "nth root": "{}次根号", "2": "的平方", "3": "的立方", "power": "的幂", "sub": "", "from": "从", "to": "到", "of": "",
    "sum": "求和", "prod": "求积", "int": "积分", "lim": "极限", "times": "乘", "cdot": "乘", "div": "除以", "pm": "加减",
    "leq": "小于等于", "le": "小于等于", "geq": "大于等于", "ge": "大于等于", "neq": "不等于", "ne": "不等于",
    "approx": "约等于", "infty": "无穷", "%": "百分之", "circ": "度", "degree": "度", "dots": "等等", "ldots": "等等",
    "cdots": "等等",
}  # fmt: skip

_PHRASES = {
    "en": Phrases("The code is in the text.", "dot", "at", "slash", "dash", "underscore", "yes", "no", _ENGLISH_FORMULA),
    "de": Phrases("Der Code steht im Text.", "Punkt", "ät", "Schrägstrich", "minus", "Unterstrich", "ja", "nein",
    _GERMAN_FORMULA),
    "fr": Phrases(
        "Le code est dans le texte.", "point", "arobase", "barre oblique", "tiret", "tiret bas", "oui", "non", _FRENCH_FORMULA
    ),
    "es": Phrases(
        "El código está en el texto.", "punto", "arroba", "barra", "guion", "guion bajo", "sí", "no", _SPANISH_FORMULA
    ),
    "zh": Phrases("代码见文字。", "点", "艾特", "斜杠", "杠", "下划线", "是", "否", _CHINESE_FORMULA, "。", "，"),
    "it": Phrases("Il codice è nel testo.", "punto", "chiocciola", "barra", "trattino", "trattino basso", "sì", "no"),
    "pt": Phrases("O código está no texto.", "ponto", "arroba", "barra", "hífen", "sublinhado", "sim", "não"),
    "nl": Phrases("De code staat in de tekst.", "punt", "apenstaartje", "schuine streep", "streepje", "liggend streepje", "ja",
    "nee"),
    "pl": Phrases("Kod jest w tekście.", "kropka", "małpa", "ukośnik", "myślnik", "podkreślnik", "tak", "nie"),
    "ru": Phrases("Код приведён в тексте.", "точка", "собака", "слэш", "дефис", "подчёркивание", "да", "нет"),
    "uk": Phrases("Код наведено в тексті.", "крапка", "равлик", "слеш", "дефіс", "підкреслення", "так", "ні"),
    "sv": Phrases("Koden står i texten.", "punkt", "snabel-a", "snedstreck", "bindestreck", "understreck", "ja", "nej"),
    "da": Phrases("Koden står i teksten.", "punktum", "snabel-a", "skråstreg", "bindestreg", "understreg", "ja", "nej"),
    "nb": Phrases("Koden står i teksten.", "punktum", "krøllalfa", "skråstrek", "bindestrek", "understrek", "ja", "nei"),
    "fi": Phrases("Koodi on tekstissä.", "piste", "ät", "kauttaviiva", "viiva", "alaviiva", "kyllä", "ei"),
    "cs": Phrases("Kód je v textu.", "tečka", "zavináč", "lomítko", "pomlčka", "podtržítko", "ano", "ne"),
    "tr": Phrases("Kod metinde.", "nokta", "et", "eğik çizgi", "tire", "alt çizgi", "evet", "hayır"),
    "ja": Phrases(
        "コードは文章にあります。", "ドット", "アットマーク", "スラッシュ", "ハイフン", "アンダースコア", "はい", "いいえ",
        stop="。", comma="、",
    ),
    "ko": Phrases("코드는 글에 있습니다.", "점", "골뱅이", "슬래시", "하이픈", "밑줄", "예", "아니요"),
    "hi": Phrases("कोड पाठ में है।", "डॉट", "ऐट", "स्लैश", "डैश", "अंडरस्कोर", "हाँ", "नहीं"),
    "ar": Phrases("الشيفرة في النص.", "نقطة", "آت", "شرطة مائلة", "شرطة", "شرطة سفلية", "نعم", "لا"),
}  # fmt: skip
_UNKNOWN = Phrases("")


def phrases(base: str) -> Phrases:
    """Of the language with this ISO 639 code; a block of code is silent where we lack the words."""
    return _PHRASES.get(base, _UNKNOWN)
