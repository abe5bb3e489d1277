"""The voices of the hibari engine: one model, whose F0, formants and range of F0 are changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comps.tts.character import Character

LANGUAGE = "en-us"
DEFAULT = "heart"


@dataclass(frozen=True)
class HibariVoice(Character):
    """``f0``, ``formant``: factors on the model's own. ``range``: a factor on the semitones from F0 to its median.
    ``tremor``: semitones that F0 trembles by. ``gain_db``: brings the voice's sentences to −18 LUFS in the mean; None: each
    clause is levelled for itself."""

    f0: float = 1.0
    formant: float = 1.0
    range: float = 1.0
    tremor: float = 0.0
    gain_db: float | None = None


#: What each voice measures is printed by benchmarks/voices.py, pitch and gain among it. All speak at one pace: the model counts
#: in 25 ms, and between two paces that differ by 2 % lie 13 words a minute.
_VOICES = (
    HibariVoice("heart", "female", "adult", 195, "a woman with a warm natural voice, friendly and clear", gain_db=8.2),
    HibariVoice(
        "grace",
        "female",
        "middle",
        166,
        "a mature confident woman with a low calm voice, a leader",
        f0=0.84,
        formant=0.96,
        range=0.9,
        gain_db=8.9,
    ),
    HibariVoice(
        "clara",
        "female",
        "young",
        220,
        "a bright cheerful young woman with a high lively voice",
        f0=1.12,
        formant=1.06,
        range=1.15,
        gain_db=8.7,
    ),
    HibariVoice(
        "rose",
        "female",
        "old",
        182,
        "an old woman, a grandmother with an elderly gentle voice",
        f0=0.93,
        formant=0.91,
        tremor=0.35,
        gain_db=8.1,
    ),
    HibariVoice(
        "molly", "female", "child", 273, "a little girl, a small child with a high voice", f0=1.4, formant=1.2, gain_db=9.5
    ),
    HibariVoice(
        "arthur", "male", "adult", 121, "an ordinary friendly man, natural and clear", f0=0.62, formant=0.86, gain_db=8.7
    ),
    HibariVoice(
        "magnus",
        "male",
        "adult",
        98,
        "a man with a very deep low voice, a big strong warrior or a radio announcer",
        f0=0.5,
        formant=0.8,
        range=0.9,
        gain_db=8.4,
    ),
    HibariVoice(
        "frank",
        "male",
        "middle",
        108,
        "a middle-aged man with a thoughtful low voice, a professor or a doctor",
        f0=0.55,
        formant=0.84,
        gain_db=8.6,
    ),
    HibariVoice(
        "leo",
        "male",
        "young",
        141,
        "a cheerful young man with a bright energetic voice",
        f0=0.72,
        formant=0.9,
        range=1.15,
        gain_db=8.8,
    ),
    HibariVoice(
        "walter",
        "male",
        "old",
        130,
        "an old man, a grandfather with an elderly trembling voice",
        f0=0.66,
        formant=0.82,
        tremor=0.45,
        gain_db=8.5,
    ),
    HibariVoice(
        "tommy", "male", "child", 245, "a little boy, a small child with a boyish high voice", f0=1.25, formant=1.14, gain_db=9.1
    ),
)
VOICES: Mapping[str, HibariVoice] = {voice.name: voice for voice in _VOICES}
