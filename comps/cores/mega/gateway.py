"""A gateway: the one address where clients reach a megaservice."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from comps.cores.mega.constants import MegaServiceEndpoint, ServiceRoleType, ServiceType
from comps.cores.mega.micro_service import MicroService
from comps.cores.mega.orchestrator import ServiceOrchestrator


class Gateway:
    """Serves ``handle_request`` at ``endpoint`` in front of ``megaservice``, and lists the services behind it.

    ``service`` is the gateway's own microservice: the port is bound when constructed, ``start`` serves until ``stop``.
    """

    def __init__(
        self,
        megaservice: ServiceOrchestrator,
        host: str = "127.0.0.1",
        port: int = 8888,
        endpoint: str = str(MegaServiceEndpoint.CHAT_QNA),
        route_options: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.megaservice = megaservice
        self.endpoint = endpoint
        self.service = MicroService(
            name=type(self).__name__,
            service_role=ServiceRoleType.MEGASERVICE,
            service_type=ServiceType.GATEWAY,
            host=host,
            port=port,
            endpoint=endpoint,
            **options,
        )
        self.service.add_resource(megaservice)
        self.service.add_route(endpoint, self.handle_request, **(route_options or {}))
        self.service.add_route(str(MegaServiceEndpoint.LIST_SERVICE), self.list_service, methods=["GET"])
        self.service.add_route(str(MegaServiceEndpoint.LIST_PARAMETERS), self.list_parameter, methods=["GET"])

    async def handle_request(self, request: Request) -> Response:
        raise NotImplementedError

    def list_service(self) -> dict[str, dict[str, str]]:
        """The nodes of the megaservice and their addresses."""
        return {
            name: {"description": service.description, "endpoint": service.endpoint_path()}
            for name, service in self.megaservice.services.items()
        }

    def list_parameter(self) -> None:
        """OPEA answers null here."""

    def start(self) -> None:
        self.service.start()

    def stop(self) -> None:
        self.service.stop()
