"""Worker processes: where all CPU work of a service runs, so that its event loop never blocks.

Nothing is imported here: a worker, which imports ``child``, would pay for the pool and all that it needs.
"""
