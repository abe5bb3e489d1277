"""The graph of a megaservice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comps.cores.mega.dag import DAG


def _graph(edges: dict[str, list[str]]) -> DAG:
    dag = DAG()
    dag.from_dict(edges)
    return dag


def test_order_predecessors_and_leaves() -> None:
    dag = _graph({"asr": ["llm"], "describe": ["llm"], "llm": ["tts"], "tts": []})
    assert dag.topological_sort() == ["asr", "describe", "llm", "tts"]
    assert dag.predecessors("llm") == ["asr", "describe"]
    assert (dag.ind_nodes(), dag.all_leaves()) == (["asr", "describe"], ["tts"])
    assert dag.all_downstreams("asr") == ["llm", "tts"]


@pytest.mark.parametrize(
    ("graph", "chain"),
    [
        ({"b": [], "a": ["b"]}, ["a", "b"]),
        ({"a": []}, ["a"]),
        ({"a": [], "b": []}, None),
        ({"a": ["b", "c"], "b": [], "c": []}, None),
        ({"a": ["c"], "b": ["c"], "c": []}, None),
        ({}, None),
    ],
)
def test_a_chain_is_one_after_the_other(graph: dict[str, list[str]], chain: list[str] | None) -> None:
    assert _graph(graph).chain() == chain


def test_cycles_unknown_and_double_nodes_are_refused() -> None:
    dag = _graph({"a": ["b"], "b": []})
    with pytest.raises(ValueError, match="cycle"):
        dag.add_edge("b", "a")
    with pytest.raises(ValueError, match="cycle"):
        dag.add_edge("a", "a")
    with pytest.raises(KeyError):
        dag.add_edge("a", "c")
    with pytest.raises(KeyError):
        dag.add_node("a")
    with pytest.raises(KeyError):
        dag.delete_edge("b", "a")


def test_deleting_a_node_deletes_its_edges_and_leaves_copies_alone() -> None:
    dag = _graph({"a": ["b"], "b": ["c"], "c": []})
    copy = dag.copy_graph()
    dag.delete_node("b")
    assert dag.downstream("a") == []
    assert copy.downstream("a") == ["b"]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=40))
def test_whatever_is_accepted_stays_acyclic(edges: list[tuple[int, int]]) -> None:
    dag = DAG()
    for node in range(9):
        dag.add_node(str(node))
    for source, target in edges:
        try:
            dag.add_edge(str(source), str(target))
        except ValueError:
            continue
        order = dag.topological_sort()
        assert order.index(str(source)) < order.index(str(target))
    assert dag.validate() == (True, "valid")
