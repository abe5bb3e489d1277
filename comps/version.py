"""The version of OPEA's ``comps`` whose interface services have: ``/v1/health_check`` tells it. The project has its own."""

__version__ = "1.5"
