"""Which utterances begin no turn."""

from __future__ import annotations

import pytest

from comps.listening.backchannel import is_backchannel

#: As Moonshine and pocketsphinx write them; Moonshine's of recorded and synthetic hums, coughs and voices.
NOTHING_SAID = (
    "", "...", "♪", "Mm-hmm,", "Mm.", "Mm-hmm.", "Mmm", "mhm", "Mhm.", "Mm hmm", "M. H. M..", "Hmm.", "hm", "Hmmm...", "H.",
    "Uh-huh.", "uh huh", "Uh, huh.", "Uh...", "Uh", "Um.", "Um,,", "Uhm,", "Um, uh, um.", "Er...", "Erm,", "eh", "Ehm.",
    "Ah.", "Ah,", "Aha!", "Ahh", "Oh.", "Oh,", "Ooh!", "oh oh", "Huh.", "Huh!", "Ugh.", "Phew!", "Ahem.", "Ha ha ha!", "Haha.",
    "Hehe", "Ähm", "äh", "Öhm.", "Euh...", "Mm, uh-huh, mm.",
)  # fmt: skip
SAID = (
    "Yes.", "No.", "Stop.", "Hello.", "Okay.", "Yeah.", "Right.", "Sure.", "Why?", "What?", "Who?", "How?", "Wait", "Hi.", "Bye.",
    "Thanks.", "Help!", "Go on.", "I see.", "You?", "Me.", "So?", "More.", "Again?", "Huh?", "Hmm?", "Eh?", "Uh-uh.", "Nuh-uh!",
    "Um, who are you?", "Oh, no.", "Ah, yes.", "Mm, what is that?", "uh who are you", "hum", "Ham.", "Her name?", "Emma.", "M5",
    "3", "Oh 7", "Ja.", "Nein.", "Oui.", "Sí.", "Да", "是", "はい", "Ohio", "Human", "Mohammed",
)  # fmt: skip


@pytest.mark.parametrize("text", NOTHING_SAID)
@pytest.mark.parametrize("speech_s", [0.2, 0.6, 2.5])
def test_hums_and_hesitations_say_nothing(text: str, speech_s: float) -> None:
    assert is_backchannel(text, speech_s)


@pytest.mark.parametrize("text", SAID)
@pytest.mark.parametrize("speech_s", [0.2, 0.6, 2.5])
def test_a_bare_word_says_something(text: str, speech_s: float) -> None:
    assert not is_backchannel(text, speech_s)


@pytest.mark.parametrize("text", ["And,", "But,", "The.", "A.", "In.", "of", "To"])
def test_a_short_word_that_nobody_says_alone_is_a_cough_or_a_beginning(text: str) -> None:
    assert is_backchannel(text, 0.35)
    assert not is_backchannel(text, 1.5), "too long for what was understood of it"
    assert not is_backchannel(text.strip(",.") + "?", 0.35)
