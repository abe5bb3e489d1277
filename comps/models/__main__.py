"""``python -m comps.models FOLDER NAME…``: prepare models with nothing but Python and pip, as the image build does."""

from __future__ import annotations

import sys
from pathlib import Path

from comps.models.catalogue import MODELS
from comps.models.prepare import prepare
from comps.models.wheels import ModelUnavailable

if __name__ == "__main__":
    folder, *names = sys.argv[1:]
    failed = False
    for name in names:
        try:
            prepare(MODELS[name], Path(folder))
        except ModelUnavailable as error:
            failed = True
            print(f"{name} is not prepared: {error}", file=sys.stderr)
    sys.exit(failed)
