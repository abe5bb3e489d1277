"""Whatever is seen and heard: the card says where each field comes from, and never what a picture cannot show."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from comps.cores.proto.avatar import Persona, Provenance
from comps.describe.appearance import Appearance
from comps.describe.card import Observations, write_card
from comps.describe.colours import HAIR_NAMES, SURFACE_NAMES
from comps.describe.motion import Motion
from comps.describe.register import Register
from tests.describe.wording import FORBIDDEN

SURFACES = st.lists(st.sampled_from(SURFACE_NAMES), max_size=2, unique=True)
LOOKS = st.builds(
    Appearance,
    hair=st.sampled_from(["", *HAIR_NAMES]),
    clothing=SURFACES,
    background=SURFACES,
    framing=st.sampled_from(["in close-up", "at medium distance", "from some distance"]),
)
MOTION = st.builds(Motion, head=st.sampled_from(["", "still", "calm", "lively"]), mouth_moves=st.booleans())
VOICE = st.builds(
    Register,
    level=st.sampled_from(["low", "mid", "high"]),
    pitch_hz=st.floats(65, 420),
    spread_st=st.floats(0.3, 12),
    syllables_per_s=st.floats(1.3, 9),
)


@given(looks=LOOKS, motion=MOTION, voice=st.none() | VOICE)
def test_every_card_is_honest(looks: Appearance, motion: Motion, voice: Register | None) -> None:
    card = write_card(Observations(looks, motion, voice))
    fields = set(Persona.model_fields) - {"id", "provenance"}
    assert set(card.provenance) == fields
    for field in fields:
        assert (card.provenance[field] is Provenance.BLANK) == (not getattr(card, field)), field
    assert (card.provenance["voice"] is Provenance.HEARD) == (voice is not None)
    text = f"{card.physicalDescription} {card.system_prompt} {card.voice}"
    assert FORBIDDEN.search(text) is None, text
    for colour in [*looks.clothing, *looks.background]:
        assert colour in card.physicalDescription


def test_the_forbidden_words_are_found() -> None:
    for sentence in ("A young face", "she smiles", "an OLD voice", "of Asian origin", "a famous actor", "the man's hat"):
        assert FORBIDDEN.search(sentence)


def test_a_card_reads_well() -> None:
    looks = Appearance("auburn", ["teal"], ["orange", "grey"], "in close-up")
    card = write_card(Observations(looks, Motion("calm", 0.2, mouth_moves=True), Register("high", 220.0, 5.0, 4.0)))
    assert card.physicalDescription == (
        "A face with auburn hair and teal clothing, seen in close-up in front of an orange and grey background. "
        "The head moves a little; the mouth moves as in speech."
    )
    assert card.voice == "a high playful voice"
