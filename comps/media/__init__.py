"""The one place that decodes, checks, resamples and muxes media.

``image``, ``audio`` and ``video`` turn untrusted bytes into arrays, with limits; they are synchronous and run inside worker
processes. ``timeline`` and ``mux`` make one MP4 of an answer's clauses and chunks. ``fetch`` gets what a client only names.
"""
