"""The hibari engine: sound, F0, phonemes and words of one length; the same seed, the same samples."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from comps.cores.errors import BadInput
from comps.cores.proto.avatar import SpeechRequest
from comps.tts.engines.hibari import HibariEngine
from comps.tts.engines.hibari_voices import VOICES

pytestmark = pytest.mark.anyio


async def test_speech_and_its_timeline_have_one_length(hibari: HibariEngine) -> None:
    speech = await hibari.speak(SpeechRequest(text="Good morning, everyone. How are you today?"))
    seconds = len(speech.pcm) / 2 / speech.sample_rate
    assert speech.phonemes[0][0] == 0
    assert speech.phonemes[-1][1] == pytest.approx(seconds, abs=1e-6)
    assert all(before[1] == after[0] for before, after in pairwise(speech.phonemes))
    assert len(speech.f0) * speech.f0_hop_s == pytest.approx(seconds, abs=speech.f0_hop_s)
    assert [word for _, _, word in speech.words] == ["Good", "morning", "everyone", "How", "are", "you", "today"]
    assert (speech.voice, speech.engine) == ("heart", "hibari")


async def test_the_same_request_gives_the_same_samples(hibari: HibariEngine) -> None:
    request = SpeechRequest(text="The same seed gives the same samples.")
    assert (await hibari.speak(request)).pcm == (await hibari.speak(request)).pcm


@pytest.mark.parametrize("text", ["😀", "…", "你好"])
async def test_nothing_to_speak_is_bad_input(hibari: HibariEngine, text: str) -> None:
    with pytest.raises(BadInput) as refused:
        await hibari.speak(SpeechRequest(text=text))
    assert refused.value.extra["field"] == "text"


async def test_pitch_is_the_voice_s_own(hibari: HibariEngine) -> None:
    async def median(voice: str) -> float:
        speech = await hibari.speak(SpeechRequest(text="We were away all morning.", voice=voice))
        f0 = np.array(speech.f0)
        return float(np.median(f0[f0 > 0]))

    assert await median("arthur") == pytest.approx(VOICES["arthur"].f0 * await median("heart"), rel=0.05)
