"""Train the audio-to-viseme network on speech that this script synthesises itself (``scripts/train_audio2viseme``).

Sentences below, spoken by many variants of espeak-ng (and by flite's voices where flite is installed, but never by ``slt``,
which is kept for judging), at many rates and pitches, with tilt, echo and noise. Targets are the tracks that
``comps.animation.motion.visemes`` draws from the synthesiser's own timings. The seed is fixed. About three CPU minutes.
"""

from __future__ import annotations

import argparse
import itertools
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import machine
from benchmarks.synthetic_speech import Spoken, espeak, flite, flite_voices
from comps.animation.motion import audio, visemes
from comps.animation.motion.mel import HZ, log_mel
from comps.animation.motion.phonemes import is_silence
from comps.animation.motion.spectrum import Sound

SEED = 20240611
HIDDEN = (128, 64)
EPOCHS, BATCH, RATE, DECAY = 24, 512, 1.5e-3, 1e-4
ESPEAK_UTTERANCES, FLITE_UTTERANCES = 720, 110
#: Stretches without speech.
BACKGROUNDS = 40
#: Takes of each utterance with different augmentation; every _THIN-th spectrum of a take is used.
TAKES, _THIN = 2, 3
#: What each output is divided by in training, so that all weigh about the same.
SCALE = np.array([0.10, 0.10, 0.30, 0.012, 0.012, 0.30, 0.40], np.float32)
HELD_OUT_FLITE = "slt"
HELD_OUT_VARIANTS = ("f4", "f5", "m8", "Lee", "adam")
VARIANTS = (
    *("", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "klatt", "klatt2", "klatt3", "Alex", "Andrea", "Annie"),
    *("linda", "max", "Michael", "paul", "rob", "steph", "belinda", "benjamin", "david", "ed", "Gene", "john", "pablo"),
    *("quincy", "robert", "shelby", "travis", "victor", "zac"),
)
LANGUAGES = ("en-us", "en-us", "en", "en-gb-scotland", "en-gb-x-rp")

SENTENCES = tuple(
    """
    Good morning, I am glad that you found the time to come here today.
    My brother bought a brown leather bag for his mother's birthday.
    She sells fresh fish and shrimp by the shore every Thursday.
    How far is it from the harbour to the railway station?
    We have never seen so many people waiting outside the museum.
    Please put the heavy boxes on the bottom shelf, not on the table.
    The weather was awful, but the view from the top was worth it.
    Could you show me which button opens the front door?
    A big black bear came out of the woods and looked at us.
    Thirty-three thieves thought that they had thrown it through the window.
    Whenever I hear that old song, I remember the summer by the lake.
    You should always wash your hands before you touch any food.
    The young doctor explained the problem in very simple words.
    Five hundred dollars for a pair of shoes is far too much.
    Just about everybody in the village knows how to make good bread.
    Who are you, and what are you doing in my garden?
    The engine makes a strange noise when the car goes uphill.
    It was the best of times, and it was the worst of times.
    Vera gave her very old violin to a boy from Bavaria.
    Why would anyone choose yellow wallpaper for such a huge room?
    Paper, pencils, pepper and peppermint are all in the top drawer.
    Maybe Emma and Tom may meet him in the middle of March.
    The judge changed the usual order and measured the damage twice.
    Our hours are from eight to four, except for Sundays and holidays.
    They say that the river is so deep that nobody has touched the ground.
    I like to read a good book while the coffee is getting cold.
    Look at the moon, it is as yellow as a piece of cheese.
    A quick brown fox jumps over the lazy dog near the barn.
    We were away a year ago, and we will return in early autumn.
    Do not forget to lock the gate and feed the chickens tonight.
    Computers are good at following rules, people are good at breaking them.
    The king's huge army marched across the frozen plain at dawn.
    First mix the flour with butter, then add sugar, milk and two eggs.
    Nothing ventured, nothing gained, as my grandfather used to say.
    The children were laughing and shouting as they ran across the field.
    Oh, I see. So that is how the whole machine works.
    Ten new planes flew low over the town at noon.
    His voice was calm, but his fingers would not stop shaking.
    There is a huge difference between hearing and listening.
    Turn left at the church, cross the bridge and then keep going north.
    Whether you agree or not, the committee will vote on Wednesday.
    She wore a purple shawl and a wide hat with a feather.
    Bob built a boat by himself and painted it blue.
    Zebras, lions and giraffes live in the dusty plains of Africa.
    The answer is simple: nobody asked the right question before.
    Water boils at one hundred degrees, unless you are on a mountain.
    My favourite months are May, August, October and December.
    If you push too hard, the whole thing will fall apart.
    He earned thirty percent more than all of his partners together.
    Yes. No. Maybe. Ask me again tomorrow, after breakfast.
    """.strip().split("\n")
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(audio.__file__).with_name("audio2viseme.npz"))
    parser.add_argument("--evaluate", action="store_true", help="judge the stored network; train nothing")
    arguments = parser.parse_args()
    print(machine())
    if not arguments.evaluate:
        started = time.process_time()
        network = train(*training_set())
        network.save(arguments.out)
        print(f"{arguments.out.name}: {arguments.out.stat().st_size / 1024:.0f} KiB, {time.process_time() - started:.0f} CPU s")
    network = audio.Network.load(arguments.out)
    for name, spoken in held_out():
        print(f"{name:22s} {judge(network, spoken)}", flush=True)


def training_set() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Inputs [n, 416] and outputs [n, 7] of all takes of all utterances."""
    rng = np.random.default_rng(SEED)
    inputs, outputs = [], []
    for spoken in training_speech():
        for _ in range(TAKES):
            x, y = examples(augment(spoken, rng))
            start = int(rng.integers(_THIN))
            inputs.append(x[start::_THIN])
            outputs.append(y[start::_THIN])
    return np.concatenate(inputs), np.concatenate(outputs)


def training_speech() -> Iterator[Spoken]:
    chance = random.Random(SEED)
    for index in range(ESPEAK_UTTERANCES):
        variant = chance.choice(VARIANTS)
        voice = chance.choice(LANGUAGES) + (f"+{variant}" if variant else "")
        yield espeak(_sentence(index, chance), voice, wpm=chance.randint(125, 200), pitch=chance.randint(25, 75))
    for voice in flite_voices():
        for index in range(FLITE_UTTERANCES if voice != HELD_OUT_FLITE else 0):
            yield flite(_sentence(index, chance), voice)
    for index in range(BACKGROUNDS):
        yield background(index)


def background(index: int) -> Spoken:
    """Five seconds of a room in which nobody speaks: silence, or noise of some level and tilt."""
    rng = np.random.default_rng([SEED, index])
    noise = rng.standard_normal(5 * 16_000)
    tilted = noise + rng.uniform(-0.9, 0.9) * np.append(0.0, noise[:-1])
    level = 0.0 if index % 5 == 0 else 10.0 ** rng.uniform(-4.5, -2.0)
    return Spoken((level * tilted).astype(np.float32), 16_000, [])


def _sentence(index: int, chance: random.Random) -> str:
    """Every sentence as it is, then new ones made of the halves of two others: other words meet at the join."""
    if index < len(SENTENCES):
        return SENTENCES[index]
    first, second = (chance.choice(SENTENCES).split() for _ in range(2))
    return " ".join(first[: len(first) // 2] + second[len(second) // 2 :])


def held_out() -> Iterator[tuple[str, list[Spoken]]]:
    """Speech of voices that training never heard, saying sentences it never saw whole."""
    chance = random.Random(SEED + 1)
    unseen = [_sentence(len(SENTENCES), chance) for _ in range(24)]
    yield "espeak, other variants", [espeak(text, f"en-us+{HELD_OUT_VARIANTS[k % 5]}") for k, text in enumerate(unseen)]
    for voice in flite_voices():
        name = f"flite {voice}" + ("" if voice == HELD_OUT_FLITE else " (trained on)")
        yield name, [flite(text, voice) for text in unseen]


def augment(spoken: Spoken, rng: np.random.Generator) -> Spoken:
    """Another take: played faster or slower (formants move with it), tilted, echoed, noisy, louder or quieter."""
    speed = rng.uniform(0.86, 1.16)
    samples = spoken.samples.astype(np.float32)
    samples = samples + rng.uniform(-0.5, 0.5) * np.append(np.float32(0), samples[:-1])
    if rng.random() < 0.4:
        delay = int(rng.uniform(0.01, 0.05) * spoken.rate)
        samples = samples + rng.uniform(0.1, 0.4) * np.pad(samples, (delay, 0))[: len(samples)]
    if spoken.phonemes:
        samples = samples / (np.abs(samples).max() + 1e-6) * rng.uniform(0.05, 1.0)
    noise = 10.0 ** (-rng.uniform(18.0, 60.0) / 20.0) * samples.std()
    samples = samples + noise * rng.standard_normal(len(samples))
    phonemes = [(start / speed, end / speed, symbol) for start, end, symbol in spoken.phonemes]
    return Spoken(samples.astype(np.float32), round(spoken.rate * speed), phonemes)


def examples(spoken: Spoken) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Inputs [n, 416] and outputs [n, 7], one a spectrum, with half a second of silence around the speech."""
    first, count = -50, int(len(spoken.samples) / spoken.rate * HZ) + 100
    spectra = log_mel(Sound(spoken.samples, spoken.rate, 0), first - audio.REACH, count + 2 * audio.REACH)
    return audio.stack(spectra), targets(spoken, first, count)


def targets(spoken: Spoken, first: int, count: int) -> NDArray[np.float32]:
    # A frame rate of HZ makes a frame of each spectrum's ten milliseconds.
    mouth = visemes.tracks(spoken.phonemes, first, count, HZ).mouth
    centres = (np.arange(first, first + count) + 0.5) / HZ
    speech = np.zeros(count, np.float32)
    for start, end, symbol in spoken.phonemes:
        if not is_silence(symbol):
            speech[(centres >= start) & (centres < end)] = 1.0
    return np.column_stack([mouth, speech]).astype(np.float32)


def train(inputs: NDArray[np.float32], outputs: NDArray[np.float32]) -> audio.Network:
    """A multilayer perceptron by Adam (Kingma and Ba, 2015), squared error, step falling to zero along a cosine."""
    rng = np.random.default_rng(SEED)
    mean, deviation = inputs.mean(axis=0), inputs.std(axis=0) + np.float32(1e-3)
    inputs = (inputs - mean) / deviation
    outputs = outputs / SCALE
    sizes = (inputs.shape[1], *HIDDEN, outputs.shape[1])
    weights = [
        rng.standard_normal((a, b)).astype(np.float32) * np.float32(np.sqrt(2.0 / a)) for a, b in itertools.pairwise(sizes)
    ]
    parameters = [*weights, *(np.zeros(b, np.float32) for b in sizes[1:])]
    adam = Adam(parameters)
    steps = EPOCHS * (len(inputs) // BATCH)
    for epoch in range(EPOCHS):
        order, losses = rng.permutation(len(inputs)), []
        for start in range(0, len(inputs) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            loss, gradients = backward(parameters, inputs[chosen], outputs[chosen])
            adam.step(gradients, RATE * 0.5 * (1.0 + np.cos(np.pi * adam.steps / steps)))
            losses.append(loss)
        print(f"epoch {epoch + 1:2d}  {len(inputs)} examples  loss {np.mean(losses):.4f}", flush=True)
    layers = len(sizes) - 1
    return audio.Network(mean, deviation, SCALE, parameters[:layers], parameters[layers:])


def backward(
    parameters: list[NDArray[np.float32]], x: NDArray[np.float32], y: NDArray[np.float32]
) -> tuple[float, list[NDArray[np.float32]]]:
    """Mean squared error of a batch, and its gradient by every weight, then every bias."""
    layers = len(parameters) // 2
    weights, biases = parameters[:layers], parameters[layers:]
    activations = [x]
    for k in range(layers):
        z = activations[-1] @ weights[k] + biases[k]
        activations.append(np.maximum(z, 0.0) if k < layers - 1 else z)
    error = activations[-1] - y
    delta = error * np.float32(2.0 / error.size)
    weight_gradients: list[NDArray[np.float32]] = []
    bias_gradients: list[NDArray[np.float32]] = []
    for k in reversed(range(layers)):
        weight_gradients.insert(0, activations[k].T @ delta + np.float32(DECAY / layers / len(x)) * weights[k])
        bias_gradients.insert(0, delta.sum(axis=0))
        if k:
            delta = (delta @ weights[k].T) * (activations[k] > 0)
    return float((error**2).mean()), weight_gradients + bias_gradients


class Adam:
    """Changes ``parameters`` in place."""

    def __init__(self, parameters: list[NDArray[np.float32]]) -> None:
        self.parameters = parameters
        self.steps = 0
        self._mean = [np.zeros_like(p) for p in parameters]
        self._square = [np.zeros_like(p) for p in parameters]

    def step(self, gradients: list[NDArray[np.float32]], rate: float) -> None:
        self.steps += 1
        for k, gradient in enumerate(gradients):
            self._mean[k] += 0.1 * (gradient - self._mean[k])
            self._square[k] += 0.001 * (gradient**2 - self._square[k])
            deviation = np.sqrt(self._square[k] / (1.0 - 0.999**self.steps)) + 1e-8
            self.parameters[k] -= np.float32(rate / (1.0 - 0.9**self.steps)) * self._mean[k] / deviation


def judge(network: audio.Network, utterances: list[Spoken]) -> str:
    """Correlation and lag of the drawn opening with the one drawn from timings, and how many p, b and m shut the lips."""
    correlations, lags, shut = [], [], []
    for spoken in utterances:
        frames = int(len(spoken.samples) / spoken.rate * HZ)
        drawn = audio.tracks(Sound(spoken.samples, spoken.rate, 0), 0, frames, HZ, network=network).mouth[:, 0]
        known = visemes.tracks(spoken.phonemes, 0, frames, HZ).mouth[:, 0]
        by_lag = {lag: np.corrcoef(drawn[20 + lag : frames - 20 + lag], known[20 : frames - 20])[0, 1] for lag in range(-20, 21)}
        lag = max(by_lag, key=lambda k: float(by_lag[k]))
        correlations.append(by_lag[lag])
        lags.append(lag * 1000 / HZ)
        high = np.percentile(drawn, 95)
        closures = [drawn[int(a * HZ) - 3 : int(b * HZ) + 4] for a, b, symbol in spoken.phonemes if symbol in ("p", "b", "m")]
        shut += [stretch.min() < 0.2 * high for stretch in closures if len(stretch)]
    return f"r {np.mean(correlations):.2f}  lag {np.median(lags):+.0f} ms (sd {np.std(lags):.0f})  closure {np.mean(shut):.2f}"


if __name__ == "__main__":
    main()
