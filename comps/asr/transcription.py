"""A transcript in the shapes that OpenAI's clients ask for (OpenAI API reference, "Create transcription")."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi.responses import PlainTextResponse, Response

from comps.asr.engine import AsrEngine, Hints
from comps.cores.errors import BadInput, as_field
from comps.cores.mega.json_route import PlainJSONResponse
from comps.cores.mega.streamed import Body
from comps.cores.proto import sse
from comps.cores.proto.audio_requests import TranscriptionRequest
from comps.cores.proto.avatar import Segment, Transcript
from comps.media.captions import Cue, cues

#: Formats that show words when they are said.
_SUBTITLES = ("srt", "vtt")


def is_timed(asked: TranscriptionRequest) -> bool:
    """Whether the words' times are wanted."""
    return asked.response_format in _SUBTITLES or (
        asked.response_format == "verbose_json" and "word" in asked.timestamp_granularities
    )


def hints(asked: TranscriptionRequest) -> Hints:
    return Hints(asked.prompt, asked.temperature)


def response(transcript: Transcript, asked: TranscriptionRequest) -> Response:
    """Raises BadInput that names the field for times that the engine does not tell."""
    match asked.response_format:
        case "text":
            return PlainTextResponse(transcript.asr_result)
        case "srt":
            numbered = (f"{number}\n{cue.srt}\n" for number, cue in enumerate(_cues(transcript), 1))
            return Response("\n".join(numbered), media_type="application/x-subrip; charset=utf-8")
        case "vtt":
            blocks = ("WEBVTT\n", *(f"{cue.webvtt}\n" for cue in _cues(transcript)))
            return Response("\n".join(blocks), media_type="text/vtt; charset=utf-8")
        case "verbose_json":
            return PlainJSONResponse(_verbose(transcript, asked))
    return PlainJSONResponse({"text": transcript.asr_result})


@asynccontextmanager
async def events(engine: AsrEngine, asked: TranscriptionRequest) -> AsyncIterator[Body]:
    """The text as it is recognised: ``transcript.text.delta`` for each piece, then ``transcript.text.done`` with all of it."""
    async with engine.transcribe_streamed(asked.file or b"", asked.language, hints(asked)) as pieces:
        yield Body(_events(pieces), sse.MEDIA_TYPE)


async def _events(pieces: AsyncIterator[str]) -> AsyncGenerator[bytes, None]:
    text = ""
    while True:
        with as_field("audio", "file"):
            piece = await anext(pieces, None)
        if piece is None:
            break
        text += piece
        yield _event(type="transcript.text.delta", delta=piece)
    yield _event(type="transcript.text.done", text=text)


def _event(**members: Any) -> bytes:
    return sse.format_event(json.dumps(members, ensure_ascii=False))


def _verbose(transcript: Transcript, asked: TranscriptionRequest) -> dict[str, Any]:
    """Of a segment only what is known: start, end and text."""
    answer: dict[str, Any] = {
        "text": transcript.asr_result,
        "task": "transcribe",
        "language": transcript.language,
        "duration": transcript.duration_s,
    }
    wanted = asked.timestamp_granularities
    if "word" in wanted:
        if not transcript.words:
            raise _untold(transcript, "timestamp_granularities", "when its words are said")
        answer["words"] = [{"word": word, "start": start, "end": end} for start, end, word in transcript.words]
    if "segment" in wanted and not _segments(transcript):
        raise _untold(transcript, "timestamp_granularities", "when its sentences are said")
    if "segment" in wanted or not wanted:
        answer["segments"] = [
            {"id": number, "start": start, "end": end, "text": text}
            for number, (start, end, text) in enumerate(_segments(transcript))
        ]
    return answer


def _cues(transcript: Transcript) -> Iterator[Cue]:
    """Raises BadInput where the engine tells no times."""
    segments = _segments(transcript)
    if not segments:
        raise _untold(transcript, "response_format", "when anything is said")
    words = list(transcript.words)
    for start, end, text in segments:
        within = [word for word in words if word[0] < end]
        words = words[len(within) :]
        yield from cues(text, within, start, end)


def _segments(transcript: Transcript) -> list[Segment]:
    """The engine's, or all of the words as one."""
    if transcript.segments or not transcript.words:
        return transcript.segments
    return [(transcript.words[0][0], transcript.words[-1][1], transcript.asr_result)]


def _untold(transcript: Transcript, field: str, what: str) -> BadInput:
    return BadInput(f"{field}: the engine {transcript.engine} does not tell {what}", field=field)
