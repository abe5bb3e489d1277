"""``avatarchatbot``, or ``python -m AvatarChatbot``: the command line. Ctrl-C ends it quietly, also while it is imported."""

from __future__ import annotations

import os
import sys

#: Exit status of a program that Ctrl-C ended, by the convention of shells: 128 + SIGINT.
INTERRUPTED = 130


def main() -> None:
    try:
        from AvatarChatbot.cli import app  # noqa: PLC0415

        app()
    except KeyboardInterrupt:
        # Skip the interpreter's clean-up, which a second Ctrl-C would interrupt. Services end when this process does.
        sys.stdout.flush()
        os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
