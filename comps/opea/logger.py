"""OPEA's logger: Python's, under a name of its own."""

from __future__ import annotations

import logging
from typing import Any


class CustomLogger:
    """``logger.info(…)`` and its like; ``logger("INFO", …)`` too."""

    def __init__(self, name: str | None = None) -> None:
        self.name = name or "GenAIComps"
        self.logger = logging.getLogger(self.name)

    def __call__(self, log_level: str, msg: str) -> None:
        self.logger.log(logging.getLevelNamesMapping().get(log_level.upper(), logging.INFO), msg)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.logger, name)

    def close(self) -> None:
        """Nothing is open: the process's handlers write."""
