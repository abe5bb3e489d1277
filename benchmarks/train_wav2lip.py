"""Train a quarter-width Wav2Lip on one face and speech that this script synthesises itself (``scripts/train_wav2lip``).

The official weights cannot be fetched where this is built and are not ours to give on. This network has their layout at a
quarter of the width, so that crops, timing, paste-back and colour can be seen and measured. Sound: hibari's and espeak-ng's
voices. Pictures: the face as ``comps.animation.warp`` draws it from the synthesiser's own timings. One face and few voices:
it is for tests and demonstrations. The seed is fixed. About ten CPU minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import AvatarChatbot.avatars
from benchmarks.machine import machine
from benchmarks.plain import seeded
from benchmarks.plain.wav2lip import FACE, Wav2Lip, face_input, lower_halves
from benchmarks.synthetic_speech import Spoken, espeak, hibari, hibari_voices
from benchmarks.train_audio2viseme import SENTENCES
from comps.animation.motion import visemes
from comps.animation.motion.phonemes import is_silence
from comps.animation.motion.spectrum import Sound
from comps.animation.warp import rig
from comps.animation.warp.framing import Framing
from comps.animation.warp.speaking import Speaking
from comps.animation.wav2lip.mel import windows
from comps.animation.wav2lip.mouth_region import MouthRegion
from comps.media.landmarks import Landmarker

SEED = 20261130
DIVISOR = 4
AVATAR = Path(AvatarChatbot.avatars.__file__).with_name("aria.png")
OUT = Path(__file__).parents[1] / "tests/animation/wav2lip/quarter.safetensors"
#: Side of the video in which the pictures are drawn.
SIZE = 512
HIBARI_UTTERANCES, ESPEAK_UTTERANCES = 121, 54
ESPEAK_VOICES = ("en-us", "en-us+m3", "en-us+f3", "en-us+m1", "en-us+f2", "en-us+klatt2", "en", "en-us+Annie", "en-us+m7")
#: Frame rates of the videos; what is served is mostly 25.
RATES = (25, 25, 25, 25, 20, 15, 30)
#: Silence before and after an utterance, seconds.
_AROUND_S = 0.4
#: Videos of a room in which nobody speaks.
BACKGROUNDS = 8
STEPS, BATCH, RATE, WARM_UP = 2400, 16, 2e-3, 100
#: How much more the pixels that move most weigh than those that never do.
_MOVING = 12.0
#: The face box is found a little elsewhere, in shares of its side; light and microphones differ: factors on colours, dB.
_SHIFT, _SCALE, _LIGHT, _LEVEL_DB = 0.02, 0.03, 0.12, 12.0
#: Openings of the mouth below which lips about meet, and above which they are wide apart (``FrameState.mouth``).
_MEETING, _WIDE = 0.02, 0.2
#: Mel values a decibel (comps/animation/wav2lip: 100 dB are -4 … 4).
_MEL_PER_DB = 0.08
#: Sentences that a test of lip sync speaks whole or in part.
_HELD_OUT = "My brother bought a brown leather bag"


class Examples(NamedTuple):
    """Frames of videos. ``mels``: float32 [n, 80, 16]; ``which``: int [n], the crop of each frame; ``crops``: uint8 BGR
    [m, 96, 96, 3], the face at rest; ``pictures``: uint8 BGR [n, 96, 96, 3], the face speaking, cropped alike; ``often``: float64
    [n], how often a frame is to be shown."""

    mels: NDArray[np.float32]
    which: NDArray[np.int64]
    crops: NDArray[np.uint8]
    pictures: NDArray[np.uint8]
    often: NDArray[np.float64]


@dataclass(frozen=True)
class Sitter:
    """The face that sits for the pictures. ``points``: its landmarks [478, 2], pixels of the video."""

    rig: rig.Rig
    points: NDArray[np.float64]

    @classmethod
    async def of(cls, path: Path) -> Sitter:
        image = cv2.imread(str(path))
        rgb = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        landmarker = Landmarker()
        try:
            face, person = (await landmarker.faces(rgb))[0], await landmarker.person(rgb)
        finally:
            await landmarker.stop()
        framing = Framing.around(face.points, *image.shape[:2], SIZE)
        return cls(rig.build(image, face.points, SIZE, None, person), framing.place(face.points)[:, :2])

    def at_rest(self) -> NDArray[np.uint8]:
        """The picture: uint8 BGR [size, size, 3]."""
        return bgr(self.rig.stills[0].face.i420())

    def speaking(self, spoken: Spoken, first: int, frames: int, fps: int) -> Iterator[NDArray[np.uint8]]:
        """Its frames ``first`` … ``first + frames - 1``, head and lids at rest: uint8 BGR [size, size, 3]."""
        still = self.rig.stills[0]
        speaking = Speaking(still.speech)
        for mouth in visemes.tracks(spoken.phonemes, first, frames, fps).mouth:
            face = still.face.layer()
            # Where activity is less, the engine mixes the picture's own mouth in by itself.
            speaking.draw(face, mouth, 1.0)
            yield bgr(face.i420())


def bgr(i420: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420), np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--evaluate", action="store_true", help="judge the stored network; train nothing")
    parser.add_argument("--sheet", type=Path, help="a picture to draw: rows of drawn and wanted mouths of a held-out sentence")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    print(machine())
    started = time.process_time()
    sitter = asyncio.run(Sitter.of(AVATAR))
    if not arguments.evaluate:
        examples = training_set(sitter)
        print(f"{len(examples.mels)} frames, {time.process_time() - started:.0f} CPU s", flush=True)
        network = train(examples, arguments.steps)
        seeded.save_safetensors(network, arguments.out, torch.float16)
        print(f"{arguments.out.name}: {arguments.out.stat().st_size / 1e6:.2f} MB, {time.process_time() - started:.0f} CPU s")
    network = load(arguments.out)
    videos = held_out(sitter)
    for name, examples in videos.items():
        print(f"{name:24s} {judge(network, examples)}", flush=True)
    if arguments.sheet:
        cv2.imwrite(str(arguments.sheet), sheet(network, next(iter(videos.values()))))


def load(path: Path) -> Wav2Lip:
    from safetensors.torch import load_file

    network = Wav2Lip(DIVISOR)
    network.load_state_dict(load_file(path))
    return network.eval()


def training_set(sitter: Sitter) -> Examples:
    rng = np.random.default_rng(SEED)
    chance = random.Random(SEED)
    videos = [video(sitter, spoken, chance.choice(RATES), rng) for spoken in training_speech(chance)]
    counts = [len(one.mels) for one in videos]
    return Examples(
        np.concatenate([one.mels for one in videos]),
        np.repeat(np.arange(len(videos)), counts),
        np.concatenate([one.crops for one in videos]),
        np.concatenate([one.pictures for one in videos]),
        np.concatenate([one.often for one in videos]),
    )


def training_speech(chance: random.Random) -> Iterator[Spoken]:
    sentences = [text for text in SENTENCES if _HELD_OUT not in text]
    voices = hibari_voices()
    if not voices:
        raise SystemExit("hibari's model has not been prepared: avatarchatbot prepare")
    for index in range(HIBARI_UTTERANCES):
        yield hibari(_sentence(sentences, index, chance), voices[index % len(voices)])
    for index in range(ESPEAK_UTTERANCES):
        text, voice = _sentence(sentences, index + HIBARI_UTTERANCES, chance), ESPEAK_VOICES[index % len(ESPEAK_VOICES)]
        yield espeak(text, voice, wpm=chance.randint(140, 190), pitch=chance.randint(30, 70))
    for index in range(BACKGROUNDS):
        noise = np.random.default_rng([SEED, index]).standard_normal(3 * 16_000)
        level = 0.0 if index % 2 == 0 else 10.0 ** chance.uniform(-4.0, -2.5)
        yield Spoken((level * noise).astype(np.float32), 16_000, [])


def _sentence(sentences: list[str], index: int, chance: random.Random) -> str:
    """Every sentence as it is, then new ones made of the halves of two others: other words meet at the join."""
    if index < len(sentences):
        return sentences[index]
    first, second = (chance.choice(sentences).split() for _ in range(2))
    return " ".join(first[: len(first) // 2] + second[len(second) // 2 :])


def held_out(sitter: Sitter) -> dict[str, Examples]:
    """Sentences that training never saw whole; the face box is where it was found."""
    chance = random.Random(SEED + 1)
    sentences = [text for text in SENTENCES if _HELD_OUT not in text]
    texts = [_sentence(sentences, len(sentences), chance) for _ in range(4)]
    spoken = {f"hibari {voice}": hibari(text, voice) for voice, text in zip(hibari_voices()[::4], texts, strict=False)}
    spoken |= {"espeak en-us+m3": espeak(texts[2], "en-us+m3"), "espeak f4 (unheard)": espeak(texts[3], "en-us+f4")}
    silence = Spoken(np.zeros(32_000, np.float32), 16_000, [])
    return {name: video(sitter, one, 25, None) for name, one in {**spoken, "silence": silence}.items()}


def video(sitter: Sitter, spoken: Spoken, fps: int, rng: np.random.Generator | None) -> Examples:
    """All frames of an utterance and the silence around it; with ``rng``, the face box is a little elsewhere."""
    first = -int(_AROUND_S * fps)
    frames = int((len(spoken.samples) / spoken.rate + 2 * _AROUND_S) * fps)
    mels = windows(Sound(spoken.samples, spoken.rate, 0), first, frames, fps)
    region = MouthRegion.of(sitter.points if rng is None else elsewhere(sitter.points, rng), SIZE)
    pictures = [region.crop(picture) for picture in sitter.speaking(spoken, first, frames, fps)]
    crop = region.crop(sitter.at_rest())
    often = how_often(spoken, first, frames, fps)
    return Examples(mels, np.zeros(frames, np.int64), crop[None], np.stack(pictures), often)


def how_often(spoken: Spoken, first: int, frames: int, fps: int) -> NDArray[np.float64]:
    """Lips that meet between sounds and mouths that are wide open are rare, and what is seen most: [frames]."""
    opening = visemes.tracks(spoken.phonemes, first, frames, fps).mouth[:, 0]
    middles = (np.arange(first, first + frames) + 0.5) / fps
    spans = np.array([(start, end) for start, end, symbol in spoken.phonemes if not is_silence(symbol)]).reshape(-1, 2)
    sounds = ((spans[:, 0] <= middles[:, None]) & (middles[:, None] < spans[:, 1])).any(axis=1)
    return np.where(sounds, np.where(opening < _MEETING, 3.0, np.where(opening > _WIDE, 2.0, 1.0)), 0.5)


def elsewhere(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Landmarks of the same face, a little moved and scaled as a whole."""
    low, high = points.min(axis=0), points.max(axis=0)
    middle, side = (low + high) / 2, high - low
    return (points - middle) * (1 + rng.uniform(-_SCALE, _SCALE)) + middle + side * rng.uniform(-_SHIFT, _SHIFT, 2)


def train(examples: Examples, steps: int) -> Wav2Lip:
    """Least absolute error by Adam (Kingma and Ba, 2015), step falling to zero along a cosine; moving pixels weigh more."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    network = Wav2Lip(DIVISOR).to(memory_format=torch.channels_last).train()
    weight = weights(examples)
    adam = torch.optim.Adam(network.parameters(), lr=RATE, betas=(0.9, 0.98))
    rates = torch.optim.lr_scheduler.LambdaLR(
        adam, lambda k: min(1.0, (k + 1) / WARM_UP) * 0.5 * (1.0 + float(np.cos(np.pi * k / steps)))
    )
    shares = examples.often / examples.often.sum()
    losses = []
    for step in range(steps):
        chosen = rng.choice(len(shares), BATCH, p=shares)
        mel, face, wanted = batch(examples, chosen, rng)
        adam.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bf16()):
            drawn = network(mel, face)
        loss = (weight * (drawn.float() - wanted).abs()).mean()
        loss.backward()
        adam.step()
        rates.step()
        losses.append(loss.item())
        if (step + 1) % 100 == 0:
            print(f"step {step + 1:5d}  loss {np.mean(losses[-100:]):.5f}  {time.process_time():.0f} CPU s", flush=True)
    settle(network, examples, rng)
    return network.eval().half().float()


def has_bf16() -> bool:
    """Whether the processor multiplies bfloat16: training takes two thirds of the time then."""
    return "avx512_bf16" in Path("/proc/cpuinfo").read_text()


def weights(examples: Examples) -> Tensor:
    """How much each pixel weighs: [1, 96, 96], mean 1. The upper half is not shown: it counts little."""
    moving = examples.pictures[:: max(1, len(examples.pictures) // 500)].astype(np.float32).std(axis=0).mean(axis=-1)
    weight = 1 + _MOVING * cv2.GaussianBlur(moving / moving.max(), (0, 0), 1.5)
    weight[: FACE // 2] = 0.2
    return torch.from_numpy((weight / weight.mean()).astype(np.float32))[None]


def batch(examples: Examples, chosen: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """What the network gets and what it is to draw, under other light and at another loudness."""
    light = rng.uniform(1 - _LIGHT, 1 + _LIGHT, (len(chosen), 1, 1, 3)).astype(np.float32)
    crops = np.clip(examples.crops[examples.which[chosen]] * light, 0, 255)
    wanted = np.clip(examples.pictures[chosen] * light, 0, 255).transpose(0, 3, 1, 2) / np.float32(255)
    louder = rng.uniform(-_LEVEL_DB, _LEVEL_DB / 2, (len(chosen), 1, 1)).astype(np.float32) * np.float32(_MEL_PER_DB)
    mels = examples.mels[chosen]
    mels = np.where(mels > -4, np.clip(mels + louder, -4, 4), mels)
    face = torch.from_numpy(face_input(crops)).contiguous(memory_format=torch.channels_last)
    return torch.from_numpy(mels[:, None]), face, torch.from_numpy(np.ascontiguousarray(wanted))


@torch.no_grad()
def settle(network: Wav2Lip, examples: Examples, rng: np.random.Generator) -> None:
    """Take the running statistics anew, with the final weights: training's lag behind them."""
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum = None  # the mean over all batches below
    for _ in range(60):
        mel, face, _ = batch(examples, rng.integers(len(examples.mels), size=2 * BATCH), rng)
        network(mel, face)


def draw(network: Wav2Lip, examples: Examples) -> NDArray[np.float32]:
    """The lower halves that the network draws: float32 BGR [n, 3, 48, 96], 0 … 1."""
    runs = range(0, len(examples.mels), 32)
    return np.concatenate(
        [
            lower_halves(network, examples.crops[examples.which[start : start + 32]], examples.mels[start : start + 32])
            for start in runs
        ]
    )


def judge(network: Wav2Lip, examples: Examples) -> str:
    """Mean error, and how the mouth moves beside the wanted one: along the pictures' first principal component."""
    drawn, wanted = draw(network, examples), _lower(examples.pictures)
    error = np.abs(drawn - wanted).mean() * 255
    if wanted.std(axis=0).max() < 0.01:
        moved = np.abs(drawn - wanted).max(axis=0).mean() * 255
        return f"error {error:.2f} levels, {moved:.2f} at worst: the mouth stays shut"
    flat = wanted.reshape(len(wanted), -1)
    component = np.linalg.svd(flat - flat.mean(axis=0), full_matrices=False)[2][0]
    wants, draws = flat @ component, drawn.reshape(len(drawn), -1) @ component
    by_lag = {lag: np.corrcoef(draws[5 + lag : len(draws) - 5 + lag], wants[5:-5])[0, 1] for lag in range(-5, 6)}
    lag = max(by_lag, key=lambda k: float(by_lag[k]))
    return f"error {error:.2f} levels  r {by_lag[0]:.3f}  best at {lag:+d} frames  movement {draws.std() / wants.std():.2f}"


def _lower(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    return pictures[:, FACE // 2 :].transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)


def sheet(network: Wav2Lip, examples: Examples, columns: int = 12, rows: int = 6) -> NDArray[np.uint8]:
    """Frames one after another: what the network draws above what it should."""
    drawn, wanted = draw(network, examples), _lower(examples.pictures)
    start = max(0, (len(drawn) - columns * rows) // 2)
    lines = []
    for first in range(start, min(start + columns * rows, len(drawn) - columns + 1), columns):
        lines += [np.concatenate(list(one[first : first + columns]), axis=2) for one in (drawn, wanted)]
    picture = (np.concatenate(lines, axis=1).transpose(1, 2, 0) * 255 + 0.5).astype(np.uint8)
    return np.asarray(cv2.resize(picture, None, fx=1.5, fy=1.5, interpolation=cv2.INTER_CUBIC), np.uint8)


if __name__ == "__main__":
    main()
