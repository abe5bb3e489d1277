"""The commands of docs/deploy.md, as people type them: ``python -m tests.deploy.page SECTION`` prints a section's."""

from __future__ import annotations

import re
import sys
from pathlib import Path

PAGE = Path("docs/deploy.md")


def sections() -> dict[str, list[str]]:
    """Heading → the contents of its ``sh`` blocks; those without any are left out."""
    _, *parts = re.split(r"^## ", PAGE.read_text(), flags=re.M)
    found = {part.partition("\n")[0]: re.findall(r"^```sh\n(.*?)^```$", part, re.M | re.S) for part in parts}
    return {heading: blocks for heading, blocks in found.items() if blocks}


if __name__ == "__main__":
    print("".join(sections()[sys.argv[1]]), end="")
