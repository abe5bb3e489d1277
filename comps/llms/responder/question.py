"""What was asked: a question as it comes from a keyboard or from a speech recogniser, made comparable."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

_CONTRACTIONS = (
    (r"\bcan't\b|\bcannot\b", "can not"),
    (r"\bwon't\b", "will not"),
    (r"n't\b", " not"),
    (r"\bi'm\b", "i am"),
    (r"\b(what|who|where|when|how|why|that|it|there|he|she|here)'s\b", r"\1 is"),
    (r"\b(what|who|where|when|how|why)s\b", r"\1 is"),
    (r"\b(what|who|where|when|how|why)'re\b", r"\1 are"),
    (r"\b(what|who|where|when|how|why)'d\b", r"\1 did"),
    (r"'re\b", " are"),
    (r"'ve\b", " have"),
    (r"'ll\b", " will"),
    (r"\blet's\b", "let us"),
    (r"\bwhaddya\b|\bwhatcha\b", "what do you"),
    (r"\bwanna\b", "want to"),
    (r"\bgonna\b", "going to"),
    (r"\bya\b|\bu\b", "you"),
    (r"\bur\b|\byer\b", "your"),
)
_FILLERS = re.compile(
    r"^(?:(?:um+|uh+|er+|hmm+|well|so|okay|ok|alright|right|please|now|and then|oh|ah|anyway|actually|by the way"
    r"|excuse me|sorry but"
    r"|just curious|i was wondering|i wonder|may i ask|can i ask you|could you tell me please|quick question)\s+)+"
)
_POLITE = re.compile(
    r"^(?:(?:can|could|would|will) you (?:please )?(?=tell|describe|explain|introduce|say|share|talk|repeat)"
    r"|(?:i (?:would|want|d) (?:like )?to (?:know|hear)|do you mind telling me|i am curious|let me ask you) )"
)
_GREETING = re.compile(
    r"^(?:hello|hi|hey|hiya|yo|ahoy|greetings|howdy|good (?:morning|afternoon|evening|day))\b(?: there\b| again\b)?\s*"
)
#: Parts of names by which somebody is addressed, but which are spoken of as well ("how did you become captain").
_TITLES = frozenset(("captain", "doctor", "dr", "professor", "sir", "lady", "lord", "king", "queen", "chef", "sister", "old"))
_ASKING = re.compile(
    r"^(?:what|who|whom|whose|where|when|why|how|which|do|does|did|are|is|was|were|am|have|has|had|can|could|would"
    r"|will|should|shall"
    r"|may|might|tell|describe|explain|introduce|talk|name|list|give|show|say|any|ever|got|you ever)\b"
)
_INSIDE = re.compile(r"\b(?:what|who|where|when|why|how|which)\b.*\b(?:you|your)\b|\b(?:do|are|did|have|can|would|were) you\b")

STOP_WORDS = frozenset(
    """a an the and or but if of in on at to for from by with about as into than then so too very really just also ever any
    some all more most much many other another i me my mine you your yours yourself he him his she her they them their
    it its we us our this that these those there here is am are was were be been being do does did done have has had
    having can could will would should shall may might must not no yes what who whom whose where when why how which tell
    like love enjoy know think feel want say describe please kind sort type thing things something anything someone
    anyone people person one get gets got go goes going make makes made good best favorite favourite day time way lot
    bit hello hi hey thanks thank okay well life live dislike hate because up out off over now today still already
    always never often usually sometimes alone own every each such only once mean come came take use used talk give let
    let's sure right ask question answer maybe work works working job""".split()  # noqa: SIM905
)


def normalise(text: str, name: str = "") -> str:
    """Lower case, without punctuation, contractions written out, fillers and the persona's name as an address left out."""
    text = text.lower().replace("’", "'").replace("-", " ")
    for pattern, replacement in _CONTRACTIONS:
        text = re.sub(pattern, replacement, text)
    text = re.sub(r"'s\b", " s", text)
    text = " ".join(re.sub(r"[^\w ]", " ", text).split())
    text = re.sub(r"\b(your|my|his|her|the|\w{3,}) s\b", r"\1", text)
    for _ in range(2):
        text = _FILLERS.sub("", text)
        text = _strip_address(text, name)
    return _POLITE.sub("", text)


def _strip_address(text: str, name: str) -> str:
    for word in sorted({name.lower(), *name.lower().split()} - {""}, key=len, reverse=True):
        if text != word and word in _TITLES:
            text = re.sub(rf"^{word} (?=\w+ )", "", text)
        elif text != word:
            text = re.sub(rf"^{re.escape(word)} (?=\w+ )|(?<=\w )\b(?<!is )(?<!about ){re.escape(word)}$", "", text).strip()
    return text


def split_greeting(text: str) -> tuple[str, str]:
    """A leading greeting, and what follows it."""
    match = _GREETING.match(text)
    return (match[0].strip(), text[match.end() :]) if match else ("", text)


def is_question(raw: str, text: str) -> bool:
    """Whether ``text`` (normalised from ``raw``) asks for something; recognisers write no question marks."""
    return raw.rstrip().endswith("?") or bool(_ASKING.match(text)) or bool(_INSIDE.search(text))


def stem(word: str) -> str:
    """A crude stem, good enough to bring "travelling", "travels" and "travel" together."""
    word = word.lower()
    for suffix in (
        "ically",
        "ations",
        "ation",
        "iness",
        "ness",
        "ments",
        "ment",
        "ings",
        "ing",
        "edly",
        "ies",
        "ied",
        "ers",
        "ed",
        "es",
        "ly",
        "er",
        "s",
        "y",
        "e",
    ):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word[: -len(suffix)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "so":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def content_words(text: str) -> list[str]:
    """The words of a text that carry its subject matter."""
    return [word for word in re.findall(r"[^\W_]+", text.lower()) if word not in STOP_WORDS and len(word) > 1]


def stems(text: str) -> set[str]:
    return {stem(word) for word in content_words(text)}


def sounds_like(heard: str, word: str) -> bool:
    """Whether ``heard`` may be a misheard ``word``: a spelling close to it. Short words are never taken for others."""
    if min(len(heard), len(word)) < 4:
        return False
    return SequenceMatcher(None, heard.lower(), word.lower()).ratio() >= 0.8
