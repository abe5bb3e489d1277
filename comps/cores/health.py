"""Whether the service at a port of this machine can serve: ``python -m comps.cores.health PORT``, for images without curl."""

from __future__ import annotations

import sys
from urllib.error import URLError
from urllib.request import urlopen

_TIMEOUT_S = 4.0


def main() -> None:
    """Exits with 0 when it is ready, with 1 and the reason when it is not."""
    try:
        with urlopen(f"http://127.0.0.1:{int(sys.argv[1])}/health/ready", timeout=_TIMEOUT_S):
            return
    except (URLError, OSError) as error:
        sys.exit(f"not ready: {error}")


if __name__ == "__main__":
    main()
