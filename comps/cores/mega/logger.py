"""OPEA's address of its logger."""

from __future__ import annotations

from comps.opea.logger import CustomLogger

__all__ = ["CustomLogger"]
