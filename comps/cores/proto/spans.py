"""Spans of a time line. Apart from the documents that carry them, so that a worker process need not load pydantic."""

from __future__ import annotations

#: A phoneme on a time line: start and end in seconds, and its espeak mnemonic or its IPA ("_" is silence).
Phoneme = tuple[float, float, str]
#: A word on a time line: start and end in seconds, and the word as it was written.
Word = tuple[float, float, str]
#: A stretch of speech on a time line: start and end in seconds, and what is said in it.
Segment = tuple[float, float, str]
