"""Whether a model's chat template writes the mark that thoughts begin with: then the answer has only the one that ends them.

Servers that take thoughts out of the answer by themselves need no such question. Of the others some show how they write a
conversation for the model: llama.cpp (``/apply-template``), vLLM (``/tokenize``), TGI (``/chat_tokenize``).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

#: Asks the path below the server's root, with a document; None where it did not answer with another.
Ask = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any] | None]]

_OPENED = re.compile(
    r"(?:<(?:[a-z]{1,12}:)?(?:think|thinking|thought|reasoning)>|\[THINK\]|◁think▷|<\|START_THINKING\|>)\s*\Z", re.IGNORECASE
)
#: Models whose templates do so, by name: asked where the server does not show it.
_BY_NAME = re.compile(r"deepseek-?r1|\bqwq\b|thinking|reasoner|(?:^|[-/_])r1(?:[-:_]|$)", re.IGNORECASE)
_QUESTION = [{"role": "user", "content": "Hi"}]
#: Answers in a row without a sign of thoughts, after which it is believed no more.
_ENOUGH = 3
_MOST_MODELS = 100


@dataclass
class _Model:
    opens: bool | None = None
    is_asked: bool = False
    without: int = 0


class Templates:
    """What is known of the templates of a server's models."""

    def __init__(self) -> None:
        self._models: dict[str, _Model] = {}

    def _model(self, name: str) -> _Model:
        if name not in self._models and len(self._models) >= _MOST_MODELS:
            self._models.pop(next(iter(self._models)))
        return self._models.setdefault(name, _Model(opens=True if _BY_NAME.search(name) else None))

    def opens_thoughts(self, model: str) -> bool | None:
        """None: it is not known."""
        return self._model(model).opens

    async def learn(self, model: str, ask: Ask) -> None:
        """Ask the server, once."""
        known = self._model(model)
        if known.is_asked:
            return
        known.is_asked = True
        for path, document, prompt in (
            ("/apply-template", {"messages": _QUESTION}, _of_llama),
            ("/tokenize", {"model": model, "messages": _QUESTION, "return_token_strs": True}, _of_vllm),
            ("/chat_tokenize", {"model": model, "messages": _QUESTION}, _of_tgi),
        ):
            answer = await ask(path, document)
            text = prompt(answer) if answer is not None else ""
            if text:
                known.opens = bool(_OPENED.search(text))
                return

    def note(self, model: str, *, is_unopened: bool, is_separate: bool, is_plain: bool) -> None:
        """What an answer showed: thoughts that only ended (``is_unopened``), thoughts in a field of their own (``is_separate``),
        or none at all (``is_plain``).
        """
        known = self._model(model)
        if is_unopened:
            known.opens, known.without = True, 0
        elif is_separate:
            known.opens, known.without = False, 0
        elif is_plain and known.opens:
            known.without += 1
            if known.without >= _ENOUGH:
                known.opens, known.without = None, 0


def _of_llama(answer: dict[str, Any]) -> str:
    return str(answer.get("prompt") or "")


def _of_tgi(answer: dict[str, Any]) -> str:
    return str(answer.get("templated_text") or "")


def _of_vllm(answer: dict[str, Any]) -> str:
    """The last tokens, as the vocabulary writes them: Ġ for a space, Ċ for a line end."""
    tokens = answer.get("token_strs")
    last = "".join(map(str, tokens[-8:])) if isinstance(tokens, list) else ""
    return last.replace("Ġ", " ").replace("Ċ", "\n").replace("▁", " ")
