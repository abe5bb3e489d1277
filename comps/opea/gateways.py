"""The gateways of OPEA 1.1, which served beside the caller: constructed, they answer; the constructor returns."""

from __future__ import annotations

import multiprocessing
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

from comps.cores.mega.constants import MegaServiceEndpoint, ServiceRoleType, ServiceType
from comps.cores.mega.dag import DAG
from comps.cores.mega.micro_service import MicroService
from comps.cores.mega.orchestrator import ServiceOrchestrator
from comps.cores.proto.api_protocol import AudioChatCompletionRequest, ChatCompletionRequest, ChatCompletionResponse
from comps.cores.proto.docarray import LLMParams
from comps.opea.messages import handle_message

#: OPEA 1.1's default: its gateways run in containers.
_EVERYWHERE = "0.0.0.0"  # noqa: S104


class Gateway:
    """Serves ``handle_request`` at ``endpoint`` in a process of its own until ``stop``."""

    def __init__(
        self,
        megaservice: ServiceOrchestrator,
        host: str = _EVERYWHERE,
        port: int = 8888,
        endpoint: str = str(MegaServiceEndpoint.CHAT_QNA),
        input_datatype: type[Any] = ChatCompletionRequest,
        output_datatype: type[Any] = ChatCompletionResponse,
    ) -> None:
        self.megaservice = megaservice
        self.host = host
        self.port = port
        self.endpoint = endpoint
        self.input_datatype = input_datatype
        self.output_datatype = output_datatype
        self.service = MicroService(
            type(self).__name__,
            service_role=ServiceRoleType.MEGASERVICE,
            service_type=ServiceType.GATEWAY,
            host=host,
            port=port,
            endpoint=endpoint,
            input_datatype=input_datatype,
            output_datatype=output_datatype,
        )
        self.define_routes()
        self._process = multiprocessing.get_context("fork").Process(target=self.service.start, name=type(self).__name__)
        self._process.start()

    def define_routes(self) -> None:
        self.service.add_route(self.endpoint, self.handle_request, methods=["POST"], response_model=None)
        self.service.add_route(str(MegaServiceEndpoint.LIST_SERVICE), self.list_service, methods=["GET"])
        self.service.add_route(str(MegaServiceEndpoint.LIST_PARAMETERS), self.list_parameter, methods=["GET"])

    def add_route(self, endpoint: str, handler: Any, methods: list[str] | None = None) -> None:
        """Before the gateway was constructed in full: override ``define_routes`` and call it there."""
        self.service.add_route(endpoint, handler, methods or ["POST"])

    def stop(self) -> None:
        """End its process."""
        self._process.terminate()
        self._process.join()

    async def handle_request(self, request: Request) -> Any:
        raise NotImplementedError("Subclasses must implement this method")

    def list_service(self) -> dict[str, dict[str, str]]:
        return {
            name: {"description": service.description, "endpoint": service.endpoint_path()}
            for name, service in self.megaservice.services.items()
        }

    def list_parameter(self) -> None:
        """OPEA answers null here."""

    def _handle_message(self, messages: Any) -> Any:
        return handle_message(messages)


class AvatarChatbotGateway(Gateway):
    """Audio in, the path of a video out."""

    def __init__(self, megaservice: ServiceOrchestrator, host: str = _EVERYWHERE, port: int = 8888) -> None:
        endpoint = str(MegaServiceEndpoint.AVATAR_CHATBOT)
        super().__init__(megaservice, host, port, endpoint, AudioChatCompletionRequest, ChatCompletionResponse)

    async def handle_request(self, request: Request) -> Any:
        results, graph = await _asked_aloud(self.megaservice, request)
        return results[graph.all_leaves()[-1]]["video_path"]


class AudioQnAGateway(Gateway):
    """Audio in, audio out as base64."""

    def __init__(self, megaservice: ServiceOrchestrator, host: str = _EVERYWHERE, port: int = 8888) -> None:
        endpoint = str(MegaServiceEndpoint.AUDIO_QNA)
        super().__init__(megaservice, host, port, endpoint, AudioChatCompletionRequest, ChatCompletionResponse)

    async def handle_request(self, request: Request) -> Any:
        results, graph = await _asked_aloud(self.megaservice, request)
        return results[graph.all_leaves()[-1]]["byte_str"]


class ChatQnAGateway(Gateway):
    """Messages in, the answer of the language model at the end of the graph out."""

    path = MegaServiceEndpoint.CHAT_QNA

    def __init__(self, megaservice: ServiceOrchestrator, host: str = _EVERYWHERE, port: int = 8888) -> None:
        super().__init__(megaservice, host, port, str(self.path))

    async def handle_request(self, request: Request) -> Any:
        asked = ChatCompletionRequest.model_validate(await request.json())
        prompt = handle_message([message.model_dump() for message in asked.messages])
        parameters = LLMParams(stream=bool(asked.stream))
        results, graph = await self.megaservice.schedule({"text": prompt}, parameters)
        for answer in results.values():
            if isinstance(answer, StreamingResponse):
                return answer
        return results[graph.all_leaves()[-1]]


class CodeGenGateway(ChatQnAGateway):
    path = MegaServiceEndpoint.CODE_GEN


class SearchQnAGateway(ChatQnAGateway):
    path = MegaServiceEndpoint.SEARCH_QNA


async def _asked_aloud(megaservice: ServiceOrchestrator, request: Request) -> tuple[dict[str, Any], DAG]:
    asked = AudioChatCompletionRequest.model_validate(await request.json())
    parameters = LLMParams(
        max_tokens=asked.max_tokens or 128,
        max_new_tokens=asked.max_tokens or 128,
        top_k=asked.top_k or 10,
        top_p=asked.top_p or 0.95,
        temperature=asked.temperature or 0.01,
        repetition_penalty=asked.presence_penalty or 1.03,
        stream=False,
    )
    return await megaservice.schedule({"byte_str": asked.audio}, parameters)
