"""What the embedded responder costs and says: ``python benchmarks/responder.py [persona.json …] [--quiet]``.

A persona file holds ``{"persona": {…}, "questions": [{"ask": …, "expect": […], "forbid": […]}, …]}`` (tests/llms/personas).
"""

from __future__ import annotations

import os

# As in a worker process; numpy reads it when it is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import json
import platform
import re
import statistics
import time
from pathlib import Path
from typing import Any

from comps.llms.responder.responder import Responder

TESTS = Path(__file__).resolve().parents[1] / "tests" / "llms"


def judge(question: dict[str, Any], answer: str) -> str:
    if any(re.search(pattern, answer) for pattern in question["forbid"]):
        return "against the card"
    found = any(re.search(pattern, answer, re.IGNORECASE) for pattern in question["expect"])
    return "answered" if found else "not answered"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cards", nargs="*", type=Path)
    parser.add_argument("--quiet", action="store_true", help="figures only")
    arguments = parser.parse_args()
    started = time.process_time()
    responder = Responder()
    machine = platform.processor() or platform.machine()
    print(f"{machine}, {os.cpu_count()} cores; start {time.process_time() - started:.2f} s CPU")
    costs: list[float] = []
    for path in arguments.cards or sorted(TESTS.glob("*/*.json")):
        card = json.loads(path.read_text(encoding="utf-8"))
        started = time.process_time()
        responder.reply(card["persona"], [("user", "hello")])
        first = time.process_time() - started
        verdicts = []
        for question in card["questions"]:
            started = time.process_time()
            answer = responder.reply(card["persona"], [("user", question["ask"])])
            costs.append(time.process_time() - started)
            verdicts.append(judge(question, answer))
            if not arguments.quiet:
                print(f"  {verdicts[-1]:16} {question['ask']}\n{'':19}{answer}")
        right, wrong = verdicts.count("answered"), verdicts.count("against the card")
        score = f"{right} of {len(verdicts)} answered, {wrong} against the card"
        print(f"{path.stem}: {score}; first reply {first * 1e3:.0f} ms CPU")
    ninth = statistics.quantiles(costs, n=10)[-1]
    print(f"CPU a reply: median {statistics.median(costs) * 1e3:.1f} ms, 90 % below {ninth * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
