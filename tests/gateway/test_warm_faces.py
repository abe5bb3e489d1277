"""The program's own characters are made known to the animation service as the gateway starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from AvatarChatbot import avatars, faces
from AvatarChatbot.answering import Answering
from AvatarChatbot.owner import EVERYBODY
from AvatarChatbot.request import AvatarChatRequest
from AvatarChatbot.store import Store
from AvatarChatbot.warm_faces import WarmFaces
from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import NodeUnavailable, NoFace, Problem
from comps.cores.proto.avatar import AvatarRequest
from tests import virtual_time

OURS = [avatars.default_avatar(), *(avatars.path(name) for name in avatars.names() if name != avatars.default_avatar().stem)]


class Registry:
    """In place of ``Answering``: what it was asked to register. It fails with each of ``problems`` first."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = list(problems)
        self.media: list[bytes] = []

    async def register(self, asked: AvatarRequest, owner: str, **_: Any) -> None:
        assert owner == EVERYBODY
        if self.problems:
            raise self.problems.pop(0)
        self.media.append(asked.media)


def _warm(registry: Registry, **settings: Any) -> None:
    kind, options = virtual_time.backend()
    anyio.run(WarmFaces(cast(Answering, registry), GatewaySettings(**settings)).warm, backend=kind, backend_options=options)


def test_all_of_them_the_default_one_first() -> None:
    registry = Registry()
    _warm(registry)
    assert registry.media == [picture.read_bytes() for picture in OURS]


def test_the_default_avatar_of_the_settings_comes_first(tmp_path: Path) -> None:
    picture = tmp_path / "me.png"
    picture.write_bytes(b"a picture")
    registry = Registry()
    _warm(registry, default_avatar=picture)
    assert registry.media[0] == b"a picture"
    assert len(registry.media) == 1 + len(OURS)


def test_a_default_avatar_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    registry = Registry()
    _warm(registry, default_avatar=tmp_path / "nowhere.png")
    assert len(registry.media) == len(OURS)


@pytest.mark.parametrize(("failures", "registered"), [(3, len(OURS)), (59, len(OURS)), (60, 0)])
def test_a_service_that_is_not_there_yet_is_asked_again(failures: int, registered: int) -> None:
    registry = Registry(*[NodeUnavailable("is starting", node="animation")] * failures)
    _warm(registry)
    assert len(registry.media) == registered


def test_a_face_that_is_refused_does_not_stop_the_others() -> None:
    registry = Registry(NoFace("no face", field="media"))
    _warm(registry)
    assert len(registry.media) == len(OURS) - 1


@pytest.mark.anyio
async def test_a_question_without_a_face_says_that_the_default_one_cannot_be_read(tmp_path: Path) -> None:
    settings = GatewaySettings(default_avatar=tmp_path / "nowhere.png")
    with pytest.raises(NodeUnavailable, match="AVATARCHATBOT_DEFAULT_AVATAR"):
        await faces.resolve(AvatarChatRequest(text="Hi"), None, settings, Store(settings.storage), EVERYBODY)
