"""The muxer: sound where it belongs to the sample, pictures untouched, fragments as early as they can be."""

from __future__ import annotations

import functools
import hashlib
import io
import itertools
import math
import shutil
import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

from comps.cores.proto.avatar import Chunk, VideoProfile
from comps.media.h264 import ParameterSets, nal_units
from comps.media.mux import MAX_FRAGMENT_S, AnswerMuxer, Fragment
from tests.media.browser import buffered_in_chromium
from tests.media.make import chirp, chunk, tone

PROFILE = VideoProfile(size=128, fps=25)


def answer(sound: np.ndarray, rate: int, profile: VideoProfile = PROFILE, clauses: int = 3) -> list[Fragment]:
    """All fragments of an answer of ``sound``, spoken in ``clauses`` pieces that do not fall on frames."""
    muxer = AnswerMuxer(profile, rate)
    fragments = []
    for piece in np.array_split(sound, clauses):
        fragments += muxer.add_speech(piece.tobytes())
    total = math.ceil(Fraction(len(sound) * profile.fps, rate))
    for start in range(0, total, 12):
        fragments += muxer.add_chunk(chunk(start, min(12, total - start), profile))
    return fragments + muxer.finish()


def joined(fragments: list[Fragment]) -> bytes:
    return b"".join(fragment.data for fragment in fragments)


def decoded_sound(data: bytes) -> tuple[float, np.ndarray]:
    """Time of the first sample, and the samples, float [n]."""
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(audio=0))
    return frames[0].time, np.concatenate([frame.to_ndarray()[0] for frame in frames])


def lag(heard: np.ndarray, said: np.ndarray) -> int:
    """Samples that ``heard`` is late."""
    return int(np.argmax(correlate(heard.astype(float), said.astype(float)))) - (len(said) - 1)


@pytest.mark.parametrize("rate", [16_000, 22_050, 24_000, 48_000])
def test_first_sample_sounds_at_zero(rate: int) -> None:
    said = chirp(2.345, rate)
    start, heard = decoded_sound(joined(answer(said, rate)))
    assert start == 0
    assert lag(heard, said) == 0
    assert len(said) <= len(heard) < len(said) + 1024


def test_ffmpeg_places_the_sound_to_the_sample(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg here")
    said = chirp(2.345, 22_050)
    file = tmp_path / "answer.mp4"
    file.write_bytes(joined(answer(said, 22_050)))
    # -copyts keeps the file's own times; what lies before zero is the encoder's priming.
    command = ["ffmpeg", "-v", "error", "-copyts", "-i", file, "-vn", "-af", "atrim=start=0", "-f", "s16le", "-"]
    done = subprocess.run(command, capture_output=True, check=True)
    assert done.stderr == b""
    assert lag(np.frombuffer(done.stdout, np.int16), said) == 0


def test_chromium_plays_it_from_zero_through_media_source() -> None:
    said = chirp(1.5, 22_050)
    fragments = answer(said, 22_050)
    seen = buffered_in_chromium([fragment.data for fragment in fragments], 'video/mp4; codecs="avc1.64000b, mp4a.40.2"')
    assert seen["error"] is None
    assert seen["buffered"][0][0] == 0
    assert len(seen["buffered"]) == 1
    # Before the end is announced, buffered is where both tracks are: it ends with the sound, at 1.5 s. Had the encoder's
    # priming stayed in the time line, the sound would end 46 ms later, and this at the picture's end, 1.52 s.
    assert seen["buffered"][0][1] == pytest.approx(1.5, abs=0.001)
    assert seen["duration"] == pytest.approx(1.52, abs=0.041)
    assert seen["played_to"] > 0.5
    assert seen["frames"] > 5


def test_pictures_pass_untouched() -> None:
    sound = chirp(1.0, 16_000)
    pieces = [chunk(0, 12, PROFILE), chunk(12, 12, PROFILE), chunk(24, 1, PROFILE)]
    muxer = AnswerMuxer(PROFILE, 16_000)
    fragments = muxer.add_speech(sound.tobytes())
    for piece in pieces:
        fragments += muxer.add_chunk(piece)
    fragments += muxer.finish()
    sent = [unit for piece in pieces for access_unit in piece.access_units for unit in nal_units(access_unit)]
    with av.open(io.BytesIO(joined(fragments))) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert [(packet.pts, packet.dts) for packet in packets] == [(512 * k, 512 * k) for k in range(25)]
    assert [packet.is_keyframe for packet in packets] == [k in (0, 12, 24) for k in range(25)]
    stored = []
    for packet in packets:
        data, at = bytes(packet), 0
        while at < len(data):
            (length,) = struct.unpack_from(">I", data, at)
            stored.append(data[at + 4 : at + 4 + length])
            at += 4 + length
    assert stored == sent


def test_frames_decode_in_order_with_their_times() -> None:
    fragments = answer(chirp(2.0, 16_000), 16_000)
    with av.open(io.BytesIO(joined(fragments))) as container:
        frames = [(frame.time, frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]
    assert [time for time, _ in frames] == pytest.approx([k / 25 for k in range(50)])
    reds = [float(picture[..., 0].mean()) for _, picture in frames]
    assert np.all(np.diff(reds) > 2)


@pytest.mark.parametrize("fps", [5, 24, 25, 30])
def test_fragments_are_short_contiguous_and_hold_both_tracks(fps: int) -> None:
    profile = VideoProfile(size=128, fps=fps)
    fragments = answer(chirp(2.345, 22_050), 22_050, profile)
    init, *media = fragments
    assert init.kind == "init"
    assert all(fragment.kind == "media" for fragment in media)
    at = 0.0
    for fragment in media:
        assert fragment.pts_s == pytest.approx(at)
        assert fragment.duration_s <= max(MAX_FRAGMENT_S, Fraction(1, fps)) + 1e-9
        assert fragment.data.count(b"traf") == 2
        at += fragment.duration_s
    for count in range(1, len(media) + 1):
        until = media[count - 1].pts_s + media[count - 1].duration_s
        with av.open(io.BytesIO(joined(fragments[: count + 1]))) as container:
            ends = {"video": 0.0, "audio": 0.0}
            for packet in container.demux():
                if packet.size:
                    kind = packet.stream.type
                    ends[kind] = max(ends[kind], float((packet.pts + packet.duration) * packet.time_base))
        assert ends["video"] == pytest.approx(until)
        # Sound up to the end of the pictures, and no more than one AAC frame beyond; the answer's own end aside.
        assert min(until, round(2.345 * 22_050) / 22_050) - 1e-6 <= ends["audio"] < until + 1024 / 22_050


def test_video_outlasts_the_sound_by_less_than_a_frame() -> None:
    with av.open(io.BytesIO(joined(answer(chirp(1.234, 16_000), 16_000)))) as container:
        ends = {stream.type: 0 for stream in container.streams}
        for packet in container.demux():
            if packet.size:
                ends[packet.stream.type] = (packet.pts + packet.duration) * packet.time_base
    assert float(ends["audio"]) == 1.234
    assert 0 <= ends["video"] - ends["audio"] < 1 / 25


def test_a_fragment_goes_out_with_the_chunk_that_completes_it() -> None:
    sound = chirp(2.0, 16_000)
    muxer = AnswerMuxer(PROFILE, 16_000)
    assert muxer.add_speech(sound.tobytes()) == []
    kinds = [fragment.kind for fragment in muxer.add_chunk(chunk(0, 12, PROFILE))]
    assert kinds == ["init", "media", "media"]


def test_a_fragment_waits_for_its_sound() -> None:
    sound = chirp(1.0, 16_000)
    muxer = AnswerMuxer(PROFILE, 16_000)
    assert [fragment.kind for fragment in muxer.add_chunk(chunk(0, 12, PROFILE))] == ["init"]
    assert [fragment.pts_s for fragment in muxer.add_speech(sound[:7000].tobytes())] == [0.0]
    assert [fragment.pts_s for fragment in muxer.end_speech()] == [0.24]


def test_pcm_into_the_encoder_is_the_speech_exactly() -> None:
    rng = np.random.default_rng(1)
    clauses = [rng.integers(-3000, 3000, n).astype(np.int16) for n in (1, 1023, 5000, 777)]
    muxer = AnswerMuxer(PROFILE, 16_000)
    for clause in clauses:
        muxer.add_speech(clause.tobytes())
    assert muxer.pcm_sha256 == hashlib.sha256(b"".join(clause.tobytes() for clause in clauses)).hexdigest()
    assert muxer.duration_s == sum(map(len, clauses)) / 16_000


def test_same_input_same_bytes() -> None:
    sound = chirp(1.0, 16_000)
    assert joined(answer(sound, 16_000)) == joined(answer(sound, 16_000))
    # Where clauses are cut changes nothing either.
    assert joined(answer(sound, 16_000, clauses=1)) == joined(answer(sound, 16_000, clauses=7))


def test_says_that_it_is_generated() -> None:
    data = joined(answer(chirp(0.5, 16_000), 16_000))
    with av.open(io.BytesIO(data)) as container:
        assert "AI-generated" in container.metadata["comment"]
        assert "AI-generated" in container.metadata["description"]
    assert b'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"' in data


def test_content_type_names_the_codecs() -> None:
    muxer = AnswerMuxer(PROFILE, 16_000)
    with pytest.raises(ValueError, match="first chunk"):
        _ = muxer.content_type
    piece = chunk(0, 1, PROFILE)
    muxer.add_chunk(piece)
    sps = ParameterSets.parse(piece.parameter_sets).sps
    assert muxer.content_type == f'video/mp4; codecs="avc1.{sps[1]:02x}{sps[2]:02x}{sps[3]:02x}, mp4a.40.2"'


def test_content_type_is_known_at_once_where_the_parameter_sets_are() -> None:
    piece = chunk(0, 12, PROFILE)
    muxer = AnswerMuxer(PROFILE, 16_000, parameter_sets=piece.parameter_sets)
    assert muxer.content_type.startswith('video/mp4; codecs="avc1.')
    muxer.add_speech(chirp(1.0, 16_000).tobytes())
    assert [fragment.kind for fragment in muxer.add_chunk(piece)] == ["init", "media", "media"]


def test_refuses_chunks_out_of_order_and_of_another_profile() -> None:
    muxer = AnswerMuxer(PROFILE, 16_000)
    with pytest.raises(ValueError, match="starts at frame 0"):
        muxer.add_chunk(chunk(12, 2, PROFILE))
    muxer.add_chunk(chunk(0, 2, PROFILE))
    with pytest.raises(ValueError, match="differ"):
        muxer.add_chunk(chunk(2, 2, VideoProfile(size=144, fps=25)))
    headless = chunk(0, 3, PROFILE)
    headless.access_units = headless.access_units[1:]
    with pytest.raises(ValueError, match="2 pictures do not fill 3 frames"):
        AnswerMuxer(PROFILE, 16_000).add_chunk(headless)
    headless.frames = 2
    with pytest.raises(ValueError, match="IDR"):
        AnswerMuxer(PROFILE, 16_000).add_chunk(headless)


@functools.cache
def _pictures(count: int) -> Chunk:
    """All of a chunk that is put together anew with other durations."""
    return chunk(0, count, PROFILE)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 12)), min_size=1, max_size=12))
def test_pictures_of_any_durations_leave_no_gap(runs: list[tuple[int, int]]) -> None:
    """``runs``: frames a picture, and frames, of each chunk."""
    muxer = AnswerMuxer(PROFILE, 16_000)
    total = sum(frames for _, frames in runs)
    fragments = muxer.add_speech(tone(total / 25, 16_000).tobytes())
    shown, start = [], 0
    for step, frames in runs:
        count = -(-frames // step)
        piece = _pictures(count).model_copy(update={"start_frame": start, "frames": frames, "step": step})
        fragments += muxer.add_chunk(piece)
        shown += [start + k * step for k in range(count)]
        start += frames
    fragments += muxer.finish()
    media = [fragment for fragment in fragments if fragment.kind == "media"]
    assert media[0].pts_s == 0
    for fragment, following in itertools.pairwise(media):
        assert fragment.pts_s + fragment.duration_s == pytest.approx(following.pts_s)
        assert fragment.duration_s <= MAX_FRAGMENT_S
    with av.open(io.BytesIO(joined(fragments))) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        base = packets[0].time_base
        assert [round(float(packet.pts * base) * 25) for packet in packets] == shown
        ends = [*shown[1:], total]
        assert [round(float((packet.pts + packet.duration) * base) * 25) for packet in packets] == ends


def test_refuses_a_rate_that_aac_does_not_know() -> None:
    with pytest.raises(ValueError, match="17000"):
        AnswerMuxer(PROFILE, 17_000)


def test_an_answer_without_a_word_is_empty() -> None:
    assert AnswerMuxer(PROFILE, 16_000).finish() == []


def test_ffmpeg_and_ffprobe_find_nothing_to_complain_of(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("no ffmpeg here")
    file = tmp_path / "answer.mp4"
    file.write_bytes(joined(answer(chirp(1.3, 24_000), 24_000)))
    done = subprocess.run(["ffmpeg", "-v", "warning", "-i", file, "-f", "null", "-"], capture_output=True, check=True)
    assert done.stderr == b""
