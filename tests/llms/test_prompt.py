"""A persona as a language model is told of it."""

from __future__ import annotations

from comps.cores.proto.api_protocol import ChatCompletionRequest
from comps.cores.proto.avatar import Persona
from comps.llms.prompt import conversation, default_persona, system_prompt

FULL = Persona(
    name="Ana",
    physicalDescription="tall1",
    personalityTraits=["kind2"],
    likes=["tea3", "rain4"],
    dislikes=["noise5"],
    background=["born6"],
    goals=["fly7"],
    relationships=["friend8"],
)


def ask(*messages: tuple[str, str], persona: Persona | None = None) -> list[tuple[str, str]]:
    request = ChatCompletionRequest(messages=[{"role": role, "content": text} for role, text in messages], persona=persona)
    return [(message.role, message.content) for message in conversation(request)]


def test_every_field_is_told() -> None:
    prompt = system_prompt(FULL)
    assert all(word in prompt for word in ("Ana", "tall1", "kind2", "tea3", "rain4", "noise5", "born6", "fly7", "friend8"))


def test_fields_that_are_empty_are_left_out() -> None:
    prompt = system_prompt(Persona(name="Ana", likes=[" "]))
    assert "Likes" not in prompt
    assert "profile:" not in prompt
    assert system_prompt(Persona()) == ""


def test_a_prompt_of_its_own_wins() -> None:
    assert system_prompt(Persona(name="Ana", system_prompt=" You are a wizard. ")) == "You are a wizard."


def test_one_system_message_then_each_turn_once() -> None:
    turns = [("user", "hi"), ("assistant", "hello"), ("user", "who are you")]
    told = ask(("system", "Be brief."), *turns, persona=FULL)
    assert told[1:] == turns
    role, system = told[0]
    assert role == "system"
    assert "Ana" in system
    assert system.endswith("Be brief.")


def test_the_clients_own_system_message_is_enough() -> None:
    assert ask(("system", "You are a wizard."), ("user", "hi")) == [("system", "You are a wizard."), ("user", "hi")]


def test_without_anything_the_host_answers() -> None:
    assert ask(("user", "hi"))[0] == ("system", system_prompt(default_persona()))


def test_a_long_conversation_keeps_its_system_message() -> None:
    turns = [("user" if n % 2 == 0 else "assistant", f"turn {n}") for n in range(201)]
    told = ask(*turns, persona=FULL)
    assert len(told) == 202
    assert told[0][0] == "system"
