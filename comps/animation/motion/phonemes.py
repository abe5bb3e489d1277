"""Which mouth shapes a phoneme symbol stands for: espeak mnemonics of any language, and IPA."""

from __future__ import annotations

import functools

#: Marks that say how a phoneme is stressed, lengthened, joined or palatalised, not which mouth shape it has.
_MARKS = "'ˈ,ˌ%=|:ːˑ~ʰʲʷˠˤ^;!*#\"-.`0123456789̩̯̃͜͡"
#: Symbols whose whole name is a digit or a mark keep it: espeak writes 3 and 0 for vowels.
_DIGIT_VOWELS = {"0": "a", "3": "ɜ"}

#: Two and three letters that are one phoneme, or a glide from one shape to another.
_LONG: dict[str, tuple[str, ...]] = {
    # closing and centring diphthongs
    **dict.fromkeys(("aI@", "aɪə"), ("a", "ə")),
    **dict.fromkeys(("aU@", "aʊə"), ("a", "ə")),
    **dict.fromkeys(("aI", "ai", "aɪ", "AI", "ɑɪ", "ay", "aj"), ("a", "I")),
    **dict.fromkeys(("aU", "au", "aʊ", "AU", "aw"), ("a", "U")),
    **dict.fromkeys(("oU", "ou", "oʊ", "@U", "əʊ", "OU", "ow", "VU"), ("O", "U")),
    **dict.fromkeys(("eI", "ei", "eɪ", "EI", "ɛɪ", "ey", "ej"), ("e", "i")),
    **dict.fromkeys(("OI", "oi", "ɔɪ", "OY", "ɔʏ", "oI", "Oi", "oy"), ("O", "I")),
    **dict.fromkeys(("o@", "O@", "ɔə"), ("O", "ə")),
    **dict.fromkeys(("e@", "eə", "E@", "ɛə"), ("e", "ə")),
    **dict.fromkeys(("i@", "iə", "ɪə", "I@"), ("i", "ə")),
    **dict.fromkeys(("U@", "ʊə", "u@", "uə"), ("U", "ə")),
    **dict.fromkeys(("A@", "ɑɹ"), ("a", "R")),
    "Or": ("O", "R"),
    "ju": ("J", "u"),
    "IR": ("ɜ",),
    "@L": ("L",),
    "@r": ("R",),
    "aa": ("ae",),
    "ts": ("SZ",),
    "dz": ("SZ",),
    "pf": ("PBM", "FV"),
    **dict.fromkeys(("tS", "dZ", "tʃ", "dʒ", "ʧ", "ʤ", "tɕ", "dʑ", "tʂ", "dʐ"), ("SH",)),
}

_ONE: dict[str, str] = {
    **dict.fromkeys("pbmɓʙB", "PBM"),
    **dict.fromkeys("fvɸβʋɱⱱP", "FV"),
    **dict.fromkeys("TDθð", "TH"),
    **dict.fromkeys("tdnɗʈɖɳɾɽ", "TDN"),
    **dict.fromkeys("lɫɭʎɬɮLλ", "L"),
    **dict.fromkeys("szʦʣ", "SZ"),
    **dict.fromkeys("SZʃʒɕʑʂʐçC", "SH"),
    **dict.fromkeys("kgɡɠNŋɲxɣqɢχʁħʕʀɴQXcɟʝG", "KG"),
    **dict.fromkeys("rRɹɻɺɚɝ", "R"),
    **dict.fromkeys("wʍɥɰ", "W"),
    "j": "J",
    **dict.fromkeys("hɦHʔ?", "H"),
    **dict.fromkeys("iɨ", "i"),
    **dict.fromkeys("Iɪ", "I"),
    **dict.fromkeys("eEɛ", "e"),
    **dict.fromkeys("aæ&", "ae"),
    **dict.fromkeys("Aɑɒɐäα", "a"),
    **dict.fromkeys("Vʌɤ", "V"),
    **dict.fromkeys("@əɘɵɯ", "ə"),
    **dict.fromkeys("ɜɞ", "ɜ"),
    **dict.fromkeys("Ooɔ", "O"),
    **dict.fromkeys("Wœɶ", "œ"),
    **dict.fromkeys("uyYøʉ", "u"),
    **dict.fromkeys("Uʊʏ", "U"),
}

#: Shape of speech whose symbol is not known: half open, and ready to follow its neighbours.
_UNKNOWN = ("ə",)


def is_silence(symbol: str) -> bool:
    """Whether a symbol is a pause: espeak's ``_``, ``_:``, ``_!`` …, ``sil``, ``pau``, or nothing at all."""
    return not symbol.strip() or symbol.lstrip("'ˈ,ˌ%=|").startswith("_") or symbol in ("sil", "pau", "sp", "(en)")


@functools.lru_cache(maxsize=4096)
def shapes(symbol: str) -> tuple[str, ...]:
    """The names of the mouth shapes (keys of ``visemes.VISEMES``) a phoneme passes through; none for a pause.

    ``symbol``: an espeak mnemonic or IPA, with or without stress and length marks. A speech sound that is not known
    is a neutral vowel: a mouth that moves a little is less wrong than one that shuts.
    """
    if is_silence(symbol):
        return ()
    bare = symbol.lstrip("'ˈ,ˌ%=|")
    if bare[:1] in _DIGIT_VOWELS:
        return (_DIGIT_VOWELS[bare[0]],)
    letters = "".join(letter for letter in bare if letter not in _MARKS)
    for length in (3, 2):
        if letters[:length] in _LONG:
            return _LONG[letters[:length]]
    if not letters:
        return ()
    shape = _ONE.get(letters[0])
    return (shape,) if shape else _UNKNOWN
