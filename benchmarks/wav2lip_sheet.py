"""Contact sheet of Wav2Lip's mouths: one row an avatar and a moment of speech, with a column for each step to look at.

``python -m benchmarks.wav2lip_sheet OUT.png AVATAR … [--checkpoint FILE]``

Columns: the picture with the face's box (green), the lower face that may change (blue) and its outline (red); the face that the
generator sees; what it draws; that laid into the picture as Wav2Lip's own script does; as this project does; and the last with
the head swayed to either side. Without a checkpoint warp's mouths stand for the generator's, at its resolution; ``--tint``
then shows what becomes of a generator's error of colour. Prints how far the mouths are from warp's, levels of 255.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.synthetic_speech import Spoken, espeak
from comps.animation.motion import visemes
from comps.animation.motion.spectrum import Sound
from comps.animation.warp import rig
from comps.animation.warp.framing import Framing
from comps.animation.warp.geometry import Pixels
from comps.animation.warp.renderer import Renderer
from comps.animation.warp.state import FrameState, Head
from comps.animation.wav2lip.jobs import FACE
from comps.animation.wav2lip.loading import load
from comps.animation.wav2lip.mel import windows
from comps.animation.wav2lip.mouth_region import MouthRegion
from comps.cores import devices
from comps.media.landmarks import Landmarker

TEXT = "Bobby saw two big moons above my farm, and we all laughed."
FPS = 25
SWAYED = (
    Head(),
    Head(yaw=-0.045, pitch=-0.026, roll=-0.019, x=-0.006, y=-0.005),
    Head(yaw=0.045, pitch=0.026, roll=0.019, x=0.006, y=0.005),
)
_TINT = np.array([8.0, 0.0, -8.0])

#: Faces uint8 BGR [96, 96, 3] and spectra float32 [80, 16] → lower halves uint8 BGR [48, 96, 3].
Draw = Callable[[Pixels, NDArray[np.float32]], Pixels]


@dataclass(frozen=True)
class Sitter:
    """An avatar: the square that is shown, its rig, and where Wav2Lip works."""

    name: str
    picture: Pixels
    renderer: Renderer
    region: MouthRegion

    @classmethod
    async def of(cls, landmarker: Landmarker, path: Path, size: int) -> Sitter | None:
        image = np.asarray(cv2.imread(str(path)), np.uint8)
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        faces = await landmarker.faces(rgb)
        if not faces:
            return None
        framing = Framing.around(faces[0].points, *image.shape[:2], size)
        built = rig.build(image, faces[0].points, size, None, await landmarker.person(rgb))
        region = MouthRegion.of(framing.place(faces[0].points)[:, :2], size)
        return cls(path.stem, framing.cut(image), Renderer(built), region)

    def shown(self, state: FrameState, patch: Pixels | None = None) -> Pixels:
        """A frame, with warp's mouth or ``patch``."""
        if patch is None:
            return _bgr(self.renderer.frame(state))
        return _bgr(self.renderer.frame(state, lambda face, _, share: self.region.paste(face, patch, strength=share)))

    def marked(self) -> Pixels:
        marked = self.picture.copy()
        corners = np.array([[-0.5, -48.5], [95.5, -48.5], [95.5, 47.5], [-0.5, 47.5]])
        box = corners @ self.region.matrix[:, :2].T + self.region.matrix[:, 2]
        cv2.polylines(marked, [np.round(box).astype(np.int32)], True, (0, 200, 0), 2, cv2.LINE_AA)
        cv2.polylines(marked, [np.round(self.region.outline).astype(np.int32)], True, (0, 0, 255), 1, cv2.LINE_AA)
        x0, y0, x1, y1 = self.region.box
        cv2.rectangle(marked, (x0, y0), (x1, y1), (255, 80, 0), 1)
        return marked

    def boxed(self, patch: Pixels) -> Pixels:
        """As Wav2Lip's ``inference.py`` does it: a box, without a mask."""
        picture = self.picture.copy()
        size = (self.region.size, self.region.size)
        cv2.warpAffine(patch, self.region.matrix, size, dst=picture, borderMode=cv2.BORDER_TRANSPARENT)
        return picture


def moments(spoken: Spoken, count: int) -> list[tuple[int, FrameState, NDArray[np.float32]]]:
    """Frames with the mouth from shut to widest: number, warp's state, spectrum."""
    frames = int(len(spoken.samples) / spoken.rate * FPS)
    motion = visemes.tracks(spoken.phonemes, 0, frames, FPS)
    heard = windows(Sound(spoken.samples, spoken.rate, 0), 0, frames, FPS)
    order = np.argsort(motion.mouth[:, 0])
    chosen = sorted(order[np.linspace(0, frames - 1, count).astype(int)].tolist())
    return [(k, FrameState(motion.mouth[k], 1.0, frame=k), heard[k]) for k in chosen]


def generator(checkpoint: Path, device: str) -> Draw:
    """The network's drawing."""
    network = load(checkpoint, devices.resolve(device))

    def draw(crop: Pixels, mel: NDArray[np.float32]) -> Pixels:
        drawn = network.mouths([network.face(crop)], mel[None])[0]
        return np.asarray(np.clip(drawn.transpose(1, 2, 0) * 255 + 0.5, 0, 255), np.uint8)

    return draw


def row(sitter: Sitter, state: FrameState, patch: Pixels) -> Pixels:
    """The steps side by side, each from the same part of the picture."""
    crop = sitter.region.crop(sitter.picture)
    size = (sitter.region.size, sitter.region.size)
    faces = (crop, np.vstack([crop[: FACE // 2], patch]))
    seen = [cv2.resize(face, size, interpolation=cv2.INTER_CUBIC) for face in faces]
    swayed = [FrameState(state.mouth, 1.0, head=np.array(head, np.float32)) for head in SWAYED]
    laid = [sitter.boxed(patch), *(sitter.shown(one, patch) for one in swayed)]
    return np.hstack([sitter.marked(), *seen, *(_zoomed(step, sitter) for step in laid)])


def _zoomed(picture: Pixels, sitter: Sitter) -> Pixels:
    """The lower face, enlarged to the picture's size."""
    x0, y0, x1, y1 = sitter.region.box
    size, side = sitter.region.size, max(x1 - x0, y1 - y0)
    x, y = (int(np.clip((low + high - side) // 2, 0, size - side)) for low, high in ((x0, x1), (y0, y1)))
    part = picture[y : y + side, x : x + side]
    return cast("Pixels", cv2.resize(part, (size, size), interpolation=cv2.INTER_CUBIC))


def _bgr(i420: Pixels) -> Pixels:
    return cast("Pixels", cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420))


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("avatars", type=Path, nargs="+")
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--moments", type=int, default=3)
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--tint", action="store_true", help="what is drawn is too blue")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    draw = generator(options.checkpoint, options.device) if options.checkpoint else None
    landmarker = Landmarker()
    rows = []
    for path in options.avatars:
        sitter = await Sitter.of(landmarker, path, options.size)
        if sitter is None:
            print(f"{path}: no face found")
            continue
        for number, state, mel in moments(espeak(TEXT), options.moments):
            warped = sitter.shown(state)
            crop = sitter.region.crop(sitter.picture)
            patch = sitter.region.crop(warped)[FACE // 2 :] if draw is None else draw(crop, mel)
            if options.tint:
                patch = np.clip(patch + _TINT, 0, 255).astype(np.uint8)
            x0, y0, x1, y1 = sitter.region.box
            differences = (
                np.abs(other.astype(int) - warped)[y0:y1, x0:x1].mean()
                for other in (sitter.boxed(patch), sitter.shown(state, patch))
            )
            print(sitter.name, f"frame {number}:", "boxed {:.2f}, laid in {:.2f} levels from warp's".format(*differences))
            rows.append(row(sitter, state, patch))
    await landmarker.stop()
    if rows:
        cv2.imwrite(str(options.out), np.vstack(rows))


if __name__ == "__main__":
    asyncio.run(main())
