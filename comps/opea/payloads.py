"""Requests and answers of OPEA 1.1's services, at the addresses where 1.2 and later have OpenAI's."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from pydantic import Field, model_validator

from comps.cores.proto.api_protocol import ChatCompletionRequest
from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.docarray import Base64ByteStrDoc
from comps.cores.proto.media import Media
from comps.opea.sentences import DONE


class SoundDoc(BaseDoc):
    """A recording as base64 text: what 1.1's asr is sent."""

    byte_str: Media = Field(min_length=1)


def sound_document(wav: bytes) -> Base64ByteStrDoc:
    """What 1.1's tts answers."""
    return Base64ByteStrDoc(byte_str=base64.b64encode(wav).decode())


class QueryOrChatRequest(ChatCompletionRequest):
    """OpenAI's request, or 1.1's: ``query`` with sampling parameters, streamed unless it says otherwise."""

    query: str | None = Field(None, min_length=1, max_length=100_000)

    @model_validator(mode="before")
    @classmethod
    def _of_a_query(cls, values: Any) -> Any:
        if not isinstance(values, dict) or "query" not in values or values.get("messages"):
            return values
        streams = values.get("streaming", values.get("stream", True))
        limit = values.get("max_new_tokens", values.get("max_tokens"))
        return {**values, "messages": values["query"], "stream": streams, "max_tokens": limit}


async def query_events(texts: AsyncIterator[str]) -> AsyncGenerator[str, None]:
    """1.1's stream: ``data: b'text'`` for each piece, and ``[DONE]``."""
    async for text in texts:
        if text:
            yield f"data: {text.encode()!r}\n\n"
    yield DONE
