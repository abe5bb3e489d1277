"""What running needs stays small: packages, landmarks and models."""

from __future__ import annotations

from benchmarks.installed import installed


def test_an_installation_that_runs_is_at_most_a_gigabyte() -> None:
    parts = installed()
    assert {"onnxruntime", "av", "pydantic-core", "models", "landmarks (mediapipe)"} <= parts.keys()
    assert sum(parts.values()) <= 1.0e9, parts
