"""What a client asks of ``/v1/avatarchatbot``: OPEA's body works unchanged, ours says more."""

from __future__ import annotations

import base64
import re
from typing import Any

from pydantic import Field, field_serializer, field_validator, model_validator

from comps.cores.errors import BadInput
from comps.cores.proto.avatar import EngineName, Persona, Restore, Size, VideoProfile
from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.media import Media
from comps.cores.proto.wire import parse_json
from comps.cores.text.words import is_blank

#: Characters.
MAX_QUESTION = 5000
_ID = re.compile(r"^[0-9a-f]{16,64}$")


class Message(BaseDoc):
    """An earlier turn of the conversation, as in OpenAI's chat requests."""

    role: str = Field(pattern="^(system|user|assistant)$")
    content: str = Field(max_length=20_000)


class AvatarChatRequest(BaseDoc):
    """A question, spoken (``audio``) or typed (``text``), and who answers it."""

    audio: Media | None = Field(None, description="the question: any container and codec that FFmpeg reads")
    text: str | None = Field(
        None, min_length=1, max_length=MAX_QUESTION, description="the question, typed; then nothing is recognised"
    )
    avatar: str | bytes | None = Field(
        None,
        description="picture or clip: a file, base64, an http(s) URL, the id of a registered avatar, or the name of one of ours",
    )
    points: dict[str, list[tuple[float, float]]] | None = Field(None, description="side-car landmarks of the avatar")
    persona: Persona | str | None = Field(None, description="who answers: a card, or the id of a stored one")
    voice: str = Field(
        "default",
        max_length=500,
        description='a voice by name, by language ("German", "pt-BR"), or by description ("an old sailor")',
    )
    conversation_id: str | None = Field(None, pattern="^[0-9a-f]{16,64}$", description="continue this conversation")
    messages: str | list[Message] | None = Field(None, description="earlier turns, when the client keeps them itself")
    max_tokens: int | None = Field(None, ge=1, le=4096)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=1)
    stop: str | list[str] | None = None
    seed: int | None = Field(None, ge=0, lt=2**31)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    repetition_penalty: float | None = Field(None, gt=0)
    engine: EngineName | None = Field(None, description="who draws the face: an animation engine by name")
    restore: Restore | None = Field(None, description="what of the face is restored: none, mouth or face")
    size: Size | None = Field(None, description="width and height of the video, pixels")
    profile: VideoProfile = Field(
        default_factory=VideoProfile,
        description="size and codec settings of the video, and who draws it; ``engine``, ``restore`` and ``size`` go before it",
    )

    @field_serializer("avatar", when_used="json")
    def _media_as_text(self, value: str | bytes | None) -> str | None:
        return base64.b64encode(value).decode() if isinstance(value, bytes) else value

    @field_validator("audio", mode="before")
    @classmethod
    def _some_audio(cls, value: Any) -> Any:
        if value in ("", b""):
            raise ValueError("is empty")
        return value

    @field_validator("text")
    @classmethod
    def _some_text(cls, value: str | None) -> str | None:
        if value is not None and is_blank(value):
            raise ValueError("holds nothing that can be read")
        return value

    @field_validator("persona", mode="before")
    @classmethod
    def _card_as_text(cls, value: Any) -> Any:
        if isinstance(value, bytes):
            try:
                return parse_json(value)
            except ValueError:
                raise ValueError("is not valid JSON") from None
        return value

    @model_validator(mode="after")
    def _a_question(self) -> AvatarChatRequest:
        if self.audio is None and self.text is None and isinstance(self.messages, list):
            self._question_from_messages()
        elif self.audio is None and self.text is None and isinstance(self.messages, str) and self.messages:
            self.text, self.messages = _question(self.messages), None
        return self

    @model_validator(mode="after")
    def _drawn_as_asked(self) -> AvatarChatRequest:
        profile = self.profile.asked(engine=self.engine, restore=self.restore, size=self.size)
        if profile != self.profile:
            self.profile = profile
        return self

    def _question_from_messages(self) -> None:
        assert isinstance(self.messages, list)
        if self.messages and self.messages[-1].role == "user":
            self.text = _question(self.messages[-1].content)
            self.messages = self.messages[:-1]

    @property
    def sampling(self) -> dict[str, Any]:
        """The sampling parameters that the client gave."""
        names = ("max_tokens", "temperature", "top_p", "top_k", "stop", "seed", "frequency_penalty", "presence_penalty")
        return {name: value for name in (*names, "repetition_penalty") if (value := getattr(self, name)) is not None}


def _question(content: str) -> str:
    """The question that ``messages`` end with. Raises BadInput: pydantic would name no field."""
    if is_blank(content):
        raise BadInput("messages: end with a question that holds nothing to read", field="messages")
    if len(content) > MAX_QUESTION:
        raise BadInput(f"messages: end with a question of more than {MAX_QUESTION} characters", field="messages")
    return content


def is_id(value: str) -> bool:
    """Whether ``value`` looks like the id of a stored avatar or persona."""
    return bool(_ID.match(value))


def is_url(value: str) -> bool:
    return value.lower().startswith(("http://", "https://"))
