"""One request on its way through a megaservice's graph."""

from __future__ import annotations

import inspect
import logging
import re
import time
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import anyio
from pydantic import BaseModel

from comps.cores.errors import MalformedBody, Problem
from comps.cores.mega.channel import Channel, Signal
from comps.cores.mega.constants import ServiceType
from comps.cores.mega.first_error import first_error
from comps.cores.mega.micro_service import MicroService
from comps.cores.mega.ordered_map import ordered_map
from comps.cores.mega.outputs import JSONText, Outputs
from comps.cores.proto.docarray import LLMParams
from comps.cores.telemetry import tracing
from comps.opea.answer_stream import told_at_once

if TYPE_CHECKING:
    from comps.cores.mega.orchestrator import ServiceOrchestrator

#: Milliseconds of media that may wait between two nodes, or for the reader of a run's events.
CHANNEL_MS = 4000.0
#: What sampling parameters are for.
MODELS = (ServiceType.LLM, ServiceType.LVM)
#: Stands for the output of a node that came out at the next one.
_ELSEWHERE = object()

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NodeEvent:
    """What happened at a node. ``start``: it begins. ``asked``: a node that maps is sent a request
    (``data``). ``item``: it passed one item
    on (``data``), in order. ``done``: it has ended; ``data`` is its whole output, for nodes that stream or map the list of items.
    """

    node: str
    kind: Literal["start", "asked", "item", "done"]
    data: Any = None


class Run:
    """The nodes of one request at work, and what happens at them: ``async for event in run``.

    ``results`` holds the outputs of the nodes that are done, by name. A node starts when its predecessors are done; one that maps
    starts with the first item of the predecessor that streams or maps. The first failure ends all nodes, and is raised where the
    events are read, after those that came before it.
    """

    def __init__(
        self,
        orchestrator: ServiceOrchestrator,
        initial_inputs: dict[str, Any] | BaseModel,
        llm_parameters: LLMParams,
        kwargs: dict[str, Any],
        *,
        answers_stream: bool = False,
    ) -> None:
        """``answers_stream``: whether a language model's answer may be a response that still comes (``schedule``)."""
        self._orchestrator = orchestrator
        self._started = time.time()
        if isinstance(initial_inputs, BaseModel):
            initial_inputs = initial_inputs.model_dump(exclude_none=True)
        self._initial = initial_inputs
        self._unary = llm_parameters if answers_stream else llm_parameters.model_copy(update={"stream": False})
        self._llm_parameters = fields_of(llm_parameters)
        self._kwargs = kwargs
        self.graph = orchestrator.copy_graph()
        self._sources = self.graph.ind_nodes()
        self.results = Outputs()
        self._events: Channel[NodeEvent] = Channel(CHANNEL_MS)
        self._sends_on = False
        self._done: set[str] = set()
        self._progress = Signal()
        self._feeders = {node: feeder for node in self.graph.graph if (feeder := self._feeder(node)) is not None}
        self._feeds: dict[str, Channel[Any]] = {node: Channel(CHANNEL_MS) for node in self._feeders}

    def __aiter__(self) -> Run:
        return self

    async def __anext__(self) -> NodeEvent:
        return await anext(self._events)

    async def run(self) -> None:
        """Work until all nodes are done or one has failed; how it ended is told to the events' reader."""
        try:
            await self.work()
        except Exception as error:
            self._events.close(error)
        else:
            self._events.close()

    async def work(self) -> None:
        """Work until all nodes are done; the first failure is raised. Events wait for their reader."""
        chain = self.graph.chain()
        try:
            if chain is not None and not self._feeders:
                for node in chain:
                    await self._node(node)
                return
            async with anyio.create_task_group() as tasks:
                for node in self.graph.graph:
                    tasks.start_soon(self._node, node)
        except BaseExceptionGroup as group:
            # Of this task group, or of one that a node or a hook runs by itself.
            raise first_error(group) from None

    async def unread(self) -> None:
        """``work`` without a reader of events. What no hook looks at then goes from node to node as it came."""
        self._sends_on = self._orchestrator.has_plain_hooks()
        self._events.release()
        await self.work()

    def _feeder(self, node: str) -> str | None:
        """The predecessor whose items a node that maps takes one by one."""
        if not self._service(node).map_over:
            return None
        feeders = [name for name in self.graph.predecessors(node) if self._has_items(name)]
        if len(feeders) > 1:
            raise ValueError(f"{node} would join the streams of {' and '.join(feeders)}; a node takes at most one")
        return feeders[0] if feeders else None

    def _has_items(self, node: str) -> bool:
        service = self._service(node)
        return service.map_over or service.streams

    def _service(self, node: str) -> MicroService:
        return self._orchestrator.services[node]

    async def _node(self, node: str) -> None:
        for predecessor in self.graph.predecessors(node):
            while predecessor not in self._done and predecessor != self._feeders.get(node):
                await self._progress.wait()
        if node in self.results or self._is_left_out(node):
            self._end(node)
            return
        given = self._orchestrator.provided(node, self._initial, **self._kwargs)
        if given is None:
            with tracing.part(node):
                output = await self._work(node)
        else:
            output = await self._give(node, given)
        if output is not _ELSEWHERE:
            self._orchestrator.dump_outputs(node, self._pruned(node, output), self.results)
        self._end(node)
        if given is None:
            await self._events.send(NodeEvent(node, "done", output))

    def _end(self, node: str) -> None:
        for feed in self._fed_by(node):
            feed.close()
        self._done.add(node)
        self._progress.notify()

    def _is_left_out(self, node: str) -> bool:
        """Whether all that it follows has sent nothing on to it: then it is no part of this run's graph."""
        if node in self._sources or self.graph.predecessors(node):
            return False
        self.graph.delete_node(node)
        return True

    def _pruned(self, node: str, output: Any) -> Any:
        """Take out the edges to services that an output's ``downstream_black_list`` names, as regular expressions."""
        patterns = output.get("downstream_black_list") if isinstance(output, dict) else None
        if not patterns:
            return output
        for downstream in self.graph.downstream(node):
            if any(_matches(pattern, downstream) for pattern in patterns):
                self.graph.delete_edge(node, downstream)
        if self._unary.stream and not self.graph.downstream(node):
            return told_at_once(str(output.get("text", "")))
        return output

    async def _give(self, node: str, given: Any) -> Any:
        """Pass on what the request already held: the node does not run, and no event says so."""
        if self._has_items(node):
            for item in given:
                await self._feed(node, item)
        return given

    async def _work(self, node: str) -> Any:
        service = self._service(node)
        await self._events.send(NodeEvent(node, "start"))
        if service.map_over:
            return await self._map(node, service)
        if self._sends_on and not (service.streams or service.binary or service.service_type in MODELS):
            return await self._forward(node, service)
        inputs = self._inputs(node)
        if service.streams:
            return await self._stream(node, service, inputs)
        output, of = await self._orchestrator.execute(None, self._started, node, inputs, self.graph, self._unary, **self._kwargs)
        if of == node:
            return output
        self._orchestrator.dump_outputs(of, output, self.results)
        return _ELSEWHERE

    async def _forward(self, node: str, service: MicroService) -> Any:
        """What ``execute`` does, where no hook looks at a document."""
        predecessors = self.graph.predecessors(node)
        text = self.results.text(predecessors[0]) if len(predecessors) == 1 else None
        try:
            output = await self._orchestrator.client.forward(service, text or self._inputs(node))
        except Problem:
            if text is not None:
                # Where it is broken, that is its sender's fault, not this node's.
                text.read()
            raise
        return output.read() if isinstance(output, JSONText) and not output.is_opaque else output

    async def _stream(self, node: str, service: MicroService, inputs: dict[str, Any]) -> list[Any]:
        items: list[Any] = []
        inputs = with_parameters(service, inputs, self._llm_parameters)
        request = await settled(self._orchestrator.align_inputs(inputs, node, self.graph, self._llm_parameters, **self._kwargs))
        async with self._orchestrator.client.stream(service, request) as answers:
            aligned = self._orchestrator.align_generator(answers, cur_node=node, **self._kwargs)
            async with aclosing(aligned):
                async for item in aligned:
                    items.append(item)
                    await self._pass_on(node, item)
        return items

    async def _map(self, node: str, service: MicroService) -> list[Any]:
        inputs = self._inputs(node)
        items: list[Any] = []

        async def ask(request: Any) -> Any:
            await self._events.send(NodeEvent(node, "asked", request))
            try:
                return await self._orchestrator.ask(node, request)
            except Problem as error:
                return self._orchestrator.align_failure(error, node, request, **self._kwargs)

        async def pass_on(answer: Any) -> None:
            items.append(await self._aligned(node, answer, inputs))
            await self._pass_on(node, items[-1])

        feed = self._feeds.get(node)
        requests = self._orchestrator.align_items(feed, inputs, node, self.graph, self._llm_parameters, **self._kwargs)
        try:
            await ordered_map(requests, ask, pass_on, service.max_parallel)
        finally:
            if feed is not None:
                feed.release()
        return items

    async def _aligned(self, node: str, data: Any, inputs: Any) -> Any:
        return await settled(
            self._orchestrator.align_outputs(data, node, inputs, self.graph, self._llm_parameters, **self._kwargs)
        )

    async def _pass_on(self, node: str, item: Any) -> None:
        """To the reader first: who hears of an item's consequences has heard of the item."""
        await self._events.send(NodeEvent(node, "item", item), self._orchestrator.media_ms(item))
        await self._feed(node, item)

    async def _feed(self, node: str, item: Any) -> None:
        for feed in self._fed_by(node):
            await feed.send(item, self._orchestrator.media_ms(item))

    def _fed_by(self, node: str) -> list[Channel[Any]]:
        return [self._feeds[dependent] for dependent, feeder in self._feeders.items() if feeder == node]

    def _inputs(self, node: str) -> dict[str, Any]:
        """The predecessors' outputs merged in graph order, later ones winning; for a source the request itself.

        The items of a predecessor that streams or maps, where it is done, stand under its name. Raises MalformedBody.
        """
        predecessors = self.graph.predecessors(node)
        if not predecessors:
            if not isinstance(self._initial, Mapping):
                raise MalformedBody("the request is no JSON object")
            return dict(self._initial)
        outputs = {
            name: {name: self.results[name]} if self._has_items(name) else self.results[name]
            for name in predecessors
            if name in self.results
        }
        return self._orchestrator.process_outputs(list(outputs), outputs)


def fields_of(parameters: LLMParams) -> dict[str, Any]:
    """The sampling parameters by name. They are plain values, so that nothing inside has to be dumped."""
    return {name: value for name, value in vars(parameters).items() if name != "id"}


def with_parameters(service: MicroService, inputs: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    """``inputs`` of a node, where it is a language model with the sampling parameters that are set."""
    if service.service_type not in MODELS:
        return inputs
    return {**inputs, **{key: value for key, value in parameters.items() if value is not None}}


def _matches(pattern: str, name: str) -> bool:
    """Raises nothing: a pattern that is none matches nothing, and says so in the log."""
    try:
        return re.search(pattern, name) is not None
    except re.error as error:
        log.error("downstream_black_list: %r is no regular expression: %s", pattern, error)
        return False


async def settled(value: Any) -> Any:
    """What a hook gave: they may be plain functions or coroutines."""
    return await value if inspect.isawaitable(value) else value
