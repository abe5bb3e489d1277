"""The messages of ``/v1/asr/stream``: speech goes in while it is spoken, words come out.

The client sends ``start``, then binary messages of mono s16le at 16 kHz, cut anywhere, then ``finish``; ``pause`` where the
speaker may have finished: then the text is made up at once, so that ``finish`` finds it ready. More sound after a pause takes
it back. Another ``start`` begins another utterance.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter

from comps.cores.proto.avatar import Transcript


class SpokenLanguage(BaseModel):
    """``language``: its code, as requests name it; ``name``: its English name."""

    language: str
    name: str


class RecognisedLanguages(BaseModel):
    """The languages that a recogniser understands, by name. ``detects``: it finds out which of them was spoken where a request
    names none. ``any``: it does not tell which it understands, so that any may be named, and ``languages`` is empty.
    """

    languages: list[SpokenLanguage] = Field(default_factory=list)
    detects: bool = False
    any: bool = False


class StartRecognition(BaseModel):
    type: Literal["start"] = "start"
    language: str | None = Field(None, max_length=50)


class PauseRecognition(BaseModel):
    type: Literal["pause"] = "pause"


class FinishRecognition(BaseModel):
    type: Literal["finish"] = "finish"


RecognitionRequest = Annotated[StartRecognition | PauseRecognition | FinishRecognition, Field(discriminator="type")]
RECOGNITION_REQUEST: TypeAdapter[RecognitionRequest] = TypeAdapter(RecognitionRequest)


class PartialText(BaseModel):
    """The words so far; they may still change."""

    type: Literal["partial"] = "partial"
    text: str


class FinalText(BaseModel):
    type: Literal["final"] = "final"
    transcript: Transcript


class RecognitionFailed(BaseModel):
    """A problem document (RFC 9457). The utterance is over."""

    type: Literal["error"] = "error"
    problem: dict[str, Any]
