"""The voices of the hibari engine: one model, whose F0, formants, pace and range are changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comps.tts.character import Character

LANGUAGE = "en-us"
DEFAULT = "heart"


@dataclass(frozen=True)
class HibariVoice(Character):
    """``f0``, ``formant``, ``speed``: factors on the model's own. ``range``: a factor on the semitones from F0 to its median.
    ``tremor``: semitones that F0 trembles by.
    ``gain_db``: brings the voice's sentences to −18 LUFS in the mean; None: each clause is levelled for itself."""

    f0: float = 1.0
    formant: float = 1.0
    speed: float = 1.0
    range: float = 1.0
    tremor: float = 0.0
    gain_db: float | None = None


_VOICES = (
    HibariVoice("heart", "female", "adult", 195, "a woman with a warm natural voice"),
    HibariVoice("arthur", "male", "adult", 141, "a man with a calm natural voice", f0=0.72, formant=0.80),
    HibariVoice("molly", "female", "young", 234, "a young woman or girl with a bright light voice", f0=1.2, formant=1.12),
)
VOICES: Mapping[str, HibariVoice] = {voice.name: voice for voice in _VOICES}
