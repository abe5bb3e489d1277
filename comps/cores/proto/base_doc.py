"""docarray's BaseDoc, imported without the deep learning frameworks that docarray loads wherever they are installed.

Only a process that runs a neural network needs PyTorch. Every other one would start seconds later, and 180 MB larger.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import cast

__all__ = ["BaseDoc"]
_UNUSED = [name for name in ("torch", "tensorflow", "jax") if name not in sys.modules]
# To Python's import system None is a module that cannot be found.
sys.modules.update(dict.fromkeys(_UNUSED, cast(ModuleType, None)))
try:
    from docarray import BaseDoc
finally:
    for _name in _UNUSED:
        del sys.modules[_name]
