"""Whose face answers: the avatar of a request as a picture or clip, and the card that comes with one of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from anyio import to_thread

from AvatarChatbot import avatars
from AvatarChatbot.request import AvatarChatRequest, is_id, is_url
from AvatarChatbot.store import Store
from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import BadInput, NotFound, UnsupportedMedia
from comps.cores.proto.avatar import Persona
from comps.cores.proto.media import decode_base64
from comps.media import default_avatar
from comps.media.fetch import fetch
from comps.storage.ownership import Kind

_FETCH_TIMEOUT_S = 15.0
#: No picture is shorter, in base64.
_SHORTEST_BASE64 = 64


@dataclass(frozen=True)
class Face:
    """``media`` is the picture or clip. ``avatar_id`` is set when it is registered already, ``card`` for our own characters.

    ``is_ours``: it belongs to all.
    """

    media: bytes
    avatar_id: str = ""
    card: Persona | None = None
    is_ours: bool = False


async def resolve(
    request: AvatarChatRequest, persona: Persona | None, settings: GatewaySettings, store: Store, owner: str
) -> Face:
    """The face that ``request`` names, else its persona's, else the default one.

    Raises BadInput, NotFound for an avatar that ``owner`` does not have, Forbidden and what ``fetch`` raises.
    """
    avatar = request.avatar or (persona.avatar_id if persona and request.avatar is None else "")
    if request.avatar == b"":
        raise UnsupportedMedia("the avatar is empty", field="avatar")
    if not avatar:
        return await _default(settings)
    if isinstance(avatar, bytes):
        return await to_thread.run_sync(_sent, avatar)
    if avatar in avatars.names():
        return await _own(avatar)
    if is_url(avatar):
        limit = int(settings.max_body_mb * 2**20)
        media = await fetch(avatar, max_bytes=limit, timeout_s=_FETCH_TIMEOUT_S, allow_private=settings.allow_private_urls)
        return Face(media)
    if is_id(avatar):
        return await _registered(avatar, store, owner)
    return await to_thread.run_sync(_sent, _decoded(avatar))


def _sent(media: bytes) -> Face:
    """A picture or clip that came with the request; one of our own keeps its card."""
    for name in avatars.names():
        picture = avatars.path(name)
        if picture.stat().st_size == len(media) and picture.read_bytes() == media:
            return Face(media, card=card(name), is_ours=True)
    return Face(media)


def card(name: str) -> Persona:
    """Of one of our own characters."""
    return Persona.model_validate_json(avatars.persona_path(name).read_bytes())


def _decoded(avatar: str) -> bytes:
    """Base64; a short word is rather a name mistyped than a picture."""
    if len(avatar) >= _SHORTEST_BASE64:
        try:
            return cast(bytes, decode_base64(avatar))
        except ValueError:
            pass
    raise BadInput("avatar: is no file, base64, URL, id, nor one of our own", field="avatar", own=avatars.names())


async def _default(settings: GatewaySettings) -> Face:
    if settings.default_avatar is None:
        return await _own(avatars.default_avatar().stem)
    media = await default_avatar.read(settings.default_avatar, setting="AVATARCHATBOT_DEFAULT_AVATAR", node="gateway")
    return Face(media, is_ours=True)


async def _own(name: str) -> Face:
    return await to_thread.run_sync(_sent, avatars.path(name).read_bytes())


async def _registered(avatar_id: str, store: Store, owner: str) -> Face:
    try:
        await store.owned.use_avatar(owner, avatar_id)
        return Face(await store.blobs.get(Kind.AVATAR, avatar_id), avatar_id=avatar_id)
    except NotFound:
        raise NotFound("there is no such avatar", field="avatar") from None


async def persona(named: Persona | str | None, store: Store, owner: str) -> Persona | None:
    """The card of who is to answer: as it was sent, or a stored one by its id. Raises NotFound, as ``check_card`` does."""
    if isinstance(named, str):
        return (await store.personas.get(named, owner=owner)).persona
    if named is not None:
        await check_card(named, store, owner)
    return named


async def check_card(card: Persona, store: Store, owner: str) -> None:
    """Raises NotFound for a card that names an avatar which ``owner`` does not have."""
    if is_id(card.avatar_id) and card.avatar_id not in avatars.names():
        await store.owned.get(owner, Kind.AVATAR, card.avatar_id)
