"""MediaPipe's face mesh, face detector and person segmentation. Lives in the helper process alone: it imports mediapipe."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from comps.cores.errors import NodeUnavailable
from comps.cores.workers.cancel import flag
from comps.media.landmarks import search
from comps.media.landmarks.face import POINTS, Face

#: Longest side of what the first pass looks at, pixels. The detector itself works on 128 × 128.
_FIND_SIDE = 800
#: Side of the tight crop that the second pass looks at, pixels; the mesh's own input is 192 × 192.
_REFINE_SIDE = 384
#: Half the side of that crop, in lengths of the face.
_REFINE_REACH = 0.85
_MIN_DETECTION = 0.3
#: The mesh, and in some crop the detector too, find "faces" in noise. A face convinces the detector in crops of all reaches
#: but one: drawn faces score from 0.61, photographs from 0.85, noise 0.
_SCORE_REACHES = (0.7, 0.85, 1.1, 1.5, 1.9)
_MIN_SCORE = 0.55
#: Turns by less than this from a quarter are not worked out, degrees.
_LEVEL = 0.5
#: The two passes must speak of the same face: boxes' intersection over union.
_MIN_AGREEMENT = 0.5


class FaceMeshWorker:
    """One detector; plain synchronous code, as every worker object is. Raises NodeUnavailable where MediaPipe does not load."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        _silence_libraries()
        self._solutions = _solutions()
        self._meshes: dict[int, Any] = {}
        self._detectors = [
            self._solutions.face_detection.FaceDetection(model_selection=model, min_detection_confidence=_MIN_DETECTION)
            for model in (0, 1)
        ]
        self._segmenter: Any = None
        self._tracker: Any = None

    def faces(self, image: NDArray[np.uint8], max_faces: int) -> list[Face]:
        """See ``Landmarker.faces``."""
        found: list[Face] = []
        for rough in self._find(image, max_faces):
            flag.check()
            seen = self._look(image, rough)
            if seen is not None and all(_overlap(seen.face.box, other.box) < _MIN_AGREEMENT for other in found):
                found.append(seen.face)
        return sorted(found, key=lambda face: -_area(face.box))[:max_faces]

    def face(self, image: NDArray[np.uint8]) -> Face | None:
        """See ``Landmarker.face``."""
        return search.face(self, image)

    def sight(self, image: NDArray[np.uint8]) -> search.Sighting | None:
        """The face that ``faces`` finds first, and its scores in crops of all reaches."""
        seen = [sighting for rough in self._find(image, 1) if (sighting := self._look(image, rough)) is not None]
        return max(seen, key=lambda sighting: _area(sighting.face.box), default=None)

    def strength(self, image: NDArray[np.uint8], box: tuple[float, float, float, float], degrees: float) -> float:
        """See ``search.Eye``."""
        scores = sorted(self._score(_turned(_crop(image, box, reach)[0], degrees)) for reach in _SCORE_REACHES)
        return (scores[1] + float(np.mean(scores))) / 2

    def far(self, image: NDArray[np.uint8]) -> list[tuple[float, float, float, float]]:
        """See ``search.Eye``."""
        return self._detect(image, 1)

    def person(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See ``Landmarker.person``."""
        if self._segmenter is None:
            self._segmenter = self._solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)
        small, _ = _fit(image, _FIND_SIDE)
        mask = self._segmenter.process(small).segmentation_mask
        return np.asarray(cv2.resize(mask, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)

    def track(self, frames: Sequence[NDArray[np.uint8]], fresh: bool) -> NDArray[np.float32]:
        """See ``Landmarker.track``; ``fresh`` starts a new clip."""
        if fresh or self._tracker is None:
            self._tracker = self._solutions.face_mesh.FaceMesh(
                static_image_mode=False, refine_landmarks=True, min_detection_confidence=_MIN_DETECTION
            )
        rows = np.full((len(frames), POINTS, 3), np.nan, np.float32)
        for row, frame in zip(rows, frames, strict=True):
            flag.check()
            found = self._mesh_points(self._tracker, frame)
            if found:
                row[:] = found[0]
        return rows

    def _find(self, image: NDArray[np.uint8], max_faces: int) -> list[NDArray[np.float32]]:
        """First pass: rough points of each face; far faces are looked for with the full-range detector."""
        found = self._mesh_points(self._mesh(max_faces), image)
        if len(found) < max_faces:
            boxes = [Face.of(points, 0.0).box for points in found]
            far = [box for box in self._detect(image, 1) if all(_overlap(box, other) < 0.2 for other in boxes)]
            found += [points for box in far[: max_faces - len(found)] for points in self._crop_points(image, box)]
        return found

    def _look(self, image: NDArray[np.uint8], rough: NDArray[np.float32]) -> search.Sighting | None:
        """Second pass, on a tight crop. The mesh fails on some drawn faces there: they keep their rough points."""
        box = Face.of(rough, 0.0).box
        # The second lowest: a drawn face may fail to convince in one of the crops.
        scores = tuple(self._score(_crop(image, box, reach)[0]) for reach in _SCORE_REACHES)
        score = sorted(scores)[1]
        if score < _MIN_SCORE:
            return None
        refined = [Face.of(points, score) for points in self._crop_points(image, box)]
        face = next((face for face in refined if _overlap(face.box, box) >= _MIN_AGREEMENT), Face.of(rough, score))
        return search.Sighting(face, scores)

    def _crop_points(self, image: NDArray[np.uint8], box: tuple[float, ...]) -> list[NDArray[np.float32]]:
        crop, scale, origin = _crop(image, box, _REFINE_REACH)
        return [(points / scale + np.array([*origin, 0])).astype(np.float32) for points in self._mesh_points(self._mesh(1), crop)]

    def _score(self, crop: NDArray[np.uint8]) -> float:
        found = self._detectors[0].process(crop).detections or []
        return max((float(detection.score[0]) for detection in found), default=0.0)

    def _detect(self, image: NDArray[np.uint8], model: int) -> list[tuple[float, float, float, float]]:
        height, width = image.shape[:2]
        found = self._detectors[model].process(image).detections or []
        boxes = [detection.location_data.relative_bounding_box for detection in found]
        return [
            (box.xmin * width, box.ymin * height, (box.xmin + box.width) * width, (box.ymin + box.height) * height)
            for box in boxes
        ]

    def _mesh(self, max_faces: int) -> Any:
        if max_faces not in self._meshes:
            self._meshes[max_faces] = self._solutions.face_mesh.FaceMesh(
                static_image_mode=True,
                max_num_faces=max_faces,
                refine_landmarks=True,
                min_detection_confidence=_MIN_DETECTION,
            )
        return self._meshes[max_faces]

    @staticmethod
    def _mesh_points(mesh: Any, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        height, width = image.shape[:2]
        small, _ = _fit(image, _FIND_SIDE)
        found = mesh.process(small).multi_face_landmarks or []
        return [
            np.array([(point.x * width, point.y * height, point.z * width) for point in face.landmark], np.float32)
            for face in found
        ]


def _silence_libraries() -> None:
    """Keep off the terminal what MediaPipe and TensorFlow Lite write as they start: no setting ends all of it. Errors of Python
    still get there. For the whole process.
    """
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)  # as long as the process
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _solutions() -> Any:
    """MediaPipe's solutions. Raises NodeUnavailable where this MediaPipe does not load or is too new to have them."""
    # It imports matplotlib for drawings that nobody asks for: 28 MB of memory, and 100 MB of packages.
    plots, pyplot = ModuleType("matplotlib"), ModuleType("matplotlib.pyplot")
    plots.pyplot = pyplot  # type: ignore[attr-defined]
    sys.modules.update({plots.__name__: plots, pyplot.__name__: pyplot})
    try:
        import mediapipe as mp  # noqa: PLC0415 - a failure here is told in words

        return mp.solutions
    except (ImportError, AttributeError) as error:
        raise NodeUnavailable("mediapipe 0.10.21 does not load: run scripts/setup", node="landmarks") from error


def _fit(image: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], float]:
    """``image`` with its longest side at most ``side`` pixels, and the scale."""
    scale = min(1.0, side / max(image.shape[:2]))
    if scale == 1.0:
        return image, scale
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), scale


def _crop(image: NDArray[np.uint8], box: tuple[float, ...], reach: float) -> tuple[NDArray[np.uint8], float, tuple[float, float]]:
    """The square ``reach`` lengths of ``box`` around its middle at ``_REFINE_SIDE`` pixels, its scale, and its origin."""
    x0, y0, x1, y1 = box
    half = max(x1 - x0, y1 - y0) * reach
    origin = ((x0 + x1) / 2 - half, (y0 + y1) / 2 - half)
    scale = _REFINE_SIDE / (2 * half)
    matrix = np.array([[scale, 0, -scale * origin[0]], [0, scale, -scale * origin[1]]], np.float64)
    crop = cv2.warpAffine(
        image,
        matrix,
        (_REFINE_SIDE, _REFINE_SIDE),
        flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return crop, scale, origin


def _turned(crop: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """A square crop turned clockwise around its middle."""
    if abs(degrees - 90 * round(degrees / 90)) < _LEVEL:
        return search.turned(crop, round(degrees / 90))
    side = crop.shape[0]
    matrix = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), -degrees, 1.0)
    return np.asarray(cv2.warpAffine(crop, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _area(box: tuple[float, ...]) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Intersection over union."""
    shared = _area((max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])))
    return shared / max(_area(one) + _area(other) - shared, 1e-9)
