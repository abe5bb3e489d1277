"""What OpenAI's clients and OPEA 1.1's send to ``/v1/audio/transcriptions`` and ``/v1/audio/speech`` (OpenAI API, "Audio").

The gateway and the services behind it read them alike. What is not honoured here is refused by its name.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, JsonValue, field_validator, model_validator

from comps.cores.errors import BadInput
from comps.cores.proto import sse
from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.media import Media

TranscriptionFormat = Literal["json", "text", "srt", "vtt", "verbose_json"]
SpeechFormat = Literal["mp3", "opus", "aac", "flac", "wav", "pcm"]

#: What comes back, for OpenAPI.
TRANSCRIPTION_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, "text/plain": {}, "text/vtt": {}, "application/x-subrip": {}, sse.MEDIA_TYPE: {}}}
}
_SOUND = {"schema": {"type": "string", "format": "binary"}}
SPEECH_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, sse.MEDIA_TYPE: {}, "audio/*": _SOUND}}
}

#: Parameters of a transcription that ask for what no engine here tells.
_UNKNOWN_SPEAKERS = ("known_speaker_names", "known_speaker_references")


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class TranscriptionRequest(BaseDoc):
    """A recording: ``file`` as OpenAI's clients send it, or ``byte_str`` as OPEA 1.1's do.

    ``model`` is taken and ignored: there is one. ``prompt`` and ``temperature`` go to engines that know them.
    """

    file: Media | None = Field(None, min_length=1)
    byte_str: Media | None = Field(None, min_length=1)
    model: str = Field("", max_length=500)
    language: str | None = Field(None, max_length=100)
    prompt: str = Field("", max_length=20_000)
    temperature: float | None = Field(None, ge=0, le=1)
    response_format: TranscriptionFormat = "json"
    timestamp_granularities: Annotated[list[Literal["word", "segment"]], BeforeValidator(_as_list)] = Field(
        default_factory=list, max_length=2
    )
    stream: bool = False
    include: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list, max_length=10)
    chunking_strategy: JsonValue = None

    @model_validator(mode="before")
    @classmethod
    def _refuses_speakers(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for name in _UNKNOWN_SPEAKERS:
                if values.get(name):
                    raise BadInput(f"{name}: who speaks is not told apart here", field=name)
            if values.get("response_format") == "diarized_json":
                raise BadInput(
                    "response_format: diarized_json needs to know who speaks, which is not told here", field="response_format"
                )
        return values

    @field_validator("include")
    @classmethod
    def _has_no_more_to_tell(cls, value: list[str]) -> list[str]:
        if value:
            raise BadInput("include: log probabilities are not told here", field="include")
        return value

    @model_validator(mode="after")
    def _has_sound(self) -> TranscriptionRequest:
        if self.file is None and self.byte_str is None:
            raise BadInput("file: Field required", field="file")
        if self.stream and self.response_format not in ("json", "text"):
            raise BadInput(f"stream: {self.response_format} is made of the whole recording; json and text stream", field="stream")
        return self


def _voice_by_id(value: Any) -> Any:
    """OpenAI's custom voices are objects with an id."""
    return value["id"] if isinstance(value, dict) and value.keys() == {"id"} else value


class AudioSpeechRequest(BaseDoc):
    """OpenAI's request, or OPEA 1.1's (``text``).

    ``voice``: by name (OpenAI's too), by language, or by description. ``model`` is taken and ignored: the voice decides; so are
    ``instructions``, as by OpenAI's tts-1: no voice here can be told how to speak. ``stream_format``: the sound itself, or events
    with the sound in them.
    """

    input: str | None = Field(None, min_length=1, max_length=5000)
    text: str | None = Field(None, min_length=1, max_length=5000)
    model: str = Field("", max_length=500)
    voice: Annotated[str, BeforeValidator(_voice_by_id)] = Field(default="default", max_length=500)
    instructions: str = Field("", max_length=20_000)
    response_format: SpeechFormat = "mp3"
    stream_format: Literal["sse", "audio"] = "audio"
    speed: float = Field(default=1.0, ge=0.25, le=4.0)

    @model_validator(mode="after")
    def _has_text(self) -> AudioSpeechRequest:
        if self.input is None and self.text is None:
            raise BadInput("input: Field required", field="input")
        return self
