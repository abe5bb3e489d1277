"""``avatarchatbot``, or ``python -m AvatarChatbot``: the command line. Ctrl-C ends it quietly, also while it is imported."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

#: Exit status of a program that Ctrl-C ended, by the convention of shells: 128 + SIGINT.
INTERRUPTED = 130


def main() -> None:
    # A program that is started in the background may ignore the signal: then it is left so.
    raises = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if raises:
        # pydantic's import can swallow a KeyboardInterrupt, and the program would go on. Nothing is open yet: exit at once.
        signal.signal(signal.SIGINT, _exit)
    try:
        from AvatarChatbot.cli import app  # noqa: PLC0415

        if raises:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        app()
    except KeyboardInterrupt:
        # Skip the interpreter's clean-up, which a second Ctrl-C would interrupt. Services end when this process does.
        sys.stdout.flush()
        os._exit(INTERRUPTED)


def _exit(*_: Any) -> None:
    """Handle SIGINT by ending the process, without an exception."""
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
