__version__ = "0.1.0"
#: The version of OPEA's ``comps`` whose interface services have; ``/v1/health_check`` tells it.
OPEA_VERSION = "1.5"
