"""The gateway of the avatar chatbot: ``/v1/avatarchatbot`` and what is kept under it."""

from __future__ import annotations

import functools
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from AvatarChatbot.answer_metrics import AnswerMetrics
from AvatarChatbot.answering import Answering
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.keys import Keys, given, require
from AvatarChatbot.live import asyncapi
from AvatarChatbot.live.services import Services
from AvatarChatbot.live.sessions import Sessions
from AvatarChatbot.live.socket import LiveSocket
from AvatarChatbot.owner import owner_of
from AvatarChatbot.rates import AddressRates
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.responses import EventsAnswer, Mp4Answer, StreamedAnswer
from AvatarChatbot.routes import avatars, conversations, engines, everything, languages, openai, personas, turns, videos, voices
from AvatarChatbot.store import Store
from AvatarChatbot.ui import page
from AvatarChatbot.version import __version__
from AvatarChatbot.warm_faces import WarmFaces
from comps.cores.common.settings import GatewaySettings
from comps.cores.mega.base_statistics import register_statistics, statistics_dict
from comps.cores.mega.constants import MegaServiceEndpoint
from comps.cores.mega.gateway import Gateway
from comps.cores.proto import sse
from comps.cores.proto.negotiate import negotiate
from comps.cores.proto.wire import JSON, openapi_body, read_document
from comps.cores.telemetry import logs
from comps.cores.telemetry.audit import AuditedDeletions

MP4 = "video/mp4"
_PATH = str(MegaServiceEndpoint.AVATAR_CHATBOT)
_NAME = "AvatarChatbotGateway"
_STREAMED: dict[str, type[StreamedAnswer]] = {MP4: Mp4Answer, sse.MEDIA_TYPE: EventsAnswer}


class AvatarChatbotGateway(Gateway):
    """Serves the megaservice of ``AvatarChatbot`` at ``settings``' address."""

    def __init__(self, settings: GatewaySettings) -> None:
        chatbot = AvatarChatbot(settings)
        self._settings = settings
        self.store = Store(settings.storage)
        self.answering = Answering(chatbot, self.store, settings)
        super().__init__(
            chatbot.megaservice,
            host=settings.host,
            port=settings.port,
            endpoint=_PATH,
            max_body=int(settings.max_body_mb * 2**20),
            timeout=settings.timeout_s,
            drain_s=settings.drain_s,
            hosts=[*settings.mesh.hosts, *settings.hosts, *_published(settings)],
            origins=[*settings.mesh.origins, *settings.origins, *_origin(settings.public_url)],
            proxies=settings.proxies,
            description="Ask a question, show a face: a video of that face speaking the answer",
            route_options={
                "response_model": None,
                "openapi_extra": openapi_body(AvatarChatRequest),
                "responses": {200: {"content": {JSON: {}, MP4: {}, sse.MEDIA_TYPE: {}}}},
            },
        )
        keys = Keys(settings)
        # Where there are keys, each has a rate of its own.
        self._rates = AddressRates(settings.address_rate if keys.is_open else 0)
        self.service.add_gate(lambda headers: keys.admit(given(headers)), sockets=False, is_open=page.is_open)
        self.service.app.add_middleware(AuditedDeletions)
        self.answering.metrics = AnswerMetrics(self.service.metrics)
        self.service.add_resource(self.store)
        self.sessions = Sessions(Services(chatbot, self.store, self.answering, settings, self.service.metrics), keys)
        self.service.metrics.gauge("live_sessions", "Live conversations", lambda: len(self.sessions))
        self.service.add_resource(self.sessions)
        self.service.add_resource(WarmFaces(self.answering, settings))
        self.service.app.add_api_websocket_route(_PATH, LiveSocket(self.sessions, keys, self._rates).serve)
        self.service.app.version = __version__
        self.service.add_route(f"{_PATH}/asyncapi.json", self.asyncapi, methods=["GET"])
        for routes in (avatars, conversations, engines, languages, personas, turns, videos, voices, everything):
            self.service.app.include_router(routes.router(_PATH, self.store, self.answering, chatbot))
        self.service.app.include_router(openai.router(self.store, chatbot, self._rates))
        page.serve(self.service, settings.max_body_mb)

    @register_statistics(names=[_NAME])
    async def handle_request(self, request: Request) -> Response:
        """Answer a question with a video, as ``Accept`` says: the MP4 as it is made, events as they happen, or JSON at the
        end.
        """
        started = time.perf_counter()
        self._rates.charge(request.client.host if request.client else "")
        chosen = negotiate(request.headers.get("accept"), (JSON, MP4, sse.MEDIA_TYPE))
        asked = await read_document(request, AvatarChatRequest, media_field="audio")
        base = self._settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        if chosen != JSON:
            return _STREAMED[chosen](self.answering, asked, await owner_of(request), functools.partial(_addresses, base))
        answer = await self.answering.answer(asked, await owner_of(request))
        statistics_dict[_NAME].append_latency(time.perf_counter() - started)
        addresses = _addresses(base, answer.video_id)
        headers = {"Vary": "Accept", "Content-Location": addresses["video_path"]}
        return JSONResponse({**addresses, **answer.fields}, headers=headers)

    def asyncapi(self) -> dict[str, Any]:
        """The socket's AsyncAPI document, with the JSON schemas of its messages."""
        return asyncapi.document(_PATH)


def _published(settings: GatewaySettings) -> list[str]:
    """Names at which the settings say that clients reach the gateway."""
    return [name for name in (settings.published_at, urlsplit(settings.public_url).hostname) if name]


def _origin(url: str) -> list[str]:
    parts = urlsplit(url)
    return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []


def _addresses(base: str, video_id: str) -> dict[str, str]:
    path = f"{_PATH}/videos/{video_id}"
    return {"id": video_id, "video_path": path, "video_url": base + path}


def main() -> None:
    logs.configure()
    settings = GatewaySettings()
    try:
        require(settings)
    except (ValueError, OSError) as error:
        sys.exit(str(error))
    AvatarChatbotGateway(settings).start()


if __name__ == "__main__":
    main()
