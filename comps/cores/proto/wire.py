"""Documents in HTTP bodies: one parser of requests for all services, one renderer of answers.

A document can be sent as JSON (bytes as base64), MessagePack (bytes raw), ``multipart/form-data`` (files as parts), or,
where it has one main field of media, as that media itself with the other fields in the query.
"""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgpack
from fastapi import Request, Response
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from comps.cores.errors import BadInput, MalformedBody, UnsupportedMedia
from comps.cores.proto import plain
from comps.cores.proto.negotiate import negotiate

MSGPACK = "application/msgpack"
JSON = "application/json"

M = TypeVar("M", bound=BaseModel)

# The body is in memory already: its files need not go through the disk, which may be full (0: without limit).
MultiPartParser.spool_max_size = 0


def pack(document: BaseModel | dict[str, Any]) -> bytes:
    """A document, or plain values, as MessagePack."""
    values = document.model_dump(mode="python", exclude_none=True) if isinstance(document, BaseModel) else document
    return bytes(msgpack.packb(values, use_bin_type=True, default=_packable))


def _packable(value: Any) -> str:
    """Ids and addresses travel as text. A number that MessagePack does not hold would become one too: raises OverflowError."""
    if isinstance(value, int):
        raise OverflowError("a number of more than 64 bits")
    return str(value)


class _Counted:
    """Lists and maps of a body as they come; raises ValueError once they hold too much together."""

    def __init__(self) -> None:
        self._left = plain.MOST_VALUES

    def __call__(self, values: Any) -> Any:
        self._left -= len(values)
        if self._left < 0:
            raise ValueError("too many values")
        return values


def unpack(body: bytes) -> Any:
    """MessagePack → plain values. Raises MalformedBody."""
    counted, most = _Counted(), plain.MOST_VALUES
    try:
        return msgpack.unpackb(
            body,
            raw=False,
            strict_map_key=True,
            list_hook=counted,
            object_hook=counted,
            max_array_len=most,
            max_map_len=most,
        )
    except (ValueError, msgpack.exceptions.ExtraData, msgpack.exceptions.UnpackException) as error:
        raise MalformedBody("the body is not MessagePack") from error


def validate(model: type[M], values: Any) -> M:
    """``values`` as a ``model``. Raises BadInput naming the first field that is wrong, without repeating its value."""
    if not isinstance(values, dict):
        raise BadInput("the body must be an object")
    plain.check(values)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid(error.errors(include_input=False, include_url=False, include_context=False)) from None


def invalid(errors: Any) -> BadInput:
    """pydantic's list of errors as one problem."""
    listed = [
        {"field": ".".join(str(part) for part in item["loc"] if part not in ("body", "query", "path")), "detail": item["msg"]}
        for item in errors
    ]
    first = listed[0] if listed else {"field": None, "detail": "is invalid"}
    return BadInput(
        f"{first['field']}: {first['detail']}" if first["field"] else str(first["detail"]), field=first["field"], errors=listed
    )


async def read_document(request: Request, model: type[M], *, media_field: str | None = None) -> M:
    """The request's body as a ``model``.

    ``media_field`` takes a body that is itself audio, video, an image or octets. Raises MalformedBody (400), BadInput (422)
    and UnsupportedMedia (415).
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return _of_texts(model, await _form_values(request, model))
    if content_type == MSGPACK:
        return validate(model, unpack(await request.body()))
    if content_type in ("", "text/plain", JSON) or content_type.endswith("+json"):
        return validate(model, _json_values(await request.body()))
    if media_field and content_type.partition("/")[0] in ("audio", "video", "image", "application"):
        return _of_texts(model, {**request.query_params, media_field: await request.body()})
    raise UnsupportedMedia(f"cannot read a body of type {content_type}", field="Content-Type")


async def read_json(request: Request, model: type[M]) -> M:
    """The request's body as a ``model``: JSON, whatever its type says. Raises MalformedBody (400), BadInput (422)."""
    return validate(model, _json_values(await request.body()))


def _of_texts(model: type[M], values: dict[str, Any]) -> M:
    """As ``validate``, where numbers are sent as text: what they are is known only afterwards."""
    document = validate(model, values)
    plain.check(document.model_dump())
    return document


def _json_values(body: bytes) -> Any:
    if body.count(b",") > plain.MOST_VALUES:
        raise MalformedBody("the body holds too many values")
    try:
        return parse_json(body)
    except ValueError:
        raise MalformedBody("the body is not valid JSON") from None


def parse_json(body: bytes) -> Any:
    """Read by jiter, which takes a fifth of the time over media as base64. Raises json.JSONDecodeError; BadInput for what it
    does not take and json does, halves of surrogate pairs and depth: they can be passed on to nobody.
    """
    try:
        return from_json(body)
    except ValueError:
        pass
    try:
        values = json.loads(body)
    except json.JSONDecodeError:
        raise
    except (RecursionError, ValueError) as error:
        raise json.JSONDecodeError(type(error).__name__, body.decode(errors="replace"), 0) from None
    plain.check(values)
    return values


async def _form_values(request: Request, model: type[BaseModel]) -> dict[str, Any]:
    try:
        form: FormData = await request.form(max_files=8, max_fields=100, max_part_size=1 << 20)
    except (MultiPartException, UnicodeError, LookupError):
        # The last two: of a ``charset`` that is none.
        raise MalformedBody("the body is not a valid form") from None
    values: dict[str, Any] = {}
    for name, value in form.multi_items():
        if name.endswith("[]") and isinstance(value, str):
            # As OpenAI's clients send lists: the field is there once for each item.
            values.setdefault(name.removesuffix("[]"), []).append(value)
            continue
        values[name] = await value.read() if isinstance(value, UploadFile) else _form_text(value, model, name)
    await form.close()
    return values


def _form_text(value: str, model: type[BaseModel], name: str) -> Any:
    """A form's text field; objects and lists are sent as JSON text."""
    field = model.model_fields.get(name)
    if field is not None and field.annotation is not str and value[:1] in ("{", "["):
        try:
            return parse_json(value.encode("utf-8", "surrogatepass"))
        except BadInput as problem:
            raise BadInput(
                f"{name}: {problem.detail}", field=".".join(filter(None, (name, problem.extra.get("field"))))
            ) from None
        except ValueError:
            raise BadInput(f"{name}: is not valid JSON", field=name) from None
    return value


def render(document: BaseModel, request: Request, *, status: int = 200) -> Response:
    """``document`` as JSON or MessagePack, as the request's ``Accept`` says. Raises NotAcceptable."""
    chosen = negotiate(request.headers.get("accept"), (JSON, MSGPACK))
    body = pack(document) if chosen == MSGPACK else document.model_dump_json(exclude_none=True).encode()
    return Response(body, status, {"Vary": "Accept"}, chosen)


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:
    """A schema without references: those of JSON Schema's ``$defs`` lead nowhere inside an OpenAPI document."""
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    reference = str(node.get("$ref", ""))
    if reference.startswith("#/$defs/"):
        siblings = {key: value for key, value in node.items() if key != "$ref"}
        return _inlined({**definitions[reference.rpartition("/")[2]], **siblings}, definitions)
    return {key: _inlined(value, definitions) for key, value in node.items()}


def openapi_body(model: type[BaseModel], *, media_types: tuple[str, ...] = ()) -> dict[str, Any]:
    """What ``read_document`` takes, for a route's ``openapi_extra``."""
    schema = model.model_json_schema()
    schema = _inlined(schema, schema.pop("$defs", {}))
    form = json.loads(json.dumps(schema).replace('"contentEncoding": "base64"', '"format": "binary"'))
    binary = {"schema": {"type": "string", "format": "binary"}}
    content: dict[str, Any] = {JSON: {"schema": schema}, MSGPACK: binary, "multipart/form-data": {"schema": form}}
    content.update(dict.fromkeys(media_types, binary))
    return {"requestBody": {"required": True, "content": content}}
