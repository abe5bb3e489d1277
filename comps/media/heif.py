"""HEIC and HEIF: iPhones' pictures. pi-heif decodes them (libheif and libde265, LGPL-3.0; no encoder)."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import UnsupportedMedia


def decode(data: bytes) -> NDArray[np.uint8]:
    """The primary picture of a file whose header was read: uint8 BGR or BGRA [h, w, 3 or 4], turned as its boxes say.

    EXIF's orientation says the same once more, and is not looked at. libheif decodes nothing larger than the header said. Raises
    UnsupportedMedia.
    """
    # Here and not above: most pictures are none, and it takes 60 ms and 5 MB.
    import pi_heif  # noqa: PLC0415

    pi_heif.options.DECODE_THREADS = 1
    pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False
    try:
        file = pi_heif.open_heif(io.BytesIO(data), bgr_mode=True)
        return np.asarray(file[file.primary_index], np.uint8)
    except (ValueError, EOFError, SyntaxError, RuntimeError, OSError, IndexError, MemoryError) as error:
        raise UnsupportedMedia("the picture cannot be decoded", field="media") from error
