"""Moonshine tiny (Useful Sensors; Jeffries et al. 2024): English, on the CPU, from files that a wheel carries."""

from __future__ import annotations

from comps.asr.engines.english import EnglishEngine
from comps.cores.common.settings import AsrSettings
from comps.models.folder import model_folder
from comps.models.state import missing

#: What it needs: the recogniser, and the voice activity detector.
_MODEL = "moonshine-tiny-en"
_MODELS = (_MODEL, "silero-vad")


class MoonshineEngine(EnglishEngine):
    """Its methods raise OtherLanguage, too, for speech in which no English is understood."""

    name = "moonshine"

    def __init__(self, settings: AsrSettings) -> None:
        super().__init__(
            "comps.asr.engines.moonshine_worker:MoonshineWorker",
            {"folder": str(model_folder(_MODEL)), "max_audio_s": settings.max_audio_s},
            workers=settings.workers,
            timeout=settings.timeout_s,
        )

    @classmethod
    def unavailable(cls, settings: AsrSettings) -> str | None:
        return next((reason for model in _MODELS if (reason := missing(model)) is not None), None)
