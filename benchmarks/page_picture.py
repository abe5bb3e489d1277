"""The picture of the web page in the README: ``scripts/bench page_picture [OUT.jpg]``. Mei answers two questions in Chromium."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.e2e.mesh import Mesh
from tests.e2e.web_page import browser_page, plays_on, state

_OUT = Path("docs/page.jpg")


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else _OUT
    with tempfile.TemporaryDirectory() as folder:
        mesh = Mesh(Path(folder))
        try:
            mesh.wait_until_ready()
            with browser_page() as page:
                page.goto(mesh.url)
                page.click("#faces label:has-text('Mei') img")
                for question in ("What is your name?", "What do you like?"):
                    page.fill("#question", question)
                    page.press("#question", "Enter")
                    state(page, "speaking")
                    plays_on(page, 1.4)
                page.screenshot(path=out, type="jpeg", quality=82)
        finally:
            mesh.stop()
    print(out)


if __name__ == "__main__":
    main()
