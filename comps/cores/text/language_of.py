"""The language of a clause: by its script, by the letters that its alphabet has, by its commonest words.

Made for short texts beside others: where a clause is not surely in another language, it is in the language of what was said so
far. A foreign word or name in a sentence is no other language.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from comps.cores.text.alphabets import LETTERS, ONLY, TELLING
from comps.cores.text.common_words import COMMON_WORDS
from comps.cores.text.languages import code_of
from comps.cores.text.scripts import script_weights

#: Vowel signs of Indian scripts, Thai and Burmese are marks, hence no ``\w``.
_WORD = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f\u0900-\u0963\u0980-\u0eff\u1000-\u109f])+")
#: Between names these are part of one: "Juan de la Cruz", "Ludwig van Beethoven".
_PARTICLES = frozenset(
    [
        "da",
        "das",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "do",
        "dos",
        "du",
        "e",
        "el",
        "la",
        "las",
        "le",
        "los",
        "van",
        "von",
        "y",
        "zu",
    ]
)
#: A word with a capital inside a sentence is a name, or a German noun.
#: So is a particle of a name.
_NAME_WEIGHT = 0.5
#: What a word says that has a letter of few languages, as "jalapeño".
_LETTER_WEIGHT = 0.5
#: To be sure of a language of Latin script: words of it that the language so far has not, and the share of words that are known.
_SURE_WORDS, _SURE_SHARE = 1.5, 0.3
#: The share where a single word tells the language.
_SURE_ALONE_SHARE = 0.45
#: What a word says that few languages have, beside one that many have.
_OWN_WORD, _FEW_LANGUAGES = 1.5, 3
#: Letters of "NATO": longer words in capitals are words where all is in capitals.
_ACRONYM = 4
#: Words this long say something alone, if no other language has them and nothing else was said: "Gracias."
_LONG_WORD = 5
#: Below this share of the letters, another script holds no more than a word within the sentence.
_SECOND_SCRIPT_SHARE = 0.2
#: Signs of written Cantonese.
_CANTONESE = frozenset("嘅咗唔係喺冇嘢咩哋啲嚟佢嗰")
_HAN_LANGUAGES = ("zh", "ja", "yue", "wuu", "nan", "lzh")
_PUNCTUATION = {"es": "¿¡"}


def language_of(text: str, so_far: str = "") -> str:
    """The code of the language of ``text``, or ``so_far`` (the language of what was said before; "" for none) where unsure."""
    so_far_code = code_of(so_far)
    script = _script(text, so_far_code)
    if script == "":
        return so_far
    language = _language_in(script, text, so_far_code)
    return so_far if language in ("", so_far_code) else language


def scripts_of(language: str) -> frozenset[str]:
    """The scripts that a voice of ``language`` can be expected to speak; Latin is among them where it has no other."""
    if language in _HAN_LANGUAGES:
        return frozenset({"Hani", "Hira", "Kana"} if language == "ja" else {"Hani"})
    if language == "ko":
        return frozenset({"Hang", "Hani"})
    own = {script for script, only in ONLY.items() if only == language}
    own |= {script for script, letters in LETTERS.items() if language in letters}
    if language in ("sr", "uz", "az", "kk", "ku"):
        own |= {"Latn", "Cyrl"}
    return frozenset(own or _OTHERS.get(language, {"Latn"}))


#: Languages of other scripts than Latin that are not told apart from those of LETTERS.
_OTHERS = {
    **{language: {"Cyrl"} for language in ("ba", "cv", "nog", "tg")},
    **{language: {"Deva"} for language in ("kok", "bho", "sa")},
    "bpy": {"Beng"},
    "grc": {"Grek"},
    "hyw": {"Armn"},
    "shn": {"Mymr"},
    "yi": {"Hebr"},
}


def main_script(text: str) -> str:
    """The script of most letters of ``text``; kana and hanzi together are "Hira". "" where there are no letters."""
    weights = script_weights(text)
    return _together(weights).most_common(1)[0][0] if weights else ""


def _together(weights: Counter[str]) -> Counter[str]:
    """Japanese mixes three scripts."""
    kana = weights["Hira"] + weights["Kana"]
    if kana == 0:
        return weights
    others = Counter({script: weight for script, weight in weights.items() if script not in ("Hani", "Hira", "Kana")})
    others["Hira"] = kana + weights["Hani"]
    return others


def _script(text: str, so_far: str) -> str:
    weights = _together(script_weights(text))
    if not weights:
        return ""
    main, *others = [script for script, _ in weights.most_common()]
    if main != "Latn" or not others or weights[others[0]] < _SECOND_SCRIPT_SHARE * weights.total():
        return main
    # "iPhone 15 Pro 很好": Latin letters without a common word are names within the other script's sentence.
    is_sentence = _latin(text, "") != "" or any(so_far in COMMON_WORDS.get(word, ()) for word, _ in _words(text))
    return main if is_sentence else others[0]


def _language_in(script: str, text: str, so_far: str) -> str:
    if script in ONLY:
        return so_far if script in scripts_of(so_far or "en") else ONLY[script]
    if script == "Latn":
        return _latin(text, so_far)
    if script in ("Hira", "Kana"):
        return "ja"
    if script == "Hani":
        return _chinese(text, so_far)
    return _by_letters(script, text, so_far) if script in LETTERS else ""


def _chinese(text: str, so_far: str) -> str:
    if so_far in _HAN_LANGUAGES:
        return so_far
    return "yue" if len(_CANTONESE.intersection(text)) >= 2 else "zh"


def _by_letters(script: str, text: str, so_far: str) -> str:
    """Of the languages whose alphabet has the text's letters, the one whose words it has; else ``so_far`` or the commonest."""
    letters = [letter for letter in text.casefold() if letter in TELLING[script]]
    alphabets = LETTERS[script]
    lacking = {language: sum(letter not in alphabet for letter in letters) for language, alphabet in alphabets.items()}
    fewest = min(lacking.values())
    fitting = [language for language, count in lacking.items() if count == fewest]
    scores = _scores(_words(text), fitting)
    best = max(fitting, key=lambda language: scores[language])
    if so_far in fitting and scores[best] < scores[so_far] + 1:
        return so_far
    return best


def _words(text: str) -> list[tuple[str, float]]:
    """The words of ``text`` in lower case, and what each may say."""
    matches = list(_WORD.finditer(text))
    found: list[tuple[str, float]] = []
    is_first, after_name = True, False
    end = 0
    for match, following in zip_longest(matches, matches[1:]):
        word = match.group()
        is_first = is_first or any(mark in text[end : match.start()] for mark in ".!?:\n…")
        is_capital = word[0].isupper()
        # "Kim Jong Un": the first of several capitals is as much of a name.
        is_alone = is_first and not (following and following.group()[0].isupper())
        is_acronym = word.isupper() and (1 < len(word) <= _ACRONYM or not text.isupper())
        is_particle = after_name and word in _PARTICLES
        is_name = is_particle or is_acronym or (is_capital and not is_alone)
        if len(word) > 1 or not is_name or is_particle:
            found.append((word.lower(), _NAME_WEIGHT if is_name else 1.0))
        after_name = is_capital or is_particle
        is_first, end = False, match.end()
    return found


def _scores(words: Iterable[tuple[str, float]], languages: Iterable[str]) -> Counter[str]:
    """How much of each language there is: a word that several have counts less for each."""
    wanted = set(languages)
    scores: Counter[str] = Counter()
    for word, weight in words:
        having = [language for language in COMMON_WORDS.get(word, ()) if language in wanted]
        for language in having:
            scores[language] += weight / len(having)  # type: ignore[assignment]
    return scores


def _latin(text: str, so_far: str) -> str:
    """The language of a text in Latin script, "" where unsure."""
    words = _words(text)
    alphabets = LETTERS["Latn"]
    known = dict.fromkeys(alphabets, 0.0)
    #: What ``so_far`` does not have.
    new = dict(known)
    telling: dict[str, set[str]] = {language: set() for language in alphabets}
    for word, weight in words:
        having = [language for language in _languages_having(word, weight) if language in alphabets]
        value = _value(word, weight, having)
        for language in having:
            # A word that both have is no more for the language so far than any other.
            known[language] += min(value, weight) if language == so_far else value
            if so_far not in having:
                new[language] += value
                telling[language].add(word)
    for language, marks in _PUNCTUATION.items():
        if any(mark in text for mark in marks):
            known[language] += 1
            new[language] += 1
            telling[language].add(marks)
    scores = _scores(words, alphabets)
    best = max(alphabets, key=lambda language: (known[language] + scores[language], scores[language], language == so_far))
    if best == so_far or not words:
        return so_far
    others = known.get(so_far, 0.0)
    share = known[best] / len(words)
    if len(telling[best]) >= 2:
        is_sure = new[best] >= _SURE_WORDS and share >= _SURE_SHARE and 2 * others <= known[best]
    else:
        is_sure = new[best] >= _OWN_WORD and share >= _SURE_ALONE_SHARE and len(words) >= 3 and 2.5 * others <= known[best]
    return best if is_sure or _is_said_whole(words, best) else ""


def _languages_having(word: str, weight: float) -> tuple[str, ...]:
    return COMMON_WORDS.get(word) or _languages_by_letter(word, weight)


def _value(word: str, weight: float, having: Sequence[str]) -> float:
    """How much a word says that these languages have."""
    if word not in COMMON_WORDS:
        return _LETTER_WEIGHT
    is_own = len(having) <= _FEW_LANGUAGES and word not in _PARTICLES
    return weight * (_OWN_WORD if is_own else 1) * (_LETTER_WEIGHT if len(word) == 1 else 1)


def _languages_by_letter(word: str, weight: float) -> tuple[str, ...]:
    """The languages whose alphabet has all letters of ``word``, if they are few."""
    if weight < 1 or word.isascii():
        return ()
    beyond = {letter for letter in word if letter > "z"}
    return tuple(language for language, letters in LETTERS["Latn"].items() if beyond.issubset(letters))


def _is_said_whole(words: list[tuple[str, float]], language: str) -> bool:
    """All words are the language's, and a long one is no other's."""
    own = [COMMON_WORDS.get(word, ()) for word, _ in words]
    return all(language in languages for languages in own) and any(
        languages == (language,) and len(word) >= _LONG_WORD for (word, _), languages in zip(words, own, strict=True)
    )
