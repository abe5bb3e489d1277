"""One question asked of a mesh that lives just for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from AvatarChatbot.answer_stream import Progress
from AvatarChatbot.answering import Answer, Answering
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.local import LocalMesh
from AvatarChatbot.owner import ANONYMOUS
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.store import Store
from comps.cores.proto.wire import validate


async def ask(values: dict[str, Any], progress: Progress, log_file: Path) -> Answer:
    """Start the services, answer, stop them. ``values``: the fields of an AvatarChatRequest. The stage "start" is ours."""
    request = validate(AvatarChatRequest, {key: value for key, value in values.items() if value is not None})
    progress("start", 0, 1)
    async with LocalMesh(log_file=log_file) as mesh:
        progress("start", 1, 1)
        settings = mesh.gateway_settings()
        chatbot, store = AvatarChatbot(settings), Store(settings.storage)
        await store.start()
        try:
            return await Answering(chatbot, store, settings).answer(request, ANONYMOUS, progress)
        finally:
            await chatbot.megaservice.stop()
            await store.stop()
