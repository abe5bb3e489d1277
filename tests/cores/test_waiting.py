"""Which connection is closed for another."""

from __future__ import annotations

import resource

import pytest

from comps.cores.mega.network import network
from comps.cores.mega.waiting import Waiting


class Fake:
    def __init__(self, network: str = "a", stalled: bool = False) -> None:
        self.network = network
        self.since = 0.0
        self.is_stalled = stalled
        self.is_closed = False

    def abort(self) -> None:
        self.is_closed = True


def _closed(connections: list[Fake]) -> list[int]:
    return [number for number, connection in enumerate(connections) if connection.is_closed]


def _begun(waiting: Waiting, connections: list[Fake]) -> None:
    """One a second; each time the oldest beyond the bounds are closed."""
    for number, connection in enumerate(connections):
        waiting.begin(connection, float(number))
        waiting.trim(connection.network, float(number))


def test_the_oldest_of_a_network_goes_for_its_newest() -> None:
    waiting = Waiting(at_most=10, of_one_network=3)
    connections = [Fake("b"), *(Fake("a") for _ in range(5))]
    _begun(waiting, connections)
    assert _closed(connections) == [1, 2]
    waiting.end(connections[3])
    waiting.begin(Fake("a"), 9.0)
    waiting.trim("a", 9.0)
    assert _closed(connections) == [1, 2]


def test_the_oldest_of_all_goes_where_there_are_many_networks() -> None:
    waiting = Waiting(at_most=3, of_one_network=3)
    connections = [Fake(str(number)) for number in range(5)]
    _begun(waiting, connections)
    assert _closed(connections) == [0, 1]


def test_a_crowd_that_comes_at_once_has_a_second() -> None:
    waiting = Waiting(at_most=10, of_one_network=3)
    crowd = [Fake() for _ in range(6)]
    assert [waiting.begin(connection, 5.0) or waiting.is_over("a") for connection in crowd] == [False] * 3 + [True] * 3
    waiting.end(crowd[4])
    waiting.trim("a", 5.9)
    assert _closed(crowd) == []
    waiting.trim("a", 6.0)
    assert _closed(crowd) == [0, 1]
    assert not waiting.is_over("a")


def test_near_the_last_descriptor_the_longest_waits_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (128, 128))
    waiting = Waiting()
    idle, half_sent, busy, _ = connections = [Fake(), Fake(), Fake(), Fake(stalled=True)]
    waiting.rest(idle, 1.0)
    waiting.begin(half_sent, 2.0)
    assert waiting.make_room(95, lambda: connections)
    assert _closed(connections) == []
    assert waiting.make_room(96, lambda: connections)
    assert _closed(connections) == [0]
    # Its descriptor is not free yet, so the next has a higher one; then it is.
    assert waiting.make_room(97, lambda: connections)
    assert _closed(connections) == [0, 1]
    waiting.lost(idle)
    waiting.lost(half_sent)
    assert waiting.make_room(96, lambda: connections)
    assert _closed(connections) == [0, 1, 3]
    assert not waiting.make_room(97, lambda: [busy])


def test_several_make_room_for_one_where_others_took_the_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (128, 128))
    waiting, many = Waiting(), [Fake() for _ in range(10)]
    for number, connection in enumerate(many):
        waiting.rest(connection, float(number))
    assert waiting.make_room(99, list)
    assert _closed(many) == [0, 1, 2, 3]
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY,) * 2)
    assert Waiting().make_room(1 << 20, list)


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2::7", "2001:db8:1:2:ffff::"),
        ("", ""),
        ("a name", "a name"),
    ],
)
def test_a_client_is_an_address_or_a_network_of_version_6(address: str, same: str) -> None:
    assert network(address) == network(same)
    assert network(address) not in {network("192.0.2.8"), network("2001:db8:1:3::7")}
