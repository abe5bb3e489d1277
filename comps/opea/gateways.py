"""The gateways of OPEA 1.1, which served beside the caller: constructed, they answer; the constructor returns."""

from __future__ import annotations

import multiprocessing
from typing import Any

from fastapi import Request
from fastapi.responses import StreamingResponse

from comps.cores.mega import gateway
from comps.cores.mega.constants import MegaServiceEndpoint
from comps.cores.mega.orchestrator import ServiceOrchestrator
from comps.cores.proto.api_protocol import AudioChatCompletionRequest, ChatCompletionRequest, ChatCompletionResponse
from comps.cores.proto.docarray import LLMParams
from comps.opea.messages import handle_message

#: OPEA 1.1's default: its gateways run in containers.
_EVERYWHERE = "0.0.0.0"  # noqa: S104


class Gateway(gateway.Gateway):
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
        documents = {"input_datatype": input_datatype, "output_datatype": output_datatype}
        super().__init__(megaservice, host, port, endpoint, {"response_model": None}, **documents)
        self.host = host
        self.port = port
        self.input_datatype = input_datatype
        self.output_datatype = output_datatype
        self.define_routes()
        self._process = multiprocessing.get_context("fork").Process(target=self.service.start, name=type(self).__name__)
        self._process.start()

    def define_routes(self) -> None:
        """Where a subclass calls ``add_route``: before it serves."""

    def add_route(self, endpoint: str, handler: Any, methods: list[str] | None = None) -> None:
        self.service.add_route(endpoint, handler, methods or ["POST"])

    def stop(self) -> None:
        """End its process."""
        self._process.terminate()
        self._process.join()

    async def handle_request(self, request: Request) -> Any:
        raise NotImplementedError("Subclasses must implement this method")

    def _handle_message(self, messages: Any) -> Any:
        return handle_message(messages)


class _SpokenGateway(Gateway):
    """A question aloud in, ``answer`` of the last node's output out."""

    path: MegaServiceEndpoint
    answer: str

    def __init__(self, megaservice: ServiceOrchestrator, host: str = _EVERYWHERE, port: int = 8888) -> None:
        super().__init__(megaservice, host, port, str(self.path), AudioChatCompletionRequest, ChatCompletionResponse)

    async def handle_request(self, request: Request) -> Any:
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
        results, graph = await self.megaservice.schedule({"byte_str": asked.audio}, parameters)
        return results[graph.all_leaves()[-1]][self.answer]


class AvatarChatbotGateway(_SpokenGateway):
    """Answers with the path of a video."""

    path, answer = MegaServiceEndpoint.AVATAR_CHATBOT, "video_path"


class AudioQnAGateway(_SpokenGateway):
    """Answers with sound as base64."""

    path, answer = MegaServiceEndpoint.AUDIO_QNA, "byte_str"


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
