"""The version of OPEA's ``comps`` whose interface services have; ``/v1/health_check`` tells it. The project's own is elsewhere."""

__version__ = "1.5"
