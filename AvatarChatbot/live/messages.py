"""The JSON messages of the socket, both ways. docs/protocol.md says when they come; ``/v1/avatarchatbot/asyncapi.json`` is made
of these.

All times are seconds; ``media`` time is that of the session's MP4.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, field_validator, model_validator

from comps.cores.proto.api_protocol import FinishReason
from comps.cores.proto.avatar import EngineName, Persona, Restore, Size, VideoProfile
from comps.cores.text.words import is_blank

#: Of the longest question, characters.
MAX_TEXT = 5000
#: Whole numbers that JavaScript has (ECMA-262, Number.MAX_SAFE_INTEGER), and those of a fragment's header.
_SAFE, _U32 = 2**53 - 1, 2**32 - 1


class Microphone(BaseModel):
    """What binary messages from the client hold: mono s16le at ``rate``, or one Opus stream in WebM or Ogg."""

    format: Literal["pcm16", "webm", "ogg"] = "pcm16"
    rate: int = Field(16_000, ge=8_000, le=48_000)


class Resume(BaseModel):
    """A session whose connection broke; ``sequence``: of the last message that arrived."""

    session: str = Field(pattern="^[0-9a-f]{32}$")
    sequence: int = Field(ge=0, le=_U32)


class Start(BaseModel):
    """The first message. With ``resume`` the rest is ignored."""

    type: Literal["start"]
    avatar: str | None = Field(None, max_length=32 << 20, description="an id, a name, a URL, or a picture or clip as base64")
    persona: Persona | str | None = None
    voice: str = Field("default", max_length=500)
    language: str | None = Field(None, max_length=50)
    conversation_id: str | None = Field(None, pattern="^[0-9a-f]{16,64}$")
    engine: EngineName | None = Field(None, description="who draws the face; goes before the profile, as the next two do")
    restore: Restore | None = None
    size: Size | None = None
    profile: VideoProfile = Field(default_factory=VideoProfile)
    microphone: Microphone = Field(default_factory=Microphone)
    resume: Resume | None = None
    key: str | None = Field(None, max_length=500, description="where no header can be set")

    @model_validator(mode="after")
    def _drawn_as_asked(self) -> Start:
        self.profile = self.profile.asked(engine=self.engine, restore=self.restore, size=self.size)
        return self


class Text(BaseModel):
    """A question, typed. It raises the turn as speech does."""

    type: Literal["text"]
    text: str = Field(min_length=1, max_length=MAX_TEXT)

    @field_validator("text")
    @classmethod
    def _readable(cls, value: str) -> str:
        if is_blank(value):
            raise ValueError("holds nothing that can be read")
        if "\0" in value:
            raise ValueError("holds a null character")
        return value


class ChangeAvatar(BaseModel):
    """Another face, from the next turn on; with it another persona, if one is given or comes with the face."""

    type: Literal["avatar"]
    avatar: str = Field(max_length=32 << 20)
    persona: Persona | str | None = None


class ChangeVoice(BaseModel):
    """Another voice, from the next turn on."""

    type: Literal["voice"]
    voice: str = Field(max_length=500)


class ChangeEngine(BaseModel):
    """Another animation engine, or another restoration, from the next turn on; without them the service's best."""

    type: Literal["engine"]
    engine: EngineName = ""
    restore: Restore = ""


class ChangeMicrophone(Microphone):
    """What binary messages hold from here on: a microphone that was allowed, or chosen, after ``start``."""

    type: Literal["microphone"]


class ChangeLanguage(BaseModel):
    """The language of the microphone's speech, from the next utterance on; none: the recogniser finds out."""

    type: Literal["language"]
    language: str | None = Field(None, max_length=50)


class Position(BaseModel):
    """Where the player is, several times a second: history keeps what was heard, and echo is told from speech by it.

    It is believed no further than media was sent and real time has passed since, and not backwards.
    """

    type: Literal["position"]
    media_s: float = Field(ge=0, allow_inf_nan=False)


class Interrupt(BaseModel):
    """Stop speaking."""

    type: Literal["interrupt"]


class Ping(BaseModel):
    type: Literal["ping"]
    id: int = Field(0, ge=-_SAFE, le=_SAFE)


class Stop(BaseModel):
    """The conversation is over: nothing is kept for a resume."""

    type: Literal["stop"]


ClientMessage = Annotated[
    Start
    | Text
    | ChangeAvatar
    | ChangeVoice
    | ChangeEngine
    | ChangeMicrophone
    | ChangeLanguage
    | Position
    | Interrupt
    | Ping
    | Stop,
    Field(discriminator="type"),
]
CLIENT_MESSAGE: TypeAdapter[ClientMessage] = TypeAdapter(ClientMessage)


class _Numbered(BaseModel):
    """``sequence`` counts the messages of a session, binary ones too; a reconnecting client says which was its last."""

    sequence: int = 0


class Ready(_Numbered):
    """The session is there; fragments follow. ``session`` resumes it within ``resume_s`` after a break."""

    type: Literal["ready"] = "ready"
    session: str
    conversation_id: str
    avatar_id: str
    content_type: str
    fps: int
    resumed: bool = False
    resume_s: float


#: What a client is told that it waits for; ``done``: for nothing any more.
Step = Literal["place", "face", "motion", "done"]


class Preparing(_Numbered):
    """What is being done before ``ready``, or for a change: a place among the faces that are drawn is taken (``place``), the face
    is made known, and who it is found out (``face``), its first pictures are drawn (``motion``). After a change: ``done``.
    """

    type: Literal["preparing"] = "preparing"
    step: Step


class Engine(_Numbered):
    """Another engine draws from here on than the one that was asked for, which is gone: ``problem`` says why."""

    type: Literal["engine"] = "engine"
    engine: str
    restore: str
    problem: dict[str, Any]


class Listening(_Numbered):
    """The ear: ``started`` (somebody speaks: whatever was said is over), ``paused``, ``ended`` (recognition is finishing)."""

    type: Literal["listening"] = "listening"
    state: Literal["started", "paused", "ended"]


class Partial(_Numbered):
    """What was recognised so far. It may still change. Empty: it was no question after all."""

    type: Literal["partial"] = "partial"
    text: str


class TurnTranscript(_Numbered):
    """The question of a turn, as it was understood or typed. It begins the turn."""

    type: Literal["transcript"] = "transcript"
    turn: int
    text: str


class TurnReply(_Numbered):
    """The next piece of the answer's text."""

    type: Literal["reply"] = "reply"
    turn: int
    delta: str


class TurnCaption(_Numbered):
    """A caption in media time."""

    type: Literal["caption"] = "caption"
    turn: int
    start_s: float
    end_s: float
    text: str
    webvtt: str


class Speaking(_Numbered):
    """The answer's first picture is at ``media_s``."""

    type: Literal["speaking"] = "speaking"
    turn: int
    media_s: float


class Interrupted(_Numbered):
    """The answer is over. Be silent at once, drop all media from before ``resume_s``, and go on there."""

    type: Literal["interrupted"] = "interrupted"
    turn: int
    resume_s: float
    heard: str


class TurnDone(_Numbered):
    """The whole answer has been sent. ``timings``: seconds from the end of the question to each first."""

    type: Literal["done"] = "done"
    turn: int
    reply: str
    finish_reason: FinishReason = "stop"
    timings: dict[str, float]
    engines: dict[str, str]


class Quality(_Numbered):
    """What the session shows changed: frames a second, a still picture with sound, or a silent face with captions."""

    type: Literal["quality"] = "quality"
    level: Literal["full", "half", "still", "text"]
    reason: str


class Recording(_Numbered):
    """Whether turns are written down. The session goes on where they cannot be, as on a full disk (``problem``), and records
    again when they can; ``conversation_id`` is then the conversation, which may be a new one.
    """

    type: Literal["recording"] = "recording"
    on: bool
    conversation_id: str
    problem: dict[str, Any] | None = None


class Failed(_Numbered):
    """A problem document (RFC 9457): with ``turn`` of that turn, else of a message or of the microphone; the session goes on.
    Where it does not, the connection is closed next. ``retry_after``, seconds, is a member where it may work later (429).
    """

    type: Literal["error"] = "error"
    turn: int | None = None
    problem: dict[str, Any]


class Resting(_Numbered):
    """Nobody has asked, spoken or listened for a while: the session's place among the faces that are drawn in real time is given
    back. The next question takes one again, if there is one. The session ends after ``ends_in_s`` more.
    """

    type: Literal["resting"] = "resting"
    ends_in_s: float


class Ended(_Numbered):
    """The session is over, and the connection is closed next, since nobody has done anything for long. Start anew with the
    ``conversation_id`` to go on.
    """

    type: Literal["ended"] = "ended"
    reason: Literal["idle"]
    conversation_id: str


class Pong(BaseModel):
    type: Literal["pong"] = "pong"
    id: int


ServerMessage = (
    Ready
    | Preparing
    | Engine
    | Listening
    | Partial
    | TurnTranscript
    | TurnReply
    | TurnCaption
    | Speaking
    | Interrupted
    | TurnDone
    | Quality
    | Resting
    | Ended
    | Recording
    | Failed
)
