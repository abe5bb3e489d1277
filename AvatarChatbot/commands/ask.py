"""Ask one question from the command line: of a mesh that is started for it, or of one that runs already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from AvatarChatbot.answer_stream import Progress
from AvatarChatbot.answering import Answering
from AvatarChatbot.avatarchatbot import AvatarChatbot
from AvatarChatbot.commands import ask_running
from AvatarChatbot.commands.output_file import OutputFile
from AvatarChatbot.local import LocalMesh
from AvatarChatbot.owner import ANONYMOUS
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.store import Store
from comps.cores.common.settings import ClientSettings
from comps.cores.errors import UnsupportedMedia
from comps.cores.proto.wire import validate
from comps.media.video import sniff


def checked(values: dict[str, Any]) -> AvatarChatRequest:
    """Validate ``values``, the fields of an AvatarChatRequest (None: not given), and that each file is of its field's kind.

    Raises BadInput; UnsupportedMedia for a question that has no sound, or a face that has no picture.
    """
    request = validate(AvatarChatRequest, {key: value for key, value in values.items() if value is not None})
    if request.audio is not None and sniff(request.audio) not in ("audio", "video"):
        raise UnsupportedMedia("audio: the file is no sound that can be read", field="audio")
    if isinstance(request.avatar, bytes) and sniff(request.avatar) not in ("image", "video"):
        raise UnsupportedMedia("avatar: the file is no picture or clip that can be read", field="avatar")
    return request


async def ask(
    request: AvatarChatRequest,
    output: OutputFile,
    progress: Progress,
    *,
    log_file: Path,
    url: str | None = None,
    key: str | None = None,
) -> dict[str, Any]:
    """Write the answer's video to ``output``; return what JSON says of the answer. The stage "start" is ours.

    ``url``: of a gateway that runs, and ``key`` for it; without it a mesh is started, and ended after. ``log_file`` gets that
    mesh's logs. Raises Problem, and ServiceFailedError where the mesh does not start.
    """
    if url is not None:
        key = key or ClientSettings().key.get_secret_value()
        return await ask_running.ask(request, output, progress, url=url, key=key)
    progress("start", 0, 1)
    async with LocalMesh(log_file=log_file) as mesh:
        progress("start", 1, 1)
        settings = mesh.gateway_settings()
        chatbot, store = AvatarChatbot(settings), Store(settings.storage)
        await store.start()
        try:
            answer = await Answering(chatbot, store, settings).answer(request, ANONYMOUS, progress)
        finally:
            await chatbot.megaservice.stop()
            await store.stop()
    output.write(answer.video)
    return answer.fields
