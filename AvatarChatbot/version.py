"""The project's version: of its package, its images and its chart."""

__version__ = "0.1.0"
