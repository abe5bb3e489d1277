"""Fifty clips without English: silence, hums, noise, clicks, coughs, breath, dialling tones, music, other languages.

All are made here, the languages by espeak-ng. Mono int16 at 16 kHz.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from comps.media.audio import resample
from comps.tts.engines.espeak_manner import Manner
from comps.tts.engines.espeak_worker import EspeakWorker

RATE = 16_000
_LENGTH = 3 * RATE
_TIME = np.arange(_LENGTH) / RATE

Samples = NDArray[np.int16]
Sound = NDArray[np.float64]

#: espeak's language: what is said.
SENTENCES = {
    "de": "Wie ist das Wetter heute in Berlin? Ich möchte morgen mit dem Zug fahren.",
    "fr": "Bonjour, comment allez-vous aujourd'hui? Je voudrais un café.",
    "es": "Buenos días, ¿dónde está la estación de tren?",
    "it": "Buongiorno, vorrei sapere che ore sono adesso.",
    "pt": "Bom dia, onde fica a estação de comboios?",
    "ru": "Здравствуйте, как вас зовут и где вы живёте?",
    "cmn": "你好，请问今天天气怎么样？我想去北京。",
    "ja": "こんにちは",
    "tr": "Merhaba, bugün hava nasıl? İstanbul'a gitmek istiyorum.",
    "pl": "Dzień dobry, jak się pan nazywa i gdzie pan mieszka?",
    "nl": "Goedemorgen, hoe laat vertrekt de volgende trein naar Amsterdam?",
    "sv": "God morgon, vad heter du och var bor du någonstans?",
    "fi": "Hyvää huomenta, mitä kuuluu ja missä sinä asut?",
    "hi": "नमस्ते, आपका नाम क्या है और आप कहाँ रहते हैं?",
    "ar": "مرحبا، كيف حالك اليوم وأين تسكن؟",
    "el": "Καλημέρα, πώς σε λένε και πού μένεις;",
    "hu": "Jó napot kívánok, hogy hívják és hol lakik?",
    "cs": "Dobrý den, jak se jmenujete a kde bydlíte?",
    "ko": "안녕하세요, 오늘 날씨가 어떻습니까?",
    "id": "Selamat pagi, siapa nama Anda dan di mana Anda tinggal?",
}


def sounds() -> Iterator[tuple[str, Samples]]:
    """Thirty sounds that are no speech."""
    for name, sound in _sounds(np.random.default_rng(7)):
        yield name, np.clip(sound, -32768, 32767).astype(np.int16)


def languages() -> Iterator[tuple[str, Samples]]:
    """A sentence in each of twenty languages, with a room's silence around it."""
    speaker = EspeakWorker()
    for language, sentence in SENTENCES.items():
        spoken = speaker.speak(sentence, language, Manner())
        yield language, np.pad(resample(np.frombuffer(spoken.pcm, "<i2"), spoken.rate, RATE), RATE // 3)


def coloured(length: int, exponent: float, rng: np.random.Generator) -> Sound:
    """Noise whose power falls with the frequency to the power of ``exponent`` (0 white, 1 pink, 2 brown), −1 … 1."""
    spectrum = np.fft.rfft(rng.normal(size=length)) / np.maximum(np.arange(length // 2 + 1), 1) ** (exponent / 2)
    sound = np.fft.irfft(spectrum, length)
    return np.asarray(sound / np.abs(sound).max())


def noisy(samples: Samples, snr_db: float, rng: np.random.Generator) -> Samples:
    """With pink noise so far below it; quieter where it would be clipped."""
    noise = coloured(len(samples), 1, rng)
    power = np.mean(samples.astype(float) ** 2)
    mixed = samples + noise * np.sqrt(power / np.mean(noise**2)) * 10 ** (-snr_db / 20)
    return np.asarray(mixed / max(1.0, np.abs(mixed).max() / 32_000), np.int16)


def _sounds(rng: np.random.Generator) -> Iterator[tuple[str, Sound]]:
    yield "silence", np.zeros(_LENGTH)
    yield "long silence", np.zeros(10 * RATE)
    for level in (30, 1000, 6000):
        yield f"white noise {level}", rng.normal(0, level, _LENGTH)
    for level in (300, 3000, 15_000):
        yield f"pink noise {level}", level * coloured(_LENGTH, 1, rng)
    yield "brown noise", 8000 * coloured(_LENGTH, 2, rng)
    for hertz in (50, 60, 120):
        yield f"hum {hertz} Hz", _harmonics(np.full(_LENGTH, float(hertz)), 7, 1) * 5000
    for hertz in (440, 2500):
        yield f"tone {hertz} Hz", 6000 * np.sin(2 * np.pi * hertz * _TIME)
    yield "clicks", (rng.random(_LENGTH) < 3e-4) * 20_000.0
    yield "dialling tones", _dialled("5551234")
    for number in range(3):
        yield f"piano {number}", _melody(rng, lambda length: np.exp(-3 * np.arange(length) / RATE))
    yield "strings", _melody(rng, np.hanning)
    yield "drums", _drums(rng)
    for number in range(4):
        yield f"cough {number}", _cough(rng)
    for number in range(2):
        yield f"breath {number}", 1500 * _band(rng.normal(size=_LENGTH), 400, 5000) * np.clip(np.sin(3.5 * _TIME), 0, 1) ** 2
    for number in range(2):
        yield f"mhm {number}", _hum_of_a_voice(rng)
    yield "applause", _applause(rng)


def _harmonics(hertz: Sound, count: int, falls: float) -> Sound:
    """Of a pitch [n] in Hz that may glide; the k-th harmonic has 1 / k ** ``falls`` of the first."""
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    return np.asarray(sum(np.sin(k * phase) / k**falls for k in range(1, count + 1)))


def _band(sound: Sound, low: float, high: float) -> Sound:
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return np.asarray(np.fft.irfft(spectrum * ((hertz > low) & (hertz < high)), len(sound)))


def _dialled(number: str) -> Sound:
    """DTMF (ITU-T Q.23): 0.1 s a digit."""
    rows, columns = (697, 770, 852, 941), (1209, 1336, 1477)
    digits = {key: (rows[at // 3], columns[at % 3]) for at, key in enumerate("123456789*0#")}
    tones = [sum(np.sin(2 * np.pi * hertz * _TIME[:1600]) for hertz in digits[key]) for key in number]
    return np.concatenate([np.pad(5000 * np.asarray(tone), (0, 1200)) for tone in tones])


def _melody(rng: np.random.Generator, envelope: Callable[[int], Sound]) -> Sound:
    length = RATE * 3 // 10
    scale = 261.6 * 2 ** (np.array([0, 2, 4, 5, 7, 9, 11, 12]) / 12)
    notes = [_harmonics(np.full(length, hertz), 8, 1.3) * envelope(length) for hertz in rng.choice(scale, 12)]
    return 4000 * np.concatenate(notes)


def _drums(rng: np.random.Generator) -> Sound:
    fades = np.exp(-np.arange(4000) / 600)
    beat = np.concatenate([12_000 * fades * np.sin(2 * np.pi * 70 * _TIME[:4000]), 6000 * fades * rng.normal(size=4000)])
    return np.tile(beat, 8)


def _cough(rng: np.random.Generator) -> Sound:
    """Two bursts of noise, with a little voice in the middle of each."""
    pieces = [np.zeros(RATE // 2)]
    for _ in range(2):
        length = int(rng.uniform(0.15, 0.3) * RATE)
        seconds = _TIME[:length]
        burst = _band(rng.normal(size=length), rng.uniform(250, 500), 4000) * np.exp(-seconds / 0.07)
        voice = _harmonics(rng.uniform(180, 260) * np.exp(-2 * seconds), 9, 0) * np.exp(-(((seconds - 0.12) / 0.05) ** 2))
        pieces += [12_000 * (burst / np.abs(burst).max() + 0.1 * voice), np.zeros(RATE // 5)]
    return np.concatenate([*pieces, np.zeros(RATE // 2)])


def _hum_of_a_voice(rng: np.random.Generator) -> Sound:
    """A voice with the mouth closed."""
    seconds = _TIME[: RATE * 9 // 10]
    sound = _harmonics(rng.uniform(100, 220) * (1 + 0.2 * np.sin(2 * np.pi * seconds)), 11, 2)
    return np.pad(7000 * sound * np.clip(seconds * 20, 0, 1) * np.clip((0.9 - seconds) * 20, 0, 1), RATE // 2)


def _applause(rng: np.random.Generator) -> Sound:
    sound = np.zeros(_LENGTH)
    for at in rng.integers(0, _LENGTH - 800, 300):
        sound[at : at + 800] += rng.normal(0, 3000, 800) * np.exp(-np.arange(800) / 120)
    return sound
