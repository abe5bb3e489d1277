"""What a describe engine does, and the engines there are."""

from __future__ import annotations

from typing import Protocol

from comps.cores.common.component import Engine, EngineRegistry
from comps.cores.proto.avatar import PersonaDraft
from comps.cores.proto.face_report import FaceReport


class DescribeEngine(Engine, Protocol):
    """A picture or a clip in, a persona out."""

    async def describe(self, media: bytes) -> PersonaDraft:
        """Raises NoFace, UnsupportedMedia for what is neither picture nor clip, TooLarge."""

    async def check(self, media: bytes) -> FaceReport:
        """What will look wrong with the face of a picture or a clip; nothing is kept of it.

        Raises UnsupportedMedia, TooLarge; media without a face has a report that says so.
        """


#: Best first.
ENGINES: EngineRegistry[DescribeEngine] = EngineRegistry("describe", {"draft": "comps.describe.engines.draft:DraftEngine"})
