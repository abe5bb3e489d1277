"""Whether another distribution has put a package of our name beside, or over, ours."""

from __future__ import annotations

from importlib import metadata

_OTHER = "opea-comps"


def conflict() -> str | None:
    """What to do about PyPI's opea-comps, which provides ``comps`` too; None where it is not installed."""
    try:
        version = metadata.version(_OTHER)
    except metadata.PackageNotFoundError:
        return None
    return (
        f"{_OTHER} {version} is installed too, and its package is called comps as ours is: files of one have overwritten the "
        f"other's. Uninstall it (pip uninstall {_OTHER}), then install avatarchatbot again."
    )
