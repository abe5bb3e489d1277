"""OpenAI's messages as one prompt, as OPEA's gateways make it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def handle_message(messages: str | Iterable[dict[str, Any]]) -> str | tuple[str, list[str]]:
    """``"<system prompt>\\nuser: …\\nassistant: …\\n"``; with pictures a pair of it and their addresses or base64 texts.

    Every message is kept, where OPEA keeps the last of each role; pictures are handed on as they were named, not fetched: a
    service that fetches whatever address a client names can be led to its neighbours. Raises ValueError for an unknown role.
    """
    if isinstance(messages, str):
        return messages
    system, lines, pictures = "", "", []
    for message in messages:
        text, named = _content(message["content"])
        pictures += named
        match message["role"]:
            case "system":
                system = text
            case "user" | "assistant" as role:
                lines += f"{role}: {text}\n" if text else f"{role}:"
            case role:
                raise ValueError(f"Unknown role: {role}")
    prompt = f"{system}\n{lines}" if system else lines
    return (prompt, pictures) if pictures else prompt


def _content(content: str | list[dict[str, Any]]) -> tuple[str, list[str]]:
    if isinstance(content, str):
        return content, []
    texts = [part["text"] for part in content if part["type"] == "text"]
    return "\n".join(texts), [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
