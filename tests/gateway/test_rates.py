"""How often an address may ask where there are no keys, on a clock that the test turns."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from AvatarChatbot import rates
from AvatarChatbot.gateway import AvatarChatbotGateway
from AvatarChatbot.rates import AddressRates
from comps.cores.common.settings import GatewaySettings, StorageSettings
from comps.cores.errors import Overloaded
from tests.asgi import Answer, asked


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def _left(limiter: AddressRates, address: str) -> int:
    """How many more requests are allowed at once."""
    for number in range(1000):
        try:
            limiter.charge(address)
        except Overloaded:
            return number
    return 1000


def test_a_minute_has_so_many_and_they_come_back_one_by_one() -> None:
    clock = Clock()
    limiter = AddressRates(30, clock)
    assert _left(limiter, "192.0.2.1") == 30
    with pytest.raises(Overloaded) as caught:
        limiter.charge("192.0.2.1")
    assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "2")
    clock.now += 2
    assert _left(limiter, "192.0.2.1") == 1
    clock.now += 3600
    assert _left(limiter, "192.0.2.1") == 30


def test_each_address_has_its_own_and_a_network_of_version_6_is_one() -> None:
    limiter = AddressRates(3, Clock())
    assert _left(limiter, "192.0.2.1") == 3
    assert _left(limiter, "192.0.2.2") == 3
    assert _left(limiter, "::ffff:192.0.2.2") == 0
    assert _left(limiter, "2001:db8:0:1::1") == 3
    assert _left(limiter, "2001:db8:0:1:ffff::2") == 0
    assert _left(limiter, "2001:db8:0:2::1") == 3
    assert _left(limiter, "") == 3


def test_addresses_are_forgotten_before_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_REMEMBERED", 100)
    limiter = AddressRates(1, Clock())
    limiter.charge("192.0.2.1")
    for number in range(1000):
        limiter.charge(f"10.0.{number >> 8}.{number & 255}")
        with pytest.raises(Overloaded):
            limiter.charge(f"10.0.{number >> 8}.{number & 255}")
    assert len(limiter._left) == 100


def test_none_is_off_and_less_than_one_is_one_in_so_long() -> None:
    assert _left(AddressRates(0), "192.0.2.1") == 1000
    clock = Clock()
    limiter = AddressRates(0.5, clock)
    assert _left(limiter, "a") == 1
    clock.now += 119
    assert _left(limiter, "a") == 0
    clock.now += 1
    assert _left(limiter, "a") == 1


def _gateway(folder: Path, **settings: object) -> AvatarChatbotGateway:
    storage = StorageSettings(blobs=str(folder / "blobs"), database=f"sqlite+aiosqlite:///{folder}/x.db")
    return AvatarChatbotGateway(GatewaySettings(port=0, storage=storage, **settings))  # type: ignore[arg-type]


async def _ask(gateway: AvatarChatbotGateway, *headers: tuple[str, str]) -> Answer:
    """A question that makes no sense, so that nothing else is needed."""
    given = [("Host", "localhost"), ("Content-Type", "application/json"), *headers]
    return await asked(gateway.service.app, "/v1/avatarchatbot", given, method="POST", body=b"{}")


@pytest.mark.anyio
async def test_questions_of_a_gateway_without_keys_count(tmp_path: Path) -> None:
    gateway = _gateway(tmp_path, address_rate=3)
    assert [(await _ask(gateway)).status for _ in range(4)] == [422, 422, 422, 429]
    # Who the client is no header says.
    refused = await _ask(gateway, ("X-Forwarded-For", "192.0.2.9"), ("Forwarded", "for=192.0.2.9"))
    assert (refused.status, refused.problem["code"], int(refused.headers["retry-after"]) > 1) == (429, "overloaded", True)
    # What is no question is free.
    for _ in range(10):
        assert (await asked(gateway.service.app, "/v1/avatarchatbot/asyncapi.json", [("Host", "localhost")])).status == 200


@pytest.mark.anyio
async def test_with_keys_a_key_has_its_own_rate(tmp_path: Path) -> None:
    gateway = _gateway(tmp_path, address_rate=1, api_key=SecretStr("secret"))
    assert [(await _ask(gateway, ("X-API-Key", "secret"))).status for _ in range(3)] == [422] * 3
