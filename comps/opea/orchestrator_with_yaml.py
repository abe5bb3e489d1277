"""A megaservice that a YAML file describes."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from comps.cores.mega.constants import ServiceType
from comps.cores.mega.dag import DAG
from comps.cores.mega.micro_service import MicroService
from comps.cores.mega.orchestrator import ServiceOrchestrator

_GROUP = re.compile(r"^\((.*)\)$", re.DOTALL)


class ServiceOrchestratorWithYaml(DAG):
    """``opea_micro_services: {id: {endpoint}}`` and ``opea_mega_service: {mega_flow: ["(a, b) >> c"]}``; nodes are named by id.

    Raises ValueError for a file that is none such, or whose flow names unknown services or closes a cycle. ``result_dict`` holds
    what the last ``schedule`` gave; requests at once do not share it while they run.
    """

    def __init__(self, yaml_file_path: str | Path) -> None:
        super().__init__()
        self.yaml_file_path = yaml_file_path
        self.result_dict: dict[str, Any] = {}
        self.docs: dict[str, Any] = yaml.safe_load(Path(yaml_file_path).read_text())
        try:
            services: dict[str, Any] = self.docs["opea_micro_services"]
            flows: list[str] = self.docs["opea_mega_service"].get("mega_flow", [])
            self._mega = _orchestrator({name: str(service["endpoint"]) for name, service in services.items()}, flows)
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{yaml_file_path} describes no megaservice: {error}") from error
        self.graph = self._mega.graph

    async def schedule(self, initial_inputs: dict[str, Any]) -> dict[str, Any]:
        """Run the graph once; the outputs of all services by id."""
        results, _ = await self._mega.schedule(initial_inputs)
        self.result_dict = results
        return results

    def get_all_final_outputs(self) -> dict[str, Any]:
        return {leaf: self.result_dict[leaf] for leaf in self.all_leaves()}

    def process_outputs(self, prev_nodes: list[str]) -> dict[str, Any]:
        return self._mega.process_outputs(prev_nodes, self.result_dict)


def _orchestrator(endpoints: dict[str, str], flows: list[str]) -> ServiceOrchestrator:
    mega, services = ServiceOrchestrator(), {}
    for name, endpoint in endpoints.items():
        services[name] = _described(name, endpoint)
        mega.add(services[name])
    for flow in flows:
        groups = [_names(group) for group in flow.split(">>")]
        for before, after in itertools.pairwise(groups):
            for first in before:
                for second in after:
                    mega.add_edge(first, second)
    return mega


def _described(name: str, endpoint: str) -> MicroService:
    parts = urlsplit(endpoint)
    path = endpoint.removeprefix(f"{parts.scheme}://{parts.netloc}") or "/"
    url = f"{parts.scheme}://{parts.netloc}"
    service = MicroService.remote(name, url, path, service_type=ServiceType.UNDEFINED)
    service.name = name
    return service


def _names(group: str) -> list[str]:
    """``"(a, b)"`` or ``"a"`` → names."""
    match = _GROUP.match(group.strip())
    return [name.strip() for name in (match[1] if match else group).split(",")]
