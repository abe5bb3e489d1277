"""Opening untrusted media files: from memory, known formats only, never following a reference out of the file."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import Any, NoReturn

import av

from comps.cores.errors import UnsupportedMedia

#: Demuxers by libavformat's names. None of them opens another file: playlists and scripts (hls, dash, concat, sdp) are not here.
FORMATS = (
    "aac,aiff,amr,amrnb,amrwb,asf,au,avi,caf,flac,flv,gif,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,"
    "mpegvideo,h264,hevc,ogg,opus,wav,w64,wv"
)

#: Pixels of one frame beyond which nothing is decoded, whatever the caller's own limit.
MAX_FRAME_PIXELS = 64_000_000

_OPTIONS = {
    "format_whitelist": FORMATS,
    "protocol_whitelist": "none",
    "enable_drefs": "0",
    "max_streams": "32",
    "probesize": "4000000",
    "analyzeduration": "5000000",
    "max_pixels": str(MAX_FRAME_PIXELS),
}


class References(Exception):
    """The file asks for another file or address."""


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise References


@contextlib.contextmanager
def open_media(data: bytes) -> Iterator[Any]:
    """An ``av.container.InputContainer`` over ``data``. Raises UnsupportedMedia for what libav cannot open or decode."""
    try:
        with av.open(io.BytesIO(data), options=_OPTIONS, io_open=_refuse, metadata_errors="replace") as container:
            yield container
    except References:
        raise UnsupportedMedia("the media refers to other files") from None
    except av.error.FFmpegError as error:
        raise UnsupportedMedia("the media cannot be decoded") from error
