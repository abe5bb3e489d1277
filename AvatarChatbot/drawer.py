"""Who draws an answer: its profile pinned to an engine of the animation service, before anything is made."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from AvatarChatbot.avatarchatbot import AvatarChatbot
from comps.cores.proto.avatar import DrawnBy, VideoProfile

_PATH = "/v1/animation/engines"


@dataclass(frozen=True)
class Drawer:
    """``profile`` names engine and restoration. ``hears``: chunks for it carry their sound."""

    profile: VideoProfile
    hears: bool


async def drawer(chatbot: AvatarChatbot, profile: VideoProfile) -> Drawer:
    """Who draws ``profile``. Raises RelayedProblem (422) with what there is where it names what there is not."""
    told = await drawn_by(chatbot, profile)
    return Drawer(profile.model_copy(update={"engine": told.engine, "restore": told.restore}), told.hears)


async def drawn_by(chatbot: AvatarChatbot, profile: VideoProfile) -> DrawnBy:
    """What the animation service says of a profile's engine, and of its others."""
    asked = {name: value for name, value in (("engine", profile.engine), ("restore", profile.restore)) if value}
    path = f"{_PATH}?{urlencode(asked)}" if asked else _PATH
    client = chatbot.megaservice.client
    return DrawnBy.model_validate(await client.call(chatbot.animation, None, path=path, method="GET"))
