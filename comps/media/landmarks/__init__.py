"""Face landmarks: the one seam between the house and whatever finds faces (today MediaPipe's face mesh in a helper process)."""

from comps.media.landmarks.face import Face
from comps.media.landmarks.landmarker import Landmarker
from comps.media.landmarks.placement import Placement

__all__ = ["Face", "Landmarker", "Placement"]
