"""Chunks of H.264 that fit behind one another."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from comps.animation.encode import Encoder, encode, parameter_sets
from comps.cores.proto.avatar import VideoProfile

PROFILES = [VideoProfile(size=256), VideoProfile(size=512, fps=10, preset="veryfast"), VideoProfile(size=128, fps=30, crf=30)]


def pictures(profile: VideoProfile, count: int, seed: int = 0) -> list[NDArray[np.uint8]]:
    """A soft pattern that moves, in I420."""
    size = profile.size
    y, x = np.mgrid[: size * 3 // 2, :size]
    return [(128 + 90 * np.sin((x + 3 * k) / 17 + seed) * np.cos(y / 23)).astype(np.uint8) for k in range(count)]


def nal_types(stream: bytes) -> list[int]:
    return [unit[0] & 0x1F for unit in stream.split(b"\x00\x00\x00\x01")[1:]]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: f"{profile.size}@{profile.fps}")
@pytest.mark.parametrize("count", [1, 12])
def test_an_idr_picture_a_frame(profile: VideoProfile, count: int) -> None:
    encoded = encode(pictures(profile, count), profile)
    assert [nal_types(unit) for unit in encoded.access_units] == [[5]] * count
    assert nal_types(encoded.parameter_sets) == [7, 8]
    assert encoded.parameter_sets == parameter_sets(profile)


def test_parameter_sets_do_not_depend_on_the_pictures() -> None:
    profile = PROFILES[0]
    assert encode(pictures(profile, 3, seed=5), profile).parameter_sets == encode(pictures(profile, 12), profile).parameter_sets


def test_chunks_decode_as_one_stream_with_the_right_colours() -> None:
    profile = PROFILES[0]
    frames = pictures(profile, 24)
    chunks = [encode(frames[:12], profile), encode(frames[12:], profile)]
    decoder = av.CodecContext.create("h264", "r")
    units = [unit for chunk in chunks for unit in chunk.access_units]
    units[0] = chunks[0].parameter_sets + units[0]
    decoded = [frame for unit in units for frame in decoder.decode(av.Packet(unit))] + decoder.decode(None)
    assert all(frame.key_frame for frame in decoded)
    assert {(frame.color_range, frame.colorspace) for frame in decoded} == {(1, 6)}  # limited, SMPTE 170M
    for frame, original in zip(decoded, frames, strict=True):
        assert np.abs(frame.to_ndarray().astype(int) - original).mean() < 3


def test_neighbouring_idr_pictures_differ_in_their_id() -> None:
    """H.264 7.4.3, or a decoder may take two pictures for slices of one. The picture itself is the same with either id."""
    profile = PROFILES[0]
    frame = pictures(profile, 1)
    even, odd = (encode(frame, profile, start).access_units[0] for start in (0, 1))
    assert even != odd
    assert encode(frame * 2, profile, 0).access_units == [even, odd]
    assert encode(frame * 2, profile, 1).access_units == [odd, even]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: f"{profile.size}@{profile.fps}")
def test_an_encoder_that_goes_on_encodes_the_same_bytes(profile: VideoProfile) -> None:
    encoder, frames = Encoder(profile), pictures(profile, 24)
    for start, count in ((12, 12), (0, 5), (5, 7), (3, 1), (12, 12)):
        chunk = frames[start : start + count]
        assert encoder.chunk(chunk, start) == encode(chunk, profile, start)


def test_two_processes_encode_the_same_bytes() -> None:
    program = (
        "import hashlib; from tests.animation.test_encode import *; e = encode(pictures(PROFILES[0], 12), PROFILES[0]);"
        "print(hashlib.sha256(b''.join(e.access_units)).hexdigest())"
    )
    here = hashlib.sha256(b"".join(encode(pictures(PROFILES[0], 12), PROFILES[0]).access_units)).hexdigest()
    there = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    assert there == here
