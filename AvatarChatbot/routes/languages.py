"""The languages that the asr service understands."""

from __future__ import annotations

from fastapi import APIRouter

from AvatarChatbot.answering import Answering
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.store import Store
from comps.cores.proto.recognition import RecognisedLanguages


def router(path: str, store: Store, answering: Answering, chatbot: AvatarChatbot) -> APIRouter:
    routes = APIRouter(prefix=f"{path}/languages", tags=["languages"])

    @routes.get("")
    async def list_languages() -> RecognisedLanguages:
        """The languages in which questions can be spoken, and whether one has to be named."""
        client = chatbot.megaservice.client
        told = await client.call(chatbot.asr, None, path="/v1/asr/languages", method="GET")
        return RecognisedLanguages.model_validate(told)

    return routes
