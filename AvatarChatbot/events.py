"""What a client is told of an answer while it is made. The same events travel as server-sent events and on the socket."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from comps.cores.proto.media import Media


class TranscriptEvent(BaseModel):
    """The question as it was understood, or as it was typed."""

    type: Literal["transcript"] = "transcript"
    text: str


class ReplyEvent(BaseModel):
    """The next piece of the answer's text, white space included."""

    type: Literal["reply"] = "reply"
    delta: str


class CaptionEvent(BaseModel):
    """A caption, in seconds of the media; ``webvtt`` is the same as a cue block (W3C WebVTT)."""

    type: Literal["caption"] = "caption"
    start_s: float
    end_s: float
    text: str
    webvtt: str


class FragmentEvent(BaseModel):
    """A piece of the fragmented MP4: first the initialisation segment, then media without gap or overlap.

    ``content_type``, with codecs (RFC 6381), comes with the initialisation segment. Times in seconds of the media.
    """

    type: Literal["fragment"] = "fragment"
    kind: Literal["init", "media"]
    pts_s: float = Field(ge=0)
    duration_s: float = Field(ge=0)
    data: Media
    content_type: str | None = None


class DoneEvent(BaseModel):
    """The answer is complete and kept: what the JSON representation says of it. One for which there was no room is not kept:
    ``not_kept`` is then the problem, in place of the video's address.
    """

    type: Literal["done"] = "done"
    answer: dict[str, Any]


class ErrorEvent(BaseModel):
    """What went wrong, as a problem document (RFC 9457). No further event of the answer follows."""

    type: Literal["error"] = "error"
    problem: dict[str, Any]


AnswerEvent = TranscriptEvent | ReplyEvent | CaptionEvent | FragmentEvent | DoneEvent
