"""Shares of the service by its measured cost, turns by priority, refusals."""

from __future__ import annotations

import contextlib
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comps.animation.admission import Admission, ReservationRequest
from comps.animation.admitted import AdmittedDrawing
from comps.animation.ensemble import Ensemble
from comps.animation.priority import PriorityLimiter
from comps.cores.errors import NotFound, Overloaded
from comps.cores.proto.avatar import Chunk, ChunkRequest, VideoProfile


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _request(reservation: str | None = None, frames: int = 12, due_s: float = 0.0) -> ChunkRequest:
    return ChunkRequest(avatar_id="a", start_frame=0, frames=frames, reservation=reservation, due_s=due_s)


def test_as_much_is_granted_as_can_be_drawn() -> None:
    clock = Clock()
    admission = Admission(workers=2, cost_s=0.016, headroom=0.8, clock=clock)
    assert admission.load.capacity_fps == pytest.approx(100)
    granted = [admission.reserve(ReservationRequest(fps=25)) for _ in range(4)]
    with pytest.raises(Overloaded) as caught:
        admission.reserve(ReservationRequest(fps=25))
    assert (caught.value.status, int(caught.value.headers["Retry-After"])) == (429, 10)
    admission.release(granted[0].reservation)
    admission.release(granted[0].reservation)
    assert admission.reserve(ReservationRequest(fps=40, at_least=0)).fps == pytest.approx(25)
    clock.now = 9
    admission.renew(granted[1].reservation)
    clock.now = 11
    assert admission.load.reserved_fps == pytest.approx(25)
    with pytest.raises(NotFound):
        admission.renew(granted[2].reservation)
    # A frame of 1024² is worth four.
    assert admission.reserve(ReservationRequest(fps=25, size=1024, at_least=0)).fps == pytest.approx(75 / 4)


def _draw(admission: Admission, chunks: int, picture_s: float, size: int = 512) -> None:
    """Chunks that took a worker so long a picture."""
    profile = VideoProfile(size=size)
    chunk = Chunk(start_frame=0, frames=12, access_units=[b""] * 12, parameter_sets=b"", profile=profile, engine="")
    for _ in range(chunks):
        admission.drawn(chunk, 12 * picture_s)


def test_the_cost_is_learnt() -> None:
    admission = Admission(workers=1, cost_s=0.010, headroom=1.0)
    for size in (512, 1024):
        _draw(admission, 50, 0.020 * (size / 512) ** 2, size)
        assert admission.load.cost_ms == pytest.approx(20, rel=0.01)


def test_small_pictures_say_nothing_of_what_large_ones_take() -> None:
    """Of a small picture much of the cost has nothing to do with its pixels."""
    admission = Admission(workers=1, cost_s=0.012, headroom=1.0)
    _draw(admission, 50, 0.006, size=128)
    assert admission.load.cost_ms == pytest.approx(12)
    small = admission.reserve(ReservationRequest(fps=25, size=128))
    assert small.cost_ms == pytest.approx(6)
    assert admission.load.reserved_fps == pytest.approx(12.5)
    # What larger ones take is what a size is judged by that was never drawn.
    _draw(admission, 50, 0.400, size=512)
    assert admission.reserve(ReservationRequest(fps=1, size=256, at_least=0)).cost_ms == pytest.approx(100)


def test_a_spell_in_which_others_had_the_processor_closes_no_place() -> None:
    admission = Admission(workers=2, cost_s=0.012, headroom=0.5)
    _draw(admission, 12, 0.010)
    _draw(admission, 25, 0.200)
    admission.reserve(ReservationRequest(fps=25))
    # What is slow all the time is believed.
    _draw(admission, 50, 0.120)
    with pytest.raises(Overloaded):
        admission.reserve(ReservationRequest(fps=25))


@pytest.mark.anyio
@pytest.mark.parametrize(("cpu_ms", "cost_ms"), [(120.0, 20.0), (1000.0, 83.3), (0.0, 83.3)])
async def test_waiting_for_the_processor_is_believed_up_to_as_much_as_work(cpu_ms: float, cost_ms: float) -> None:
    """A chunk of 12 that took 1 s; 0: the engine does not know its CPU time."""

    drawing, admission = _drawing(ToyEngine(cpu_ms))
    for _ in range(4):
        await drawing.chunk(_request())
    assert admission.load.cost_ms == pytest.approx(cost_ms, abs=0.1)


@pytest.mark.anyio
async def test_a_face_at_rest_says_nothing_of_what_it_costs_to_draw_a_mouth_from_sound() -> None:
    """Each chunk of 12 takes 1 s; 50 ms a picture is what the engine expects of itself."""
    drawing, admission = _drawing(ToyEngine(0.0, hears=True))
    request = _request()
    quiet = [request, request.model_copy(update={"phonemes": [(0.0, 5.0, "_")], "pcm": bytes(100)})]
    for _ in range(4):
        for chunk in quiet:
            await drawing.chunk(chunk)
    assert admission.load.cost_ms == pytest.approx(50)
    for _ in range(4):
        await drawing.chunk(request.model_copy(update={"phonemes": [(0.0, 0.1, "_"), (0.1, 5.0, "a")], "pcm": b"\1\0" * 50}))
    assert admission.load.cost_ms == pytest.approx(83.3, abs=0.1)
    small = admission.reserve(ReservationRequest(fps=1, size=256, engine="toy", restore="none"))
    assert small.cost_ms == pytest.approx(83.3 * 35 / 50, abs=0.1), "much of its cost has nothing to do with its pixels"
    assert {picture.engine: round(1000 * seconds) for picture, seconds in admission.costs_s().items()} == {"toy": 83}


class ToyEngine:
    """Takes a second for each chunk, of which the processor works ``cpu_ms``."""

    name = "toy"
    restores = ()

    def __init__(self, cpu_ms: float, hears: bool = False) -> None:
        self.hears = hears
        self._cpu_ms = cpu_ms

    def picture_s(self, restore: str, size: int) -> float:
        return 0.03 + 0.02 * (size / 512) ** 2 if self.hears else 0.0

    async def start(self) -> None:
        """Nothing runs."""

    async def chunk(self, request: ChunkRequest) -> Chunk:
        drawn = {"access_units": [b""] * 12, "cpu_ms": self._cpu_ms, "wall_ms": 1000.0}
        return Chunk(start_frame=0, frames=12, parameter_sets=b"", profile=request.profile, engine="toy", **drawn)


def _drawing(engine: Any) -> tuple[AdmittedDrawing, Admission]:
    engines = Ensemble([engine])
    usual = engines.pinned(VideoProfile())
    admission = Admission(workers=1, cost_s=0.001, headroom=1.0, expected_s=engines.picture_s, usual=lambda: usual)
    return AdmittedDrawing(engines, admission), admission


def test_who_was_too_slow_for_anybody_is_tried_again() -> None:
    clock = Clock()
    admission = Admission(workers=2, cost_s=0.012, headroom=0.5, clock=clock)
    _draw(admission, 50, 0.200)
    with pytest.raises(Overloaded):
        admission.reserve(ReservationRequest(fps=25))
    clock.now = 30
    admission.reserve(ReservationRequest(fps=25))
    _draw(admission, 4, 0.200)
    with pytest.raises(Overloaded):
        admission.reserve(ReservationRequest(fps=25))


@settings(deadline=None, max_examples=100)
@given(
    st.lists(
        st.tuples(st.sampled_from(["reserve", "renew", "release", "wait"]), st.floats(0.1, 60), st.integers(0, 9)), max_size=40
    )
)
def test_never_more_is_reserved_than_there_is(steps: list[tuple[str, float, int]]) -> None:
    clock = Clock()
    admission = Admission(workers=2, cost_s=0.016, headroom=0.8, clock=clock)
    known: list[str] = []
    for what, amount, which in steps:
        if what == "wait":
            clock.now += amount / 4
        elif what == "reserve":
            with contextlib.suppress(Overloaded):
                known.append(admission.reserve(ReservationRequest(fps=amount, at_least=amount / 2)).reservation)
        elif known and what == "release":
            admission.release(known[which % len(known)])
        elif known:
            with contextlib.suppress(NotFound):
                admission.renew(known[which % len(known)])
        assert admission.load.reserved_fps <= admission.load.capacity_fps + 1e-9


@pytest.mark.anyio
async def test_reserved_work_goes_first_and_the_rest_is_refused_when_it_would_be_too_late() -> None:
    admission = Admission(workers=1, cost_s=0.010, headroom=1.0)
    share = admission.reserve(ReservationRequest(fps=25)).reservation
    order: list[str] = []
    release = anyio.Event()

    async def draw(name: str, request: ChunkRequest) -> None:
        async with admission.drawing(request, 60.0):
            order.append(name)
            await release.wait()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(draw, "first", _request())
        await anyio.wait_all_tasks_blocked()
        for k in range(4):
            tasks.start_soon(draw, f"whole {k}", _request())
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(draw, "wanted later", _request(share, due_s=2.0))
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(draw, "wanted now", _request(share))
        await anyio.wait_all_tasks_blocked()
        assert admission.load.queued_frames == 84
        with pytest.raises(Overloaded):
            async with admission.drawing(_request(), 0.5):
                pass
        async with anyio.create_task_group() as late:
            late.start_soon(draw, "late but reserved", _request(share))
            await anyio.wait_all_tasks_blocked()
            late.cancel_scope.cancel()
        release.set()
    assert order == ["first", "wanted now", "wanted later", "whole 0", "whole 1", "whole 2", "whole 3"]
    assert admission.load.queued_frames == 0


@pytest.mark.anyio
async def test_a_long_answer_far_ahead_of_its_player_does_not_starve_others() -> None:
    admission = Admission(workers=1, cost_s=0.010, headroom=1.0)
    share = admission.reserve(ReservationRequest(fps=25)).reservation
    order: list[str] = []

    async def draw(name: str, request: ChunkRequest) -> None:
        async with admission.drawing(request, 60.0):
            order.append(name)
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(draw, "runaway", _request(share, due_s=0.0))
        for k in range(4):
            tasks.start_soon(draw, f"runaway {k}", _request(share, due_s=100.0 + k))
        tasks.start_soon(draw, "another's", _request(due_s=1.0))
    assert order[:2] == ["runaway", "another's"]
    assert order[2:] == [f"runaway {k}" for k in range(4)]


@pytest.mark.anyio
async def test_a_turn_that_is_cancelled_is_not_lost() -> None:
    limiter = PriorityLimiter(1)
    for _ in range(50):
        async with anyio.create_task_group() as tasks:

            async def hold() -> None:
                async with limiter.turn((1, 0.0)):
                    await anyio.lowlevel.checkpoint()

            for _ in range(4):
                tasks.start_soon(hold)
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
    with anyio.fail_after(1):
        async with limiter.turn((1, 0.0)):
            pass
