"""pocketsphinx (Huggins-Daines et al. 2006): English, nothing downloaded. Demo grade: it mishears a third of human words."""

from __future__ import annotations

import importlib.util

from comps.asr.engines.english import EnglishEngine
from comps.cores.common.settings import AsrSettings


class PocketsphinxEngine(EnglishEngine):
    name = "pocketsphinx"

    def __init__(self, settings: AsrSettings) -> None:
        super().__init__(
            "comps.asr.engines.pocketsphinx_worker:PocketsphinxWorker",
            {"max_audio_s": settings.max_audio_s},
            workers=settings.workers,
            timeout=settings.timeout_s,
        )

    @classmethod
    def unavailable(cls, settings: AsrSettings) -> str | None:
        return None if importlib.util.find_spec("pocketsphinx") else "the package pocketsphinx is not installed"
