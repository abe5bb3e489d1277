"""Small models that Python packages on PyPI carry: prepared once, found by name, never downloaded at run time."""
