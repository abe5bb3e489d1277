"""The avatars that come with the project, drawn by the project (``scripts/draw_avatars``): a picture and a persona card each."""

from __future__ import annotations

from pathlib import Path

#: Where the pictures (``<name>.png``, 1024 × 1024) and the persona cards (``<name>.json``) lie.
FOLDER = Path(__file__).parent
_DEFAULT = "aria"


def names() -> list[str]:
    """The characters, in alphabetical order."""
    return sorted(picture.stem for picture in FOLDER.glob("*.png"))


def path(name: str) -> Path:
    """The picture of a character. Raises ``KeyError`` for a name that is not in ``names()``."""
    return _file(name, ".png")


def persona_path(name: str) -> Path:
    """The persona card (JSON with the fields of ``comps.cores.proto.avatar.Persona``) of a character. Raises ``KeyError``."""
    return _file(name, ".json")


def default_avatar() -> Path:
    """The picture used when a request brings none."""
    return path(_DEFAULT)


def default_persona() -> Path:
    """The persona card that goes with ``default_avatar``."""
    return persona_path(_DEFAULT)


def _file(name: str, suffix: str) -> Path:
    if name not in names():
        raise KeyError(f"no avatar named {name!r}; there are {', '.join(names())}")
    return FOLDER / f"{name}{suffix}"
