"""Writes ``comps/animation/wav2lip/calibration.npz``, which int8 takes its ranges from: our own faces, and speech of espeak's.

``scripts/bench wav2lip_calibration``
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from AvatarChatbot.avatars import default_avatar
from benchmarks.synthetic_speech import espeak
from comps.animation.motion.spectrum import Sound
from comps.animation.wav2lip import calibration
from comps.animation.wav2lip.mel import windows
from comps.animation.wav2lip.mouth_region import MouthRegion
from comps.cores.common.settings import LandmarkSettings
from comps.media.landmarks import Landmarker

FACES = ("aria", "kofi", "mei", "tomas")
TEXT = "Before that, people could already play it for more than two years, while it was still being built."
FRAMES, FPS, SIZE = 24, 5, 512


async def _crops() -> NDArray[np.uint8]:
    landmarker = Landmarker(LandmarkSettings())
    found = []
    try:
        for name in FACES:
            data = np.frombuffer((default_avatar().parent / f"{name}.png").read_bytes(), np.uint8)
            picture = cv2.resize(cv2.imdecode(data, cv2.IMREAD_COLOR), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
            face = (await landmarker.faces(picture[..., ::-1].copy()))[0]
            found.append(MouthRegion.of(face.points, SIZE).crop(picture))
    finally:
        await landmarker.stop()
    return np.stack(found)


def main() -> None:
    spoken = espeak(TEXT)
    mels = windows(Sound(spoken.samples.astype(np.float32), spoken.rate, 0), 0, FRAMES, FPS)
    path = Path(calibration.__file__).with_suffix(".npz")
    np.savez_compressed(path, faces=asyncio.run(_crops()), mels=mels.astype(np.float16))
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
