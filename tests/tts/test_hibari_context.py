"""A clause is spoken within its sentence, and cut out of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import prosody
from comps.cores.common.settings import TtsSettings
from comps.models.folder import model_folder
from comps.tts.engines.hibari import HibariEngine
from comps.tts.engines.hibari_context import InContext, cut_out, in_context
from comps.tts.engines.hibari_g2p import Letter
from comps.tts.engines.hibari_model import HOP, HOP_S, RATE, Sounded
from comps.tts.engines.hibari_timeline import Sound
from comps.tts.engines.hibari_voices import DEFAULT, VOICES
from comps.tts.engines.hibari_worker import HibariWorker, Spoken

FIRST, REST = "When I was a young man, ", "I wanted to see the world."


def letters(symbols: str, word: int = 0) -> list[Letter]:
    return [Letter(symbol, word) for symbol in symbols]


def symbols(clause: InContext) -> str:
    return "".join(letter.symbol for letter in clause.letters)


def test_a_whole_sentence_stands_alone() -> None:
    assert in_context(letters("həlˈO.")) == InContext(letters("həlˈO."), 0, 6)


def test_what_is_around_a_clause_is_of_no_word_of_its() -> None:
    clause = in_context(letters("bˌʌt nˌO,"), letters("jˈɛs,"), continues=True)
    assert symbols(clause).startswith("jˈɛs, bˌʌt nˌO, ænd")
    assert symbols(clause)[clause.begin : clause.end] == "bˌʌt nˌO,"
    own = [letter.word >= 0 for letter in clause.letters]
    assert own == [clause.begin <= index < clause.end for index in range(len(own))]


def test_too_much_before_a_clause_is_left_out() -> None:
    assert symbols(in_context(letters("a" * 300), letters("b" * 300))) == "a" * 300


@pytest.mark.parametrize("pause_s", [0.0, 0.025, 0.2])
def test_the_clause_alone_is_cut_out_at_the_pauses(pause_s: float) -> None:
    """Three tones; the pauses between them end when the next letter begins, less what the model is late."""
    clause = in_context(letters("bbbb,"), letters("aaaa,"), continues=True)
    starts = [0.2 * index for index in range(5)] + [1.0]  # "aaaa, "
    starts += [1.05 + 0.15 * index for index in range(5)] + [2.0]  # "bbbb, "
    starts += np.linspace(2.05, 3.0, len(clause.letters) - 12, endpoint=False).tolist()
    times = np.arange(3 * RATE) / RATE
    loud = np.ones(len(times), np.float32)
    for join in (1.0, 2.0):
        loud[(times > join - pause_s) & (times < join)] = 0.0
    tones = np.select([times < 1.0, times < 2.0], [np.sin(2000 * times), np.sin(3000 * times)], np.sin(4000 * times))
    pitch = np.select([times < 1.0, times < 2.0], [100.0, 200.0], 300.0)[::HOP]
    durations = np.diff([0.0, *starts, 3.0, 3.0])
    made = Sounded((loud * tones).astype(np.float32), pitch.astype(np.float32), durations)
    samples, f0, sounds = cut_out(made, [Sound(0, 1, "a", -1), Sound(1, 1.95, "b", 0), Sound(2, 3, "c", -1)], clause)
    assert len(samples) == len(f0) * HOP
    # Where there is no pause, it is cut somewhere in the mark and the space.
    allowed = 0.02 if pause_s else 0.3
    assert len(samples) / RATE == pytest.approx(1.0, abs=pause_s + allowed)
    assert np.mean(f0 == 200.0) >= 1.0 - pause_s - allowed
    assert [sound.symbol for sound in sounds] == ["b"]
    assert sounds[0].start == pytest.approx(0.0, abs=pause_s + allowed)
    assert sounds[0].end == pytest.approx(0.95, abs=pause_s + allowed)
    assert max(abs(samples[0]), abs(samples[-1])) < 1e-3


def test_a_clause_of_one_letter_leaves_a_sound() -> None:
    clause = in_context(letters("a"), letters("b"), continues=True)
    count = len(clause.letters)
    made = Sounded(np.ones(count * HOP, np.float32), np.ones(count, np.float32), np.full(count + 2, HOP_S * count / (count + 2)))
    samples, f0, _ = cut_out(made, [], clause)
    assert len(samples) == len(f0) * HOP > 0


@pytest.fixture(scope="module")
def worker() -> HibariWorker:
    if reason := HibariEngine.unavailable(TtsSettings()):
        pytest.skip(reason)
    return HibariWorker(str(model_folder("hibari") or Path()))


def say(worker: HibariWorker, text: str, *, before: str = "", continues: bool = False) -> Spoken:
    return worker.speak(text, VOICES[DEFAULT], before=before, continues=continues)


SENTENCES = [
    (FIRST, REST),
    ("My brother lives in Canada, ", "and my sister lives in Spain."),
    ("So I became a librarian, ", "and I have never regretted it."),
    ("Yes, of course: ", "the train leaves at ten past nine."),
    ("To be honest, ", "I do not know much about football."),
    ("As far as I can tell, ", "your password was changed last Tuesday."),
    ("In my opinion, ", "the second book is much better than the first."),
]


def test_clauses_keep_the_melody_of_their_sentence(worker: HibariWorker) -> None:
    """How much the voice goes up from one clause to the next; alone, the first falls as a sentence does and the second begins
    as one. A single sentence may go another way: what follows a clause is not known when it is spoken."""
    alone, within = [], []
    for first, rest in SENTENCES:
        begun, ended = say(worker, first), say(worker, rest)
        whole = prosody.inside(say(worker, first + rest), len(begun.words)).reset
        alone.append(abs(prosody.between(begun, ended).reset - whole))
        begun, ended = say(worker, first, continues=True), say(worker, rest, before=first)
        within.append(abs(prosody.between(begun, ended).reset - whole))
    assert np.median(within) <= 1.5, within
    assert np.median(within) < np.median(alone) / 2, (within, alone)


def test_only_the_clause_s_own_words_are_heard(worker: HibariWorker) -> None:
    for text, before, continues in ((FIRST, "", True), (REST, FIRST, False)):
        spoken = say(worker, text, before=before, continues=continues)
        seconds = len(spoken.pcm) / 2 / spoken.rate
        assert [word for _, _, word in spoken.words] == [word.strip(",.") for word in text.split()]
        assert spoken.phonemes[0][0] == 0
        assert spoken.phonemes[-1][1] == pytest.approx(seconds, abs=1e-6)
        assert all(a < b for a, b, _ in spoken.phonemes)
        assert seconds == pytest.approx(len(say(worker, text).pcm) / 2 / spoken.rate, abs=0.7)


@pytest.mark.parametrize("before", ["```", "😀", "...", "a" * 4000, "One. Two. Three, "])
def test_anything_may_have_been_said_before(worker: HibariWorker, before: str) -> None:
    assert [word for _, _, word in say(worker, REST, before=before, continues=True).words] == REST.strip(".").split()


@pytest.mark.parametrize("cut", [5, 9, 14])
def test_a_sentence_cut_between_words_loses_no_sound(worker: HibariWorker, cut: int) -> None:
    """As sentences are that are longer than a clause may be: no mark, and no pause, is where they are cut."""
    sentence = "the people who had come to see the boats went back to their hotels before it was dark"
    words = sentence.split()
    first, rest = " ".join(words[:cut]), " ".join(words[cut:])
    begun, ended = say(worker, f"{first} ", continues=True), say(worker, f"{rest}.", before=f"{first} ")
    whole = say(worker, f"{sentence}.")
    assert [word for _, _, word in (*begun.words, *ended.words)] == words
    sounds = [symbol for _, _, symbol in (*begun.phonemes, *ended.phonemes) if symbol != "_"]
    assert sounds == [symbol for _, _, symbol in whole.phonemes if symbol != "_"]
    last, other = begun.words[-1], whole.words[cut - 1]
    assert last[1] - last[0] == pytest.approx(other[1] - other[0], abs=0.08)
    first_word, other = ended.words[0], whole.words[cut]
    assert first_word[1] - first_word[0] == pytest.approx(other[1] - other[0], abs=0.08)
