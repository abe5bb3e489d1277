"""Who answers, as a language model is told: a persona becomes the system message of a conversation."""

from __future__ import annotations

import functools
from importlib import resources

from comps.cores.proto.api_protocol import ChatCompletionRequest, ChatMessage
from comps.cores.proto.avatar import Persona, Provenance

#: Vid2Persona's fields in the order they are told, with the words that introduce them.
_SECTIONS = (
    ("physicalDescription", "Appearance"),
    ("personalityTraits", "Personality"),
    ("likes", "Likes"),
    ("dislikes", "Dislikes"),
    ("background", "Background"),
    ("goals", "Goals"),
    ("relationships", "Relationships"),
)
_FIELDS = tuple(field for field, _ in _SECTIONS)
_MANNER = (
    "Stay in character and never contradict this profile. If you are asked something about yourself that it does not say, "
    "say that you would rather not tell, or do not know. Your words are spoken aloud: answer in one to three short sentences "
    "of plain speech, without lists, headings, markup or emoji, in the language of the question."
)


@functools.cache
def default_persona() -> Persona:
    """The project's own host, who answers where no persona is given."""
    text = resources.files("comps.llms").joinpath("default_persona.json").read_text(encoding="utf-8")
    return Persona.model_validate_json(text)


#: Ends the prompt of a card that was drafted from a picture, which may show a real person.
_DRAFTED = (
    "You are a character made from a picture; what this profile leaves out is unwritten, and you may say so lightly. "
    "Never claim to be a real person."
)


def system_prompt(persona: Persona) -> str:
    """The system message for ``persona``: its own ``system_prompt`` where it has one, else one made of its fields.

    What a user corrected (provenance "given") always reaches the model: a prompt that a program drafted is then replaced by one
    made of the fields; a prompt that somebody wrote stays, and the corrected fields follow it. Empty for a persona that says
    nothing.
    """
    own = persona.system_prompt.strip()
    corrected = [field for field in ("name", *_FIELDS) if persona.provenance.get(field) is Provenance.GIVEN]
    if not own:
        return _told(persona)
    if not corrected:
        return own
    if persona.provenance.get("system_prompt", Provenance.GIVEN) is Provenance.GIVEN:
        return "\n\n".join([own, *_corrections(persona, corrected)])
    return f"{_told(persona) or _MANNER}\n{_DRAFTED}"


def _told(persona: Persona) -> str:
    """A prompt made of the fields."""
    sections = [line for field, title in _SECTIONS if (line := _section(title, getattr(persona, field)))]
    name = persona.name.strip()
    if not sections and not name:
        return ""
    role = f"You are {name}. You speak as {name}, in the first person." if name else "You are the person described here."
    profile = ["Your profile:", *sections] if sections else []
    return "\n".join([role, *profile, _MANNER])


def _corrections(persona: Persona, fields: list[str]) -> list[str]:
    """What was corrected and is not empty, as one paragraph; none where that is nothing."""
    titles = {"name": "Name", **dict(_SECTIONS)}
    lines = [line for field in fields if (line := _section(titles[field], getattr(persona, field)))]
    return ["\n".join(["Where it differs from the above, this holds:", *lines])] if lines else []


def _section(title: str, value: str | list[str]) -> str:
    entries = [value] if isinstance(value, str) else value
    text = " ".join(_sentence(entry) for entry in entries if entry.strip())
    return f"- {title}: {text}" if text else ""


def _sentence(entry: str) -> str:
    entry = " ".join(entry.split())
    return entry if entry.endswith((".", "!", "?")) else entry + "."


def instructions(request: ChatCompletionRequest) -> str:
    """What the request's own system messages say."""
    return "\n\n".join(message.content for message in request.messages if message.role in ("system", "developer"))


def speaker(request: ChatCompletionRequest) -> Persona:
    """Who answers: the request's persona, else the character that its system messages describe, else the project's host."""
    if request.persona is not None:
        return request.persona
    given = instructions(request)
    return Persona(system_prompt=given[:20_000]) if given.strip() else default_persona()


def conversation(request: ChatCompletionRequest) -> list[ChatMessage]:
    """The messages for a language model: one system message first (many chat templates allow only one), then the turns."""
    given = instructions(request)
    persona = system_prompt(speaker(request)) if request.persona is not None or not given else ""
    system = "\n\n".join(part for part in (persona, given) if part)
    turns = [message for message in request.messages if message.role in ("user", "assistant")]
    return [ChatMessage(role="system", content=system), *turns] if system else turns
