"""One answer of a persona: the ways to answer, tried from the surest to the last resort."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

from comps.cores.text.embedding import Floats
from comps.llms.responder import cues, preferences, smalltalk
from comps.llms.responder.asked import Asked
from comps.llms.responder.choice import about_the_same, choose, is_unknown, scores
from comps.llms.responder.index import CardIndex, proper_names
from comps.llms.responder.question import is_question, normalise
from comps.llms.responder.topics import BY_NAME, Topic, matching
from comps.llms.responder.wording import join_facts, listed, lower_start

#: Cosine similarity from which an example says that a message is small talk; a statement, which nothing else claims, needs less.
_SURE = 0.62
_STATED = 0.4


def pick(kind: str, messages: Sequence[tuple[str, str]], name: str, **values: str) -> str:
    """One of the wordings of ``kind``, by the conversation's checksum."""
    wordings = smalltalk.ANSWERS[kind]
    checksum = zlib.crc32("\n".join(text for _, text in messages).encode())
    return wordings[checksum % len(wordings)].format(
        name=name or "a character without a name", called=f"{name}, " if name else "", **values
    )


class Reply:
    """One answer in the making: the first of its steps that has something to say gives it."""

    def __init__(self, asked: Asked, index: CardIndex) -> None:
        self._index = index
        self._asked = asked

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
        return pick(kind, self._asked.messages, self._index.name, **values)

    def _foreign(self) -> str:
        letters = [c for c in self._asked.raw if c.isalpha()]
        return self._pick("language") if letters and sum(c > "\u024f" for c in letters) > len(letters) / 2 else ""

    def _social(self) -> str:
        for kind, pattern in cues.SOCIAL_RULES:
            if re.search(pattern, self._asked.text):
                return self._say(kind)
        return ""

    def _say(self, kind: str) -> str:
        if kind == "introduce":
            return self._introduction()
        if kind == "repeat" and self._asked.last_reply:
            return self._asked.last_reply
        if kind == "robot" and (own := [fact.text for fact in self._index.facts if cues.ARTIFICIAL.search(fact.text)]):
            return own[0]
        return self._pick(kind, known=self._known() or "nothing yet") if kind == "able" else self._pick(kind)

    def _known(self) -> str:
        """What the card tells of, as a list."""
        told = {fact.section for fact in self._index.facts}
        return listed([words for section, words in smalltalk.TELLS_OF.items() if section in told])

    def _introduction(self) -> str:
        index = self._index
        if index.only_looks:
            return f"{self._pick('picture named' if index.name else 'picture')} {join_facts(index.facts[:1])}"
        facts = [fact for fact in index.facts if fact.section in ("background", "personalityTraits")]
        job = BY_NAME["job"]
        work = [fact for fact in facts if fact.section == "background" and re.search(job.fact, fact.text, re.IGNORECASE)]
        now = [fact for fact in work if cues.CURRENT.search(fact.text)]
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
            for role, text in reversed(self._asked.messages[:-1]):
                if role == "user" and (match := re.search(r"\bmy name is (\w+)|\bcall me (\w+)", normalise(text))):
                    return f"You told me that your name is {(match[1] or match[2]).capitalize()}."
            return self._pick("your name")
        return ""

    def _follow_up(self) -> str:
        asked = self._asked
        if not asked.previous:
            return self._without_context()
        if cues.WHY.match(asked.text):
            return self._reason()
        if cues.MORE.match(asked.text):
            return self._more()
        if (about := cues.ABOUT.match(asked.text)) and not cues.YOU_TOO.search(asked.text):
            return self._likewise(asked.text[about.end() :])
        return self._of_whom() if asked.said and cues.SOMEBODY.search(asked.text) and not asked.topics else ""

    def _without_context(self) -> str:
        """ "why?" or "tell me more" as the first thing said."""
        if cues.MORE.match(self._asked.text):
            return self._introduction()
        return self._pick("unclear") if cues.WHY.match(self._asked.text) else ""

    def _of_whom(self) -> str:
        """ "what does he do?": about somebody whom the last reply named."""
        values = self._scores()
        same = about_the_same(self._index, self._asked.said)
        return self._index.facts[max(same, key=lambda i: (values[i], -i))].text

    def _reason(self) -> str:
        said = self._asked.said
        for i in said:
            if because := re.search(
                r"\b(?:because|since(?= (?:I|my|they|he|she|it|we|one|there)\b)) ([^.]*)", self._index.facts[i].text
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
            and cues.REASON.search(fact.text)
            and len(words & self._index.stems[i]) >= (1 if fact.section in sections else 2)
        ]
        return self._index.facts[reasons[0]].text if reasons else self._pick("reason")

    def _more(self) -> str:
        """What the card has besides what was said: in the same section, or about the same people."""
        asked, index = self._asked, self._index
        told = {i for role, text in self._asked.messages if role == "assistant" for i in index.said_in(text)}
        names = set().union(*(proper_names(index.facts[i]) for i in asked.said)) if asked.said else set()
        sections = {index.facts[i].section for i in asked.said}
        left = sorted(index.naming(names) - told) + [
            i for i, fact in enumerate(index.facts) if i not in told and fact.section in sections
        ]
        left = list(dict.fromkeys(left))[:2]
        return join_facts([index.facts[i] for i in left]) if left else self._pick("no more")

    def _likewise(self, rest: str) -> str:
        """ "and cats?" after "do you like dogs?": the same question about something else."""
        if preference := preferences.parse(self._asked.previous):
            return preferences.answer(preference.about(rest), self._index, self._scores())
        topics = matching(rest) or matching(f"do you have {rest}") or matching(self._asked.previous)
        return self._from_topics(topics, loose=True)

    def _preference(self) -> str:
        text = self._asked.text
        if (too := cues.YOU_TOO.search(text)) and (
            liking := re.match(r"i (?:really )?(like|love|enjoy|hate|dislike) (.+)", text[: too.start()])
        ):
            text = f"do you {liking[1]} {liking[2]}"
        preference = preferences.parse(text)
        if preference and self._index.only_looks:
            return self._pick("unwritten", what="what I like and dislike")
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
        similarity, label = self._asked.labels[0]
        return "" if label.startswith("topic ") or similarity < _SURE or self._out_of_place(label) else self._say(label)

    def _out_of_place(self, label: str) -> bool:
        """Whether small talk was recognised where something else must be meant."""
        asked = self._asked
        if label in ("sad", "glad", "greet", "bye", "thanks"):
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
        return self._from_topics(asked.meant_topics())

    def _is_keyword(self) -> bool:
        """ "favorite food": a question of which the recogniser lost the beginning, or nobody spoke it."""
        asked = self._asked
        return len(asked.text.split()) <= 3 and not re.search(r"\b(?:i|my|me|we|our|it|that|this)\b", asked.text)

    def _from_topics(self, topics: list[Topic], *, loose: bool = False) -> str:
        asked, index = self._asked, self._index
        if not index.facts or is_unknown(asked, index, topics):
            return self._unknown(topics)
        chosen = choose(asked, index, topics, loose=loose)
        if not chosen:
            return ""
        answer = join_facts([index.facts[i] for i in chosen])
        verdict = preferences.yes_or_no(asked.text, index, chosen[0])
        return verdict + lower_start(answer) if verdict else answer

    def _scores(self) -> Floats:
        return scores(self._asked, self._index, [])

    def _unknown(self, topics: list[Topic]) -> str:
        if self._index.only_looks:
            topics = list(self._asked.topics)
        what = next((topic.unknown for topic in topics if topic.unknown), "")
        if self._index.only_looks:
            return self._pick("unwritten", what=what or "that about me")
        return self._pick("unknown", what=what) if what else self._pick("unknown about me")

    def _statement(self) -> str:
        asked = self._asked
        if is_question(asked.raw, asked.text):
            return ""
        similarity, label = self._asked.labels[0]
        if similarity >= _STATED and label in ("sad", "glad", "compliment", "insult", "agree", "disagree", "sorry"):
            return self._say(label)
        return self._pick("statement")

    def _nothing(self) -> str:
        asked = self._asked
        if not asked.to_persona:
            return self._pick("unclear" if not asked.words and cues.REFERENCE.search(asked.text) else "world")
        return self._unknown(asked.meant_topics())
