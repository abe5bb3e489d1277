"""The one way to import OpenVINO: so that it tells nobody.

Importing it reports to Intel (www.google-analytics.com) from a process that is forked, with its parent's pipes, while other
threads hold their locks: that one may wait for ever, and then nobody sees the end of a worker that dies.
"""

import sys

# OpenVINO has a stand-in where this package is missing.
sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]

import openvino as ov  # noqa: E402 - not before the line above
import openvino.opset13 as ops  # noqa: E402

__all__ = ["ops", "ov"]
