"""The program's own characters, made known to the animation service as soon as the gateway starts: a newcomer's first question
is then answered as fast as any other."""

from __future__ import annotations

import logging

import anyio
from anyio import to_thread
from anyio.abc import TaskGroup

from AvatarChatbot import avatars
from AvatarChatbot.answering import Answering
from AvatarChatbot.owner import EVERYBODY
from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import Problem
from comps.cores.proto.avatar import AvatarRequest

log = logging.getLogger(__name__)

#: Services of a mesh start together: one that is not there yet is asked again after as long, so many times.
_AGAIN_S, _TIMES = 1.0, 60


class WarmFaces:
    """A resource of the gateway: ``start`` begins, ``stop`` ends what is under way. Nobody waits for it."""

    def __init__(self, answering: Answering, settings: GatewaySettings) -> None:
        self._answering = answering
        self._default = settings.default_avatar or avatars.default_avatar()
        self._tasks: TaskGroup | None = None

    async def start(self) -> None:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        self._tasks.start_soon(self.warm)

    async def stop(self) -> None:
        if self._tasks is not None:
            self._tasks.cancel_scope.cancel()
            await self._tasks.__aexit__(None, None, None)
            self._tasks = None

    async def warm(self) -> None:
        """Register all faces, the default one first, one after the other: questions come between. Each is one that was
        registered before where the store is kept.
        """
        ours = [avatars.path(name) for name in avatars.names()]
        for picture in (self._default, *(picture for picture in ours if picture != self._default)):
            try:
                media = await to_thread.run_sync(picture.read_bytes)
            except OSError as error:
                log.warning("the default avatar cannot be read: %s", type(error).__name__)
                continue
            if not await self._registered(AvatarRequest(media=media)):
                return

    async def _registered(self, face: AvatarRequest) -> bool:
        for _ in range(_TIMES):
            try:
                await self._answering.register(face, EVERYBODY)
            except Problem as problem:
                if problem.status < 500:
                    log.warning("a face of the program's own was refused: %s", problem.code)
                    return True
            else:
                return True
            await anyio.sleep(_AGAIN_S)
        log.warning("the program's own faces are learnt when they are asked for: the animation service does not answer")
        return False
