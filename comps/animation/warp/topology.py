"""Which of the face mesh's 478 points are what. Left and right are those of the picture."""

from __future__ import annotations

from dataclasses import dataclass

#: Lip contours from the left corner to the right one.
INNER_UPPER = (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308)
INNER_LOWER = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308)
OUTER_UPPER = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291)
OUTER_LOWER = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291)
#: The jaw line from ear to ear, and points of the chin that go with it.
JAW = (132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361)
CHIN_FRONT = (18, 200, 199, 175, 83, 313, 201, 421, 208, 428, 194, 418, 204, 424)
#: Cheeks and nasolabial folds: they follow the corners of the mouth and, lower down, the jaw.
CHEEK = (205, 425, 36, 266, 207, 427, 216, 436, 187, 411, 212, 432, 147, 376)
#: Nose, lower eyelids, cheek bones: still while speaking.
STILL = (1, 2, 98, 327, 48, 278, 5, 50, 280, 101, 330, 118, 347, 93, 323, 234, 454)

CHIN = 152
NOSE_BASE = 2
NOSTRILS = (2, 98, 327)
NOSE_BRIDGE = 168
EYE_CORNERS = (33, 263)
#: Where skin and lips show their plain colour.
SKIN = (50, 280, 205, 425, 199)
LIPS = (17, 84, 314, 0, 37, 267)


@dataclass(frozen=True)
class Eye:
    """Contours of one eye from its left corner to its right one, and its brow."""

    upper: tuple[int, ...]
    lower: tuple[int, ...]
    brow: tuple[int, ...]


EYES = (
    Eye(
        upper=(33, 246, 161, 160, 159, 158, 157, 173, 133),
        lower=(33, 7, 163, 144, 145, 153, 154, 155, 133),
        brow=(70, 63, 105, 66, 107),
    ),
    Eye(
        upper=(362, 398, 384, 385, 386, 387, 388, 466, 263),
        lower=(362, 382, 381, 380, 374, 373, 390, 249, 263),
        brow=(336, 296, 334, 293, 300),
    ),
)
