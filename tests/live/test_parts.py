"""The parts of a live session by themselves: frames, outbox, ladder, performance, what was heard."""

from __future__ import annotations

import itertools
import json
from typing import Any, Literal

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from AvatarChatbot.headstart import Headstart
from AvatarChatbot.heard import heard
from AvatarChatbot.live.framing import Frame
from AvatarChatbot.live.ladder import Ladder, Rung
from AvatarChatbot.live.messages import Partial
from AvatarChatbot.live.outbox import Outbox
from AvatarChatbot.live.performance import Performance
from AvatarChatbot.unspoken import unspoken
from comps.cores.errors import MalformedBody, NotFound
from comps.cores.proto.avatar import Chunk, ChunkRequest, Speech, VideoProfile
from comps.media.captions import MAX_CUE_CHARS, cues
from comps.media.timeline import Timeline


@given(
    kind=st.sampled_from(["init", "media"]),
    turn=st.integers(0, 2**32 - 1),
    sequence=st.integers(0, 2**32 - 1),
    pts=st.integers(0, 2**40),
    duration=st.integers(0, 2**31),
    data=st.binary(max_size=64),
)
def test_a_frame_is_what_it_was(
    kind: Literal["init", "media"], turn: int, sequence: int, pts: int, duration: int, data: bytes
) -> None:
    frame = Frame(kind, turn, sequence, pts / 1e6, duration / 1e6, data)
    again = Frame.unpack(frame.pack())
    assert (again.kind, again.turn, again.sequence, again.data) == (kind, turn, sequence, data)
    assert again.pts_s == pytest.approx(frame.pts_s, abs=1e-6)


@given(st.binary(max_size=40))
def test_garbage_is_no_frame(data: bytes) -> None:
    try:
        Frame.unpack(data)
    except MalformedBody:
        return
    assert data[:1] == b"\x01"


async def _taken(outbox: Outbox, after: int = 0) -> list[int]:
    outbox.close()
    numbers = []
    async for message in outbox.messages(after):
        numbers.append(Frame.unpack(message).sequence if isinstance(message, bytes) else json.loads(message)["sequence"])
    return numbers


@pytest.mark.anyio
async def test_messages_come_in_order_and_again_after_a_break() -> None:
    outbox = Outbox()
    for number in range(10):
        outbox.put(Partial(text=str(number)) if number % 2 else Frame("media", number, 0, 0.0, 0.24, b"x"))
    assert outbox.can_resume(4)
    assert await _taken(outbox, 4) == [5, 6, 7, 8, 9, 10]
    assert await _taken(outbox) == list(range(1, 11))


@pytest.mark.anyio
async def test_media_of_an_answer_that_is_over_is_left_out_and_the_rest_is_not() -> None:
    outbox = Outbox()
    for turn in (0, 1, 1, 0, 2, 1):
        outbox.put(Frame("media", turn, 0, 0.0, 0.24, b"x"))
    outbox.drop(1)
    assert await _taken(outbox) == [1, 4, 5]


@pytest.mark.anyio
async def test_too_much_missed_is_said() -> None:
    outbox = Outbox()
    for _ in range(2000):
        outbox.put(Partial(text="x"))
    assert not outbox.can_resume(5)
    with pytest.raises(NotFound):
        await _taken(outbox, 5)


def test_the_ladder_goes_down_at_once_and_up_after_a_while() -> None:
    now = [0.0]
    changes: list[str] = []
    ladder = Ladder(lambda: now[0], lambda rung, _: changes.append(rung.level))
    ladder.picture(0.5)
    assert ladder.rung is Rung.FULL
    ladder.picture(-0.1)
    assert (ladder.rung, ladder.step) == (Rung.HALF, 2)
    ladder.picture(-0.1)
    assert ladder.rung is Rung.HALF, "what half the frames save shows after a second"
    now[0] = 1.5
    ladder.picture(-0.1)
    assert (ladder.rung, ladder.step) == (Rung.STILL, None)
    now[0] = 5
    ladder.idle()
    assert ladder.rung is Rung.STILL
    now[0] = 40
    ladder.idle()
    assert ladder.rung is Rung.HALF
    now[0] = 80
    ladder.picture(1.0)
    assert changes == ["half", "still", "half", "full"]
    ladder.failed()
    assert ladder.rung is Rung.STILL


def test_without_a_voice_there_is_text_whatever_is_drawn() -> None:
    changes: list[str] = []
    ladder = Ladder(lambda: 0.0, lambda rung, _: changes.append(rung.level))
    ladder.clause(is_spoken=True)
    ladder.clause(is_spoken=False)
    ladder.clause(is_spoken=False)
    assert (ladder.rung, ladder.step) == (Rung.TEXT, 1), "the resting face is drawn"
    ladder.failed()
    assert (ladder.rung, ladder.step) == (Rung.TEXT, None)
    ladder.clause(is_spoken=True)
    assert changes == ["text", "still"]


def _chunk(start: int, frames: int, step: int = 1, pictures: bool = True) -> Chunk:
    units = [bytes([start + k]) for k in range(0, frames, step)] if pictures else []
    return Chunk(
        start_frame=start, frames=frames, step=step, access_units=units, parameter_sets=b"", profile=VideoProfile(), engine="x"
    )


@pytest.mark.anyio
async def test_a_performance_keeps_its_place_whatever_comes_late_or_not_at_all() -> None:
    performance = Performance(1, 25)
    await performance.add(_chunk(0, 6))
    assert [picture.data for picture in performance.take(4)] == [b"\0", b"\1", b"\2", b"\3"]
    performance.take(2)
    performance.pass_over(3)
    await performance.add(_chunk(6, 6))
    assert performance.dropped_frames == 3
    assert performance.longest_lag == 3
    assert [picture.data for picture in performance.take(9)] == [b"\x09", b"\x0a", b"\x0b"]
    await performance.add(_chunk(18, 5, step=2))
    taken = performance.take(20)
    assert [(picture.data, picture.frames) for picture in taken] == [(None, 6), (b"\x12", 2), (b"\x14", 2), (b"\x16", 1)]
    await performance.add(_chunk(23, 12, pictures=False))
    assert [(picture.data, picture.frames) for picture in performance.take(20)] == [(None, 12)]
    assert performance.frames_shown == 35
    assert performance.longest_lag == 12


@pytest.mark.anyio
async def test_pictures_of_frames_that_are_passed_over_are_dropped_and_hold_nobody_up() -> None:
    performance = Performance(1, 25)
    for start in range(0, 60, 12):
        await performance.add(_chunk(start, 12))
    performance.is_still = True
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(performance.add, _chunk(60, 12, pictures=False))
        tasks.start_soon(performance.add, _chunk(72, 12))
        await anyio.wait_all_tasks_blocked()
        performance.pass_over(50)
    assert performance.dropped_frames == 50
    assert performance.frames_drawn == 34
    performance.is_still = False
    taken = performance.take(40)
    assert [picture.data for picture in taken[:10]] == [bytes([frame]) for frame in range(50, 60)]
    assert [(picture.data, picture.frames) for picture in taken[10:12]] == [(None, 12), (bytes([72]), 1)]


@pytest.mark.anyio
async def test_pictures_are_as_far_behind_their_sound_as_they_are_old() -> None:
    performance = Performance(1, 25)
    await performance.add(_chunk(0, 6))
    performance.take(6)
    assert performance.longest_lag == 0
    await performance.add(_chunk(6, 6, step=2))
    performance.take(1)
    assert performance.longest_lag == 0
    performance.take(1)
    assert performance.longest_lag == 1
    performance.is_still = True
    performance.pass_over(20)
    assert performance.longest_lag == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("Hello, there, old sailor.", 4 * 60 / 170), ("你好，我是一个虚拟的人物。", 13 / 9), ("Extraordinarily", 60 / 170)],
)
def test_what_cannot_be_spoken_stays_as_long_as_it_takes_to_read(text: str, seconds: float) -> None:
    clause = unspoken(text)
    assert len(clause.pcm) / 2 / clause.sample_rate == pytest.approx(seconds, abs=1e-4)
    assert clause.words[-1][1] == clause.phonemes[-1][1] == pytest.approx(seconds)
    assert " ".join(word for _, _, word in clause.words) == text


WORDS = [(0.0, 0.4, "Hello"), (0.5, 0.8, "there"), (1.0, 1.6, "sailor")]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-1, ""), (0.1, ""), (0.3, "Hello,"), (0.7, "Hello, there!"), (0.99, "Hello, there!"), (5, "Hello, there! Old sailor.")],
)
def test_history_keeps_what_was_heard(seconds: float, expected: str) -> None:
    assert heard("Hello, there! Old sailor.", WORDS, seconds) == expected


@settings(deadline=None)
@given(st.lists(st.text("abcdefgh,.!", min_size=1, max_size=12), min_size=1, max_size=60))
def test_captions_say_all_in_step(said: list[str]) -> None:
    text = " ".join(said)
    words = [(0.3 * k, 0.3 * k + 0.2, word.strip(",.!") or word) for k, word in enumerate(said)]
    made = list(cues(text, words, 0.0, 0.3 * len(said)))
    assert " ".join(cue.text for cue in made).split() == text.split()
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(made))
    assert all(len(cue.text) <= MAX_CUE_CHARS + 13 for cue in made)


def test_a_caption_is_a_webvtt_cue() -> None:
    (cue,) = cues("1 < 2 & so on --> there", [], 61.5, 3725.25)
    assert cue.webvtt == "00:01:01.500 --> 01:02:05.250\n1 &lt; 2 &amp; so on --&gt; there"


def _asked(start: int, frames: int = 12) -> ChunkRequest:
    return ChunkRequest(avatar_id="a", start_frame=start, frames=frames)


def test_a_fast_engine_is_not_held_back_and_a_slow_one_until_nothing_will_be_missing() -> None:
    fast = Headstart()
    fast.asked(_asked(0, 6), 0.0)
    fast.asked(_asked(6), 0.0)
    fast.drawn(0.06)
    assert fast.hold_s(0.06) == 0.0
    slow = Headstart()
    slow.asked(_asked(0), 0.0)
    slow.asked(_asked(12), 0.5)
    slow.drawn(1.44)
    # The second chunk comes at 0.5 + 1.44, and is needed 0.48 s after the start.
    assert slow.hold_s(1.44) == pytest.approx(0.5 + 1.44 - 0.48 - 1.44)
    assert slow.hold_s(9.0) == 0.0


def test_silence_that_is_put_in_lets_the_face_come_to_rest_and_go_on() -> None:
    timeline = Timeline("a", VideoProfile(), lookahead_s=0.3, shortest_s=0.2)
    clause = Speech(pcm=bytes(2 * 24_000), sample_rate=24_000, phonemes=[(0.0, 0.9, "a"), (0.9, 1.0, "_")])
    timeline.add(clause)
    assert sum(chunk.frames for chunk in timeline.chunks()) == 17
    assert sum(chunk.frames for chunk in timeline.chunks(hurry=True)) == 8
    for _ in range(4):
        timeline.pause(0.24)
        timeline.chunks(hurry=True)
    # 0.96 s after the last sound was drawn: the face is leaving its pose, and must come to rest before it speaks.
    timeline.end_pause()
    assert timeline.duration_s >= 0.9 + 1.2 + 0.22 - 1e-6
    timeline.add(clause)
    assert timeline.paused_s == pytest.approx(timeline.duration_s - 2.0)


def test_a_clause_that_comes_soon_follows_at_once() -> None:
    timeline = Timeline("a", VideoProfile(), lookahead_s=0.3, shortest_s=0.2)
    clause: Any = Speech(pcm=bytes(2 * 24_000), sample_rate=24_000, phonemes=[(0.0, 0.9, "a"), (0.9, 1.0, "_")])
    timeline.add(clause)
    timeline.chunks(hurry=True)
    timeline.end_pause()
    timeline.add(clause)
    assert timeline.duration_s == 2.0


@pytest.mark.anyio
async def test_a_performance_holds_its_maker_back() -> None:
    performance = Performance(1, 25)
    added = 0

    async def add() -> None:
        nonlocal added
        for k in range(20):
            await performance.add(_chunk(12 * k, 12))
            added += 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(add)
        await anyio.wait_all_tasks_blocked()
        assert added == 5
        performance.take(24)
        await anyio.wait_all_tasks_blocked()
        assert added == 7
        tasks.cancel_scope.cancel()
