"""The embedded responder: personas' cards against the questions people ask them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from comps.llms.prompt import default_persona
from comps.llms.responder.card import SECTIONS
from comps.llms.responder.responder import Responder

HERE = Path(__file__).parent
PERSONAS = sorted((HERE / "personas").glob("*.json")) + sorted((HERE / "held_out").glob("*.json"))
#: Of 20 questions: so many have to be answered from the card. None may be answered against it.
ENOUGH = 16

OTTO = {
    "name": "Otto Lind",
    "likes": ["Otto loves dogs.", "He enjoys jazz."],
    "dislikes": ["He hates cold coffee.", "He is afraid of thunder because a lightning struck his house."],
    "background": ["Otto is a postman.", "He grew up in Malmö."],
    "relationships": ["He is married to Ida, a baker.", "His brother Nils lives in Oslo."],
}


@pytest.fixture(scope="module")
def responder() -> Responder:
    return Responder()


def say(responder: Responder, *questions: str, persona: dict[str, Any] = OTTO) -> list[str]:
    """The replies of a conversation."""
    messages: list[tuple[str, str]] = []
    for question in questions:
        messages.append(("user", question))
        messages.append(("assistant", responder.reply(persona, messages)))
    return [text for role, text in messages if role == "assistant"]


@pytest.mark.parametrize("path", PERSONAS, ids=lambda path: path.stem)
def test_twenty_questions(responder: Responder, path: Path) -> None:
    card = json.loads(path.read_text(encoding="utf-8"))
    assert len(card["questions"]) == 20
    missed, against = [], []
    for question in card["questions"]:
        (answer,) = say(responder, question["ask"], persona=card["persona"])
        if any(re.search(pattern, answer) for pattern in question["forbid"]):
            against.append((question["ask"], answer))
        elif not any(re.search(pattern, answer, re.IGNORECASE) for pattern in question["expect"]):
            missed.append((question["ask"], answer))
    assert not against
    assert 20 - len(missed) >= ENOUGH, missed


def test_the_projects_host_knows_itself(responder: Responder) -> None:
    host = default_persona().model_dump(mode="json")
    (who,) = say(responder, "Who are you?", persona=host)
    assert "Aria" in who
    assert "AvatarChatbot" in who
    (real,) = say(responder, "are you a real person", persona=host)
    assert "AI-generated character" in real


def test_the_host_is_the_default_avatar() -> None:
    avatar = json.loads((HERE.parents[1] / "AvatarChatbot" / "avatars" / "aria.json").read_text(encoding="utf-8"))
    host = default_persona().model_dump(mode="json")
    assert {field: avatar[field] for field in ("name", *SECTIONS)} == {field: host[field] for field in ("name", *SECTIONS)}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("do you like dogs", "Yes, I love dogs."),
        ("do you hate dogs", "No, I love dogs."),
        ("do you like cold coffee", "No, I hate cold coffee."),
        ("are you afraid of thunder", "Yes, I am afraid of thunder because a lightning struck my house."),
        ("do you like violins", "I can't tell you whether I like violins."),
        ("are you married", "I am married to Ida, a baker."),
        ("what is your wife's name", "I am married to Ida, a baker."),
        ("where were you born", "I grew up in Malmö."),
    ],
)
def test_plain_answers(responder: Responder, question: str, answer: str) -> None:
    (said,) = say(responder, question)
    assert said.removeprefix("Yes, ") == answer.removeprefix("Yes, ")
    assert said.startswith("No, ") == answer.startswith("No, ")


@pytest.mark.parametrize("question", ["am i happy", "what is the capital of france", "how old are you", "do you have children"])
def test_what_the_card_does_not_say_is_not_said(responder: Responder, question: str) -> None:
    (said,) = say(responder, question)
    assert not any(word in said for word in ("Malmö", "Ida", "Nils", "dogs", "jazz", "postman"))


def test_the_world_needs_a_language_model(responder: Responder) -> None:
    for question in ("what is the capital of france", "what is two plus two", "Who wrote Hamlet?"):
        (said,) = say(responder, question)
        assert "language model" in said


def test_follow_ups_lean_on_the_conversation(responder: Responder) -> None:
    *_, why = say(responder, "what are you afraid of", "why")
    assert why == "Because a lightning struck my house."
    *_, brother = say(responder, "are you married", "and your brother?")
    assert "Nils" in brother
    *_, cats = say(responder, "do you like dogs", "what about jazz")
    assert cats == "Yes, I enjoy jazz."
    first, more = say(responder, "are you married", "tell me more")
    assert more != first
    *_, she = say(responder, "are you married", "what does she do")
    assert "baker" in she
    first, again = say(responder, "where do you come from", "say that again")
    assert again == first
    *_, name = say(responder, "my name is bob", "hello", "what is my name")
    assert "Bob" in name


@pytest.mark.parametrize(
    "said", ["I had a terrible day", "i like chess", "nice weather today", "thank you", "bye", "hello", "hm", "...", ""]
)
def test_whatever_is_said_gets_a_sentence(responder: Responder, said: str) -> None:
    (reply,) = say(responder, said)
    assert re.fullmatch(r"[A-Z].*[.!?]", reply)


def test_names_are_understood_though_misheard(responder: Responder) -> None:
    (said,) = say(responder, "who is niels")
    assert "Nils" in said


@pytest.mark.parametrize("persona", [{}, {"name": "Bo"}, {"likes": ["tea"]}, {"name": "", "physicalDescription": "A red hat."}])
def test_sparse_cards_still_answer(responder: Responder, persona: dict[str, Any]) -> None:
    for question in ("who are you", "what do you like", "where do you live", "why", "tell me more", "are you married"):
        for reply in say(responder, "hello", question, persona=persona):
            assert re.fullmatch(r"[A-Z].*[.!?]", reply)


#: As comps/describe drafts it from a picture.
DRAFTED = {
    "physicalDescription": "A face with brown hair and blue clothing, seen from the chest up in front of a grey background. "
    "The head moves a little; the mouth moves as in speech.",
    "system_prompt": "You are the character in a picture that someone has brought. Never claim to be a real person.",
}


@pytest.mark.parametrize(
    "question",
    ["Who are you?", "What do you like?", "do you like music", "where do you live", "what is your job"],
)
def test_a_card_drafted_from_a_picture_says_what_nobody_has_written(responder: Responder, question: str) -> None:
    (said,) = say(responder, question, persona=DRAFTED)
    assert re.search(r"obody has written|hasn't been written", said)


def test_a_card_drafted_from_a_picture_tells_what_can_be_seen(responder: Responder) -> None:
    for question in ("Who are you?", "What do you look like?", "what color is your hair"):
        (said,) = say(responder, question, persona=DRAFTED)
        assert "What can be seen of me is a face with brown hair" in said
    (able,) = say(responder, "what can you do", persona=DRAFTED)
    assert "what I look like" in able
    assert "my life" not in able


def test_the_same_conversation_has_the_same_answer(responder: Responder) -> None:
    questions = ["hello", "who are you", "tell me a joke", "what do you like", "why"]
    assert say(responder, *questions) == say(Responder(), *questions)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=60), min_size=1, max_size=3), st.text(max_size=20), st.text(max_size=80))
@example(["hello"], "Ann", ";")
@example(["what do you like"], "Ann", "now ; . ,")
def test_any_text_is_survived(responder: Responder, questions: list[str], name: str, like: str) -> None:
    persona = {"name": name, "likes": [like], "relationships": [like, name], "system_prompt": like}
    assert all(say(responder, *questions, persona=persona))
