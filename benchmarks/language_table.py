"""Writes ``comps/cores/text/languages.tsv`` from Unicode's CLDR, as the package babel carries it (35 MB, hence not at run time).

pip install --target /tmp/babel babel
PYTHONPATH=/tmp/babel python -m benchmarks.language_table
"""

from __future__ import annotations

import importlib
from collections import defaultdict
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "comps" / "cores" / "text" / "languages.tsv"

_NO_LANGUAGE = {"ase", "mul", "und", "zbl", "zxx"}
#: What people say beside CLDR's name, in English …
_ALSO = {
    "bn": ["Bengali"],
    "ca": ["Valencian"],
    "ckb": ["Sorani"],
    "el": ["Modern Greek"],
    "es": ["Castilian"],
    "fa": ["Farsi"],
    "ga": ["Irish Gaelic"],
    "gd": ["Gaelic"],
    "gn": ["Guaraní"],
    "grc": ["Classical Greek"],
    "hak": ["Hakka"],
    "ht": ["Haitian"],
    "hy": ["Eastern Armenian"],
    "kaa": ["Karakalpak"],
    "kl": ["Greenlandic"],
    "km": ["Cambodian"],
    "ku": ["Kurmanji"],
    "ky": ["Kirghiz"],
    "mi": ["Maori"],
    "my": ["Myanmar"],
    "nan": ["Hokkien", "Taiwanese"],
    "nb": ["Bokmål"],
    "nn": ["Nynorsk"],
    "or": ["Oriya"],
    "pa": ["Panjabi"],
    "ps": ["Pushto"],
    "si": ["Sinhalese"],
    "tn": ["Setswana"],
    "ug": ["Uighur"],
    "wuu": ["Shanghainese"],
    "zh": ["Mandarin", "Mandarin Chinese", "Standard Chinese", "Putonghua"],
}
#: … and in the language itself: other names, and how its adjective ends in "eine deutsche Stimme".
_ALSO_OWN = {
    "ar": ["عربي", "عربية"],
    "bg": ["български език"],
    "cs": ["česky", "český", "česká"],
    "da": ["dansk"],
    "de": ["deutsche", "deutscher", "deutsches", "deutschen"],
    "el": ["ελληνική"],
    "es": ["española", "castellano"],
    "eu": ["euskera"],
    "fa": ["پارسی"],
    "fi": ["suomalainen"],
    "fr": ["française"],
    "he": ["עברי"],
    "hi": ["हिंदी"],
    "hr": ["hrvatska"],
    "id": ["Bahasa Indonesia"],
    "it": ["italiana"],
    "ko": ["한국말"],
    "ms": ["Bahasa Melayu"],
    "nb": ["bokmål"],
    "nl": ["Nederlandse"],
    "pl": ["polska", "po polsku"],
    "pt": ["portuguesa"],
    "pt-BR": ["português do Brasil", "português brasileiro"],
    "ro": ["românește"],
    "ru": ["русская", "по-русски", "русский язык"],
    "th": ["ภาษาไทย"],
    "uk": ["український", "українська мова"],
    "yue": ["粤语", "广东话", "廣東話"],
    "zh": ["普通话", "普通話", "汉语", "漢語", "国语", "國語", "华语", "華語", "简体中文", "繁體中文"],
}
#: Languages that CLDR has no name for, and engines speak.
_MORE = {
    "hyw": "Western Armenian",
    "mto": "Totontepec Mixe",
    "nci": "Classical Nahuatl",
    "qdb": "Lang Belta",
    "qya": "Quenya",
    "sjn": "Sindarin",
}
#: CLDR joins these to a wider language; here each stays what it is.
_APART = {"tl", "tw", "sh", "hbs", "twi", "tgl"}


def rows() -> list[tuple[str, str, str, str]]:
    """Tag, other codes, English names, own names; the lists with ``;`` between."""
    core = importlib.import_module("babel.core")
    english = dict(core.Locale("en").languages) | _MORE
    codes: dict[str, list[str]] = defaultdict(list)
    for alias, code in core.get_global("language_aliases").items():
        if alias not in _APART and code in english and alias not in english:
            codes[code].append(alias)
    found = []
    for code in sorted(english.keys() - _NO_LANGUAGE):
        tag = code.replace("_", "-")
        names = [english[code].replace("ʼ", "'").replace("’", "'"), *_ALSO.get(tag, [])]
        own = [name for name in (_own_name(core, code), *_ALSO_OWN.get(tag, [])) if name and name not in names]
        found.append((tag, ";".join(sorted(codes[code])), ";".join(names), ";".join(own)))
    return found


def _own_name(core: Any, code: str) -> str | None:
    try:
        own = core.Locale.parse(code.partition("_")[0]).languages.get(code)
    except (core.UnknownLocaleError, ValueError):
        return None
    return None if own is None else str(own)


def main() -> None:
    lines = ["\t".join(row).rstrip() for row in rows()]
    TABLE.write_text("\n".join(["tag\tother codes\tEnglish names\town names", *lines]) + "\n", "utf-8")
    print(f"{len(lines)} languages, {TABLE.stat().st_size / 1000:.0f} kB: {TABLE}")


if __name__ == "__main__":
    main()
