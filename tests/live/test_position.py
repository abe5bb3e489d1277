"""What a player says of its position, and what is believed of it."""

from __future__ import annotations

import math
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from AvatarChatbot.live.furthest import Furthest
from AvatarChatbot.live.idle import IdleLoop
from AvatarChatbot.live.messages import CLIENT_MESSAGE
from AvatarChatbot.live.outbox import Outbox
from AvatarChatbot.live.stage import Stage
from tests.live import toy
from tests.virtual_time import backend

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("no_threads")]


@pytest.fixture
def anyio_backend() -> Any:
    return backend()


async def _stage() -> Stage:
    idle = IdleLoop(toy.draw, "face", toy.PROFILE, 0)
    first = await idle.load(0)
    return Stage(toy.PROFILE, toy.RATE, idle, Outbox(), anyio.current_time, first.parameter_sets)


async def test_a_player_is_never_ahead_of_real_time_nor_of_what_was_sent() -> None:
    stage = await _stage()
    stage.report(1000.0)
    assert stage.position_s() == 0, "nothing was sent yet"
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.run)
        began = anyio.current_time()
        for _ in range(100):
            await anyio.sleep(0.1)
            for claimed in (1000.0, 1e308, math.inf, math.nan, stage._sent_s):
                stage.report(claimed)
                assert stage.position_s() <= 1.001 * (anyio.current_time() - began)
                assert stage.position_s() <= stage._sent_s
        assert stage._sent_s < 11.5, "media is made in real time, whatever is said"
        tasks.cancel_scope.cancel()


async def test_a_player_does_not_go_back() -> None:
    stage = await _stage()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.run)
        await anyio.sleep(0.1)
        for _ in range(40):
            await anyio.sleep(0.1)
            stage.report(stage.position_s())
        at = stage.position_s()
        assert at > 3
        for claimed in (0.0, -5.0, -math.inf, at - 1):
            stage.report(claimed)
            assert stage.position_s() == pytest.approx(at)
        # One that stands is believed.
        for _ in range(40):
            await anyio.sleep(0.1)
            stage.report(at)
        assert stage.position_s() == pytest.approx(at, abs=0.01)
        tasks.cancel_scope.cancel()


async def test_after_a_break_a_player_has_gone_on_with_what_it_had() -> None:
    stage = await _stage()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stage.run)
        await anyio.sleep(2)
        stage.report(1.9)
        stage.pause()
        await anyio.sleep(20)
        stage.resume()
        sent = stage._sent_s
        stage.report(sent)
        assert stage.position_s() == pytest.approx(sent)
        before = anyio.current_time()
        for _ in range(20):
            await anyio.sleep(0.1)
            stage.report(1000.0)
        assert stage.position_s() <= sent + 1.001 * (anyio.current_time() - before), "the break is no time to be made up"
        tasks.cancel_scope.cancel()


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 1)), max_size=30))
def test_the_bound_is_what_a_player_that_always_plays_reaches(steps: list[tuple[float, float]]) -> None:
    now = 0.0
    furthest = Furthest(lambda: now)
    position = sent = 0.0
    for waited, more in steps:
        now += waited
        position = min(sent, position + waited)
        assert position <= furthest.position_s() + 1e-9
        assert furthest.position_s() <= position + 1e-3 * now + 1e-9
        sent += more
        furthest.send(sent)


@pytest.mark.parametrize("media_s", ["NaN", "Infinity", "-Infinity", "1e999", "-1", '"x"', "null", "[]"])
def test_what_is_no_position_is_refused(media_s: str) -> None:
    with pytest.raises(ValidationError):
        CLIENT_MESSAGE.validate_json(f'{{"type": "position", "media_s": {media_s}}}')
