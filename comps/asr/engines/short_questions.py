"""Repair of misheard short questions: a noisy channel (Shannon 1948; Kernighan, Church and Gale 1990 for spelling).

In a few words the recogniser's language model has little to go by: "who are you" comes out as "quote are you" or "to argue".
But most of the short things that people say to a character are a few dozen greetings and questions. So a short text that is
none of them is read as the one that was most likely said: how common it is, times how easily its phones are misheard as what
was recognised. The text stays as it is unless that explains it far better than the recogniser's language model does.
The recogniser's posterior is left out: weighing it in mended no more, for a few words it is low even when they are right.

This is a prior of a domain, not better hearing: a rare phrase that was misheard and sounds like a common one becomes that.
Longer texts are never touched. ``benchmarks/short_speech.py`` measures what it mends and what it spoils.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import groupby, product

import numpy as np
from numpy.typing import NDArray

from comps.asr.engines.phone_distance import Phones, distances

#: How often a thing is said to a character, roughly, against the others.
_COUNTS: dict[int, tuple[str, ...]] = {
    30: (
        "who are you",
        "how are you",
        "what is your name",
        "hello",
    ),
    12: (
        "hi",
        "hey",
        "good morning",
        "good evening",
        "thank you",
        "thanks",
        "goodbye",
        "bye",
        "yes",
        "no",
        "how old are you",
        "where are you from",
        "what can you do",
        "what do you do",
        "can you help me",
        "where do you live",
        "tell me a joke",
        "how are you doing",
        "tell me about yourself",
        "nice to meet you",
    ),
    4: (
        "hello there",
        "hi there",
        "good afternoon",
        "good night",
        "thank you very much",
        "thanks a lot",
        "see you later",
        "see you soon",
        "okay",
        "sorry",
        "please",
        "i am fine",
        "how is it going",
        "what's up",
        "how do you do",
        "what's your name",
        "who's there",
        "who am i",
        "what are you",
        "where are you",
        "are you there",
        "can you hear me",
        "can you see me",
        "do you hear me",
        "are you human",
        "are you real",
        "are you a robot",
        "who made you",
        "who created you",
        "what do you like",
        "what are you doing",
        "what is your job",
        "what is your hobby",
        "what are your hobbies",
        "what is your age",
        "when were you born",
        "where were you born",
        "do you have children",
        "are you married",
        "do you have a family",
        "do you like music",
        "do you like cats",
        "do you like dogs",
        "what's your favorite color",
        "what is your favorite food",
        "do you love me",
        "i love you",
        "are you happy",
        "how do you feel",
        "are you tired",
        "are you sure",
        "why not",
        "why is that",
        "really",
        "i don't know",
        "i don't understand",
        "say that again",
        "please help me",
        "help me",
        "what time is it",
        "what is the time",
        "tell me a story",
        "tell me more",
        "let's talk",
        "stop",
        "are you busy",
        "where do you work",
        "what is that",
        "what did you say",
    ),
}
#: Each phrase's share of all.
PHRASES = {
    phrase: count / sum(count * len(phrases) for count, phrases in _COUNTS.items())
    for count, phrases in _COUNTS.items()
    for phrase in phrases
}

LONGEST = 5
"""Words of a text that may be repaired."""
_GUESSES = 10
"""Hypotheses of the recogniser that count; the nth weighs 1/n."""
_LONGEST_GUESS = 8
"""Words; longer ones are silence taken for words."""

# Fitted on half of the phrases and controls of benchmarks/short_speech.py: what mends most without changing any control.
_MISHEARD = 4.0
"""Nats that an unlike phone costs."""
_ADVANTAGE = 7.0
"""Nats by which a phrase must beat the recogniser's own text, as its language model rates that."""
_FARTHEST = 0.35
"""Distance for each phone of the phrase beyond which it was something else."""


@dataclass(frozen=True)
class Heard:
    """What a recogniser made of a recording."""

    text: str
    fluency: float
    """Natural logarithm of the text's probability in the language model."""
    guesses: tuple[str, ...]
    """Likeliest first: words of the dictionary with their variants' marks, "are(2)"."""


class ShortQuestions:
    def __init__(self, look_up: Callable[[str], str | None]) -> None:
        """``look_up``: the phones of a word or of its variant ("are(2)"), separated by blanks; None for an unknown one."""
        self._look_up = look_up
        said = [(phrase, phones) for phrase in PHRASES for phones in self._pronunciations(phrase)]
        self._said = [phones for _, phones in said]
        self._names = [phrase for phrase, _ in said]
        self._priors = np.log([PHRASES[phrase] for phrase in self._names])

    @staticmethod
    def concerned(text: str) -> bool:
        """Whether a text is short, and none of the phrases."""
        return 0 < len(text.split()) <= LONGEST and text not in PHRASES

    def repaired(self, heard: Heard) -> str:
        """The phrase that was probably said, or the text as it is."""
        guesses = self._phones(heard.guesses) if self.concerned(heard.text) else []
        if not guesses:
            return heard.text
        apart = self._apart(guesses)
        scores = self._priors - _MISHEARD * apart
        best = int(scores.argmax())
        phrase, near = self._names[best], apart[best] <= _FARTHEST * len(self._said[best])
        # A phrase that was recognised with more around it was said with more around it.
        within = f" {phrase} " in f" {heard.text} "
        return phrase if near and not within and scores[best] - heard.fluency > _ADVANTAGE else heard.text

    def _apart(self, guesses: list[Phones]) -> NDArray[np.float64]:
        """Distance of each pronunciation to all guesses together: the channel's probabilities are averaged, not the distances."""
        weights = 1 / np.arange(1, len(guesses) + 1)
        likelihoods = np.exp(-_MISHEARD * distances(guesses, self._said))
        return np.asarray(-np.log(weights @ likelihoods / weights.sum()) / _MISHEARD)

    def _phones(self, guesses: Iterable[str]) -> list[Phones]:
        """Of the first different guesses."""
        spoken = dict.fromkeys(_without_repeats(guess) for guess in guesses)
        words = [guess for guess in spoken if 0 < len(guess) <= _LONGEST_GUESS][:_GUESSES]
        return [tuple(phone for word in guess for phone in (self._look_up(word) or "").split()) for guess in words]

    def _pronunciations(self, phrase: str) -> list[Phones]:
        return [sum(phones, ()) for phones in product(*(self._variants(word) for word in phrase.split()))]

    def _variants(self, word: str) -> list[Phones]:
        found: list[Phones] = []
        while phones := self._look_up(f"{word}({len(found) + 1})" if found else word):
            found.append(tuple(phones.split()))
        return found


def _without_repeats(guess: str) -> tuple[str, ...]:
    """Its words. The recogniser's further guesses have words for pauses: one that comes three times or more in a row is none."""
    runs = ((word, len(list(run))) for word, run in groupby(guess.split()))
    return tuple(word for word, length in runs if length < 3)
