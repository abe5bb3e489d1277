"""What a choice of a chat completion holds: text, thoughts, a refusal, tool calls; whole or as a delta.

Shapes: OpenAI's "Chat completions"; ``reasoning_content`` of DeepSeek, vLLM, SGLang and llama.cpp, ``reasoning`` of OpenRouter,
Ollama and vLLM, ``thinking`` of others; content as a list of parts as Mistral's Magistral streams it; ``text`` of the older
completions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_THOUGHTS = ("reasoning_content", "reasoning", "thinking", "reasoning_details", "thinking_blocks")
_CALLS = ("tool_calls", "function_call")
_TEXTS = ("text", "output_text", "input_text")


@dataclass(frozen=True)
class Parts:
    """``refusal``: the model's own words."""

    text: str = ""
    refusal: str = ""
    has_thoughts: bool = False
    has_calls: bool = False


def parts_of(choice: dict[str, Any]) -> Parts:
    """What ``choice`` holds. What it does not have, or has as something else, counts as nothing."""
    message = choice.get("delta") or choice.get("message")
    if not isinstance(message, dict):
        message = {}
    content = message.get("content")
    if not content and isinstance(choice.get("text"), str):
        content = choice["text"]
    text, refusal, has_thoughts = _content(content)
    if isinstance(message.get("refusal"), str):
        refusal += message["refusal"]
    return Parts(
        text,
        refusal,
        has_thoughts or any(message.get(field) for field in _THOUGHTS),
        any(message.get(field) for field in _CALLS),
    )


def _content(content: Any) -> tuple[str, str, bool]:
    """Text, refusal, and whether there are thoughts."""
    if isinstance(content, str):
        return content, "", False
    parts = content if isinstance(content, list) else [content]
    texts: list[str] = []
    refusals: list[str] = []
    has_thoughts = False
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        if not isinstance(part, dict):
            continue
        kind = str(part.get("type") or "text")
        if kind in _TEXTS:
            texts.append(_text(part))
        elif kind == "refusal":
            refusals.append(str(part.get("refusal") or ""))
        elif kind in ("thinking", "reasoning", "redacted_thinking", "thought"):
            has_thoughts = True
    return "".join(texts), "".join(refusals), has_thoughts


def _text(part: dict[str, Any]) -> str:
    """The Assistants API wraps it once more: ``{"text": {"value": …}}``."""
    text = part.get("text")
    text = text.get("value") if isinstance(text, dict) else text
    return text if isinstance(text, str) else ""
