"""Sentences about a persona become sentences by it."""

from __future__ import annotations

from typing import Any

import pytest

from comps.llms.responder.card import read_card


def facts(**persona: Any) -> list[str]:
    return [fact.text for fact in read_card(persona).facts]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Alice grew up in a small town.", "I grew up in a small town."),
        ("She is kind and has a dog.", "I am kind and have a dog."),
        ("She paints, sings and dances with her friends.", "I paint, sing and dance with my friends."),
        ("She likes books and works of art.", "I like books and works of art."),
        ("She is a woman who loves jazz.", "I am a woman who loves jazz."),
        ("Her father taught her to fish.", "My father taught me to fish."),
        ("Her sister lets her use the car.", "My sister lets me use the car."),
        ("Alice's boss trusts her.", "My boss trusts me."),
        ("Alice, a nurse, lives in Rome.", "I am a nurse. I live in Rome."),
        ("She doesn't like rain.", "I don't like rain."),
        ("She's afraid of dogs because one bit her.", "I am afraid of dogs because one bit me."),
        ("Her six sisters think that she is dead.", "My six sisters think that I am dead."),
        ("Alice and her brother Tom run a shop.", "My brother Tom and I run a shop."),
        ("She has twins, whom Alice spoils.", "I have twins, whom I spoil."),
        ("When she was ten, he gave her a book.", "When I was ten, he gave me a book."),
        ("She tries to hide herself.", "I try to hide myself."),
        ("Tom is older than Alice.", "Tom is older than me."),
        ("She reads comics, which make her giggle.", "I read comics, which make me giggle."),
        ("She wants to make her parents proud.", "I want to make my parents proud."),
        ("She is stubborn as a mule but has a good heart.", "I am stubborn as a mule but have a good heart."),
        ("She is superstitious and never sails on a Friday.", "I am superstitious and never sail on a Friday."),
        ("She likes soul, especially Otis Redding.", "I like soul, especially Otis Redding."),
    ],
)
def test_sentences_about_her(sentence: str, expected: str) -> None:
    assert facts(name="Alice", background=["She was always curious.", sentence])[1] == expected


@pytest.mark.parametrize(
    ("field", "phrase", "expected"),
    [
        ("likes", "Old maps", "I like old maps."),
        ("dislikes", "Being late", "I dislike being late."),
        ("goals", "To open a bakery", "I want to open a bakery."),
        ("goals", "Become a pilot", "I want to become a pilot."),
        ("goals", "Teaching children", "I dream of teaching children."),
        ("background", "Born in Oslo", "I was born in Oslo."),
        ("background", "Grew up in Rome", "I grew up in Rome."),
        ("background", "Works as a nurse", "I work as a nurse."),
        ("background", "Retired sea captain", "I am a retired sea captain."),
        ("personalityTraits", "stubborn", "I am stubborn."),
        ("personalityTraits", "dry sense of humor", "I have a dry sense of humor."),
        ("relationships", "Married to Ida", "I am married to Ida."),
        ("relationships", "Tom (first mate)", "Tom is my first mate."),
        ("relationships", "Husband: Ben", "My husband is Ben."),
        ("relationships", "Two cats", "I have two cats."),
        ("physicalDescription", "A tall man with a scar", "I am a tall man with a scar."),
    ],
)
def test_phrases_of_lists(field: str, phrase: str, expected: str) -> None:
    assert facts(name="X", **{field: phrase if field == "physicalDescription" else [phrase]}) == [expected]


def test_the_second_person_of_a_prompt() -> None:
    prompt = (
        "You are Pip, a green apple. Your skin is shiny. You love rain and hate worms. Answer briefly. Never break character."
    )
    card = read_card({"system_prompt": prompt})
    assert card.name == "Pip"
    assert [fact.text for fact in card.facts] == ["I am Pip, a green apple.", "My skin is shiny.", "I love rain and hate worms."]


def test_others_of_the_same_pronoun_stay_others() -> None:
    assert facts(name="Al", background=["He sails."], relationships=["Tom is his rival. He cheats at cards."]) == [
        "I sail.",
        "Tom is my rival.",
        "He cheats at cards.",
    ]


def test_abbreviations_end_no_sentence() -> None:
    assert facts(name="Dr. Mei Tanaka", background=["Dr. Tanaka lives with Mrs. Ito. She teaches."]) == [
        "I live with Mrs. Ito.",
        "I teach.",
    ]


def test_a_card_in_they_is_told_from_a_dog_in_his() -> None:
    told = facts(
        name="Rowan Ash",
        likes=["They love juggling."],
        relationships=["Their sister taught them all they know.", "They have a dog who walks on his hind legs."],
    )
    assert told == ["I love juggling.", "My sister taught me all I know.", "I have a dog who walks on his hind legs."]


def test_they_can_be_the_persona_and_somebody_else() -> None:
    told = facts(
        name="Captain Elias Thorne",
        background=["Elias Thorne was born in Bristol."],
        relationships=["He is married to Ann.", "They have two sons.", "He has one rival, Luca, and they argue every day."],
    )
    assert told == [
        "I was born in Bristol.",
        "I am married to Ann.",
        "We have two sons.",
        "I have one rival, Luca, and we argue every day.",
    ]
