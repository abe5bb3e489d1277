"""Whether a model's chat template writes the mark that thoughts begin with: then the answer has only the one that ends them.

Some servers show how they write a conversation for the model: llama.cpp (``/apply-template``), vLLM (``/tokenize``), TGI
(``/chat_tokenize``). Only those that say who they are, as the owner of their models, are asked; of others it is known from what
their answers showed, or guessed from a model's name.
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
    owner: str = ""


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

    def note_owner(self, model: str, owner: str) -> None:
        """``owner``: ``owned_by`` of the model's entry in ``/v1/models``."""
        self._model(model).owner = owner

    async def learn(self, model: str, ask: Ask) -> None:
        """Ask the server, once, if it is one that answers."""
        known = self._model(model)
        way = _WAYS.get(known.owner)
        if known.is_asked or way is None:
            return
        known.is_asked = True
        path, document, prompt_of = way
        answer = await ask(path, {**document, "messages": _QUESTION, "model": model})
        if prompt := prompt_of(answer) if answer is not None else "":
            known.opens = bool(_OPENED.search(prompt))

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


#: Owner of a model → path, what is sent beside the conversation, and where in the answer the prompt is.
_WAYS: dict[str, tuple[str, dict[str, Any], Callable[[dict[str, Any]], str]]] = {
    "llamacpp": ("/apply-template", {}, _of_llama),
    "vllm": ("/tokenize", {"return_token_strs": True}, _of_vllm),
    "tgi": ("/chat_tokenize", {}, _of_tgi),
}
