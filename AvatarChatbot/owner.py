"""Who asks: an owner is the name of a key."""

from __future__ import annotations

#: The owner where no keys are asked for.
ANONYMOUS = "anonymous"
