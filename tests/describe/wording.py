"""Words that a draft must never hold: of years lived, origin, sex, looks judged, and who someone is."""

from __future__ import annotations

import re

FORBIDDEN = re.compile(
    r"\b(age|aged|old|older|elderly|young|younger|youth\w*|adult|teen\w*|child|children|kid|baby|boy|girl|man|woman|men|women|male|"
    r"female|gender|lady|gentleman|guy|he|she|him|his|her|hers|race|racial|ethnic\w*|nationalit\w*|caucasian|asian|african|european|"
    r"latin\w*|hispanic|arab\w*|indian|skin|complexion|celebrity|famous|actor|actress|astronaut|eileen|collins|attractive|beautiful|"
    r"handsome|ugly|pretty)\b",
    re.IGNORECASE,
)
