"""The methods of OPEA's orchestrator that its users call or test, beside those that drive a graph."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from comps.cores.mega.dag import DAG
from comps.opea import sentences
from comps.opea.metrics import OrchestratorMetrics


class OrchestratorHelpers:
    """Mixed into ``ServiceOrchestrator``. Names, arguments and results are OPEA's (comps 1.5)."""

    metrics: OrchestratorMetrics

    def process_outputs(self, prev_nodes: list[str], result_dict: dict[str, Any]) -> dict[str, Any]:
        """The outputs of ``prev_nodes`` in one, later ones winning."""
        merged: dict[str, Any] = {}
        for node in prev_nodes:
            merged.update(result_dict[node])
        return merged

    def dump_outputs(self, node: str, response: Any, result_dict: dict[str, Any]) -> None:
        result_dict[node] = response

    def get_all_final_outputs(self, result_dict: dict[str, Any], runtime_graph: DAG) -> dict[str, Any]:
        return {leaf: result_dict[leaf] for leaf in runtime_graph.all_leaves()}

    def extract_chunk_str(self, chunk_str: str) -> str:
        return sentences.extract_chunk_str(chunk_str)

    def token_generator(
        self, sentence: str, token_start: float = 0.0, is_first: bool = False, is_last: bool = False
    ) -> Iterator[str]:
        """``sentence`` word by word as events. ``token_start``: when the token before it came (``time.time()``)."""
        token_start = token_start or time.time()
        for event in sentences.words(sentence):
            token_start = self.metrics.token_update(token_start, is_first)
            is_first = False
            yield event
        if is_last:
            yield sentences.DONE

    def wrap_iterable(self, iterable: Iterable[Any], is_first: bool = True) -> Iterator[Any]:
        """The items; OPEA traces each, here the node's requests are traced."""
        yield from iterable
