"""The megaservice: microservices wired into a graph, and one request driven through it.

Semantics are OPEA's (sources share the initial inputs, a node joins its predecessors' outputs, hooks align what goes in and
comes out), with structured concurrency: when a node fails or the caller leaves, everything else of that request stops.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from pydantic import BaseModel

from comps.cores.errors import Problem
from comps.cores.mega.client import NodeClient
from comps.cores.mega.dag import DAG
from comps.cores.mega.first_error import first_error
from comps.cores.mega.micro_service import MicroService
from comps.cores.mega.run import MODELS, Run, fields_of, settled, with_parameters
from comps.cores.proto.docarray import LLMParams
from comps.opea.answer_stream import answer_stream, streams_into
from comps.opea.metrics import orchestrator_metrics
from comps.opea.orchestration import OrchestratorHelpers

log = logging.getLogger(__name__)

_DEFAULTS = LLMParams()


class ServiceOrchestrator(OrchestratorHelpers, DAG):
    """``services`` by node name; ``add`` and ``flow_to`` build the graph; ``stream`` drives a request through it and tells what
    happens, ``schedule`` drives it to the end.

    A node is *unary* (one request, one answer), a *stream* (one request, many items: ``MicroService.streams``) or a *map* (many
    requests, each answered: ``map_over``). It joins any number of unary predecessors and at most one of the others, whose items
    a map takes one by one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.services: dict[str, MicroService] = {}
        self.client = NodeClient()
        self.metrics = orchestrator_metrics()

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
        """What is sent to ``cur_node``, from its predecessors' merged outputs. For a map without a feed: a list of requests."""
        return inputs

    def align_outputs(
        self, data: Any, cur_node: str, inputs: Any, runtime_graph: DAG, llm_parameters_dict: dict[str, Any], **kwargs: Any
    ) -> Any:
        """What ``cur_node`` passes on, from what it answered. For a map: from each of its answers, in order."""
        return data

    def align_failure(self, error: Problem, cur_node: str, request: Any, **kwargs: Any) -> Any:
        """What stands for the answer to one request of a map that failed; by default the failure is the run's."""
        raise error

    async def align_generator(self, gen: AsyncIterator[Any], **kwargs: Any) -> AsyncGenerator[Any, None]:
        """The items that a node that streams passes on, from those that it sent. ``kwargs["cur_node"]`` names it."""
        async for item in gen:
            yield item

    async def align_items(
        self,
        feed: AsyncIterator[Any] | None,
        inputs: Any,
        cur_node: str,
        runtime_graph: DAG,
        llm_parameters_dict: dict[str, Any],
        **kwargs: Any,
    ) -> AsyncGenerator[Any, None]:
        """The requests sent to a map, from the items that are fed to it; ``inputs`` are the outputs of its other predecessors.

        Without a feed they are the list that ``align_inputs`` makes.
        """
        if feed is not None:
            async for item in feed:
                yield item
            return
        for request in await settled(self.align_inputs(inputs, cur_node, runtime_graph, llm_parameters_dict, **kwargs)):
            yield request

    def media_ms(self, item: Any) -> float:
        """How many milliseconds of media ``item`` holds: what bounds the queues between nodes (``run.CHANNEL_MS``)."""
        return 1.0

    def provided(self, cur_node: str, initial_inputs: Any, **kwargs: Any) -> Any | None:
        """The output of ``cur_node`` where the request already holds it: then the node does not run."""
        return None

    def has_plain_hooks(self) -> bool:
        """Whether nobody has changed what is done with the documents that unary nodes are sent and answer."""
        return all(getattr(getattr(self, hook.__name__), "__func__", None) is hook for hook in _PLAIN_HOOKS)

    @asynccontextmanager
    async def stream(
        self, initial_inputs: dict[str, Any] | BaseModel, llm_parameters: LLMParams | None = None, **kwargs: Any
    ) -> AsyncIterator[Run]:
        """Run the graph: ``async with orchestrator.stream(request) as events: async for event in events``.

        Leaving the context, early or by an error, ends all nodes; requests under way are broken off. A node's failure is raised
        where the events are read. Nodes wait for a reader that is slow.
        """
        run = Run(self, initial_inputs, llm_parameters or _DEFAULTS, kwargs)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(run.run)
                yield run
                tasks.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise first_error(group) from None

    async def schedule(
        self, initial_inputs: dict[str, Any] | BaseModel, llm_parameters: LLMParams | None = None, **kwargs: Any
    ) -> tuple[dict[str, Any], DAG]:
        """Run the graph; the outputs of all nodes by name, and the graph that was run, without what was not reached. The first
        failure is raised.

        With ``llm_parameters.stream`` the output of a language model at the end of the graph, or of the one text service that
        follows it, is a StreamingResponse that reads on while it is sent.
        """
        self.metrics.pending_update(True)
        try:
            run = Run(self, initial_inputs, llm_parameters or _DEFAULTS, kwargs, answers_stream=True)
            await run.unread()
        finally:
            self.metrics.pending_update(False)
        return run.results, run.graph

    async def execute(
        self,
        session: Any,
        req_start: float,
        cur_node: str,
        inputs: Any,
        runtime_graph: DAG,
        llm_parameters: LLMParams | None = None,
        **kwargs: Any,
    ) -> tuple[Any, str]:
        """Ask a unary node: align, send, align. Its output, and the name of the node that this is the output of.

        ``req_start``: of the whole request, ``time.time()``. ``session`` is OPEA's; connections are pooled in ``client``.
        """
        given = fields_of(llm_parameters or _DEFAULTS)
        service, into = self.services[cur_node], None
        if service.service_type in MODELS:
            into = streams_into(self, runtime_graph, cur_node) if given["stream"] else None
            given["stream"] = into is not None
        inputs = with_parameters(service, inputs, given)
        request = await settled(self.align_inputs(inputs, cur_node, runtime_graph, given, **kwargs))
        if into is not None:
            return await answer_stream(self, cur_node, into, request, req_start, kwargs), into
        data = await self.ask(cur_node, request)
        return await settled(self.align_outputs(data, cur_node, request, runtime_graph, given, **kwargs)), cur_node

    async def ask(self, cur_node: str, inputs: Any) -> Any:
        """Ask a node once, with an aligned request."""
        return await self.client.call(self.services[cur_node], inputs)


#: As they are here, before users assign others.
_PLAIN_HOOKS: tuple[Any, ...] = (
    ServiceOrchestrator.align_inputs,
    ServiceOrchestrator.align_outputs,
    ServiceOrchestrator.execute,
    ServiceOrchestrator.ask,
    ServiceOrchestrator.process_outputs,
    ServiceOrchestrator.dump_outputs,
)
