"""What keeps Moonshine from inventing words: it writes English for whatever it hears, and is not sure of it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from enum import Enum, auto

from comps.asr.engines.moonshine_model import Decoded
from comps.listening.backchannel import is_backchannel


class Verdict(Enum):
    """What a stretch of sound holds. ``OTHER``: speech, but none that was understood as English. ``DOUBTFUL``: hear it again."""

    WORDS = auto()
    DOUBTFUL = auto()
    NOTHING = auto()
    OTHER = auto()


#: Mean logarithm of the tokens' probabilities: (number of tokens, above this they are words, below this they are none), and
#: straight lines between. English by people has −0.1, in noise at 5 dB −0.3, a single word −0.4. Of other languages nine
#: sentences in ten have less than −0.5, and the model's answer to noise, "You", −1.1 … −1.3.
_FEW, _MANY = (8, -0.35, -0.60), (12, -0.35, -0.48)
#: So few tokens, less sure than this, are heard in several cuts: the sound of so short a text says too little.
_SHORT, _UNSURE, _NO_WORDS_AT = 12, -0.2, -1.0
#: What one cut and several together say is believed above this.
_AGREED = -0.42
#: So much speech without words in it is another language, or too noisy a one, seconds; less is a cough or a hum.
_OTHER_S = 1.0
#: Less speech than in a word, seconds: a cough, unless the model is sure.
_WORD_S = 0.2
#: One to eight tokens that come so often in a row, and make up so much of the text, are a loop.
_LONGEST_LOOP, _TIMES, _LOOP_SHARE = 8, 3, 0.5
#: A person who says a word again and again ("five, five, five, five") comes to an end, and is understood better than this.
_LOOP_SURE = -0.35
#: A text of so many words is the same if so much of it is.
_LONG_TEXT, _SHARED = 5, 0.75
#: What the model writes for a flute; of a person who says the word it is "You." or "You?".
_MUSIC = "You"
#: Of a person all but one in thirty of these are sure (above −0.35).
_CREDIT = re.compile(
    r"you|bye( bye)?|(thank you|thanks)( all)?( (so|very) much)?( for (watching|listening))?"
    r"|(please )?(like and )?subscribe( to (my|our|the) channel)?"
)
_BRACKETED = re.compile(r"\[[^]]*\]|\([^)]*\)|[♪♫♩♬].*?(?:[♪♫♩♬]|$)")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def verdict(decoded: Decoded, text: str, speech_s: float) -> Verdict:
    """``speech_s``: seconds of it that the voice activity detector takes for speech."""
    if not speech_s or not has_words(text):
        return Verdict.NOTHING
    loops = is_loop(decoded.tokens) and (not decoded.is_whole or _mean(decoded.logprobs) < _LOOP_SURE)
    doubt = Verdict.OTHER if loops or not is_english(text) else sureness(decoded.logprobs)
    if text.strip() == _MUSIC or (doubt is not Verdict.WORDS and is_credit(text)):
        return Verdict.NOTHING
    if doubt is Verdict.DOUBTFUL and speech_s < _WORD_S:
        return Verdict.NOTHING
    return Verdict.NOTHING if doubt is Verdict.OTHER and speech_s < _OTHER_S else doubt


def is_unsure(decoded: Decoded) -> bool:
    """Whether a few words are worth hearing in several cuts. Below −1 there are none."""
    return len(decoded.tokens) <= _SHORT and _NO_WORDS_AT < _mean(decoded.logprobs) < _UNSURE


def is_agreed(decoded: Decoded, text: str, alone: str) -> bool:
    """Whether several cuts together say what one cut ``alone`` said, and are nearly sure of it."""
    return _mean(decoded.logprobs) > _AGREED and words(text) == words(alone)


def heard_again(text: str, again: str, speech_s: float) -> Verdict:
    """Of a doubtful text, when the same sound was decoded once more, cut closer: what is invented changes.

    Of short pieces of English 81 % are kept so, of other languages 13 %; with one threshold at −0.5 the same 81 and 37 %.
    """
    before, after = words(text), words(again)
    if before == after or (len(before) >= _LONG_TEXT and _shared(before, after) >= _SHARED):
        return Verdict.WORDS
    return Verdict.OTHER if speech_s >= _OTHER_S else Verdict.NOTHING


def is_better(again: Decoded, text: str) -> bool:
    """Whether what was heard the second time is to be taken: a sentence that the model is sure of now. A word is not enough."""
    return len(words(text)) >= _LONG_TEXT and sureness(again.logprobs) is Verdict.WORDS and not is_loop(again.tokens)


def words(text: str) -> list[str]:
    """In lower case, without notes and what stands in brackets ("[laughs]")."""
    return _WORD.findall(_BRACKETED.sub(" ", text).lower())


def has_words(text: str) -> bool:
    """Whether there is more in it than notes, punctuation and hums."""
    return not is_backchannel(_BRACKETED.sub(" ", text), math.inf)


def is_english(text: str) -> bool:
    """Whether all its letters are Latin: the model's tokens are of all scripts."""
    return all(letter < "\u0250" for letter in text if letter.isalpha())


def sureness(logprobs: Sequence[float]) -> Verdict:
    """By the natural logarithms of the tokens' probabilities, the end's too: WORDS, DOUBTFUL or OTHER."""
    (few, *low), (many, *high) = _FEW, _MANY
    share = min(max((len(logprobs) - few) / (many - few), 0.0), 1.0)
    sure, unsure = (one + share * (other - one) for one, other in zip(low, high, strict=True))
    mean = _mean(logprobs)
    return Verdict.WORDS if mean >= sure else Verdict.DOUBTFUL if mean >= unsure else Verdict.OTHER


def is_credit(text: str) -> bool:
    """Whether it is what stands in subtitles where only music is heard, which the model has learnt."""
    return _CREDIT.fullmatch(" ".join(words(text))) is not None


def is_loop(tokens: Sequence[int]) -> bool:
    """Whether the same few come again and again, and are most of the text."""
    for size in range(1, _LONGEST_LOOP + 1):
        run = size
        for at in range(size, len(tokens)):
            run = run + 1 if tokens[at] == tokens[at - size] else size
            if run >= max(size * _TIMES, _LOOP_SHARE * len(tokens)):
                return True
    return False


def _mean(logprobs: Sequence[float]) -> float:
    return sum(logprobs) / len(logprobs)


def _shared(some: Sequence[str], others: Sequence[str]) -> float:
    """Share of the words that stand in both in the same order."""
    return SequenceMatcher(None, some, others, autojunk=False).ratio()
