"""What OPEA's orchestrator sends on from a language model: text in sentences, and words as events of its own kind."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator

_ENDS = ".?!。，！"
#: A sentence's end, if it stands before a space or where a chunk ended.
_END = re.compile(rf"[{_ENDS}]+")
#: Characters of what is no sentence.
_LONGEST = 8000
_WORD = re.compile(r"\s?\S+\s?")
DONE = "data: [DONE]\n\n"


def extract_chunk_str(chunk: str) -> str:
    """The text in ``data: b'text'\\n\\n``; nothing in ``[DONE]``; any other chunk as it is."""
    if chunk == DONE:
        return ""
    if chunk.startswith(("data: b'", 'data: b"')):
        chunk = chunk[len("data: b'") :]
    if chunk.endswith(("'\n\n", '"\n\n')):
        chunk = chunk[: -len("'\n\n")]
    return chunk


def words(sentence: str) -> Iterator[str]:
    """``data: b'word '\\n\\n`` for each word."""
    for word in _WORD.findall(sentence):
        yield f"data: {word.replace(chr(92) + 'n', chr(10)).encode()!r}\n\n"


def text_of(chunk: str) -> str:
    """The text in a piece of a model's answer: plain, in OPEA's events or in OpenAI's."""
    if not chunk.startswith("data:"):
        return chunk
    return "".join(_event_text(event) for event in chunk.split("\n\n") if event.strip())


def _event_text(event: str) -> str:
    data = event.removeprefix("data:").strip()
    if data == "[DONE]":
        return ""
    if data.startswith("{"):
        try:
            choices = json.loads(data).get("choices") or [{}]
        except ValueError:
            return ""
        return str((choices[0].get("delta") or choices[0]).get("content") or choices[0].get("text") or "")
    return extract_chunk_str(f"{event}\n\n")


async def sentences(pieces: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    """The sentences of a streamed answer, each as soon as it is whole; at its end ``DONE`` where the model said so."""
    decoder, buffer, done = codecs.getincrementaldecoder("utf-8")("replace"), "", False
    async for piece in pieces:
        text = decoder.decode(piece).replace("\r\n", "\n")
        done = done or text.endswith(DONE)
        searched = len(buffer)
        buffer += text_of(text)
        found, buffer = _whole(buffer, searched)
        for sentence in found:
            yield sentence
    if buffer.strip():
        yield buffer
    if done:
        yield DONE


def _whole(buffer: str, searched: int) -> tuple[list[str], str]:
    """The sentences in ``buffer``, and what is left. In its first ``searched`` characters none ends."""
    found, cut = [], 0
    for end in _END.finditer(buffer, searched):
        if end.end() == len(buffer) or buffer[end.end()].isspace():
            found.append(buffer[cut : end.end()])
            cut = end.end()
    # A text without ends is passed on all the same, so that what waits here has a bound.
    while len(buffer) - cut > _LONGEST:
        found.append(buffer[cut : cut + _LONGEST])
        cut += _LONGEST
    return found, buffer[cut:]
