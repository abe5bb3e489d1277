"""The map in a file: whatever was put in is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comps.models.constant_map import ConstantMap, packed

_WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.dictionaries(_WORDS, _WORDS, max_size=50), st.lists(_WORDS, max_size=20))
def test_what_was_put_in_is_found_and_nothing_else(entries: dict[str, str], others: list[str]) -> None:
    made = ConstantMap(packed(entries.items()))
    assert {key: made.get(key) for key in entries} == entries
    assert all(made.get(key) == entries.get(key) for key in others)


def test_a_file_is_read_in_place(tmp_path: Path) -> None:
    (tmp_path / "map").write_bytes(packed([("a", "first"), ("a", "second"), ("é", "")]))
    made = ConstantMap.open(tmp_path / "map")
    assert (made.get("a"), made.get("é"), made.get("b"), made.get("\udcff")) == ("first", "", None, None)


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"something else")
    with pytest.raises(ValueError, match="no constant map"):
        ConstantMap.open(tmp_path / "other")
