"""OPEA's documents that an avatar chatbot passes on (OPEA comps 1.5, ``comps.cores.proto.docarray``).

The others of OPEA's are in ``comps.opea.documents``, and can be imported from here too.
"""

from __future__ import annotations

import importlib
from typing import Any

from pydantic import AliasChoices, Field

from comps.cores.proto.base_doc import BaseDoc


class TextDoc(BaseDoc):
    """Text, and patterns of downstream services that it must not reach."""

    text: str | list[str] = ""
    downstream_black_list: list[str] = Field(default_factory=list)


class Base64ByteStrDoc(BaseDoc):
    """A file as base64 text."""

    byte_str: str


class VideoPath(BaseDoc):
    """Where a video was put."""

    video_path: str


class Audio2TextDoc(BaseDoc):
    url: str | None = None
    model_name_or_path: str | None = "openai/whisper-small"
    language: str | None = "auto"


class GeneratedDoc(BaseDoc):
    text: str
    prompt: str


class LLMParams(BaseDoc):
    """Sampling parameters that an orchestrator merges into the input of every language model node.

    OPEA 1.1's name for ``stream`` was ``streaming``: both are read.
    """

    model: str | None = None
    max_tokens: int = 1024
    max_new_tokens: int = 1024
    top_k: int = 10
    top_p: float = 0.95
    typical_p: float = 0.95
    temperature: float = 0.01
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    repetition_penalty: float = 1.03
    stream: bool = Field(True, validation_alias=AliasChoices("stream", "streaming"))
    language: str = "auto"
    index_name: str | None = None
    chat_template: str | None = None


class LLMParamsDoc(LLMParams):
    """A prompt with its sampling parameters."""

    query: str
    documents: list[str] | None = Field(default_factory=list)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(importlib.import_module("comps.opea.documents"), name)
