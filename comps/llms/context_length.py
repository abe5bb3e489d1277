"""What a language model's server tells of how much its model reads at once, and how it counts tokens.

Sources: ``/v1/models`` of vLLM, SGLang (max_model_len), OpenRouter and Mistral; llama.cpp tools/server/README.md (``/props``,
``/tokenize``); TGI's OpenAPI (``/info``, ``/tokenize``); Ollama docs/api.md (``/api/ps``); LM Studio (``/api/v0/models``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

#: Tokens. Beyond, a server means "no limit".
_MOST = 1 << 24
#: What Ollama loads a model with, unless it is told otherwise, in the versions that do not tell: tokens.
_OLD_OLLAMA = 2048


@dataclass(frozen=True)
class ContextLength:
    """``tokens`` that question and answer may have together; 0: not told. ``prompt``: the most that the question alone may have;
    0: as many. ``server``: whose words these were; "" where that is unknown.
    """

    tokens: int = 0
    prompt: int = 0
    server: str = ""


UNKNOWN = ContextLength()

#: Members of a model's entry in ``/v1/models`` that hold its context length, and whose they are.
_ENTRY = {
    "max_model_len": "vllm",
    "loaded_context_length": "lmstudio",
    "context_length": "",
    "context_window": "",
    "max_context_length": "",
}


def of_entry(entry: dict[str, Any]) -> ContextLength:
    """From a model's entry in ``/v1/models``."""
    for name, server in _ENTRY.items():
        if tokens := _count(entry.get(name)):
            return ContextLength(tokens, server=server)
    return UNKNOWN


def of_props(document: Any, model: str) -> ContextLength:
    """From llama.cpp's ``/props``: of one of its slots."""
    settings = _members(_members(document).get("default_generation_settings"))
    tokens = _count(settings.get("n_ctx"))
    return ContextLength(tokens, server="llama.cpp") if tokens else UNKNOWN


def of_info(document: Any, model: str) -> ContextLength:
    """From TGI's ``/info``."""
    document = _members(document)
    tokens = _count(document.get("max_total_tokens"))
    prompt = _count(document.get("max_input_tokens")) or _count(document.get("max_input_length"))
    return ContextLength(tokens, prompt, "tgi") if tokens else UNKNOWN


def of_running(document: Any, model: str) -> ContextLength:
    """From Ollama's ``/api/ps``: a model that has been loaded has the context that it was loaded with. Ollama cuts what is longer
    and says nothing; old versions do not tell how long that is.
    """
    for entry in _entries(document, "models"):
        if {model, f"{model}:latest"} & {entry.get("name"), entry.get("model")}:
            return ContextLength(_count(entry.get("context_length")) or _OLD_OLLAMA, server="ollama")
    return UNKNOWN


def of_loaded(document: Any, model: str) -> ContextLength:
    """From LM Studio's ``/api/v0/models``."""
    for entry in _entries(document, "data"):
        if entry.get("id") == model and (tokens := _count(entry.get("loaded_context_length"))):
            return ContextLength(tokens, server="lmstudio")
    return UNKNOWN


#: Path beside ``/v1`` → what its answer tells of a model.
ASKED: dict[str, Callable[[Any, str], ContextLength]] = {
    "/props": of_props,
    "/info": of_info,
    "/api/ps": of_running,
    "/api/v0/models": of_loaded,
}


def tokenize_request(server: str, model: str, text: str) -> dict[str, Any] | None:
    """The body of ``POST /tokenize`` at ``server``; None where it has no such route."""
    match server:
        case "llama.cpp":
            return {"content": text}
        case "vllm":
            return {"model": model, "prompt": text}
        case "tgi":
            return {"inputs": text}
    return None


def tokenized(answer: Any) -> int:
    """How many tokens an answer of ``/tokenize`` counts; 0 where it tells nothing."""
    if isinstance(answer, list):
        return len(answer)
    tokens = _members(answer).get("tokens")
    return _count(_members(answer).get("count")) or (len(tokens) if isinstance(tokens, list) else 0)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MOST else 0


def _members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _entries(document: Any, name: str) -> list[dict[str, Any]]:
    entries = _members(document).get(name)
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
