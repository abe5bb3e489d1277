"""The shipped avatars: made by the shipped code, found by the face mesh where they were drawn, with valid persona cards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from AvatarChatbot import avatars
from AvatarChatbot.avatars.studio.canvas import Array
from AvatarChatbot.avatars.studio.characters import CHARACTERS
from AvatarChatbot.avatars.studio.face import features
from AvatarChatbot.avatars.studio.portrait import in_picture, paint
from comps.cores.proto.avatar import Persona, Provenance
from comps.tts.traits import is_description
from tests.independent_mesh import WITHOUT_PLOTS

_NAMES = sorted(CHARACTERS)
_LANDMARKS = Path(sys.prefix) / "landmarks"
_MESH = (
    WITHOUT_PLOTS
    + """
import json, sys, cv2, mediapipe
mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, max_num_faces=2, refine_landmarks=True)
found = {}
for path in sys.argv[1:]:
    picture = cv2.imread(path)
    faces = mesh.process(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)).multi_face_landmarks or []
    h, w = picture.shape[:2]
    found[path] = [[(p.x * w, p.y * h) for p in face.landmark] for face in faces]
print(json.dumps(found))
"""
)


@cache
def _faces() -> dict[str, list[Array]]:
    """The mesh's landmarks (478, 2) in pixels of every face in every avatar, found in a process with MediaPipe's own packages."""
    if not _LANDMARKS.is_dir():
        pytest.skip(f"{_LANDMARKS} is absent: no face mesh installed")
    env = {**os.environ, "PYTHONPATH": str(_LANDMARKS), "GLOG_minloglevel": "3"}
    paths = [str(avatars.path(name)) for name in _NAMES]
    run = subprocess.run([sys.executable, "-c", _MESH, *paths], env=env, capture_output=True, text=True, check=True, timeout=110)
    found = json.loads(run.stdout.splitlines()[-1])
    return {Path(path).stem: [np.asarray(face, np.float32) for face in faces] for path, faces in found.items()}


def _difference(name: str) -> Array:
    committed = cv2.imread(str(avatars.path(name)))
    return np.abs(paint(CHARACTERS[name])[..., ::-1].astype(np.float32) - committed.astype(np.float32))


def _agrees(name: str) -> None:
    difference = _difference(name)
    # other processors round otherwise: single strands may move by a pixel, nothing else
    assert difference.mean() < 0.5
    assert (difference.max(axis=-1) > 16).mean() < 0.005


def test_every_character_is_shipped() -> None:
    assert avatars.names() == _NAMES
    assert len(_NAMES) >= 4
    assert avatars.default_avatar() == avatars.path("aria")
    with pytest.raises(KeyError, match="aria"):
        avatars.path("nobody")


@pytest.mark.parametrize("name", _NAMES)
def test_picture_is_square_and_small(name: str) -> None:
    picture = cv2.imread(str(avatars.path(name)))
    assert picture.shape == (1024, 1024, 3)
    assert avatars.path(name).stat().st_size <= 700_000


@pytest.mark.timeout(300)
def test_default_picture_is_what_the_code_draws() -> None:
    _agrees("aria")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [name for name in _NAMES if name != "aria"])
def test_picture_is_what_the_code_draws(name: str) -> None:
    _agrees(name)


def test_characters_differ() -> None:
    pictures = [cv2.imread(str(avatars.path(name))).astype(np.float32) for name in _NAMES]
    for i, one in enumerate(pictures):
        for other in pictures[:i]:
            assert np.abs(one - other).mean() > 20


@pytest.mark.parametrize("name", _NAMES)
def test_mesh_finds_the_features_where_they_were_drawn(name: str) -> None:
    faces = _faces()[name]
    assert len(faces) == 1
    mesh = faces[0]
    drawn = features(CHARACTERS[name].shape)
    jaw, seam, left, right = (in_picture(part) for part in (drawn.jaw, drawn.seam, drawn.left_eye, drawn.right_eye))
    height = float(np.ptp(mesh[:, 1]))
    assert 0.40 * 1024 <= height <= 0.50 * 1024

    pairs = {
        "mouth, left corner": (mesh[61], seam[0]),
        "mouth, right corner": (mesh[291], seam[-1]),
        "mouth, middle": ((mesh[13] + mesh[14]) / 2, seam[len(seam) // 2]),
        "upper lip": (mesh[0], in_picture(drawn.upper_lip)[45]),
        "lower lip": (mesh[17], in_picture(drawn.lower_lip)[-45]),
        "left eye, outer corner": (mesh[33], left[np.argmin(left[:, 0])]),
        "right eye, outer corner": (mesh[263], right[np.argmax(right[:, 0])]),
        "left iris": (mesh[468], (left.min(0) + left.max(0)) / 2),
        "right iris": (mesh[473], (right.min(0) + right.max(0)) / 2),
        "chin": (mesh[152], jaw[np.argmax(jaw[:, 1])]),
    }
    away = {part: float(np.linalg.norm(found - made)) / height for part, (found, made) in pairs.items()}
    assert max(away.values()) <= 0.05, away


@pytest.mark.parametrize("name", _NAMES)
def test_mouth_is_closed_and_eyes_are_open(name: str) -> None:
    mesh = _faces()[name][0]
    height = float(np.ptp(mesh[:, 1]))
    assert abs(mesh[14, 1] - mesh[13, 1]) < 0.012 * height
    for lid, floor in ((159, 145), (386, 374)):
        assert mesh[floor, 1] - mesh[lid, 1] > 0.06 * height


@pytest.mark.parametrize("name", _NAMES)
def test_card_is_a_whole_invented_persona(name: str) -> None:
    card = json.loads(avatars.persona_path(name).read_text(encoding="utf-8"))
    persona = Persona.model_validate(card) if hasattr(Persona, "model_validate") else Persona.parse_obj(card)
    assert persona.name.lower() == name
    # No engine's own name: whichever engine runs has a voice for it.
    assert persona.voice == "default" or is_description(persona.voice)
    for field in ("personalityTraits", "likes", "dislikes", "background", "goals", "relationships"):
        sentences = getattr(persona, field)
        assert len(sentences) >= 3
        assert all(sentence.endswith(".") for sentence in sentences)
        assert persona.provenance[field] is Provenance.INVENTED
    assert "AI-generated" in " ".join(persona.background)
