"""Moonshine tiny (Useful Sensors; Jeffries et al. 2024): English speech to tokens, by greedy decoding.

An encoder of raw sound and a decoder with a cache, int8, both on onnxruntime. Trained on up to 30 s; the cost of both grows with
the square of the length.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from comps.cores.onnx import session
from comps.cores.workers.cancel import flag

RATE = 16_000
#: The encoder's convolutions need this many samples.
_SHORTEST = 1_600
_BEGIN, _END = 1, 2
#: Tokens from here on are not text.
_TEXT = 32_000
_HEADS, _HEAD = 8, 36
#: As fast as anybody speaks, tokens a second; more is an invention.
_TOKENS_A_SECOND, _TOKENS_MORE = 6.5, 8

Floats = NDArray[np.float32]


class Decoded(NamedTuple):
    """``tokens`` without the end; ``logprobs``: natural logarithm of each one's probability, and of the end's.

    ``is_whole``: the end was reached before the bound on tokens.
    """

    tokens: list[int]
    logprobs: list[float]
    is_whole: bool


class MoonshineModel:
    def __init__(self, folder: Path) -> None:
        self._encoder = session(folder / "encoder_model.ort")
        self._decoder = session(folder / "decoder_model_merged.ort")
        self._pieces = pieces((folder / "tokenizer.bin").read_bytes())
        self._present = [output.name for output in self._decoder.get_outputs()][1:]
        self._past = [name.replace("present", "past_key_values") for name in self._present]

    def decode(self, sound: Floats, draft: Sequence[int] = ()) -> Decoded:
        """What float32 [n] at 16 kHz, −1 … 1, says. Raises Cancelled.

        ``draft``: tokens that are probably right, as of a shorter recording. They are checked in one step and kept as far as
        the model would have chosen them: the result is the same with any draft, and comes sooner with a good one.
        """
        fixed, past = self._encoded(sound)
        most = _most_tokens(sound)
        draft = list(draft[:most])
        logits, past = self._step([_BEGIN, *draft], fixed, past, first=True)
        chosen = logits.argmax(axis=1)
        kept = next((at for at, token in enumerate(draft) if token != chosen[at]), len(draft))
        past = {name: value[:, :, : kept + 1] if ".decoder." in name else value for name, value in past.items()}
        tokens = [*draft[:kept], int(chosen[kept])]
        logprobs = [_logprob(logits[at], token) for at, token in enumerate(tokens)]
        while tokens[-1] != _END and len(tokens) < most:
            flag.check()
            logits, past = self._step(tokens[-1:], fixed, past, first=False)
            tokens.append(int(logits[0].argmax()))
            logprobs.append(_logprob(logits[0], tokens[-1]))
        is_whole = tokens[-1] == _END
        return Decoded(tokens[:-1] if is_whole else tokens, logprobs, is_whole)

    def decode_together(self, sounds: Sequence[Floats]) -> Decoded:
        """What several cuts of the same sound say: each token is the likeliest in all of them, by the mean logarithm of its
        probability. Where the model is not sure, a cut of 0.1 s more or less changes the words. Raises Cancelled.
        """
        cuts = [self._encoded(sound) for sound in sounds]
        most = max(map(_most_tokens, sounds))
        tokens, logprobs = [_BEGIN], list[float]()
        while tokens[-1] != _END and len(tokens) <= most:
            flag.check()
            steps = [self._step(tokens[-1:], fixed, past, first=len(tokens) == 1) for fixed, past in cuts]
            cuts = [(fixed, past) for (fixed, _), (_, past) in zip(cuts, steps, strict=True)]
            # The mean of the logits is that of the logarithms, but for a constant.
            mean = np.mean([logits[0] for logits, _ in steps], axis=0)
            tokens.append(int(mean.argmax()))
            logprobs.append(_logprob(mean, tokens[-1]))
        is_whole = tokens[-1] == _END
        return Decoded(tokens[1:-1] if is_whole else tokens[1:], logprobs, is_whole)

    def _encoded(self, sound: Floats) -> tuple[dict[str, Any], dict[str, Floats]]:
        """The decoder's inputs that stay the same for a sound, and an empty cache. Raises Cancelled."""
        sound = np.pad(sound, (0, max(0, _SHORTEST - len(sound))))[None]
        heard = np.ones(sound.shape, np.int64)
        flag.check()
        (hidden,) = self._encoder.run(None, {"input_values": sound, "attention_mask": heard})
        # Longer than the sound lasts: its mask has a place for every sample.
        fixed = {"encoder_hidden_states": hidden, "encoder_attention_mask": heard}
        return fixed, {name: np.zeros((1, _HEADS, 0, _HEAD), np.float32) for name in self._past}

    def text(self, tokens: Sequence[int]) -> str:
        joined = b"".join(self._pieces[token] for token in tokens).decode("utf-8", "replace")
        return joined.replace("\u2581", " ").strip()

    def _step(
        self, tokens: Sequence[int], fixed: dict[str, Any], past: dict[str, Floats], *, first: bool
    ) -> tuple[Floats, dict[str, Floats]]:
        """Logits float32 [len(tokens), 32000] of what follows each token, and the cache with them in it.

        The first step fills the cache of the sound, the others leave it out.
        """
        asked = {"input_ids": np.array([tokens], np.int64), "use_cache_branch": np.array([not first])}
        logits, *present = self._decoder.run(None, {**asked, **fixed, **past})
        new = {name: value for name, value in zip(self._past, present, strict=True) if first or ".decoder." in name}
        return logits[0, :, :_TEXT], {**past, **new}


def _most_tokens(sound: Floats) -> int:
    return int(max(len(sound), _SHORTEST) / RATE * _TOKENS_A_SECOND) + _TOKENS_MORE


def _logprob(logits: Floats, token: int) -> float:
    most = logits.max()
    return float(logits[token] - most - np.log(np.exp(logits - most).sum()))


def pieces(data: bytes) -> list[bytes]:
    """The tokenizer's file: each piece of text after its length, of one byte below 128, or of two."""
    found: list[bytes] = []
    at = 0
    while at < len(data):
        length = data[at]
        at += 1
        if length >= 128:
            length += 128 * data[at] - 128
            at += 1
        found.append(data[at : at + length])
        at += length
    return found
