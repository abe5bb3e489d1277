"""What somebody's voice is like: what a request by description is matched against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Gender = Literal["male", "female", "none"]
Age = Literal["child", "young", "adult", "middle", "old", "none"]


@dataclass(frozen=True)
class Character:
    """``pitch_hz``: the median fundamental frequency, where it was measured. ``kind``: what a description must speak of for this
    voice to be meant (a robot, a whisper …); empty for an ordinary person."""

    name: str
    gender: Gender
    age: Age
    pitch_hz: float | None
    description: str
    kind: str = ""
