"""What is made of hibari's files once they are extracted."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comps.models.constant_map import packed
from comps.models.onnx_outputs import with_output

#: The durations of the phonemes, in frames of 25 ms: inside the graph as it comes.
DURATIONS = "/Clip_output_0"
TIMED = "hibari_timed.onnx"
DICTIONARIES = "hibari_dictionaries.map"

#: What a key of the dictionaries begins with: the two lexicons, and of the tagger its words, its tags of words, and its weights.
GOLD, SILVER, VOCABULARY, TAGS, WEIGHTS = "g:", "s:", "v:", "t:", "w:"
#: The key of all tags, in their order.
TAG_NAMES = "tags"


def finish(folder: Path) -> None:
    """Write ``hibari_timed.onnx``, the acoustic model with the phonemes' durations as its last output, and
    ``hibari_dictionaries.map``, all that its text side looks up."""
    model = (folder / "hibari/assets/hibari.onnx").read_bytes()
    (folder / TIMED).write_bytes(with_output(model, DURATIONS))
    (folder / DICTIONARIES).write_bytes(dictionaries(folder))


def dictionaries(folder: Path) -> bytes:
    """The lexicons and the tagger of the package in ``folder`` as a constant map; values are JSON."""
    return packed((key, json.dumps(value, ensure_ascii=False, separators=(",", ":"))) for key, value in _entries(folder))


def _entries(folder: Path) -> Iterator[tuple[str, Any]]:
    for prefix, name in ((GOLD, "lexicon_us_gold"), (SILVER, "lexicon_us_silver")):
        for word, phonemes in _asset(folder, name).items():
            yield prefix + word, phonemes
    tagger = _asset(folder, "tagger")
    yield TAG_NAMES, tagger["tags"]
    for prefix, table in ((TAGS, "tagdict"), (WEIGHTS, "weights")):
        for key, value in tagger[table].items():
            yield prefix + key, value
    for word in tagger["vocab"]:
        yield VOCABULARY + word, True


def _asset(folder: Path, name: str) -> Any:
    with gzip.open(folder / f"hibari/assets/{name}.json.gz", "rt", encoding="utf-8") as file:
        return json.load(file)
