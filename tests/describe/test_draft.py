"""The draft engine on real faces: portraits, provenance, what is never said, and media of every kind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from comps.cores.common.settings import DescribeSettings, LandmarkSettings, StorageSettings
from comps.cores.errors import BadInput, NoFace, Problem, TooLarge, UnsupportedMedia
from comps.cores.proto.avatar import Persona, PersonaDraft, Provenance
from comps.describe.engines.draft import DraftEngine
from comps.media.audio import wav_bytes
from comps.media.landmarks import Landmarker, Placement
from tests.describe import material
from tests.describe.speakers import flite
from tests.describe.wording import FORBIDDEN

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        Landmarker.unavailable(LandmarkSettings()) is not None, reason="mediapipe is not installed: run scripts/setup"
    ),
]

FIELDS = set(Persona.model_fields) - {"id", "provenance"}


@pytest.fixture(scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DraftEngine]:
    storage = StorageSettings(blobs=str(tmp_path_factory.mktemp("blobs")))
    made = DraftEngine(DescribeSettings(storage=storage, max_clip_s=5, refuse_clip_s=20))
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(scope="module")
async def landmarker() -> AsyncIterator[Landmarker]:
    made = Landmarker()
    yield made
    await made.stop()


def portrait(draft: PersonaDraft) -> np.ndarray:
    """uint8 RGB."""
    picture = cv2.imdecode(np.frombuffer(draft.portrait, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.ascontiguousarray(picture[..., ::-1])


def words(draft: PersonaDraft) -> str:
    return f"{draft.persona.model_dump(exclude={'id', 'provenance'})} {draft.observations}"


def check(draft: PersonaDraft) -> None:
    """What holds for every draft."""
    persona = draft.persona
    assert set(persona.provenance) == FIELDS
    for field in FIELDS:
        is_blank = persona.provenance[field] is Provenance.BLANK
        assert is_blank == (not getattr(persona, field)), f"{field}: {persona.provenance[field]}"
    assert persona.provenance["physicalDescription"] is Provenance.SEEN
    assert persona.provenance["system_prompt"] is Provenance.INVENTED
    assert {name for name, origin in persona.provenance.items() if origin is Provenance.HEARD} <= {"voice"}
    assert persona.physicalDescription in persona.system_prompt
    found = FORBIDDEN.search(words(draft))
    assert found is None, f"says {found.group()!r}" if found else ""
    assert draft.engine == "draft"


def cut(media: bytes) -> bytes:
    return media[: len(media) * 6 // 10]


async def test_the_photo(engine: DraftEngine, landmarker: Landmarker) -> None:
    draft = await engine.describe(material.png(material.astronaut()))
    check(draft)
    assert "brown hair" in draft.persona.physicalDescription
    assert "orange" in draft.persona.physicalDescription
    picture = portrait(draft)
    assert picture.shape[0] == picture.shape[1] >= 200
    (face,) = await landmarker.faces(picture, 4)
    height = (face.box[3] - face.box[1]) / picture.shape[0]
    assert 0.35 < height < 0.55
    assert abs((face.box[0] + face.box[2]) / 2 / picture.shape[1] - 0.5) < 0.1


async def test_the_portrait_of_a_photo_on_its_side_is_upright(engine: DraftEngine, landmarker: Landmarker) -> None:
    turned = np.ascontiguousarray(np.rot90(material.astronaut()))
    picture = portrait(await engine.describe(material.png(turned)))
    (face,) = await landmarker.faces(picture, 1)
    assert face.score > 0.85
    assert abs(Placement.of(face, *picture.shape[:2]).tilt) < 6


async def test_the_portrait_of_a_narrow_photo_shows_the_whole_face(engine: DraftEngine, landmarker: Landmarker) -> None:
    narrow = np.ascontiguousarray(material.astronaut()[:300, 175:275])
    picture = portrait(await engine.describe(material.png(narrow)))
    (face,) = await landmarker.faces(picture, 1)
    assert Placement.of(face, *picture.shape[:2]).cut < 0.02


AVATARS = [f"avatars/avatar{n}.{'jpg' if n < 3 else 'png'}" for n in range(1, 7)]


@pytest.mark.parametrize("name", [*AVATARS, "video/silence_girl.mp4"])
async def test_the_shared_faces(engine: DraftEngine, landmarker: Landmarker, shared: Path, name: str) -> None:
    draft = await engine.describe((shared / "data" / name).read_bytes())
    check(draft)
    picture = portrait(draft)
    assert picture.shape[0] == picture.shape[1]
    assert len(await landmarker.faces(picture, 1)) == 1


async def test_colours_are_those_of_the_picture(engine: DraftEngine, shared: Path) -> None:
    looks = {}
    for n, suffix in ((1, "jpg"), (2, "jpg"), (3, "png"), (6, "png")):
        media = (shared / "data" / "avatars" / f"avatar{n}.{suffix}").read_bytes()
        looks[n] = (await engine.describe(media)).observations["looks"]
    assert looks[1]["hair"] == "dark brown"
    assert "navy blue" in looks[1]["clothing"]
    assert "white" in looks[1]["background"]
    assert "blue" in looks[2]["clothing"]
    assert looks[3]["hair"] == "", "an android's bare head is no hair"
    assert "white" in looks[6]["clothing"]
    assert {"green", "dark green", "light green"} & set(looks[6]["background"])


async def test_the_sharp_frame_is_the_portrait(engine: DraftEngine) -> None:
    frames = [material.scene(dx=n, blur=0.0 if n == 7 else 3.0) for n in range(10)]
    draft = await engine.describe(material.clip(frames, fps=5))
    assert draft.portrait_t_s == pytest.approx(7 / 5, abs=0.01)


async def test_the_main_character_is_the_one_most_seen(engine: DraftEngine) -> None:
    """Two people side by side, the left one larger; then a cut to the other alone, for a moment only."""
    large, small = material.scene(zoom=1.0), material.scene(zoom=0.75, tint=0.35)
    frames = [material.beside(large, small)] * 16 + [material.beside(small, small * 0 + 90)] * 3
    draft = await engine.describe(material.clip(frames, fps=5))
    assert "orange" in draft.observations["looks"]["clothing"]
    assert draft.portrait_t_s < 16 / 5


@pytest.mark.parametrize(
    "media",
    [
        pytest.param(lambda: material.clip(material.swaying(1)), id="one frame"),
        pytest.param(lambda: material.clip(material.swaying(3)), id="three frames"),
        pytest.param(lambda: material.clip(material.swaying(12), container="webm", codec="libvpx"), id="webm"),
        pytest.param(lambda: material.clip(material.swaying(12), container="matroska"), id="mkv"),
        pytest.param(lambda: material.clip(material.swaying(12), container="mpegts"), id="ts"),
        pytest.param(
            lambda: material.clip(material.swaying(12), options={"movflags": "frag_keyframe+empty_moov"}), id="fragmented"
        ),
        pytest.param(lambda: material.clip(material.swaying(12), times_ms=[0, 40, 80, *range(500, 1400, 100)]), id="vfr"),
        pytest.param(lambda: cut(material.clip(material.swaying(20), container="matroska")), id="mkv cut short"),
        pytest.param(lambda: cut(material.clip(material.swaying(20), container="mpegts")), id="ts cut short"),
        pytest.param(lambda: material.turned(material.clip([np.rot90(frame, 1) for frame in material.swaying(12)])), id="turned"),
    ],
)
async def test_clips_of_every_kind(engine: DraftEngine, media: object) -> None:
    assert callable(media)
    draft = await engine.describe(media())
    check(draft)
    assert "orange" in draft.persona.physicalDescription


async def test_a_voice_in_the_clip_is_heard(engine: DraftEngine, tmp_path: Path) -> None:
    draft = await engine.describe(material.clip(material.swaying(40), sound=flite("rms", tmp_path).samples[: 16_000 * 4]))
    check(draft)
    assert draft.persona.voice.startswith("a low ")
    assert draft.persona.provenance["voice"] is Provenance.HEARD
    assert draft.observations["voice"]["pitch_hz"] == pytest.approx(101, rel=0.08)


async def test_a_sound_that_is_no_voice_leaves_the_voice_blank(engine: DraftEngine) -> None:
    tone = (8000 * np.sin(2 * np.pi * 220 * np.arange(32_000) / 16_000)).astype(np.int16)
    draft = await engine.describe(material.clip(material.swaying(20), sound=tone))
    check(draft)
    assert draft.persona.provenance["voice"] is Provenance.BLANK


async def test_a_long_clip_is_looked_at_from_its_beginning(engine: DraftEngine) -> None:
    """12 s, of which the first 5 are looked at: the one sharp frame beyond them is not taken."""
    frames = [material.scene(dx=n % 7, blur=0.0 if n in (11, 40) else 2.0) for n in range(48)]
    draft = await engine.describe(material.clip(frames, fps=4))
    assert draft.observations["duration_s"] == 5
    assert draft.portrait_t_s == pytest.approx(11 / 4, abs=0.26)


async def test_a_clip_beyond_the_limit_is_refused(engine: DraftEngine) -> None:
    with pytest.raises(TooLarge):
        await engine.describe(material.clip([material.scene(96, 64)] * 22, fps=1))


async def test_what_has_no_face(engine: DraftEngine) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3)).astype(np.uint8)
    grey = np.full((200, 300, 3), 128, np.uint8)
    for media in (material.png(noise), material.png(grey), material.clip([grey] * 5)):
        with pytest.raises(NoFace) as raised:
            await engine.describe(media)
        assert raised.value.status == 422


@pytest.mark.parametrize(
    "media",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0" * 5000, id="zeros"),
        pytest.param(b"%PDF-1.7 hello", id="pdf"),
        pytest.param(np.random.default_rng(1).bytes(20_000), id="random"),
        pytest.param(material.png(material.scene(64, 64))[:200], id="png cut short"),
        pytest.param(material.clip(material.swaying(4))[:300], id="mp4 cut to its header"),
        pytest.param(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", id="playlist"),
        pytest.param(wav_bytes(np.zeros(1600, np.int16), 16_000), id="sound alone"),
    ],
)
async def test_what_is_no_picture_is_refused_as_such(engine: DraftEngine, media: bytes) -> None:
    with pytest.raises(UnsupportedMedia):
        await engine.describe(media)


async def test_bytes_damaged_anywhere_give_a_draft_or_a_typed_error(engine: DraftEngine) -> None:
    rng = np.random.default_rng(2)
    whole = material.clip(material.swaying(6))
    for _ in range(12):
        damaged = bytearray(whole)
        for at in rng.integers(0, len(whole), 30):
            damaged[at] = int(rng.integers(0, 256))
        with contextlib.suppress(BadInput):
            check(await engine.describe(bytes(damaged)))


async def test_the_second_time_it_is_remembered_also_after_a_restart(tmp_path: Path) -> None:
    settings = DescribeSettings(storage=StorageSettings(blobs=str(tmp_path)))
    media = material.png(material.scene())
    first = DraftEngine(settings)
    await first.start()
    draft = await first.describe(media)
    await first.stop()
    second = DraftEngine(settings)
    await second.start()
    # Stopped workers answer nothing: what comes now can only have been remembered.
    await second.stop()
    again = await second.describe(media)
    assert again.model_dump() == draft.model_dump()
    with pytest.raises(Problem):
        await second.describe(material.png(material.scene(dx=1)))


async def test_requests_at_once_are_not_mixed_up(engine: DraftEngine) -> None:
    pictures = {n: material.png(material.scene(tint=n / 8)) for n in range(4)}
    alone = {n: await engine.describe(picture) for n, picture in pictures.items()}
    clips = {n: material.clip([material.scene(tint=n / 8)] * 3) for n in range(4)}
    drafts = await asyncio.gather(*(engine.describe(clips[n]) for n in (0, 1, 2, 3, 0, 1, 2, 3)))
    for n, draft in zip((0, 1, 2, 3) * 2, drafts, strict=True):
        assert draft.observations["looks"]["clothing"] == alone[n].observations["looks"]["clothing"]
        assert draft.portrait == drafts[n].portrait
    assert len({draft.portrait for draft in drafts}) == 4
