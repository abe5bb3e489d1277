"""Checkpoints are pulled whole, verified, and where they broke off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import huggingface_hub
import pytest
from huggingface_hub import constants

from comps.models import checkpoints, pull, weights
from comps.models.checkpoints import CHECKPOINTS, Checkpoint
from comps.models.wheels import ModelUnavailable
from tests.models.hub import REVISION, Hub, entry, hub

_CONTENT = bytes(range(251)) * 20_000  # 5 MB


@pytest.fixture
def server() -> Iterator[Hub]:
    with hub({"weights/toy.pth": _CONTENT}) as made:
        yield made


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture(autouse=True)
def here(server: Hub, cache: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "_PAUSE_S", 0)
    _ask(server.url, monkeypatch)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setenv("AVATARCHATBOT_MODELS", str(models))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    monkeypatch.delenv("http_proxy", raising=False)


def _ask(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As HF_ENDPOINT does, which the library reads when it is imported."""
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    made = entry(_CONTENT)
    monkeypatch.setitem(checkpoints.CHECKPOINTS, "toy", made)
    return made


def test_it_goes_into_the_cache_of_the_hub_where_its_own_library_finds_it(server: Hub, toy: Checkpoint, cache: Path) -> None:
    told: list[tuple[int, int]] = []
    path = pull.pull(toy, progress=lambda done, total: told.append((done, total)))
    assert path == cache / "models--toys--bear" / "snapshots" / REVISION / "weights/toy.pth"
    assert path.read_bytes() == _CONTENT
    assert path.is_symlink()
    assert not path.readlink().is_absolute()
    assert told[-1] == (len(_CONTENT), len(_CONTENT))
    assert path == Path(
        huggingface_hub.hf_hub_download("toys/bear", "weights/toy.pth", revision=REVISION, cache_dir=cache, local_files_only=True)
    )
    assert weights.checkpoint("toy") == weights.checkpoint("toys") == path


def test_what_is_there_is_not_fetched_again(server: Hub, toy: Checkpoint, cache: Path) -> None:
    fetched = huggingface_hub.hf_hub_download(
        "toys/bear", "weights/toy.pth", revision=REVISION, cache_dir=cache, endpoint=server.url
    )
    server.requests.clear()
    assert weights.checkpoint("toy") is None
    assert pull.pull(toy) == pull.pull(toy) == Path(fetched) == weights.checkpoint("toy")
    assert server.requests == []


def test_it_goes_into_a_folder(server: Hub, toy: Checkpoint, models: Path, tmp_path: Path) -> None:
    assert pull.pull(toy, tmp_path / "elsewhere") == tmp_path / "elsewhere/toy/toy.pth"
    assert weights.checkpoint("toy") is None
    (tmp_path / "elsewhere").rename(models)  # as a container mounts it
    assert weights.checkpoint("toy") == models / "toy/toy.pth"
    assert pull.pull(toy, models).read_bytes() == _CONTENT


def test_a_file_that_was_put_there_by_hand_counts(toy: Checkpoint, models: Path) -> None:
    (models / "toy").mkdir(parents=True)
    (models / "toy/toy.pth").write_bytes(_CONTENT)
    assert weights.checkpoint("toy") == models / "toy/toy.pth"
    (models / "toy/toy.pth").write_bytes(_CONTENT[1:])
    assert weights.checkpoint("toy") is None


def test_a_connection_that_breaks_is_made_anew_and_goes_on(server: Hub, toy: Checkpoint) -> None:
    server.breaks = [1_000_000, 0, 2_000_000]
    assert pull.pull(toy).read_bytes() == _CONTENT
    ranges = [asked for _, path, asked in server.requests if path.startswith("/content/")]
    assert ranges == ["", "bytes=1000000-", "bytes=1000000-", "bytes=3000000-"]


def test_a_later_run_goes_on_where_one_broke_off(server: Hub, toy: Checkpoint) -> None:
    server.breaks = [1_000_000, *[0] * 4]
    with pytest.raises(ModelUnavailable, match=r"broke off after 1,000,000 of 5,020,000 bytes .*run it again"):
        pull.pull(toy)
    assert weights.checkpoint("toy") is None
    server.requests.clear()
    assert pull.pull(toy).read_bytes() == _CONTENT
    assert server.requests[-1][2] == "bytes=1000000-"


def test_a_server_without_ranges_sends_the_whole_again(server: Hub, toy: Checkpoint) -> None:
    server.breaks, server.knows_ranges = [1_000_000], False
    assert pull.pull(toy).read_bytes() == _CONTENT


def test_another_file_is_refused_and_nothing_is_left_of_it(server: Hub, toy: Checkpoint, cache: Path) -> None:
    server.files["weights/toy.pth"] = _CONTENT[:-1] + b"!"
    with pytest.raises(ModelUnavailable, match=rf"is another file than the catalogue's.*not {toy.sha256}"):
        pull.pull(toy)
    assert not [path for path in cache.rglob("blobs/*") if path.is_file()]
    assert weights.checkpoint("toy") is None
    server.files["weights/toy.pth"] = _CONTENT + b"!"
    with pytest.raises(ModelUnavailable, match="longer than 5,020,000 bytes"):
        pull.pull(toy)
    server.files["weights/toy.pth"] = _CONTENT
    assert pull.pull(toy).read_bytes() == _CONTENT


def test_a_shorter_file_is_refused(server: Hub, toy: Checkpoint) -> None:
    server.files["weights/toy.pth"] = _CONTENT[:-1]
    with pytest.raises(ModelUnavailable, match="broke off"):
        pull.pull(toy)


@pytest.mark.parametrize(("status", "said"), [(401, "HF_TOKEN"), (403, "HF_TOKEN"), (404, "no longer has it"), (500, "says 500")])
def test_refusals_are_told_plainly(server: Hub, toy: Checkpoint, status: int, said: str) -> None:
    server.status = status
    with pytest.raises(ModelUnavailable, match=said):
        pull.pull(toy)


def test_the_token_is_for_the_hub_alone(server: Hub, toy: Checkpoint) -> None:
    pull.pull(toy)
    assert server.authorization == {"file": "Bearer hf_secret", "content": ""}


def test_a_damaged_file_is_fetched_again(toy: Checkpoint, models: Path) -> None:
    path = pull.pull(toy, models)
    path.write_bytes(b"!" + _CONTENT[1:])
    assert pull.pull(toy, models).read_bytes() == _CONTENT
    in_cache = pull.pull(toy)
    in_cache.resolve().write_bytes(b"!" + _CONTENT[1:])
    assert pull.pull(toy).read_bytes() == _CONTENT


def test_two_that_pull_at_once_fetch_it_once(server: Hub, toy: Checkpoint) -> None:
    both = [threading.Thread(target=pull.pull, args=(toy,)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sum(path.startswith("/content/") for _, path, _ in server.requests) == 1


def test_a_disk_that_is_too_small_is_told_before(server: Hub, toy: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    large = replace(toy, size=1 << 60)
    with pytest.raises(ModelUnavailable, match="are free"):
        pull.pull(large)
    assert server.requests == []


def test_without_the_network_it_says_so(toy: Checkpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailable, match="HF_HUB_OFFLINE"):
        pull.pull(toy)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    _ask("http://127.0.0.1:9", monkeypatch)
    with pytest.raises(ModelUnavailable, match=f"broke off after 0 .*{httpx.ConnectError.__name__}"):
        pull.pull(toy)


def test_a_folder_that_cannot_be_written_is_told(toy: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ModelUnavailable, match="cannot be written"):
        pull.pull(toy, tmp_path / "file")


def test_a_network_says_why_it_has_no_weights(toy: Checkpoint, models: Path, tmp_path: Path) -> None:
    pulling, acknowledging = "`avatarchatbot models pull toy`", "ANIMATION_NON_COMMERCIAL=true"
    assert pulling in (weights.unusable("toys", None, True) or "")
    assert "ANIMATION_TOYS_CHECKPOINT" in (weights.unusable("toys", tmp_path / "absent.pth", True) or "")
    pull.pull(toy)
    assert acknowledging in (weights.unusable("toys", None, False) or "")
    assert weights.unusable("toys", None, True) is None


@pytest.mark.parametrize("made", CHECKPOINTS.values(), ids=lambda made: made.name)
def test_the_catalogue_pins_content_and_commit(made: Checkpoint) -> None:
    assert len(made.sha256) == 64
    assert len(made.revision) == 40
    assert made.network in {"wav2lip", "gfpgan"}
    assert made.size > 300_000_000
    assert not made.licence.commercial
