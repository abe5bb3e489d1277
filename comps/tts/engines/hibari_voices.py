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


#: What each voice measures is printed by benchmarks/voices.py, pitch and gain among it.
_VOICES = (
    HibariVoice("heart", "female", "adult", 192, "a woman with a warm natural voice, friendly and clear"),
    HibariVoice(
        "grace",
        "female",
        "middle",
        163,
        "a mature confident woman with a low calm voice, a leader",
        f0=0.85,
        formant=0.95,
        range=0.9,
    ),
    HibariVoice(
        "clara", "female", "young", 215, "a cheerful young woman with a bright lively voice", f0=1.12, formant=1.06, range=1.15
    ),
    HibariVoice(
        "rose",
        "female",
        "old",
        176,
        "an old woman, a grandmother with an elderly gentle voice",
        f0=0.92,
        formant=0.92,
        speed=0.95,
        tremor=0.35,
    ),
    HibariVoice("molly", "female", "child", 270, "a little girl, a small child with a high voice", f0=1.4, formant=1.2),
    HibariVoice("arthur", "male", "adult", 119, "a man with a clear natural voice, friendly and calm", f0=0.62, formant=0.86),
    HibariVoice(
        "magnus",
        "male",
        "adult",
        96,
        "a big strong man with a very deep powerful voice, a warrior or a radio announcer",
        f0=0.5,
        formant=0.8,
        range=0.9,
    ),
    HibariVoice(
        "frank",
        "male",
        "middle",
        106,
        "a middle-aged man with a thoughtful low voice, a professor or a doctor",
        f0=0.55,
        formant=0.84,
    ),
    HibariVoice(
        "leo", "male", "young", 138, "a cheerful young man with a bright energetic voice", f0=0.72, formant=0.9, range=1.15
    ),
    HibariVoice(
        "walter",
        "male",
        "old",
        127,
        "an old man, a grandfather with an elderly trembling voice",
        f0=0.66,
        formant=0.82,
        speed=0.95,
        tremor=0.45,
    ),
    HibariVoice("tommy", "male", "child", 240, "a little boy, a small child with a high voice", f0=1.25, formant=1.14),
)
VOICES: Mapping[str, HibariVoice] = {voice.name: voice for voice in _VOICES}
