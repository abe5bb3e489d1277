"""What hibari's text side looks words up in: as the package's own dictionaries, but read in place from one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from comps.models import hibari as prepared
from comps.models.constant_map import ConstantMap


class Section:
    """The part of a dictionary whose keys begin with ``prefix``: as much of a ``dict`` as the package (0.2.1) uses."""

    def __init__(self, entries: ConstantMap, prefix: str) -> None:
        self._entries = entries
        self._prefix = prefix

    def get(self, key: str) -> Any:
        value = self._entries.get(self._prefix + key)
        return None if value is None else json.loads(value)

    def __contains__(self, key: str) -> bool:
        return self._entries.get(self._prefix + key) is not None


def load(folder: Path) -> ConstantMap:
    """The dictionaries of the prepared model in ``folder``, or, where they were not prepared, made of the package's own."""
    file = folder / prepared.DICTIONARIES
    return ConstantMap.open(file) if file.is_file() else ConstantMap(prepared.dictionaries(folder))


def g2p(folder: Path) -> Any:
    """The package's ``G2P`` of American English over these dictionaries. Its own constructor would load the package's, 98 MB."""
    from hibari.g2p import G2P, Lexicon, Tagger, Tokenizer

    entries = load(folder)
    made = G2P.__new__(G2P)
    made.lexicon = Lexicon(Section(entries, prepared.GOLD), Section(entries, prepared.SILVER))
    made.tokenizer = Tokenizer(json.loads((folder / "hibari/assets/tokenizer_exceptions.json").read_text("utf-8")))
    made.tagger = Tagger(
        {
            "tagdict": Section(entries, prepared.TAGS),
            "tags": json.loads(entries.get(prepared.TAG_NAMES) or "[]"),
            "weights": Section(entries, prepared.WEIGHTS),
        }
    )
    made.tagger.vocab = Section(entries, prepared.VOCABULARY)
    made.unk, made.british, made._oov = "", False, None
    return made
