"""Why a live session is over, as the code that its connection is closed with."""

from __future__ import annotations

from enum import IntEnum


class Ending(IntEnum):
    """RFC 6455 §7.4.1 and IANA's registry; 4000 and up are ours."""

    STOPPED = 1000
    #: The key that the session was begun with is one no more.
    WITHDRAWN = 1008
    #: The gateway stops: another one, or the same one later, goes on with the conversation.
    RETIRED = 1012
    FAILED = 4000
    #: Nobody has done anything for long.
    IDLE = 4001
