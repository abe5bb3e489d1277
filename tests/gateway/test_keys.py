"""Keys of the gateway: who is let in, how often, and that a file of them is read again when it changes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers

from AvatarChatbot.keys import Keys, given, hashed, new_key, require
from AvatarChatbot.owner import ANONYMOUS
from comps.cores.common.settings import GatewaySettings
from comps.cores.errors import Overloaded, Unauthorized


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _keys(clock: Clock, **settings: Any) -> Keys:
    return Keys(GatewaySettings(**settings), clock)


def test_without_keys_everybody_is_let_in() -> None:
    keys = _keys(Clock())
    assert keys.is_open
    assert keys.admit("") == ANONYMOUS
    assert not keys.is_withdrawn(hashed(""))


def test_the_owner_is_the_keys_name(tmp_path: Path) -> None:
    file, clock = tmp_path / "keys", Clock()
    (old, old_line), (new, new_line) = new_key("ada"), new_key("ada")
    file.write_text(f"{old_line}\n{new_line}\n")
    keys = _keys(clock, keys=file, api_key="secret")
    assert [keys.admit(key) for key in (old, new, "secret")] == ["ada", "ada", "api_key"]
    file.write_text(f"{old_line.replace('ada', 'eve')}\n")
    os.utime(file, ns=(1, 1))
    clock.now += 2
    assert keys.admit(old) == "eve"
    assert [keys.is_withdrawn(hashed(key)) for key in (old, new, "secret", "")] == [False, True, False, True]


@pytest.mark.parametrize("name", ["n" * 201, "a\0b"])
def test_a_name_that_no_database_takes_is_no_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "keys").write_text(f"{name} {'0' * 64}")
    with pytest.raises(ValueError, match="line 1"):
        require(GatewaySettings(keys=tmp_path / "keys"))


def test_keys_are_kept_as_hashes_and_exchanged_without_a_restart(tmp_path: Path) -> None:
    file, clock = tmp_path / "keys", Clock()
    old, old_line = new_key("ada")
    new, new_line = new_key("ada")
    assert old not in old_line
    file.write_text(f"# clients\n\n{old_line}\n")
    keys = _keys(clock, keys=file)
    keys.admit(old)
    for wrong in ("", "ac_", new, old_line.split()[1]):
        with pytest.raises(Unauthorized):
            keys.admit(wrong)
    file.write_text(new_line)
    os.utime(file, ns=(1, 1))
    clock.now += 2
    keys.admit(new)
    with pytest.raises(Unauthorized):
        keys.admit(old)


def test_each_key_has_a_rate_of_its_own(tmp_path: Path) -> None:
    file, clock = tmp_path / "keys", Clock()
    slow, slow_line = new_key("slow")
    quick, quick_line = new_key("quick")
    file.write_text(f"{slow_line} 2\n{quick_line}\n")
    keys = _keys(clock, keys=file, key_rate=60)
    keys.admit(slow)
    keys.admit(slow)
    with pytest.raises(Overloaded) as caught:
        keys.admit(slow)
    assert caught.value.headers["Retry-After"] == "30"
    for _ in range(60):
        keys.admit(quick)
    clock.now += 30
    keys.admit(slow)


def test_a_line_that_makes_no_sense_is_named_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("ada secret\n")
    with pytest.raises(ValueError, match="line 1") as caught:
        require(GatewaySettings(keys=file))
    assert "secret" not in str(caught.value)
    with pytest.raises(OSError, match="missing"):
        require(GatewaySettings(keys=tmp_path / "missing"))


def test_a_file_that_is_spoilt_later_leaves_the_keys_as_they_were(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file, clock = tmp_path / "keys", Clock()
    key, line = new_key("ada")
    file.write_text(line)
    keys = _keys(clock, keys=file)
    keys.admit(key)
    file.write_text("half a li")
    os.utime(file, ns=(1, 1))
    clock.now += 2
    keys.admit(key)
    assert "line 1" in caplog.text


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"Authorization": "Bearer k"}, "k"),
        ({"authorization": "bearer k"}, "k"),
        ({"X-API-Key": "k"}, "k"),
        ({}, ""),
        ({"Authorization": "Basic k"}, ""),
    ],
)
def test_the_key_is_in_either_header(headers: dict[str, str], key: str) -> None:
    assert given(Headers(headers)) == key


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_others_are_not_served_without_keys_by_accident(host: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="AVATARCHATBOT_KEYS"):
        require(GatewaySettings(host=host))
    require(GatewaySettings(host=host, anonymous=True))
    require(GatewaySettings(host=host, api_key="secret"))
    (tmp_path / "keys").write_text("")
    require(GatewaySettings(host=host, keys=tmp_path / "keys"))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_needs_no_keys(host: str) -> None:
    require(GatewaySettings(host=host))
    require(GatewaySettings(host="0.0.0.0", published_at=host))
    with pytest.raises(ValueError, match="192"):
        require(GatewaySettings(host=host, published_at="192.0.2.1"))
