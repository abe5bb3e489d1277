"""OpenAI's chat documents under OPEA's names (OPEA comps 1.5, ``api_protocol``; OpenAI API reference, "Chat completions")."""

from __future__ import annotations

import time
import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from comps.cores.errors import BadInput
from comps.cores.proto.avatar import Persona
from comps.cores.proto.base_doc import BaseDoc

#: Why an answer ended. ``length``: it was as long as answers may be; ``content_filter``: the model's server held it back;
#: ``timeout``: the request's time was over, and the answer was cut there.
FinishReason = Literal["stop", "length", "content_filter", "timeout"]
#: What the llm service says to OpenAI's clients. ``tool_calls``: the model called tools and said nothing.
ModelFinishReason = FinishReason | Literal["tool_calls"]


#: Messages of a conversation that are read.
MAX_MESSAGES = 1000
_SYSTEM = ("system", "developer")


def _as_messages(value: Any) -> Any:
    """OPEA lets ``messages`` be one string: the user's question. Of more than ``MAX_MESSAGES`` only the newest are read, and the
    system's before them."""
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    if not isinstance(value, list) or len(value) <= MAX_MESSAGES:
        return value
    system = [message for message in value[:-MAX_MESSAGES] if isinstance(message, dict) and message.get("role") in _SYSTEM]
    return [*system, *value[-MAX_MESSAGES:]]


#: Content parts that no engine here reads.
_UNREAD_PARTS = ("image_url", "input_audio", "video_url", "file")


def _as_text(value: Any) -> Any:
    """OpenAI's content parts → their text. Raises PydanticCustomError that names the part for any other than text."""
    if not isinstance(value, list):
        return value
    for number, part in enumerate(value):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind != "text" or not isinstance(part.get("text"), str):
            named = f" ({kind})" if kind in _UNREAD_PARTS else ""
            raise PydanticCustomError(
                "only_text", "part {part} is no text{named}, and nothing else is read", {"part": number, "named": named}
            )
    return "".join(part["text"] for part in value)


#: OpenAI's parameters that would change what an answer is, and that nothing here honours.
_REFUSED = {
    "tools": "the model is given no tools here",
    "functions": "the model is given no functions here",
    "audio": "answers are text; /v1/audio/speech speaks them",
    "logprobs": "log probabilities are not told",
    "top_logprobs": "log probabilities are not told",
    "logit_bias": "tokens cannot be weighed",
    "web_search_options": "nothing is looked up in the web",
}


def _check_honoured(values: Any) -> Any:
    """Raises BadInput that names the parameter."""
    if isinstance(values, dict):
        for name, reason in _REFUSED.items():
            if values.get(name):
                raise BadInput(f"{name}: {reason}", field=name)
        if values.get("modalities") not in (None, [], ["text"]):
            raise BadInput(f"modalities: {_REFUSED['audio']}", field="modalities")
        n = values.get("n")
        if isinstance(n, int) and n > 1:
            raise BadInput("n: one answer is made for a request", field="n")
    return values


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class ChatMessage(BaseModel):
    """One message of a conversation. ``content`` may be given as a list of text parts."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str, BeforeValidator(_as_text)] = Field(max_length=100_000)


class StreamOptions(BaseModel):
    include_usage: bool = False


class ChatCompletionRequest(BaseDoc):
    """A conversation to be continued. ``persona`` is our extension: who answers.

    A sampling parameter that is not given is left to the engine: nothing is invented for it.
    """

    messages: Annotated[list[ChatMessage], BeforeValidator(_as_messages)] = Field(min_length=1, max_length=2 * MAX_MESSAGES)
    model: str | None = Field(None, max_length=500)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=-1)
    n: int | None = Field(1, ge=1, le=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    stop: Annotated[list[Annotated[str, Field(min_length=1, max_length=500)]] | None, BeforeValidator(_as_list)] = Field(
        None, max_length=4
    )
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    repetition_penalty: float | None = Field(None, gt=0)
    seed: int | None = None
    user: str | None = Field(None, max_length=500)
    response_format: dict[str, JsonValue] | None = None
    persona: Persona | None = None

    _honoured = model_validator(mode="before")(_check_honoured)

    @property
    def token_limit(self) -> int | None:
        """The most tokens of an answer; ``max_completion_tokens`` is OpenAI's newer name and wins."""
        return self.max_completion_tokens or self.max_tokens


class UsageInfo(BaseModel):
    """Tokens read and written."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0


class ChatCompletionResponseChoice(BaseModel):
    index: int = 0
    message: ChatMessage
    finish_reason: ModelFinishReason | None = None


def _chat_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"


def _now() -> int:
    return int(time.time())


class ChatCompletionResponse(BaseModel):
    """A whole answer. ``system_fingerprint`` names the engine that made it."""

    id: str = Field(default_factory=_chat_id)
    object: Literal["chat.completion"] = "chat.completion"
    created: int = Field(default_factory=_now)
    model: str
    choices: list[ChatCompletionResponseChoice]
    usage: UsageInfo = Field(default_factory=UsageInfo)
    system_fingerprint: str | None = None


class DeltaMessage(BaseModel):
    """What a chunk of a stream adds. ``taken_back`` is our extension: all before it were the model's thoughts."""

    role: Literal["assistant"] | None = None
    content: str | None = None
    taken_back: Literal[True] | None = None


class ChatCompletionResponseStreamChoice(BaseModel):
    index: int = 0
    delta: DeltaMessage
    finish_reason: ModelFinishReason | None = None


class ChatCompletionStreamResponse(BaseModel):
    """One chunk of a streamed answer; all chunks of an answer share ``id`` and ``created``."""

    id: str = Field(default_factory=_chat_id)
    object: Literal["chat.completion.chunk"] = "chat.completion.chunk"
    created: int = Field(default_factory=_now)
    model: str
    choices: list[ChatCompletionResponseStreamChoice]
    usage: UsageInfo | None = None
    system_fingerprint: str | None = None


class AudioChatCompletionRequest(BaseDoc):
    """A question asked aloud: ``audio`` is base64 of a file that ffmpeg reads. Defaults are OPEA's."""

    audio: str
    messages: str | list[dict[str, Any]] | None = None
    voice: str = "default"
    model: str | None = "Intel/neural-chat-7b-v3-3"
    temperature: float | None = 0.01
    top_p: float | None = 0.95
    top_k: int | None = 10
    n: int | None = 1
    max_tokens: int | None = 1024
    stop: str | list[str] | None = None
    stream: bool | None = False
    presence_penalty: float | None = 0.0
    frequency_penalty: float | None = 0.0
    repetition_penalty: float | None = 1.03
    user: str | None = None


class AudioTranscriptionResponse(BaseDoc):
    text: str


class AudioSpeechRequest(BaseDoc):
    """OpenAI's request for speech, with OPEA's defaults."""

    input: str
    model: str | None = "microsoft/speecht5_tts"
    voice: str | None = "default"
    response_format: str | None = "mp3"
    speed: float | None = 1.0


class ModelCard(BaseModel):
    """A model that can be asked for."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "avatarchatbot"


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelCard] = Field(default_factory=list)
