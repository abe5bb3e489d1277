"""What the repair of short questions mends (phrases of its table) and what it spoils (other short utterances), said by flite.

A hash of the words cuts both sets in two halves: thresholds were fitted on "fitted"; the figures that count are of "held out".
About a quarter of an hour of one core; needs flite.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import machine
from comps.asr.engines.pocketsphinx_worker import PocketsphinxWorker
from comps.asr.engines.short_questions import PHRASES, Heard, ShortQuestions
from comps.cores.errors import NoSpeech
from tests.asr.flite import VOICES, say, word_errors

#: None of them in the table; a good part of them a word away from it.
CONTROLS = (
    "what is the weather",
    "the house is on fire",
    "who wrote this book",
    "open the window please",
    "call my mother",
    "turn off the lights",
    "where is the station",
    "the dog is hungry",
    "forty two",
    "seven hundred dollars",
    "john smith",
    "mary went home",
    "it is raining",
    "read the news",
    "play some music",
    "i need a doctor",
    "my car is broken",
    "who is the president",
    "where is my phone",
    "when does it open",
    "how far is it",
    "how much is that",
    "why is the sky blue",
    "which way is north",
    "set an alarm",
    "buy some milk",
    "he lost his keys",
    "she is my sister",
    "they are late",
    "we won the game",
    "the train is late",
    "is it cold outside",
    "did he call",
    "was she angry",
    "has it started",
    "close the door",
    "water the plants",
    "two plus two",
    "nineteen eighty four",
    "thursday afternoon",
    "san francisco",
    "new york city",
    "peter and paul",
    "elizabeth taylor",
    "blue and green",
    "fish and chips",
    "black coffee",
    "the red car",
    "a glass of water",
    "no smoking here",
    "take a picture",
    "send the letter",
    "write it down",
    "i broke my arm",
    "my father is sick",
    "i am from india",
    "who is he",
    "who are they",
    "who is she",
    "how are they",
    "how is your mother",
    "how old is he",
    "how old is the earth",
    "where is she from",
    "where are they",
    "what is his name",
    "what is her name",
    "what can he do",
    "what is this",
    "what is it",
    "what are they doing",
    "where does she live",
    "can he help us",
    "tell them a secret",
    "tell her the truth",
    "good luck",
    "good idea",
    "good news",
    "good boy",
    "help yourself",
    "thank him for me",
    "do they like fish",
    "does he have children",
    "is he married",
    "are they happy",
    "are we there yet",
    "are you hungry",
    "are you coming tomorrow",
    "are you from texas",
    "do you speak german",
    "do you play chess",
    "do you need money",
    "can you swim",
    "can you drive a truck",
    "can you cook",
    "what did he want",
    "when were they married",
    "where were they going",
    "what are you eating",
    "how do you spell it",
    "why are you crying",
    "who killed him",
    "who taught you",
    "what is your address",
    "what is your number",
    "have you eaten",
    "have you met him",
    "here you are",
    "there you are",
    "you are late",
    "you are wrong",
    "you are funny",
    "hello world",
    "high mountain",
    "in the morning",
    "see the sea",
    "my name is robert",
    "stop the music",
    "yes of course",
    "no problem",
    "to argue is human",
    "he can argue well",
    "here are your keys",
    "hurry up",
    "hold the line",
    "the cat is black",
)
_SHOWN = 20


class _Recorded(ShortQuestions):
    """Remembers what it was given, and how long it took."""

    before = ""
    cpu = 0.0
    calls = 0

    def concerned(self, text: str) -> bool:  # type: ignore[override]
        self.before = text
        return ShortQuestions.concerned(text)

    def repaired(self, heard: Heard) -> str:
        started = time.process_time()
        text = super().repaired(heard)
        self.cpu += time.process_time() - started
        self.calls += 1
        return text


@dataclass(frozen=True)
class Said:
    words: str
    voice: str
    before: str
    after: str


def said(utterances: dict[str, tuple[str, ...]], worker: PocketsphinxWorker, repair: _Recorded) -> Iterator[Said]:
    with tempfile.TemporaryDirectory() as folder:
        for words, voices in utterances.items():
            for voice in voices:
                repair.before = ""
                try:
                    after, _ = worker.transcribe(say(words, voice, Path(folder)))
                except NoSpeech:
                    after = ""
                yield Said(words, voice, repair.before, after)


def report(name: str, cases: list[Said]) -> None:
    words = sum(len(case.words.split()) for case in cases)
    before, after = (sum(word_errors(case.words, text) for case, text in pairs) / words for pairs in _texts(cases))
    right_before, right_after = (sum(case.words == text for case, text in pairs) / len(cases) for pairs in _texts(cases))
    changed = [case for case in cases if case.before != case.after]
    print(
        f"asr  {name}: {len(cases)} utterances, WER {before:.1%} -> {after:.1%}, "
        f"exactly right {right_before:.1%} -> {right_after:.1%}, changed {len(changed) / len(cases):.1%}"
    )
    for case in [case for case in changed if case.after != case.words][:_SHOWN]:
        print(f"asr    spoilt: {case.words!r} by {case.voice}: {case.before!r} -> {case.after!r}")


def _texts(cases: list[Said]) -> tuple[list[tuple[Said, str]], list[tuple[Said, str]]]:
    return [(case, case.before) for case in cases], [(case, case.after) for case in cases]


def _half(words: str) -> int:
    return int(hashlib.md5(words.encode(), usedforsecurity=False).hexdigest(), 16) % 2


def main() -> None:
    print(machine())
    worker = PocketsphinxWorker(60.0)
    repair = _Recorded(worker._decoder.lookup_word)
    worker._short_questions = repair
    controls = {words: (VOICES[:2], VOICES[2:])[number % 2] for number, words in enumerate(CONTROLS)}
    for name, utterances in (("phrases", dict.fromkeys(PHRASES, VOICES)), ("controls", controls)):
        cases = list(said(utterances, worker, repair))
        for number, half in enumerate(("fitted", "held out")):
            report(f"{name}, {half}", [case for case in cases if _half(case.words) == number])
    print(f"asr  repair: {repair.cpu / max(repair.calls, 1) * 1e3:.1f} ms of CPU a text")


if __name__ == "__main__":
    main()
