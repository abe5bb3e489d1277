"""The responder: answers questions to a persona from its card. No text is generated; what the card does not say is not said.

Runs in a worker process. A reply is a pure function of the persona and the conversation.
"""

from __future__ import annotations

import re
import zlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from comps.cores.text.embedding import DIMENSION, Floats, SentenceEmbedder
from comps.llms.responder import preferences, smalltalk
from comps.llms.responder.card import read_card
from comps.llms.responder.index import CardIndex, proper_names
from comps.llms.responder.question import content_words, is_question, normalise, split_greeting, stems
from comps.llms.responder.topics import BY_NAME, TOPICS, Topic, answers, matching
from comps.llms.responder.wording import join_facts, lower_start

#: Cosine similarity from which an example says what a question is about.
_SURE = 0.62
_LIKELY = 0.58
#: Score from which a fact is an answer; lower when the question speaks of the persona, since little else can be meant.
_FITS = 0.32
_FITS_OTHER = 0.6
#: A second fact is told when its score is within this of the first's.
_SECOND = 0.12
_CARDS = 64
#: Topics whose facts are a list: several are told.
_LISTS = frozenset(
    (
        "look",
        "traits",
        "dislikes",
        "hobbies",
        "goals",
        "family",
        "ties",
        "past",
        "friends",
        "fear",
        "childhood",
        "weakness",
    )
)
#: Answers to these need no card, and beat it when recognised.
_SOCIAL_RULES = (
    ("introduce", r"\bwho am i (?:speaking|talking|chatting) (?:to|with)"),
    ("thanks bye", r"\bthank(?:s| you)\b.*\b(?:bye|goodbye|see you|good night)\b"),
    ("bye", r"^(?:bye|goodbye|good bye|good night|see you|farewell)\b|\bgoodbye$|\bbye$"),
    ("thanks", r"^(?:thank|thanks|many thanks)\b"),
    (
        "greet",
        r"^(?:hello|hi|hey|hiya|greetings|howdy|good (?:morning|afternoon|evening|day)|nice to meet you"
        r"|pleased to meet you)(?: there| again)?$",
    ),
    (
        "how",
        r"^how are you(?: (?:doing|feeling|today|this|now|then).*)?$|^how (?:is|s) it going|^how do you do$"
        r"|^what is up$|^how have you been",
    ),
    (
        "robot",
        r"\bare you (?:really )?(?:an? )?(?:robot|ai\b|a i\b|human|real|chat ?bot|bot|computer|machine|alive"
        r"|language model|artificial)",
    ),
    (
        "introduce",
        r"^(?:and )?who (?:are|r) you(?: (?:my|exactly|really|then|sir|madam|again|anyway|today)\b.*)?$|\b(?:what"
        r"|whats) (?:is|s|was)? ?your (?:full |first |last )?name\b|\byour name$"
        r"|^(?:please )?introduce yourself|\babout yourself\b|^tell me (?:something |a bit |a little )?about you$"
        r"|^what (?:do|should|can) (?:i|we|people|they) call you",
    ),
    (
        "repeat",
        r"^(?:pardon|what|come again|sorry what|say (?:that|it) again|repeat (?:that|it|please)|(?:can|could"
        r"|would) you (?:say|repeat) (?:that|it)|what did you (?:just )?say)\b(?: again| please)*$",
    ),
)
_MORE = re.compile(
    r"^(?:tell me |say |please )*(?:more|(?:some|a bit|a little|any)?(?: )?more(?: about (?:that|it|this|him|her"
    r"|them))?|what else|anything else|go on|continue|and then|and|else|something else|is that all|is there more"
    r"|like what|such as|for example)(?: do you.*| about (?:that|it|this|him|her|them))?$"
)
_WHY = re.compile(
    r"^(?:but |and |so |really )?(?:why|how come|what for|why not|for what reason)(?: is that| so| though| not| do you"
    r"| did you| are you)?$"
)
_ABOUT = re.compile(r"^(?:and |but )?(?:(?:what|how) about|what of|and|and what about|and how about) (?=\w)")
_YOU_TOO = re.compile(r"\b(?:what|how) about you$|\band you$|\band yourself$|\bdo you too$")
_REASON = re.compile(
    r"\b(?:because|since|after|so that|in order to|inspired|thanks to|reason|to help|led me|made me|ever since|when I"
    r"|to (?:escape|become|learn|make|save|support))\b"
)


_SOMEBODY = re.compile(r"\b(?:he|him|his|she|her|hers|they|them|their)\b")


@dataclass(frozen=True)
class _Asked:
    """One message of the user as the responder sees it."""

    raw: str
    text: str
    vector: Floats
    words: frozenset[str]
    topics: tuple[Topic, ...]
    previous: _Asked | None
    said: tuple[int, ...]
    last_reply: str

    @property
    def to_persona(self) -> bool:
        return bool(re.search(r"\b(?:you|your|yours|yourself)\b", self.text))


class Responder:
    """Holds the embedder and the cards it met last."""

    def __init__(self, known: Sequence[Mapping[str, Any]] = ()) -> None:
        """``known``: personas whose first answer shall be as quick as their others."""
        self._embedder = SentenceEmbedder()
        self._cards: OrderedDict[int, CardIndex] = OrderedDict()
        examples = [(name, text) for name, texts in smalltalk.EXAMPLES.items() for text in texts]
        examples += [(f"topic {topic.name}", text) for topic in TOPICS for text in topic.examples]
        self._labels = [label for label, _ in examples]
        self._examples = self._embedder.encode([text for _, text in examples])
        for persona in known:
            self._index(persona)

    def reply(self, persona: Mapping[str, Any], messages: Sequence[tuple[str, str]]) -> str:
        """The answer to the last message of the user. ``messages``: role ("user" or "assistant") and text of each."""
        index = self._index(persona)
        turns = _user_turns(messages)
        if not turns or not turns[-1][0].strip():
            return _pick("unheard", messages, index)
        asked = self._asked(turns, index)
        return _Reply(index, asked, self._labelled(asked), messages).text()

    def _index(self, persona: Mapping[str, Any]) -> CardIndex:
        key = hash(repr(sorted(persona.items())))
        if key not in self._cards:
            self._cards[key] = CardIndex(read_card(persona), self._embedder)
            if len(self._cards) > _CARDS:
                self._cards.popitem(last=False)
        self._cards.move_to_end(key)
        return self._cards[key]

    def _asked(self, turns: list[tuple[str, str]], index: CardIndex) -> _Asked:
        """The last message, with the one before it, which a follow-up leans on."""
        asked: _Asked | None = None
        texts = [split_greeting(normalise(raw, index.name))[1] or normalise(raw) for raw, _ in turns[-2:]]
        # Of the earlier message only the words are looked at.
        vectors = [np.zeros(DIMENSION, np.float32)] * (len(texts) - 1) + [*self._embedder.encode(texts[-1:])]
        for (raw, reply), text, vector in zip(turns[-2:], texts, vectors, strict=True):
            words = frozenset(index.words_of(text))
            topics = tuple(matching(text))
            asked = _Asked(raw, text, vector, words, topics, asked, tuple(index.said_in(reply)) if reply else (), reply)
        assert asked is not None
        return asked

    def _labelled(self, asked: _Asked) -> list[tuple[float, str]]:
        """How alike the message is to the examples of each label, best first."""
        best: dict[str, float] = {}
        for label, similarity in zip(self._labels, self._examples @ asked.vector, strict=True):
            best[label] = max(best.get(label, -1.0), float(similarity))
        return sorted(((similarity, label) for label, similarity in best.items()), reverse=True)


def _user_turns(messages: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """What the user said, each with the reply that came before it."""
    turns, reply = [], ""
    for role, text in messages:
        if role == "user":
            turns.append((text, reply))
        elif role == "assistant":
            reply = text
    return turns


def _pick(kind: str, messages: Sequence[tuple[str, str]], index: CardIndex, **values: str) -> str:
    """One of the wordings, by the conversation's checksum."""
    wordings = smalltalk.ANSWERS[kind]
    checksum = zlib.crc32("\n".join(text for _, text in messages).encode())
    return wordings[checksum % len(wordings)].format(name=index.name or "a character without a name", **values)


class _Reply:
    """One answer in the making: the first of its steps that has something to say gives it."""

    def __init__(
        self, index: CardIndex, asked: _Asked, labelled: list[tuple[float, str]], messages: Sequence[tuple[str, str]]
    ) -> None:
        self._index = index
        self._asked = asked
        self._labelled = labelled
        self._messages = messages

    def text(self) -> str:
        steps = (
            self._foreign,
            self._social,
            self._names,
            self._follow_up,
            self._preference,
            self._about_user,
            self._small_talk,
            self._from_card,
            self._statement,
        )
        return next((answer for step in steps if (answer := step())), "") or self._nothing()

    def _pick(self, kind: str, **values: str) -> str:
        return _pick(kind, self._messages, self._index, **values)

    def _foreign(self) -> str:
        letters = [c for c in self._asked.raw if c.isalpha()]
        return self._pick("language") if letters and sum(c > "\u024f" for c in letters) > len(letters) / 2 else ""

    def _social(self) -> str:
        for kind, pattern in _SOCIAL_RULES:
            if re.search(pattern, self._asked.text):
                return self._say(kind)
        return ""

    def _say(self, kind: str) -> str:
        if kind == "introduce":
            return self._introduction()
        if kind == "repeat" and self._asked.last_reply:
            return self._asked.last_reply
        if kind == "robot" and (own := self._best(0.55, only=lambda text: bool(_ARTIFICIAL.search(text)))):
            return own
        return self._pick(kind)

    def _introduction(self) -> str:
        index = self._index
        facts = [fact for fact in index.facts if fact.section in ("background", "personalityTraits")]
        job = BY_NAME["job"]
        work = [fact for fact in facts if fact.section == "background" and re.search(job.fact, fact.text, re.IGNORECASE)]
        now = [fact for fact in work if re.search(r"\b(?:current|now|I (?:work|run|own|am))", fact.text)]
        traits = [fact for fact in facts if fact.section == "personalityTraits"]
        chosen = list(dict.fromkeys([*(now or work)[:1], *traits[:2], *facts[:1]]))[:2]
        chosen = chosen or list(index.facts[:2])
        if not chosen and not index.name:
            return self._pick("nobody")
        named = index.name and not any(index.name in fact.text for fact in chosen)
        return " ".join([f"I'm {index.name}."] * bool(named) + [join_facts(chosen)]).strip()

    def _names(self) -> str:
        """The user's own name, told or asked for."""
        if match := re.fullmatch(r"(?:my name is|i am called|call me|you can call me) (\w+)(?: \w+)?", self._asked.text):
            return f"Nice to meet you, {match[1].capitalize()}. What would you like to know about me?"
        if re.search(r"\b(?:what is|do you (?:know|remember)) my name\b|\bwho am i$", self._asked.text):
            for role, text in reversed(self._messages[:-1]):
                if role == "user" and (match := re.search(r"\bmy name is (\w+)|\bcall me (\w+)", normalise(text))):
                    return f"You told me that your name is {(match[1] or match[2]).capitalize()}."
            return self._pick("your name")
        return ""

    def _follow_up(self) -> str:
        asked = self._asked
        if asked.previous is None:
            return ""
        if _WHY.match(asked.text):
            return self._reason()
        if _MORE.match(asked.text):
            return self._more()
        if (about := _ABOUT.match(asked.text)) and not _YOU_TOO.search(asked.text):
            return self._likewise(asked.text[about.end() :])
        return self._of_whom() if asked.said and _SOMEBODY.search(asked.text) and not asked.topics else ""

    def _of_whom(self) -> str:
        """ "what does he do?": about somebody whom the last reply named."""
        said, index = self._asked.said, self._index
        names = set().union(*(proper_names(index.facts[i]) for i in said))
        scores = self._scores()
        return index.facts[max({*said, *index.naming(names)}, key=lambda i: (scores[i], -i))].text

    def _reason(self) -> str:
        said = self._asked.said
        for i in said:
            if because := re.search(
                r"\b(?:because|since) ((?:I|my|they|he|she|it|we|one|there)\b[^.]*)", self._index.facts[i].text
            ):
                return f"Because {because[1]}."
        if not said:
            return self._pick("reason")
        words = set().union(*(self._index.stems[i] for i in said))
        sections = {self._index.facts[i].section for i in said}
        reasons = [
            i
            for i, fact in enumerate(self._index.facts)
            if i not in said
            and _REASON.search(fact.text)
            and len(words & self._index.stems[i]) >= (1 if fact.section in sections else 2)
        ]
        return self._index.facts[reasons[0]].text if reasons else self._pick("reason")

    def _more(self) -> str:
        """What the card has besides what was said: in the same section, or about the same people."""
        asked, index = self._asked, self._index
        told = {i for role, text in self._messages if role == "assistant" for i in index.said_in(text)}
        names = set().union(*(proper_names(index.facts[i]) for i in asked.said)) if asked.said else set()
        sections = {index.facts[i].section for i in asked.said}
        left = sorted(index.naming(names) - told) + [
            i for i, fact in enumerate(index.facts) if i not in told and fact.section in sections
        ]
        left = list(dict.fromkeys(left))[:2]
        return join_facts([index.facts[i] for i in left]) if left else self._pick("no more")

    def _likewise(self, rest: str) -> str:
        """ "and cats?" after "do you like dogs?": the same question about something else."""
        previous = self._asked.previous
        assert previous is not None
        if preference := preferences.parse(previous.text):
            return preferences.answer(preference.about(rest), self._index, self._scores())
        topics = matching(rest) or matching(f"do you have {rest}") or list(previous.topics)
        return self._from_topics(topics, loose=True)

    def _preference(self) -> str:
        text = self._asked.text
        if (too := _YOU_TOO.search(text)) and (
            liking := re.match(r"i (?:really )?(like|love|enjoy|hate|dislike) (.+)", text[: too.start()])
        ):
            text = f"do you {liking[1]} {liking[2]}"
        preference = preferences.parse(text)
        return preferences.answer(preference, self._index, self._scores()) if preference else ""

    def _about_user(self) -> str:
        """ "am i happy", "what is my sister called": nothing is known about the user."""
        text = self._asked.text
        if re.match(r"(?:am i|do i|was i|did i|have i|will i|can i|should i)\b(?!.*\byou(?:r)?\b)", text) or re.search(
            r"^(?:what|who|where|when|why|how|which)\b.*\b(?:i|my|me)\b(?!.*\byou(?:r)?\b)", text
        ):
            return self._pick("advice" if "should i" in text else "about you")
        return ""

    def _small_talk(self) -> str:
        similarity, label = self._labelled[0]
        return "" if label.startswith("topic ") or similarity < _SURE or self._out_of_place(label) else self._say(label)

    def _out_of_place(self, label: str) -> bool:
        """Whether small talk was recognised where something else must be meant."""
        asked = self._asked
        if label in ("sad", "glad"):
            return is_question(asked.raw, asked.text)
        if asked.topics:
            return True
        if label == "world":
            return asked.to_persona or bool(asked.words & set().union(*self._index.stems, set()))
        if label in ("joke", "advice"):
            return bool(re.match(r"(?:what|who|where|when|why|how)\b.*\byou\b", asked.text))
        return label in ("compliment", "insult") and not re.match(r"(?:you|that|i|wow|how|shut|your)\b", asked.text)

    def _from_card(self) -> str:
        asked = self._asked
        if not asked.to_persona and not is_question(asked.raw, asked.text) and not self._is_keyword():
            return ""
        topics = list(asked.topics) or self._meant_topics()
        return self._from_topics(topics)

    def _is_keyword(self) -> bool:
        """ "favorite food": a question of which the recogniser lost the beginning, or nobody spoke it."""
        asked = self._asked
        return len(asked.text.split()) <= 3 and not re.search(r"\b(?:i|my|me|we|our|it|that|this)\b", asked.text)

    def _meant_topics(self) -> list[Topic]:
        return [
            BY_NAME[label.removeprefix("topic ")]
            for similarity, label in self._labelled[:2]
            if label.startswith("topic ") and similarity >= _LIKELY
        ]

    def _from_topics(self, topics: list[Topic], *, loose: bool = False) -> str:
        asked, scores = self._asked, self._scores(topics)
        if not len(scores):
            return self._unknown(topics)
        order = sorted(range(len(scores)), key=lambda i: -scores[i])
        strict = [topic for topic in topics if topic.strict]
        if strict:
            allowed = [i for i in order if any(answers(self._index.facts[i], topic) for topic in strict)]
            if not allowed and not self._named():
                return self._unknown(strict)
            order = allowed or order
        best = float(scores[order[0]])
        needed = _FITS if asked_of(asked) or topics or loose or self._named() else _FITS_OTHER
        if best < needed:
            return ""
        chosen = [i for i in order[: 3 if _short(self._index, order) else 2] if scores[i] >= best - _SECOND or i == order[0]]
        particular = set(asked.words) - set().union(
            *(stems(found[0]) for t in topics if (found := re.search(t.question, asked.text)))
        )
        if particular or not any(topic.name in _LISTS for topic in topics):
            chosen = chosen[:1]
        elif len(chosen) == 1 and len(order) > 1 and topics:
            section = self._index.facts[order[0]].section
            chosen += [i for i in order[1:] if self._index.facts[i].section == section and scores[i] > 0.2][:1]
        answer = join_facts([self._index.facts[i] for i in chosen])
        verdict = preferences.yes_or_no(asked.text, self._index, chosen[0])
        return verdict + lower_start(answer) if verdict else answer

    def _named(self) -> bool:
        """Whether the question names somebody or something of the card."""
        names = {name.lower() for fact in self._index.facts for name in proper_names(fact)}
        return any(word in names for word in content_words(self._asked.text))

    def _scores(self, topics: list[Topic] | None = None) -> Floats:
        asked = self._asked
        scores = self._index.scores(asked.text, asked.vector, set(asked.words), list(topics or []))
        if asked.said and re.search(r"\b(?:he|him|his|she|her|they|them|their|it|that|there)\b", asked.text):
            names = set().union(*(proper_names(self._index.facts[i]) for i in asked.said))
            for i in {*asked.said, *self._index.naming(names)}:
                scores[i] += 0.2
        return scores

    def _best(self, needed: float, only: Any) -> str:
        scores = self._scores()
        found = [i for i in range(len(scores)) if only(self._index.facts[i].text)]
        return self._index.facts[max(found, key=lambda i: scores[i])].text if found else ""

    def _unknown(self, topics: list[Topic]) -> str:
        what = next((topic.unknown for topic in topics if topic.unknown), "")
        return self._pick("unknown", what=what) if what else self._pick("unknown about me")

    def _statement(self) -> str:
        asked = self._asked
        if is_question(asked.raw, asked.text):
            return ""
        similarity, label = self._labelled[0]
        if similarity >= 0.4 and label in ("sad", "glad", "compliment", "insult", "agree", "disagree", "sorry"):
            return self._say(label)
        return self._pick("statement")

    def _nothing(self) -> str:
        asked = self._asked
        if not asked.to_persona:
            return self._pick("world")
        topics = list(asked.topics) or self._meant_topics()
        return self._unknown(topics)


_ARTIFICIAL = re.compile(
    r"\b(?:robot|android|machine|artificial|digital|computer program|AI|hologram|automaton|puppet"
    r"|drawn)\b"
)


def asked_of(asked: _Asked) -> bool:
    """Whether the message speaks of the persona or of somebody that was just spoken of."""
    return asked.to_persona or bool(asked.said and re.search(r"\b(?:he|him|his|she|her|they|them|their|it|that)\b", asked.text))


def _short(index: CardIndex, order: list[int]) -> bool:
    return all(len(index.facts[i].text.split()) <= 6 for i in order[:3])
