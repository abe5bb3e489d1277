"""Where prepared models lie."""

from __future__ import annotations

import os
import sys
from pathlib import Path

#: Another folder than the environment's own.
VARIABLE = "AVATARCHATBOT_MODELS"


def models_folder() -> Path:
    """The folder of all models: one folder a model in it."""
    return Path(os.environ.get(VARIABLE) or Path(sys.prefix) / "share" / "avatarchatbot" / "models").expanduser()


def model_folder(name: str) -> Path | None:
    """The files of the model ``name``; None where it has not been prepared (``avatarchatbot models prepare``)."""
    folder = models_folder() / name
    return folder if folder.is_dir() else None
