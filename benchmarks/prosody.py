"""Clauses against whole sentences: how soon the first can be spoken, and how well they join. ``scripts/bench prosody``

Spoken by hibari. Every answer is spoken in three ways: its sentences whole, the splitter's clauses each alone, and each as the
part of its sentence that it is (``comps.tts.engines.hibari_context``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.llm_stand_in import tokens
from benchmarks.machine import machine
from comps.cores.text import clauses
from comps.cores.text.clauses import Clause, ClauseSplitter
from comps.models.folder import model_folder
from comps.tts.engines.hibari_voices import DEFAULT, VOICES
from comps.tts.engines.hibari_worker import HibariWorker, Spoken

ANSWERS = (
    "I was born in a small town by the sea, where my father repaired boats. We had no car, so I walked to school along the "
    "beach. In winter the waves came right up to the road.",
    "That is a good question. Most people think the tower leans because of the wind, but it is the soft ground under one "
    "side. They have been strengthening it for thirty years.",
    "Well, I would start with the museum on the left bank, because it opens early. After that you can cross the bridge and "
    "have lunch in the market. Would you like me to write it down?",
    "Yes, of course. The train leaves at ten past nine from platform four, and it takes about an hour and a half. You should "
    "be there a few minutes early.",
    "When I was young, I wanted to be a pilot. Then I found out that I am afraid of heights! So I became a librarian, and I "
    "have never regretted it.",
    "My favourite dish is a simple one: rice with beans, a fried egg and a little hot sauce. My grandmother made it every "
    "Sunday. Nobody makes it the way she did.",
    "Hello! I'm Aria, and I look after the visitors here. You can ask me about the pictures, the building or the people who "
    "made them.",
    "Photosynthesis is how plants make their food from light. In short, they take in water and carbon dioxide, and they give "
    "back sugar and oxygen. Without it, there would be nothing for us to breathe.",
    "To be honest, I don't know much about football. I did go to one match with my brother, years ago, and it rained the "
    "whole time. We still talk about it.",
    "The best time to visit is late spring. It is warm enough to sit outside, the gardens are in flower, and the big crowds "
    "have not arrived yet. Bring a light jacket for the evenings, though.",
    "There are three things you need: flour, water and salt. If you have a little yeast, so much the better. Mix them, wait "
    "until tomorrow, and bake the loaf in a very hot oven.",
    "I'm sorry to hear that. Being ill far from home is never easy, especially when you don't speak the language. Is there "
    "somebody who can bring you something warm to eat?",
    "No, the shop is closed on Mondays. On every other day it opens at half past eight, and it stays open until six. On "
    "Saturdays, however, they close at noon.",
    "Black holes are places where gravity is so strong that not even light can get away from them. The nearest one that we "
    "know of is about fifteen hundred light years from here. You are quite safe.",
    "In my opinion, the second book is much better than the first. The story moves faster, the people in it feel real, and "
    "the ending is a complete surprise. I read it in one night.",
    "As far as I can tell, your password was changed last Tuesday. If that was not you, please change it again right away, "
    "and tell the people who look after your computer.",
    "Oh, I love walking by the river in the evening. The light is soft, the swallows come out to hunt, and the whole town "
    "seems to slow down. Do you have a place like that?",
    "First, switch the machine off at the wall. Then open the cover, which is held by two small screws, and look for a green "
    "light. If it is blinking, the battery needs to be replaced.",
    "People have been playing chess for about fifteen hundred years. It began in India, travelled through Persia, and reached"
    " Europe with the merchants. The queen, by the way, was once the weakest piece on the board.",
    "My brother lives in Canada, my sister lives in Spain, and I stayed here to look after the house. We talk every week. At "
    "Christmas we all come together, and then it gets very loud.",
)
#: Tokens a second, of about four characters: what models on a good machine, a middling and a slow one write.
RATES = (30, 15, 10)
#: Characters of English that are spoken in a second.
_SPOKEN_CHARS = 15.0
#: Pauses after clauses, seconds.
COMMA_S, STOP_S = 0.2, 0.45
#: No clause is cut at a comma then.
_NEVER = 10**6
_SILENT_DB = -40.0


class Join(NamedTuple):
    """``end``: the pitch of the first clause's last quarter of a second with voice, semitones above 100 Hz. ``reset``: how much
    higher the next clause's first quarter is. ``pause``: seconds.
    """

    end: float
    reset: float
    pause: float


def cut(text: str, first_chars: int = clauses.FIRST_CLAUSE_CHARS) -> list[tuple[int, Clause]]:
    """Its clauses, each with the number of the token that completes it."""
    splitter, found, number = ClauseSplitter(first_chars=first_chars), [], 0
    for number, token in enumerate(tokens(text), 1):
        found += [(number, clause) for clause in splitter.feed(token)]
    return [*found, *((number, clause) for clause in splitter.finish())]


def gaps(made: Sequence[tuple[int, Clause]], rate: float) -> Iterator[float]:
    """Seconds of silence that a listener waits for clauses which are still being written."""
    spoken_until = made[0][0] / rate
    for number, clause in made:
        if (late := number / rate - spoken_until) > 0.05:
            yield late
        pause_s = COMMA_S if clause.continues else STOP_S
        spoken_until = max(spoken_until, number / rate) + len(clause.text.strip()) / _SPOKEN_CHARS + pause_s


def sentences(text: str) -> Iterator[list[Clause]]:
    """The clauses of each sentence."""
    sentence: list[Clause] = []
    for _, clause in cut(text):
        sentence.append(clause)
        if not clause.continues:
            yield sentence
            sentence = []


def inside(whole: Spoken, word: int) -> Join:
    """Where the clause that begins with word number ``word`` of a sentence joins the one before it."""
    middle = (whole.words[word - 1][1] + whole.words[word][0]) / 2
    quiet = _silence(whole, middle)
    f0, at = np.array(whole.f0), np.array(quiet) / whole.f0_hop_s
    return _join(f0[: int(at[0])], f0[int(at[1]) :], quiet[1] - quiet[0])


def between(before: Spoken, after: Spoken) -> Join:
    """Where two clauses join that were spoken one after the other."""
    silent, lead = _edges(before)[1], _edges(after)[0]
    heard = len(before.f0) - int(silent / before.f0_hop_s)
    return _join(np.array(before.f0[:heard]), np.array(after.f0[int(lead / after.f0_hop_s) :]), silent + lead)


def _join(before: NDArray[np.float64], after: NDArray[np.float64], pause: float) -> Join:
    """``before``, ``after``: the F0 of either side, Hz, 0 where unvoiced."""
    begins = 12 * np.log2(after[after > 0] / 100)
    ends = 12 * np.log2(before[before > 0] / 100)
    end = float(np.median(ends[-20:]))
    return Join(end, float(np.median(begins[:20])) - end, pause)


def _quiet(spoken: Spoken) -> tuple[NDArray[np.bool_], float]:
    """Which of 5 ms each are heard as silence."""
    frame = spoken.rate // 200
    samples = np.frombuffer(spoken.pcm, "<i2").astype(np.float64)
    power = (samples[: len(samples) // frame * frame].reshape(-1, frame) ** 2).mean(axis=1)
    return power <= power.max() * 10 ** (_SILENT_DB / 10), frame / spoken.rate


def _edges(spoken: Spoken) -> tuple[float, float]:
    """Silence before and after what is heard, seconds."""
    quiet, frame_s = _quiet(spoken)
    heard = np.flatnonzero(~quiet)
    return float(heard[0] * frame_s), float((len(quiet) - 1 - heard[-1]) * frame_s)


def _silence(spoken: Spoken, middle: float) -> tuple[float, float]:
    """The silence within a fifth of a second of ``middle``; empty where there is none."""
    quiet, frame_s = _quiet(spoken)
    near = [at for at in np.flatnonzero(quiet) if abs(at * frame_s - middle) < 0.2]
    if not near:
        return middle, middle
    start = end = min(near, key=lambda at: abs(at * frame_s - middle))
    while start > 0 and quiet[start - 1]:
        start -= 1
    while end < len(quiet) - 1 and quiet[end + 1]:
        end += 1
    return float(start * frame_s), float((end + 1) * frame_s)


def first_sounds(speak: Callable[[Clause], Spoken]) -> None:
    for name, first_chars in (("whole sentences", _NEVER), ("clauses", clauses.FIRST_CLAUSE_CHARS)):
        made = [cut(answer, first_chars) for answer in ANSWERS]
        seconds = [clauses_made[0][0] / RATES[0] for clauses_made in made]
        cpu = [_cpu_s(lambda clause=clauses_made[0][1]: speak(clause)) for clauses_made in made]  # type: ignore[misc]
        waits = {rate: [late for one in made for late in gaps(one, rate)] for rate in RATES}
        print(
            f"{name:15}: {sum(map(len, made))} clauses; the first is written after p50 {np.median(seconds):.2f}, "
            f"p95 {np.percentile(seconds, 95):.2f} s at {RATES[0]} tokens/s, spoken in p50 {1000 * np.median(cpu):.0f}, "
            f"p95 {1000 * np.percentile(cpu, 95):.0f} ms of CPU; gaps "
            + ", ".join(f"{len(late)} ({sum(late):.1f} s) at {rate}/s" for rate, late in waits.items())
        )


def _cpu_s(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def joins(speak: Callable[[Clause], Spoken]) -> None:
    whole: list[Join] = []
    alone: list[Join] = []
    within: list[Join] = []
    for answer in ANSWERS:
        for sentence in sentences(answer):
            if len(sentence) == 1:
                continue
            at_once = speak(Clause("".join(clause.text for clause in sentence)))
            own, in_context = [speak(Clause(clause.text)) for clause in sentence], [speak(clause) for clause in sentence]
            word = 0
            for index, clause in enumerate(own[:-1]):
                word += len(clause.words)
                whole.append(inside(at_once, word))
                alone.append(between(*own[index : index + 2]))
                within.append(between(*in_context[index : index + 2]))
    for name, measured in (("whole", whole), ("clauses alone", alone), ("clauses in context", within)):
        _, resets, pauses = np.array(measured).T
        end, reset, _ = np.array(measured).T - np.array(whole).T
        print(
            f"{name:18}: {len(measured)} joins; F0 reset median {np.median(resets):+.1f} semitones, "
            f"off the whole's by p50 {np.median(abs(reset)):.1f}, p90 {np.percentile(abs(reset), 90):.1f}; "
            f"the end before it {np.median(end):+.1f} of the whole's; "
            f"pause p10, p50, p90 {', '.join(f'{value:.2f}' for value in np.percentile(pauses, [10, 50, 90]))} s"
        )


def main() -> None:
    folder = model_folder("hibari")
    if folder is None:
        raise SystemExit("hibari's model has not been prepared: run avatarchatbot models prepare")
    worker, voice = HibariWorker(str(folder)), VOICES[DEFAULT]

    def speak(clause: Clause) -> Spoken:
        return worker.speak(clause.text, voice, before=clause.before, continues=clause.continues)

    print(machine())
    speak(Clause("Warm up."))
    first_sounds(speak)
    joins(speak)


if __name__ == "__main__":
    main()
