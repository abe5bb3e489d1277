"""``avatarchatbot``, or ``python -m AvatarChatbot``: the command line. Ctrl-C ends it quietly, also while it is imported."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

#: Exit status of a program that Ctrl-C ended, by the convention of shells: 128 + SIGINT.
INTERRUPTED = 130


def main() -> None:
    usual = signal.getsignal(signal.SIGINT)
    if usual is signal.default_int_handler:
        # Nothing is open yet. An exception might be swallowed by what is imported (pydantic's validators do), and the
        # program would go on.
        signal.signal(signal.SIGINT, _leave)
    try:
        from AvatarChatbot.cli import app  # noqa: PLC0415

        signal.signal(signal.SIGINT, usual)
        app()
    except KeyboardInterrupt:
        # Skip the interpreter's clean-up, which a second Ctrl-C would interrupt. Services end when this process does.
        sys.stdout.flush()
        os._exit(INTERRUPTED)


def _leave(*_: Any) -> None:
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
