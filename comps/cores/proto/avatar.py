"""What travels between the services of an avatar chatbot: personas, speech, timelines, chunks of video."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from comps.cores.proto import plain, spans
from comps.cores.proto.base_doc import BaseDoc
from comps.cores.proto.media import Media

Phoneme = spans.Phoneme
Word = spans.Word
Segment = spans.Segment


class Provenance(StrEnum):
    """Where a field of a persona comes from."""

    SEEN = "seen"
    HEARD = "heard"
    INVENTED = "invented"
    BLANK = "blank"
    GIVEN = "given"


#: All text of a persona, bytes of UTF-8.
MAX_PERSONA = 64 << 10
#: An item of one of its lists, characters.
MAX_ITEM = 2000
_MAX_ID = 200
_Items = Annotated[list[Annotated[str, Field(max_length=MAX_ITEM)]], Field(max_length=50)]


class Persona(BaseDoc):
    """Who the avatar is. The fields are Vid2Persona's; ``provenance`` says of each where it comes from.

    All text together is at most ``MAX_PERSONA`` bytes.
    """

    name: str = Field(default="", max_length=200)
    physicalDescription: str = Field(default="", max_length=4000)
    personalityTraits: _Items = Field(default_factory=list)
    likes: _Items = Field(default_factory=list)
    dislikes: _Items = Field(default_factory=list)
    background: _Items = Field(default_factory=list)
    goals: _Items = Field(default_factory=list)
    relationships: _Items = Field(default_factory=list)
    system_prompt: str = Field(default="", max_length=20_000)
    voice: str = Field(default="", max_length=500)
    avatar_id: str = Field(default="", max_length=100)
    provenance: dict[Annotated[str, Field(max_length=100)], Provenance] = Field(default_factory=dict, max_length=50)

    @model_validator(mode="before")
    @classmethod
    def _of_plain_values(cls, values: Any) -> Any:
        """Cards come by several ways, and are kept. Raises BadInput."""
        if isinstance(values, dict):
            plain.check(values)
        return values

    @field_validator("id")
    @classmethod
    def _id_is_short(cls, value: str | None) -> str | None:
        if value is not None and len(value) > _MAX_ID:
            raise ValueError(f"must have at most {_MAX_ID} characters")
        return value

    @field_validator("*")
    @classmethod
    def _all_is_within_limits(cls, value: Any, info: ValidationInfo) -> Any:
        # Asked of every field, so that the error names the one that is too much.
        others = (other for name, other in info.data.items() if name != info.field_name)
        if _text_size(value) + sum(map(_text_size, others)) > MAX_PERSONA:
            raise ValueError(f"the card has more than {MAX_PERSONA} bytes of text")
        return value


def _text_size(value: Any) -> int:
    """Bytes of the text in a field."""
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode(errors="surrogatepass"))
    return sum(map(_text_size, value)) if isinstance(value, list | dict) else 0


class Transcript(BaseDoc):
    """What was said. ``asr_result`` is OPEA's name for the text; ``duration_s`` the length of the recording; ``segments`` its
    stretches of speech, where the engine tells them; ``words`` only where their times were asked for and the engine can tell
    them.
    """

    asr_result: str
    duration_s: float = 0.0
    language: str = "en"
    engine: str = ""
    words: list[Word] = Field(default_factory=list)
    segments: list[Segment] = Field(default_factory=list)


class Voice(BaseDoc):
    """A voice of the tts service. ``description`` is what a request by description is matched against; ``pitch_hz`` its
    median fundamental frequency, where it was measured."""

    name: str
    language: str
    gender: Literal["male", "female", "none"] = "none"
    age: Literal["child", "young", "adult", "middle", "old", "none"] = "none"
    pitch_hz: float | None = None
    description: str = ""


class SpeechRequest(BaseDoc):
    """A clause to be spoken. ``voice`` is a voice's name, a language ("German", "de-DE"), or a description ("an old sailor").

    ``language``: a hint for clauses whose language is unsure, such as the language of the conversation so far.
    ``before`` and ``continues``: what of the same sentence was spoken before it, and whether the sentence goes on after it. A
    voice may speak it as that part of the whole sentence; it speaks ``text`` alone.
    """

    text: str = Field(min_length=1, max_length=5000)
    voice: str = Field(default="default", max_length=500)
    language: str | None = Field(default=None, max_length=100)
    speed: float = Field(default=1.0, ge=0.25, le=4.0)
    before: str = Field(default="", max_length=5000)
    continues: bool = False


class Speech(BaseDoc):
    """A spoken clause. ``pcm``: mono, signed 16 bit, little endian. Times in seconds from its first sample.

    ``phonemes`` cover the clause without gap; empty when the engine gives no timings. ``f0``: the fundamental frequency in Hz, a
    value every ``f0_hop_s`` from the first sample, 0 where unvoiced; empty when the engine does not tell.
    """

    pcm: Media
    sample_rate: int
    phonemes: list[Phoneme] = Field(default_factory=list)
    words: list[Word] = Field(default_factory=list)
    f0: list[float] = Field(default_factory=list)
    f0_hop_s: float = 0.0
    voice: str = ""
    engine: str = ""


#: Width and height of a video, pixels: what x264 and faces allow.
Size = Annotated[int, Field(ge=128, le=1024, multiple_of=16)]
#: An engine by name; empty: the service's best.
EngineName = Annotated[str, Field(max_length=50, pattern=r"^[a-z0-9_]*$")]
#: What of a face is restored; empty: as the service is set up.
Restore = Literal["", "none", "mouth", "face"]


class VideoProfile(BaseModel):
    """How an answer's video is drawn and coded: size, codec settings, engine. Pinned for a turn: every chunk's SPS and PPS
    depend on it, and a face drawn by two engines would jump.

    ``crf``: the quantiser on x264's scale; 28 gives about 1.7 Mbit/s at 512², 25 fps. ``engine``: the animation engine by name;
    empty: the service's best. ``restore``: what of the face is restored (GFPGAN) after an engine that draws few pixels; empty:
    as the service is set up.
    """

    model_config = ConfigDict(frozen=True)

    size: Size = 512
    fps: int = Field(default=25, ge=5, le=30)
    crf: int = Field(default=28, ge=0, le=40)
    preset: Literal["ultrafast", "superfast", "veryfast"] = "superfast"
    engine: EngineName = ""
    restore: Restore = ""

    def asked(self, *, engine: str | None, restore: Restore | None, size: int | None) -> VideoProfile:
        """The profile with what a request says beside it, in fields of its own (those that are not None)."""
        given = {"engine": engine, "restore": restore, "size": size}
        return self.model_copy(update={name: value for name, value in given.items() if value is not None})


class AvatarRequest(BaseDoc):
    """A face to be animated: a picture or a short clip. ``points`` are side-car landmarks for faces the mesh misplaces:
    ``{"mouth": [[x, y], …], "left_eye": …, "right_eye": …}`` in pixels of the picture (docs: comps/animation/README.md)."""

    media: Media
    points: dict[str, list[tuple[float, float]]] | None = None


class AvatarInfo(BaseDoc):
    """A registered avatar. ``avatar_id`` is the content hash of its media and points. ``engine``: who draws it unless another is
    asked for; ``engines``: all that can; ``hearing``: those that draw from the sound itself, so that chunks for them carry
    it; ``restores``: what ``VideoProfile.restore`` may be.
    """

    avatar_id: str
    kind: Literal["picture", "clip"]
    width: int
    height: int
    can_blink: bool
    engine: str
    engines: list[str] = Field(default_factory=list)
    hearing: list[str] = Field(default_factory=list)
    restores: list[str] = Field(default_factory=list)


class DrawingWish(BaseModel):
    """Of a VideoProfile, who is to draw it."""

    engine: EngineName = ""
    restore: Restore = ""


class DrawnBy(BaseDoc):
    """Who draws a profile at the animation service, and what else it has. ``engine``, ``restore``: what the profile means there;
    ``hears``: whether that engine draws from the sound itself, so that chunks carry it. ``engines``: all that run there, the
    one that draws where none is named first; ``restores``: engine → what ``VideoProfile.restore`` may be with it;
    ``unavailable``: engine → why it does not run there.
    """

    engine: str
    restore: Restore
    hears: bool
    engines: list[str]
    restores: dict[str, list[str]]
    unavailable: dict[str, str] = Field(default_factory=dict)


class ChunkRequest(BaseDoc):
    """At most 480 ms of an answer's video, on the answer's own frame grid: frames ``start_frame`` … ``start_frame + frames - 1``.

    Frame k is on screen from k/fps to (k+1)/fps seconds. ``phonemes`` are those that touch the chunk's time or lie within
    ``CONTEXT_S`` of it, in the answer's time. For speech without timings ``pcm`` (mono s16le, ``sample_rate``) holds the same
    stretch of sound, its first sample at ``pcm_start_s``; for engines that draw from the sound (``AvatarInfo.hearing``) at least
    what lies within ``HEARING_S`` of the chunk. Only every ``step``-th frame is drawn, and is on screen that long. A
    chunk is a pure function of this request, but for ``reservation``, the share of the service that it is drawn on, and
    ``due_s``: how soon it is wanted, seconds; what is wanted sooner is drawn sooner.
    """

    avatar_id: str
    profile: VideoProfile = Field(default_factory=VideoProfile)
    seed: int = 0
    start_frame: int = Field(ge=0, le=2**53)
    frames: int = Field(ge=1)
    phonemes: list[Phoneme] = Field(default_factory=list)
    pcm: Media = b""
    pcm_start_s: float = Field(default=0.0, ge=-1e9, le=1e9)
    sample_rate: int = 16_000
    step: int = Field(default=1, ge=1, le=4)
    reservation: str | None = Field(default=None, max_length=64)
    due_s: float = Field(default=0.0, ge=0)

    @property
    def pictures(self) -> int:
        """How many frames are drawn."""
        return -(-self.frames // self.step)


#: Seconds of speech on either side that a chunk may depend on (co-articulation, and whether a pause is short).
CONTEXT_S = 1.5
#: Seconds of sound on either side that a chunk may depend on by an engine that hears, where phonemes tell the rest: Wav2Lip's
#: windows reach 0.2 s beyond the beginning of a frame, their first spectrum and the filter of resampling a little back.
HEARING_S = 0.3
#: The longest chunk, in seconds.
MAX_CHUNK_S = 0.48
#: What moves without speech (breath, sway, blinks) repeats after this many seconds of the drawing grid.
IDLE_LOOP_S = 10
#: How engines draw a pause, in seconds, so that its beginning does not depend on its length: lips stay closed for the first of
#: these, the face has come to rest by the second (a pause no longer than that shows closed lips throughout), and leaves its
#: rest the third before the next sound.
PAUSE_HELD_S, PAUSE_RESTS_S, PAUSE_ENDS_S = 0.85, 1.2, 0.22


class Chunk(BaseDoc):
    """Encoded video: H.264 access units (Annex B, without parameter sets), IDR first, no B-frames.

    Each is on screen for ``step`` frames of the grid, the last for what is left of ``frames``. ``parameter_sets`` are the
    profile's SPS and PPS (Annex B): the same for every chunk of a profile. ``cpu_ms``, ``wall_ms``: time of the worker;
    the first where all of its work is the processor's.
    """

    start_frame: int
    frames: int
    step: int = 1
    access_units: list[Media]
    parameter_sets: Media
    profile: VideoProfile
    engine: str
    cpu_ms: float = 0.0
    wall_ms: float = 0.0


class PersonaDraft(BaseDoc):
    """What describe found in a picture or a clip: a persona and the portrait (PNG, square) to animate."""

    persona: Persona
    portrait: Media
    portrait_t_s: float = 0.0
    engine: str = ""
    observations: dict[str, Any] = Field(default_factory=dict)
