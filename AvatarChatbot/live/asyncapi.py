"""The AsyncAPI 3.0 document of the socket (asyncapi.com/docs/reference/specification/v3.0.0), made of the messages themselves."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel

from AvatarChatbot.live import messages
from AvatarChatbot.version import __version__

_BINARY = {
    "microphone": "A part of what the microphone hears, in the format that `start` named: at most 10 s, or 1 MiB of a stream.",
    "fragment": "A header of 24 bytes and a piece of the session's MP4: docs/protocol.md.",
}


def document(path: str) -> dict[str, Any]:
    """``path`` of the socket."""
    client = get_args(get_args(messages.ClientMessage)[0])
    server = (*get_args(messages.ServerMessage), messages.Pong)
    schemas: dict[str, Any] = {}
    said = {kind.__name__: _message(kind, schemas) for kind in (*client, *server)}
    said |= {
        name: {"name": name, "summary": summary, "contentType": "application/octet-stream"} for name, summary in _BINARY.items()
    }
    names = {
        "receive": [kind.__name__ for kind in client] + ["microphone"],
        "send": [kind.__name__ for kind in server] + ["fragment"],
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "AvatarChatbot, live conversation", "version": __version__},
        "channels": {
            "conversation": {
                "address": path,
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in said},
                "bindings": {"ws": {"method": "GET"}},
            }
        },
        "operations": {
            action: {
                "action": action,
                "channel": {"$ref": "#/channels/conversation"},
                "messages": [{"$ref": f"#/channels/conversation/messages/{name}"} for name in listed],
            }
            for action, listed in names.items()
        },
        "components": {"messages": said, "schemas": schemas},
    }


def _message(kind: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[kind.__name__] = schema
    summary = " ".join((kind.__doc__ or kind.__name__).split())
    reference = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"name": kind.__name__, "summary": summary, "contentType": "application/json", "payload": reference}
