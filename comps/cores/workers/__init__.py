"""Worker processes: where all CPU work of a service runs, so that its event loop never blocks."""

from comps.cores.workers.pool import Lease, WorkerPool

__all__ = ["Lease", "WorkerPool"]
