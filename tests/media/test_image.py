"""Pictures: every common kind comes out upright, opaque and 8 bit; what is too large is refused before it is decoded."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comps.cores.errors import TooLarge, UnsupportedMedia
from comps.media import image
from comps.media.image import decode_image, encode_jpeg, encode_png
from comps.media.image_header import BadHeader, read_header
from tests.media.heic import heic


def sample(height: int = 40, width: int = 60) -> np.ndarray:
    """uint8 BGR: four quarters of different colours, so that every turn and mirror image differs."""
    out = np.zeros((height, width, 3), np.uint8)
    out[: height // 2, : width // 2] = (255, 0, 0)
    out[: height // 2, width // 2 :] = (0, 255, 0)
    out[height // 2 :, : width // 2] = (0, 0, 255)
    out[height // 2 :, width // 2 :] = (200, 200, 200)
    return out


def encoded(suffix: str, picture: np.ndarray, *options: int) -> bytes:
    done, data = cv2.imencode(suffix, picture, list(options))
    assert done
    return data.tobytes()


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: bytes) -> bytes:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")


def exif(orientation: int, order: str = "<") -> bytes:
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    return head + struct.pack(order + "HHHIHxxI", 1, 274, 3, 1, orientation, 0)


def with_exif(jpeg: bytes, *segments: bytes) -> bytes:
    body = b"".join(b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment for segment in segments)
    return jpeg[:2] + body + jpeg[2:]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff", ".gif", ".avif"])
def test_common_formats(suffix: str) -> None:
    picture = decode_image(encoded(suffix, sample()))
    assert picture.shape == (40, 60, 3)
    assert picture.dtype == np.uint8
    assert picture.flags.c_contiguous
    assert np.abs(picture[5::10, 5::14].astype(int) - sample()[5::10, 5::14]).max() < 60


@pytest.mark.parametrize("name", ["avatar1.jpg", "avatar2.jpg", "avatar3.png", "avatar4.png", "avatar5.png", "avatar6.png"])
def test_real_avatars(shared: Path, name: str) -> None:
    data = (shared / "data" / "avatars" / name).read_bytes()
    assert decode_image(data).shape == (1024, 1024, 3)
    for length in (0, 1, 7, 20, 100, len(data) // 2, len(data) - 20):
        with pytest.raises(UnsupportedMedia):
            decode_image(data[:length])


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(orientation: int, order: str) -> None:
    turned = {
        1: lambda p: p,
        2: np.fliplr,
        3: lambda p: np.rot90(p, 2),
        4: np.flipud,
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: np.rot90(p, 1),
        7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
        8: lambda p: np.rot90(p, -1),
    }
    # Stored turned one way, shown turned back by the tag.
    stored = np.ascontiguousarray(turned[orientation](sample()))
    data = with_exif(encoded(".jpg", stored, cv2.IMWRITE_JPEG_QUALITY, 100), b"Exif\0\0" + exif(orientation, order))
    picture = decode_image(data)
    assert picture.shape == (40, 60, 3)
    assert np.abs(picture[5::10, 5::14].astype(int) - sample()[5::10, 5::14]).max() < 12
    # The same as what OpenCV itself makes of the tag.
    assert np.array_equal(picture, cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))


def test_exif_orientation_of_png() -> None:
    rows = b"".join(b"\0" + row.tobytes() for row in sample()[..., ::-1])
    data = png(60, 40, 8, 2, rows, png_chunk(b"eXIf", exif(6, ">")))
    assert np.array_equal(decode_image(data), np.rot90(sample(), -1))


@pytest.mark.parametrize(
    "segment", [b"Exif\0\0", b"Exif\0\0II", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0" + exif(99), b"Exif\0\0MM\0*junk"]
)
def test_broken_exif_is_ignored(segment: bytes) -> None:
    assert decode_image(with_exif(encoded(".jpg", sample()), segment)).shape == (40, 60, 3)


def test_alpha_is_laid_over_light_grey() -> None:
    clear = np.dstack((sample(), np.zeros((40, 60), np.uint8)))
    assert np.all(decode_image(encoded(".png", clear)) == 224)
    solid = np.dstack((sample(), np.full((40, 60), 255, np.uint8)))
    assert np.array_equal(decode_image(encoded(".png", solid)), sample())
    half = np.dstack((np.zeros((4, 4, 3), np.uint8), np.full((4, 4), 128, np.uint8)))
    assert np.all(decode_image(encoded(".png", half)) == round(224 * 127 / 255))


def test_transparent_webp() -> None:
    clear = np.dstack((sample(), np.zeros((40, 60), np.uint8)))
    assert np.all(decode_image(encoded(".webp", clear)) == 224)


def test_greyscale() -> None:
    grey = np.tile(np.arange(64, dtype=np.uint8) * 4, (8, 1))
    assert np.array_equal(decode_image(encoded(".png", grey)), np.dstack((grey,) * 3))
    assert decode_image(encoded(".jpg", grey)).shape == (8, 64, 3)


def test_greyscale_with_alpha() -> None:
    rows = b"".join(b"\0" + bytes([100, 255, 100, 0]) for _ in range(2))
    assert decode_image(png(2, 2, 8, 4, rows))[0].tolist() == [[100] * 3, [224] * 3]


def test_sixteen_bit() -> None:
    picture = decode_image(encoded(".png", sample().astype(np.uint16) * 257))
    assert np.array_equal(picture, sample())
    picture = decode_image(encoded(".tiff", sample().astype(np.uint16) * 257))
    assert np.array_equal(picture, sample())


def test_palette_with_transparency() -> None:
    palette = png_chunk(b"PLTE", bytes([255, 0, 0, 0, 255, 0])) + png_chunk(b"tRNS", bytes([255, 0]))
    rows = b"".join(b"\0" + bytes([0, 1]) for _ in range(2))
    assert decode_image(png(2, 2, 8, 3, rows, palette))[0].tolist() == [[0, 0, 255], [224] * 3]


def test_one_bit() -> None:
    assert decode_image(png(8, 1, 1, 0, b"\0\xf0"))[0, :, 0].tolist() == [255] * 4 + [0] * 4


def test_cmyk_jpeg() -> None:
    pillow = pytest.importorskip("PIL.Image", reason="no Pillow here to write a CMYK JPEG")
    sink = io.BytesIO()
    pillow.new("CMYK", (32, 16), (0, 255, 255, 0)).save(sink, "JPEG", quality=95)
    assert decode_image(sink.getvalue()).shape == (16, 32, 3)
    blue, green, red = decode_image(sink.getvalue())[8, 16].tolist()
    assert red > 200
    assert blue < 60
    assert green < 60


def giant_jpeg() -> bytes:
    """A small JPEG whose frame header, behind 60 KB of EXIF with a thumbnail, says 30,000 × 30,000."""
    data = encoded(".jpg", sample())
    at = data.index(b"\xff\xc0")
    data = data[: at + 5] + struct.pack(">HH", 30_000, 30_000) + data[at + 9 :]
    return with_exif(data, b"Exif\0\0" + exif(1) + b"\0" * 30_000 + encoded(".jpg", sample(8, 8)), b"Exif\0\0" + bytes(30_000))


def tiff(*tags: tuple[int, int]) -> bytes:
    """A TIFF of one directory: (tag, value), each a 32-bit integer."""
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + rows + bytes(4)


def webp(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBP" + kind + struct.pack("<I", len(body)) + body


GIANTS = {
    "png": png(30_000, 30_000, 8, 2, b""),
    "jpeg": giant_jpeg(),
    "gif": b"GIF89a" + struct.pack("<HH", 30_000, 30_000) + bytes(20),
    "bmp": b"BM" + bytes(12) + struct.pack("<Iii", 40, 30_000, -30_000) + bytes(40),
    "webp": webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f" + bytes(8)),
    "webp lossless": webp(b"VP8L", struct.pack("<BI", 0x2F, 16_000 | 16_000 << 14) + bytes(9)),
    "webp extended": webp(b"VP8X", bytes(4) + b"\x2f\x75\0\x2f\x75\0"),
    "tiff": tiff((256, 30_000), (257, 30_000), (258, 8), (273, 8), (279, 9)),
    # 64 × 64 pixels, in one tile of 30,000 × 30,000.
    "tiff tile": tiff((256, 64), (257, 64), (258, 8), (322, 30_000), (323, 30_000)),
    "avif": b"\0\0\0\x1cftypavif" + bytes(16) + b"\0\0\0\x14ispe" + struct.pack(">III", 0, 30_000, 30_000),
}


@pytest.mark.parametrize("kind", GIANTS)
def test_giants_are_refused_without_decoding(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("the decoder was called")

    monkeypatch.setattr(image.cv2, "imdecode", never)
    with pytest.raises(TooLarge) as caught:
        decode_image(GIANTS[kind])
    assert caught.value.status == 413


def test_the_limit_is_the_callers() -> None:
    data = encoded(".png", sample(100, 100))
    assert decode_image(data, max_pixels=10_000).shape == (100, 100, 3)
    with pytest.raises(TooLarge):
        decode_image(data, max_pixels=9_999)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff", ".gif", ".avif"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_cut_short(suffix: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    data = encoded(suffix, noise)
    with pytest.raises(UnsupportedMedia) as caught:
        decode_image(data[: int(share * len(data))])
    assert caught.value.status == 415


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 1000, b"hello " * 100, b"%PDF-1.7", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\xff\xd8\xff", b"BM"],
)
def test_no_picture(data: bytes) -> None:
    with pytest.raises(UnsupportedMedia):
        decode_image(data)


@pytest.mark.parametrize(
    ("said", "done"),
    [
        ({}, lambda p: p),
        ({"turns": 1}, np.rot90),
        ({"turns": 3}, lambda p: np.rot90(p, -1)),
        ({"mirror": 0}, np.flipud),
        ({"mirror": 1}, np.fliplr),
        ({"depth": 10}, lambda p: p),
        # iPhones write grids, and say the turn twice: as a property, and in EXIF.
        ({"tile": 64}, lambda p: p),
        ({"tile": 64, "turns": 3, "exif": exif(6)}, lambda p: np.rot90(p, -1)),
        ({"exif": exif(6)}, lambda p: p),
        ({"brand": b"mif1"}, lambda p: p),
        ({"brand": b"msf1"}, lambda p: p),
        ({"brand": b"heix", "depth": 10}, lambda p: p),
    ],
)
def test_heic(said: dict[str, Any], done: Callable[[np.ndarray], np.ndarray]) -> None:
    picture = sample(120, 180)
    expected = done(picture)
    data = heic(picture, **said)
    header = read_header(data)
    assert (header.format, header.width, header.height) == ("heic", 180, 120)
    decoded = decode_image(data)
    assert decoded.shape == expected.shape
    assert decoded.flags.c_contiguous
    assert np.abs(decoded[8::15, 8::15].astype(int) - expected[8::15, 8::15]).max() < 40


def test_a_live_photo_and_what_comes_after_a_heic_do_no_harm() -> None:
    data = heic(sample(120, 180)) + struct.pack(">I4s", 1008, b"mpvd") + bytes(1000)
    assert decode_image(data).shape == (120, 180, 3)


def test_heic_is_refused_before_decoding_where_it_claims_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    giant = heic(sample(64, 64), size=(30_000, 30_000))

    def never(*_: object) -> None:
        raise AssertionError("the decoder was called")

    monkeypatch.setattr(image.heif, "decode", never)
    with pytest.raises(TooLarge):
        decode_image(giant)


def test_heic_with_more_pixels_than_it_claims_is_refused() -> None:
    with pytest.raises(UnsupportedMedia):
        decode_image(heic(sample(600, 800), size=(20, 30)))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9])
def test_heic_cut_short(share: float) -> None:
    data = heic(np.random.default_rng(1).integers(0, 255, (64, 64, 3)).astype(np.uint8))
    with pytest.raises(UnsupportedMedia):
        decode_image(data[: int(share * len(data))])


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_damaged_heic_is_decoded_or_refused_as_bad_input(data: st.DataObject) -> None:
    damaged = bytearray(HEIC)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(TooLarge, UnsupportedMedia):
        assert decode_image(bytes(damaged), max_pixels=1_000_000).shape[2] == 3


HEIC = heic(sample(64, 64))


def test_a_jpeg_of_48_million_pixels_is_decoded_at_half_its_size() -> None:
    noise = np.random.default_rng(2).integers(0, 255, (6, 8, 3)).astype(np.uint8)
    large = cv2.resize(noise, (8064, 6048), interpolation=cv2.INTER_NEAREST)
    data = with_exif(encoded(".jpg", large, cv2.IMWRITE_JPEG_QUALITY, 90), b"Exif\0\0" + exif(6))
    picture = decode_image(data)
    assert picture.shape == (4032, 3024, 3)
    expected = np.rot90(noise, -1)
    assert np.abs(picture[252::504, 252::504].astype(int) - expected).max() < 12


def test_jpegs_are_scaled_as_far_as_the_limit_asks() -> None:
    data = encoded(".jpg", sample(400, 600))
    assert decode_image(data, max_pixels=240_000).shape == (400, 600, 3)
    assert decode_image(data, max_pixels=200_000).shape == (200, 300, 3)
    assert decode_image(data, max_pixels=40_000).shape == (100, 150, 3)
    with pytest.raises(TooLarge):
        decode_image(data, max_pixels=30_000)
    progressive = encoded(".jpg", sample(400, 600), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    with pytest.raises(TooLarge):
        decode_image(progressive, max_pixels=200_000)


def test_a_heic_just_above_the_limit_is_halved() -> None:
    data = heic(sample(120, 180))
    assert decode_image(data, max_pixels=120 * 180 - 1).shape == (60, 90, 3)
    with pytest.raises(TooLarge):
        decode_image(data, max_pixels=120 * 180 * 3 // 4)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_the_first_frame_of_an_animation(suffix: str) -> None:
    animation = cv2.Animation()
    animation.frames = [np.full((20, 30, 4), level, np.uint8) | np.uint8([0, 0, 0, 255]) for level in (240, 10, 120)]
    animation.durations = np.array([100, 100, 100])
    done, data = cv2.imencodeanimation(suffix, animation)
    assert done
    picture = decode_image(data.tobytes())
    assert picture.shape == (20, 30, 3)
    assert abs(float(picture.mean()) - 240) < 8


def test_a_progressive_jpeg_of_a_thousand_scans_is_refused() -> None:
    data = encoded(".jpg", sample(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    assert decode_image(data).shape == (40, 60, 3)
    at = data.rindex(b"\xff\xda")
    with pytest.raises(UnsupportedMedia, match="scans"):
        decode_image(data[:-2] + data[at:-2] * 1000 + b"\xff\xd9")


def test_bytes_after_the_picture_do_no_harm() -> None:
    assert decode_image(encoded(".jpg", sample()) + b"trailing" * 100).shape == (40, 60, 3)
    assert decode_image(encoded(".png", sample()) + b"trailing" * 100).shape == (40, 60, 3)


def test_encode_and_decode() -> None:
    assert np.array_equal(decode_image(encode_png(sample())), sample())
    assert np.abs(decode_image(encode_jpeg(sample(), quality=100)).astype(int) - sample())[5::10, 5::14].max() < 12


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([".jpg", ".png", ".webp", ".bmp", ".tiff", ".gif"]), st.data())
def test_damaged_pictures_are_decoded_or_refused_as_bad_input(suffix: str, data: st.DataObject) -> None:
    damaged = bytearray(encoded(suffix, sample(24, 24)))
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(TooLarge, UnsupportedMedia):
        assert decode_image(bytes(damaged), max_pixels=1_000_000).shape[2] == 3


@given(
    st.binary(max_size=300),
    st.sampled_from(
        [
            b"\x89PNG\r\n\x1a\n",
            b"\xff\xd8\xff",
            b"GIF89a",
            b"BM",
            b"II*\0",
            b"MM\0+",
            b"RIFF____WEBPVP8X",
            b"\0\0\0\x10ftypheic\0\0\0\0",
        ]
    ),
)
def test_headers_of_noise(noise: bytes, magic: bytes) -> None:
    with contextlib.suppress(BadHeader):
        header = read_header(magic + noise)
        assert header.width > 0
        assert header.height > 0
