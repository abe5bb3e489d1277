"""Who is drawn: every character is a set of parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from AvatarChatbot.avatars.studio.light import Colour


class HairStyle(StrEnum):
    """A haircut the studio knows how to comb."""

    WAVES = "waves"
    CURLS = "curls"
    BOB = "bob"
    SWEPT = "swept"


class Garment(StrEnum):
    """Something to wear."""

    BLOUSE = "blouse"
    CREW = "crew"
    TURTLENECK = "turtleneck"
    BLAZER = "blazer"


@dataclass(frozen=True)
class Skin:
    """Colours (sRGB 0 … 1) of skin, of what shines through it (cheeks, nose, ears) and of lips; strength of the highlight."""

    base: Colour
    blush: Colour
    lips: Colour
    gloss: float = 0.10


@dataclass(frozen=True)
class Shape:
    """Proportions, as factors or units of the average face. All lengths in units (1024 a picture)."""

    jaw: float = 1.0  # width of the jaw
    chin: float = 1.0  # width of the chin
    cheek: float = 1.0  # width at the cheekbones
    nose: float = 1.0  # width of the nose
    nose_height: float = 1.0
    lips: float = 1.0  # fullness of the lips
    mouth: float = 1.0  # width of the mouth
    eye: float = 1.0  # opening of the eyes
    slant: float = 0.0  # outer corners raised by so many units
    fold: float = 1.0  # depth of the eyelid's crease
    neck: float = 1.0
    brow: float = 1.0  # thickness of the brows
    brow_arch: float = 1.0
    age: float = 0.0  # 0 … 1: lines around eyes and mouth


@dataclass(frozen=True)
class Character:
    """One avatar. ``seed`` places its strands of hair and its freckles."""

    name: str
    seed: int
    skin: Skin
    iris: Colour
    hair: HairStyle
    hair_colour: Colour
    garment: Garment
    garment_colour: Colour
    backdrop: tuple[Colour, Colour]
    shirt_colour: Colour = (0.84, 0.86, 0.88)
    brow_colour: Colour | None = None
    shape: Shape = field(default_factory=Shape)
    lashes: float = 0.6
    stubble: float = 0.0
    freckles: float = 0.0


ARIA = Character(
    name="aria",
    seed=11,
    skin=Skin(base=(0.905, 0.715, 0.600), blush=(0.86, 0.45, 0.40), lips=(0.78, 0.38, 0.37)),
    iris=(0.30, 0.50, 0.46),
    hair=HairStyle.WAVES,
    hair_colour=(0.46, 0.235, 0.135),
    brow_colour=(0.33, 0.19, 0.13),
    garment=Garment.BLOUSE,
    garment_colour=(0.10, 0.44, 0.46),
    backdrop=((0.80, 0.80, 0.78), (0.42, 0.50, 0.56)),
    shape=Shape(lips=1.10, eye=1.04, brow_arch=1.1, neck=0.93, jaw=0.97, chin=0.94),
    lashes=1.0,
    freckles=0.5,
)
KOFI = Character(
    name="kofi",
    seed=23,
    skin=Skin(base=(0.50, 0.315, 0.225), blush=(0.50, 0.22, 0.16), lips=(0.56, 0.27, 0.25), gloss=0.17),
    iris=(0.26, 0.14, 0.08),
    hair=HairStyle.CURLS,
    hair_colour=(0.105, 0.075, 0.065),
    garment=Garment.CREW,
    garment_colour=(0.82, 0.55, 0.16),
    backdrop=((0.86, 0.78, 0.66), (0.52, 0.42, 0.36)),
    shape=Shape(
        cheek=0.97, jaw=1.05, chin=1.12, nose=1.20, lips=1.25, mouth=1.06, neck=1.14, brow=1.25, brow_arch=0.75, eye=0.96
    ),
    lashes=0.45,
    stubble=0.25,
)
MEI = Character(
    name="mei",
    seed=37,
    skin=Skin(base=(0.925, 0.765, 0.640), blush=(0.90, 0.52, 0.46), lips=(0.80, 0.40, 0.40)),
    iris=(0.27, 0.16, 0.10),
    hair=HairStyle.BOB,
    hair_colour=(0.125, 0.105, 0.115),
    garment=Garment.TURTLENECK,
    garment_colour=(0.66, 0.30, 0.36),
    backdrop=((0.86, 0.82, 0.84), (0.55, 0.50, 0.62)),
    shape=Shape(
        neck=0.92,
        cheek=1.02,
        jaw=0.98,
        chin=0.92,
        nose=0.98,
        nose_height=0.86,
        lips=1.02,
        mouth=0.95,
        eye=0.94,
        slant=4.0,
        fold=0.65,
        brow=0.9,
    ),
    lashes=0.9,
)
TOMAS = Character(
    name="tomas",
    seed=53,
    skin=Skin(base=(0.865, 0.660, 0.540), blush=(0.80, 0.42, 0.36), lips=(0.70, 0.42, 0.38)),
    iris=(0.30, 0.44, 0.58),
    hair=HairStyle.SWEPT,
    hair_colour=(0.56, 0.55, 0.54),
    brow_colour=(0.36, 0.33, 0.31),
    garment=Garment.BLAZER,
    garment_colour=(0.17, 0.22, 0.32),
    backdrop=((0.72, 0.76, 0.76), (0.33, 0.40, 0.42)),
    shape=Shape(
        cheek=0.97,
        jaw=1.07,
        chin=1.18,
        nose=1.08,
        nose_height=1.12,
        lips=0.82,
        mouth=1.06,
        neck=1.16,
        brow=1.3,
        brow_arch=0.7,
        eye=0.92,
        age=0.75,
    ),
    lashes=0.35,
    stubble=0.7,
)
CHARACTERS: dict[str, Character] = {c.name: c for c in (ARIA, KOFI, MEI, TOMAS)}
