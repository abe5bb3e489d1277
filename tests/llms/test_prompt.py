"""A persona as a language model is told of it."""

from __future__ import annotations

from comps.cores.proto.api_protocol import ChatCompletionRequest
from comps.cores.proto.avatar import Persona, Provenance
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


#: A card as describe drafts it.
DRAFTED = Persona(
    physicalDescription="A face with brown hair.",
    system_prompt="You are the character in a picture. Nobody has written your name yet. Never claim to be a real person.",
    provenance={"name": Provenance.BLANK, "physicalDescription": Provenance.SEEN, "system_prompt": Provenance.INVENTED},
)


def corrected(card: Persona, **fields: object) -> Persona:
    """``card`` as the page leaves it when its user changes ``fields``."""
    provenance = {**card.provenance, **dict.fromkeys(fields, Provenance.GIVEN)}
    return card.model_copy(update={**fields, "provenance": provenance})


def test_a_draft_is_told_as_it_was_drafted() -> None:
    assert system_prompt(DRAFTED) == DRAFTED.system_prompt


def test_what_a_user_corrected_in_a_draft_is_told() -> None:
    told = system_prompt(corrected(DRAFTED, name="Zelda", background=["She sails."], likes=["figs"]))
    assert all(word in told for word in ("You are Zelda", "She sails.", "figs", "brown hair", "Never claim to be a real person"))
    assert "Nobody has written your name" not in told


def test_a_stored_draft_of_which_only_the_looks_were_corrected_is_told_them() -> None:
    told = system_prompt(corrected(DRAFTED, physicalDescription="A face with red hair."))
    assert "red hair" in told
    assert "brown hair" not in told


def test_what_a_user_took_out_of_a_draft_is_not_told() -> None:
    draft = DRAFTED.model_copy(update={"system_prompt": "You have brown hair. Never claim to be a real person."})
    told = system_prompt(corrected(draft, physicalDescription=""))
    assert "brown" not in told
    assert "Never claim to be a real person" in told


def test_a_prompt_that_a_user_wrote_stays_whole_and_corrections_follow() -> None:
    wizard = Persona(name="Ana", system_prompt="You are a wizard.", likes=["tea"])
    assert system_prompt(wizard) == "You are a wizard."
    for card in (wizard, corrected(wizard, system_prompt="You are a wizard.")):
        told = system_prompt(corrected(card, name="Bea", background=[]))
        assert told.startswith("You are a wizard.\n\n")
        assert "Name: Bea." in told
        assert "tea" not in told
    assert system_prompt(corrected(wizard, likes=[])) == "You are a wizard."


def test_a_prompt_that_a_user_wrote_over_a_draft_is_his() -> None:
    assert system_prompt(corrected(DRAFTED, system_prompt="You are a wizard.")) == "You are a wizard."


def test_a_voice_is_not_told() -> None:
    assert system_prompt(corrected(DRAFTED, voice="an old sailor")) == DRAFTED.system_prompt


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
