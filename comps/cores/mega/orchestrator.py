"""The megaservice: microservices wired into a graph, and one request driven through it.

Semantics are OPEA's (sources share the initial inputs, a node joins its predecessors' outputs, hooks align what goes in and
comes out), with structured concurrency: when a node fails or the caller leaves, everything else of that request stops.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from typing import Any

import anyio
from pydantic import BaseModel

from comps.cores.mega.client import NodeClient
from comps.cores.mega.constants import ServiceType
from comps.cores.mega.dag import DAG
from comps.cores.mega.micro_service import MicroService
from comps.cores.proto.docarray import LLMParams

log = logging.getLogger(__name__)

#: Told of a node's title, and how many of its requests are done of how many: first (0, n), at the end (n, n).
Progress = Callable[[str, int, int], None]


class ServiceOrchestrator(DAG):
    """``services`` by node name; ``add`` and ``flow_to`` build the graph, ``schedule`` drives a request through it."""

    def __init__(self) -> None:
        super().__init__()
        self.services: dict[str, MicroService] = {}
        self.client = NodeClient()

    def add(self, service: MicroService) -> ServiceOrchestrator:
        """Raises ValueError when a service of this name is there already."""
        if service.name in self.services:
            raise ValueError(f"service {service.name} is already in the graph")
        self.services[service.name] = service
        self.add_node(service.name)
        return self

    def flow_to(self, from_service: MicroService, to_service: MicroService) -> bool:
        """Add an edge; False (and a line in the log) when a node is unknown or the edge would close a cycle."""
        try:
            self.add_edge(from_service.name, to_service.name)
        except (KeyError, ValueError) as error:
            log.error("cannot connect %s to %s: %s", from_service.name, to_service.name, error)
            return False
        return True

    async def start(self) -> None:
        await self.client.start()

    async def stop(self) -> None:
        await self.client.stop()

    # Hooks: override in a subclass, or assign functions on the class as OPEA's documents show.

    def align_inputs(
        self, inputs: Any, cur_node: str, runtime_graph: DAG, llm_parameters_dict: dict[str, Any], **kwargs: Any
    ) -> Any:
        """What is sent to ``cur_node``, from its predecessors' merged outputs. For a node that maps: a list of requests."""
        return inputs

    def align_outputs(
        self, data: Any, cur_node: str, inputs: Any, runtime_graph: DAG, llm_parameters_dict: dict[str, Any], **kwargs: Any
    ) -> Any:
        """What ``cur_node`` passes on, from what it answered. For a node that maps: from the list of answers."""
        return data

    def provided(self, cur_node: str, initial_inputs: Any, **kwargs: Any) -> Any | None:
        """The output of ``cur_node`` where the request already holds it: then the node does not run."""
        return None

    async def schedule(
        self,
        initial_inputs: dict[str, Any] | BaseModel,
        llm_parameters: LLMParams | None = None,
        *,
        progress: Progress | None = None,
        **kwargs: Any,
    ) -> tuple[dict[str, Any], DAG]:
        """Run the graph; the outputs of all nodes by name, and the graph that was run. The first failure is raised."""
        run = _Run(self, initial_inputs, llm_parameters or LLMParams(), progress, kwargs)
        await run.run()
        return run.results, run.graph

    async def execute(self, cur_node: str, inputs: Any, progress: Progress | None = None) -> Any:
        """Call one node with aligned inputs: once, or for a node that maps once for each of the inputs, in order."""
        service = self.services[cur_node]
        if not service.map_over:
            return await self.client.call(service, inputs)
        return await self._map(service, list(inputs), progress)

    async def _map(self, service: MicroService, requests: list[Any], progress: Progress | None) -> list[Any]:
        results: list[Any] = [None] * len(requests)
        slots = anyio.CapacityLimiter(service.max_parallel)
        done = 0
        if progress:
            progress(service.title, done, len(requests))

        async def one(index: int) -> None:
            nonlocal done
            async with slots:
                results[index] = await self.client.call(service, requests[index])
            done += 1
            if progress:
                progress(service.title, done, len(requests))

        async with anyio.create_task_group() as tasks:
            for index in range(len(requests)):
                tasks.start_soon(one, index)
        return results


class _Run:
    """One request on its way through the graph."""

    def __init__(
        self,
        orchestrator: ServiceOrchestrator,
        initial_inputs: Any,
        llm_parameters: LLMParams,
        progress: Progress | None,
        kwargs: dict[str, Any],
    ) -> None:
        self._orchestrator = orchestrator
        self._initial = initial_inputs.model_dump() if isinstance(initial_inputs, BaseModel) else initial_inputs
        self._llm_parameters = llm_parameters.model_dump(exclude={"id"})
        self._progress = progress
        self._kwargs = kwargs
        self.graph = orchestrator.copy_graph()
        self.results: dict[str, Any] = {}

    async def run(self) -> None:
        done = {node: anyio.Event() for node in self.graph.graph}
        try:
            async with anyio.create_task_group() as tasks:
                for node in self.graph.graph:
                    tasks.start_soon(self._node, node, done)
        except BaseExceptionGroup as group:
            raise first_error(group) from None

    async def _node(self, node: str, done: dict[str, anyio.Event]) -> None:
        for predecessor in self.graph.predecessors(node):
            await done[predecessor].wait()
        given = self._orchestrator.provided(node, self._initial, **self._kwargs)
        self.results[node] = await self._call(node) if given is None else given
        done[node].set()

    async def _call(self, node: str) -> Any:
        orchestrator, service = self._orchestrator, self._orchestrator.services[node]
        if self._progress and not service.map_over:
            self._progress(service.title, 0, 1)
        inputs = self._inputs(node)
        if service.service_type in (ServiceType.LLM, ServiceType.LVM):
            inputs = {**inputs, **{key: value for key, value in self._llm_parameters.items() if value is not None}}
        aligned = await _settled(orchestrator.align_inputs(inputs, node, self.graph, self._llm_parameters, **self._kwargs))
        data = await orchestrator.execute(node, aligned, self._progress)
        output = await _settled(orchestrator.align_outputs(data, node, inputs, self.graph, self._llm_parameters, **self._kwargs))
        if self._progress and not service.map_over:
            self._progress(service.title, 1, 1)
        return output

    def _inputs(self, node: str) -> dict[str, Any]:
        """The predecessors' outputs merged in graph order, later ones winning; for a source the request itself."""
        predecessors = self.graph.predecessors(node)
        if not predecessors:
            return dict(self._initial)
        merged: dict[str, Any] = {}
        for predecessor in predecessors:
            merged.update(self.results[predecessor])
        return merged


async def _settled(value: Any) -> Any:
    """Hooks may be plain functions or coroutines."""
    return await value if inspect.isawaitable(value) else value


def first_error(group: BaseExceptionGroup[Any]) -> BaseException:
    """The first error of a task group's: the others are siblings that were stopped because of it."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
