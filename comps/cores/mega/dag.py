"""A directed acyclic graph of node names, in the order that they were added."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping


class DAG:
    """``graph`` maps each node to its dependents. Same methods and errors as OPEA's."""

    def __init__(self) -> None:
        self.graph: OrderedDict[str, set[str]] = OrderedDict()

    def add_node(self, name: str) -> None:
        """Raises KeyError when the node exists."""
        if name in self.graph:
            raise KeyError(f"node {name} already exists")
        self.graph[name] = set()

    def add_node_if_not_exists(self, name: str) -> None:
        self.graph.setdefault(name, set())

    def delete_node(self, name: str) -> None:
        """Delete a node and its edges. Raises KeyError when there is none."""
        if name not in self.graph:
            raise KeyError(f"node {name} does not exist")
        del self.graph[name]
        for dependents in self.graph.values():
            dependents.discard(name)

    def delete_node_if_exists(self, name: str) -> None:
        if name in self.graph:
            self.delete_node(name)

    def add_edge(self, source: str, target: str) -> None:
        """Raises KeyError for an unknown node and ValueError when the edge would close a cycle."""
        if source not in self.graph or target not in self.graph:
            raise KeyError(f"edge {source} → {target}: one of the nodes does not exist")
        if source == target or source in self.all_downstreams(target):
            raise ValueError(f"edge {source} → {target} would close a cycle")
        self.graph[source].add(target)

    def delete_edge(self, source: str, target: str) -> None:
        """Raises KeyError when there is no such edge."""
        if target not in self.graph.get(source, set()):
            raise KeyError(f"edge {source} → {target} does not exist")
        self.graph[source].remove(target)

    def predecessors(self, name: str) -> list[str]:
        return [node for node, dependents in self.graph.items() if name in dependents]

    def downstream(self, name: str) -> list[str]:
        """Raises KeyError for an unknown node."""
        if name not in self.graph:
            raise KeyError(f"node {name} is not in the graph")
        return list(self.graph[name])

    def all_downstreams(self, name: str) -> list[str]:
        """All nodes that depend on ``name``, in topological order. Raises KeyError for an unknown node."""
        seen: set[str] = set()
        waiting = deque(self.downstream(name))
        while waiting:
            node = waiting.popleft()
            if node not in seen:
                seen.add(node)
                waiting.extend(self.graph[node])
        return [node for node in self.topological_sort() if node in seen]

    def all_leaves(self) -> list[str]:
        return [node for node, dependents in self.graph.items() if not dependents]

    def ind_nodes(self) -> list[str]:
        """The nodes that depend on no other."""
        dependent = set().union(*self.graph.values()) if self.graph else set()
        return [node for node in self.graph if node not in dependent]

    def topological_sort(self) -> list[str]:
        """Kahn's algorithm. Raises ValueError when the graph has a cycle."""
        degree = dict.fromkeys(self.graph, 0)
        for dependents in self.graph.values():
            for node in dependents:
                degree[node] += 1
        ready = deque(node for node, count in degree.items() if count == 0)
        order: list[str] = []
        while ready:
            node = ready.popleft()
            order.append(node)
            for dependent in self.graph[node]:
                degree[dependent] -= 1
                if degree[dependent] == 0:
                    ready.append(dependent)
        if len(order) != len(self.graph):
            raise ValueError("graph is not acyclic")
        return order

    def chain(self) -> list[str] | None:
        """The nodes in order, where each depends on the one before it and on no other; None where they do not stand so."""
        order = self.ind_nodes()
        if len(order) != 1:
            return None
        while len(following := self.graph[order[-1]]) == 1:
            order.extend(following)
        return order if len(order) == len(self.graph) else None

    def validate(self) -> tuple[bool, str]:
        if self.graph and not self.ind_nodes():
            return False, "no independent nodes detected"
        try:
            self.topological_sort()
        except ValueError:
            return False, "failed topological sort"
        return True, "valid"

    def from_dict(self, graph: Mapping[str, list[str]]) -> None:
        """Replace the graph. Raises TypeError when a value is no list, and as add_edge does."""
        self.reset_graph()
        for node in graph:
            self.add_node(node)
        for node, dependents in graph.items():
            if not isinstance(dependents, list):
                raise TypeError("dict values must be lists")
            for dependent in dependents:
                self.add_edge(node, dependent)

    def reset_graph(self) -> None:
        self.graph = OrderedDict()

    def copy_graph(self) -> DAG:
        """The same graph, to be pruned for one request."""
        copy = DAG()
        copy.graph = OrderedDict((node, set(dependents)) for node, dependents in self.graph.items())
        return copy

    def size(self) -> int:
        return len(self.graph)
