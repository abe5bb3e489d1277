"""The one way a worker opens an ONNX model: on one CPU thread, with little memory, telling nobody."""

import os
from pathlib import Path

# onnxruntime's Linux wheels report to their maker (mobile.events.data.microsoft.com) and leave a file in the temporary folder,
# unless this stands in the environment before the import; ``disable_telemetry_events`` comes too late.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from onnxruntime import InferenceSession, SessionOptions

__all__ = ["InferenceSession", "session"]


def session(model: Path | bytes) -> InferenceSession:
    """Open the model on one thread that sleeps while it waits: workers share the machine's cores.

    The arena is off because it keeps the largest input's memory for good.
    """
    options = SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3  # errors alone: a warning of the graph says nothing to an operator
    source = model if isinstance(model, bytes) else str(model)
    return InferenceSession(source, options, providers=["CPUExecutionProvider"])
