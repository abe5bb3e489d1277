"""From a tag that is asked for to the tags of voices that answer it, nearest first."""

from __future__ import annotations

from collections.abc import Collection

from comps.cores.text.languages import code_of

#: Regions where Spanish is spoken as in "es-419".
_LATIN_AMERICA = {
    *("419", "ar", "bo", "cl", "co", "cr", "cu", "do", "ec", "gt", "hn", "mx"),
    *("ni", "pa", "pe", "pr", "py", "sv", "us", "uy", "ve"),
}
#: What people mean by Chinese of these regions.
_CANTONESE = {"hk", "mo"}
#: Languages near enough to be read out by each other's voice.
_NEAR = {"nn": "nb", "no": "nb", "sh": "sr", "tl": "fil"}


def nearest_tags(tag: str) -> list[str]:
    """ "pt-latn-br" → itself, "pt-br", "pt"; "es-mx" → itself, "es-419", "es"; "zh-hk" → itself, "yue", "zh"."""
    code, *parts = tag.split("-")
    regions = [part for part in parts if len(part) == 2 or part.isdigit()]
    tags = [tag, *(f"{code}-{region}" for region in regions)]
    if code == "es" and _LATIN_AMERICA.intersection(regions):
        tags.append("es-419")
    if code == "zh" and _CANTONESE.intersection(regions):
        tags.append("yue")
    tags.append(code)
    if code in _NEAR:
        tags.append(_NEAR[code])
    return list(dict.fromkeys(tags))


def is_spoken(tag: str, spoken: Collection[str]) -> bool:
    """Whether there is a voice for ``tag`` among the languages ``spoken`` (codes)."""
    return any(code_of(near) in spoken for near in nearest_tags(tag))
