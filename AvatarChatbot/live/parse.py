"""The client's JSON as messages."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from AvatarChatbot.live.messages import CLIENT_MESSAGE, ChangeAvatar, ClientMessage, Start
from comps.cores.errors import BadInput, TooLarge
from comps.cores.proto.wire import invalid

#: Characters of a message; of one that may hold a picture, what the server takes of any (``micro_service``).
_LONGEST = 1 << 20
#: Mistakes that are told one by one, and how much of a field's name.
_MOST_MISTAKES, _LONGEST_NAME = 20, 50


def parse(text: str) -> ClientMessage:
    """Raises BadInput, without repeating what was said, and TooLarge."""
    try:
        message = CLIENT_MESSAGE.validate_json(text)
    except ValidationError as error:
        raise _mistaken(error) from None
    if len(text) > _LONGEST and not isinstance(message, Start | ChangeAvatar):
        raise TooLarge(f"the message is longer than {_LONGEST} characters", limit_bytes=_LONGEST)
    return message


def _mistaken(error: ValidationError) -> BadInput:
    if error.error_count() > _MOST_MISTAKES:
        return BadInput("the message has too many mistakes to name them")
    listed: list[Any] = error.errors(include_input=False, include_url=False, include_context=False)
    if not listed[0]["loc"] and listed[0]["type"] == "json_invalid":
        return BadInput("the message is not valid JSON")
    if listed[0]["type"].startswith("union_tag"):
        # pydantic would repeat the type that was given.
        return BadInput("type: is missing, or none of a client's messages", field="type")
    for item in listed:
        # The first part is the message's type; others may be names that the client made up.
        item["loc"] = tuple(part[:_LONGEST_NAME] if isinstance(part, str) else part for part in item["loc"][1:])
    return invalid(listed)
