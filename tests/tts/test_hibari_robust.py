"""Any text is spoken by hibari, or refused as bad input; its times are sound whatever it is."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comps.cores.common.settings import TtsSettings
from comps.cores.errors import BadInput
from comps.cores.workers.cancel import Cancelled, flag
from comps.models.folder import model_folder
from comps.tts.engines.hibari import HibariEngine
from comps.tts.engines.hibari_voices import VOICES, HibariVoice
from comps.tts.engines.hibari_worker import HibariWorker, Spoken

_PIECES = (
    "a", "I", "hello", "don't", "rock'n'roll", "well-known", "he's—she's", "AT&T", "U.S.A.", "Dr.", "St.", "No.1", "Henry VIII",
    "$3.50", "£1m", "1/2", "10:30", "25:99", "5/6/2024", "2024-13-45", "9" * 41, "1e400", "3.14.15.9", "1,000,000.50", "007",
    "-5", "+7", "#1", "1st", "1990s", "555-1234", "5°C", "20%", "½", "²", "₂", "①", "Ⅷ", "١٢٣", "C++", "me@x.com", "x.org/a?b=c",
    "é", "naïve", "Łódź", "Привет", "你好", "日本語", "ไทย", "مرحبا", "😀", "👩‍👩‍👧", "ʃə", "𝕳𝖊𝖑𝖑𝖔", "[x](/abc/)", "…", "—", "-",
    "_", "*", "(", ")", "“", "”", "'", "¿", "!!!", "?!", "//", "<b>", "&amp;", "\u200b", "\u202e", "\x7f", "\n",
)  # fmt: skip
_TEXTS = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=6).map(" ".join) | st.text(min_size=1, max_size=20)


@pytest.fixture(scope="module")
def worker() -> HibariWorker:
    if reason := HibariEngine.unavailable(TtsSettings()):
        pytest.skip(reason)
    return HibariWorker(str(model_folder("hibari")))


def check(spoken: Spoken) -> None:
    seconds = len(spoken.pcm) / 2 / spoken.rate
    assert (spoken.phonemes[0][0], spoken.phonemes[-1][1]) == (0, pytest.approx(seconds, abs=1e-3))
    assert all(before[1] == pytest.approx(after[0], abs=1e-6) for before, after in pairwise(spoken.phonemes))
    assert all(start < end for start, end, _ in spoken.phonemes)
    assert spoken.words
    assert all(0 <= start <= end <= seconds + 1e-6 for start, end, _ in spoken.words)
    assert all(before[1] <= after[0] + 1e-6 for before, after in pairwise(spoken.words))
    assert len(spoken.f0) * spoken.f0_hop_s == pytest.approx(seconds, abs=2 * spoken.f0_hop_s)


@settings(max_examples=120, deadline=None)
@given(text=_TEXTS, voice=st.sampled_from(list(VOICES.values())), speed=st.sampled_from([0.25, 1.0, 4.0]))
def test_any_text_is_spoken_or_refused(worker: HibariWorker, text: str, voice: HibariVoice, speed: float) -> None:
    try:
        spoken = worker.speak(text, voice, speed)
    except BadInput as problem:
        refused = problem
    else:
        check(spoken)
        return
    assert refused.extra["field"] == "text"
    assert not any("a" <= letter <= "z" for letter in unicodedata.normalize("NFKC", text).casefold())


@settings(max_examples=300, deadline=None)
@given(text=st.text("0123456789,.-/:'%$£€°²½₂٣①stndrhamkXVI ", max_size=60))
def test_any_number_has_a_reading(worker: HibariWorker, text: str) -> None:
    worker._g2p.pronounce(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It cost 3 km, and Dr. Smith—he's well-known.", ["It", "cost", "3", "km", "and", "Dr", "Smith", "he's", "well-known"]),
        ("At 10:30, on 5/6/2024.", ["At", "10:30", "on", "5/6/2024"]),
        ("I say 你好 to him.", ["I", "say", "你好", "to", "him"]),
        ("你好 Tom", ["你好", "Tom"]),
        ("a b c", ["a", "b", "c"]),
        ("“Quoted,” (bracketed) & *marked*.", ["Quoted", "bracketed", "&", "marked"]),
    ],
)
def test_every_word_has_its_time(worker: HibariWorker, text: str, words: list[str]) -> None:
    spoken = worker.speak(text, VOICES["heart"])
    check(spoken)
    assert [word for _, _, word in spoken.words] == words
    assert all(start < end for start, end, _ in spoken.words)


def test_a_clause_without_marks_of_any_length_is_spoken_without_a_click(worker: HibariWorker) -> None:
    text = " ".join(["the people of the village went along the river to see the elephant"] * 14)
    spoken = worker.speak(text, VOICES["heart"])
    check(spoken)
    assert [word for _, _, word in spoken.words] == text.split()
    samples = np.frombuffer(spoken.pcm, "<i2").astype(np.float64)
    silences = [(start, end) for start, end, symbol in spoken.phonemes if symbol == "_"]
    assert 4 <= len(silences) <= 12
    for edge in (edge for span in silences for edge in span):
        at = round(edge * spoken.rate)
        assert np.abs(np.diff(samples[max(0, at - 24) : at + 24])).max(initial=0) < 1000


def test_work_ends_between_sentences_once_nobody_waits(worker: HibariWorker) -> None:
    flag.set()
    try:
        with pytest.raises(Cancelled):
            worker.speak("One sentence. Another sentence.", VOICES["heart"])
    finally:
        flag.clear()


def test_another_seed_gives_other_noise_and_the_same_times(worker: HibariWorker) -> None:
    first, again, other = (worker.speak("She sells sea shells.", VOICES["heart"], seed=seed) for seed in (1, 1, 2))
    assert first.pcm == again.pcm
    assert first.pcm != other.pcm
    assert [symbol for _, _, symbol in first.phonemes] == [symbol for _, _, symbol in other.phonemes]
