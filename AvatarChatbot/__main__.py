"""``avatarchatbot``, or ``python -m AvatarChatbot``: the command line. Ctrl-C ends it quietly, also while it is imported."""

from __future__ import annotations

import os
import sys

#: What shells say of a program that Ctrl-C ended: 128 and the signal's number.
INTERRUPTED = 130


def main() -> None:
    try:
        from AvatarChatbot.cli import app  # noqa: PLC0415

        app()
    except KeyboardInterrupt:
        # No clean-up of the interpreter, which a second Ctrl-C would interrupt: whatever was started ends with this process.
        sys.stdout.flush()
        os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
