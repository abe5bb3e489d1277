"""The avatar chatbot's megaservice: asr, describe → llm → tts → animation."""

from __future__ import annotations

from typing import Any

from AvatarChatbot.nodes import AvatarOrchestrator
from comps import MicroService, ServiceType
from comps.cores.common.settings import GatewaySettings


class AvatarChatbot:
    """Wires the services at the addresses in ``settings``. ``megaservice`` is the graph to run."""

    def __init__(self, settings: GatewaySettings) -> None:
        def node(name: str, url: str, endpoint: str, kind: ServiceType, **how: Any) -> MicroService:
            return MicroService.remote(name, url, endpoint, service_type=kind, timeout=settings.timeout_s, token=token, **how)

        token = settings.mesh.token.get_secret_value()

        ours: dict[str, Any] = {"binary": True, "repeatable": True}
        self.asr = node("asr", settings.asr_url, "/v1/asr", ServiceType.ASR, **ours)
        self.describe = node("describe", settings.describe_url, "/v1/describe", ServiceType.LVM, **ours)
        self.avatar = node("avatar", settings.animation_url, "/v1/animation/avatars", ServiceType.ANIMATION, **ours)
        # What fails there is the animation service.
        self.avatar.title = "animation"
        self.llm = node("llm", settings.llm_url, "/v1/chat/completions", ServiceType.LLM, streams=True)
        self.tts = node("tts", settings.tts_url, "/v1/tts", ServiceType.TTS, map_over=True, **ours)
        self.animation = node(
            "animation",
            settings.animation_url,
            "/v1/animation/chunks",
            ServiceType.ANIMATION,
            map_over=True,
            max_parallel=settings.chunks_at_once,
            **ours,
        )

        self.megaservice = AvatarOrchestrator(
            settings.max_reply_chars, max_speech_s=settings.max_speech_s, max_reply_tokens=settings.max_reply_tokens
        )
        for service in (self.asr, self.describe, self.avatar, self.llm, self.tts, self.animation):
            self.megaservice.add(service)
        self.megaservice.flow_to(self.asr, self.llm)
        self.megaservice.flow_to(self.describe, self.llm)
        self.megaservice.flow_to(self.llm, self.tts)
        self.megaservice.flow_to(self.tts, self.animation)
        self.megaservice.flow_to(self.avatar, self.animation)
