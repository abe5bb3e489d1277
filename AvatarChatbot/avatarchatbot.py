"""The avatar chatbot's megaservice: asr, describe → llm → tts → animation."""

from __future__ import annotations

from AvatarChatbot.nodes import AvatarOrchestrator
from comps import MicroService, ServiceType
from comps.cores.common.settings import GatewaySettings


class AvatarChatbot:
    """Wires the five services at the addresses in ``settings``. ``megaservice`` is the graph to schedule."""

    def __init__(self, settings: GatewaySettings) -> None:
        def node(name: str, url: str, endpoint: str, kind: ServiceType, **how: bool) -> MicroService:
            return MicroService.remote(name, url, endpoint, service_type=kind, timeout=settings.timeout_s, **how)

        self.asr = node("asr", settings.asr_url, "/v1/asr", ServiceType.ASR, binary=True)
        self.describe = node("describe", settings.describe_url, "/v1/describe", ServiceType.LVM, binary=True)
        self.llm = node("llm", settings.llm_url, "/v1/chat/completions", ServiceType.LLM)
        self.tts = node("tts", settings.tts_url, "/v1/tts", ServiceType.TTS, binary=True, map_over=True)
        self.animation = node(
            "animation", settings.animation_url, "/v1/animation/chunks", ServiceType.ANIMATION, binary=True, map_over=True
        )

        self.megaservice = AvatarOrchestrator()
        for service in (self.asr, self.describe, self.llm, self.tts, self.animation):
            self.megaservice.add(service)
        self.megaservice.flow_to(self.asr, self.llm)
        self.megaservice.flow_to(self.describe, self.llm)
        self.megaservice.flow_to(self.llm, self.tts)
        self.megaservice.flow_to(self.tts, self.animation)
