"""Turns of phrase that say by themselves what is meant, in normalised questions and in facts."""

from __future__ import annotations

import re

#: Answers to these need no card, and beat it when recognised.
SOCIAL_RULES = (
    ("introduce", r"\bwho am i (?:speaking|talking|chatting) (?:to|with)"),
    ("thanks bye", r"\bthank(?:s| you)\b.*\b(?:bye|goodbye|see you|good night)\b"),
    ("bye", r"^(?:bye|goodbye|good bye|good night|see you|farewell)\b|\bgoodbye$|\bbye$"),
    ("thanks", r"^(?:thank|thanks|many thanks)\b"),
    (
        "greet",
        r"\b(?:nice|pleased|glad|good|lovely) to (?:meet|see) you$"
        r"|^(?:hello|hi|hey|hiya|yo|ahoy|greetings|howdy|good (?:morning|afternoon|evening|day)|nice to meet you"
        r"|pleased to meet you)(?: there| again| captain| sir| madam)?$",
    ),
    (
        "how",
        r"^how are you(?: (?:doing|feeling|today|this|now|then).*)?$|^how (?:is|s) it going|^how do you do$"
        r"|^what is up$|^how have you been",
    ),
    (
        "robot",
        r"\bare you (?:really )?(?:an? )?(?:robot|ai\b|a i\b|human|real|chat ?bot|bot|computer|machine|alive"
        r"|language model|artificial)",
    ),
    (
        "introduce",
        r"^(?:and )?who (?:are|r) you(?: (?:my|exactly|really|then|sir|madam|again|anyway|today)\b.*)?$|\b(?:what"
        r"|whats) (?:is|s|was)? ?your (?:full |first |last )?name\b|\byour name$"
        r"|^(?:please )?introduce yourself|\babout yourself\b|^tell me (?:something |a bit |a little )?about you$"
        r"|^what (?:do|should|can) (?:i|we|people|they) call you",
    ),
    (
        "repeat",
        r"^(?:pardon|what|come again|sorry what|say (?:that|it) again|repeat (?:that|it|please)|(?:can|could"
        r"|would) you (?:say|repeat) (?:that|it)|what did you (?:just )?say)\b(?: again| please)*$",
    ),
)
MORE = re.compile(
    r"^(?:tell me |say |please )*(?:more|(?:some|a bit|a little|any)?(?: )?more(?: about (?:that|it|this|him|her"
    r"|them))?|what else|anything else|go on|continue|and then|and|else|something else|is that all|is there more"
    r"|like what|such as|for example)(?: do you.*| about (?:that|it|this|him|her|them))?$"
)
WHY = re.compile(
    r"^(?:but |and |so |really )?(?:why|how come|what for|why not|for what reason)(?: is that| so| though| not| do you"
    r"| did you| are you)?$"
)
ABOUT = re.compile(r"^(?:and |but )?(?:(?:what|how) about|what of|and|and what about|and how about) (?=\w)")
YOU_TOO = re.compile(r"\b(?:what|how) about you$|\band you$|\band yourself$|\bdo you too$")
REASON = re.compile(
    r"\b(?:because|since|after|so that|in order to|inspired|thanks to|reason|to help|led me|made me|ever since|when I"
    r"|to (?:escape|become|learn|make|save|support))\b"
)


SOMEBODY = re.compile(r"\b(?:he|him|his|she|her|hers|they|them|their)\b")
#: Words for somebody or something that was just spoken of.
REFERENCE = re.compile(r"\b(?:he|him|his|she|her|they|them|their|it|that|there)\b")
#: Facts by which a persona is no human being by its own account.
ARTIFICIAL = re.compile(r"\b(?:robot|android|machine|artificial|digital|computer program|AI|hologram|automaton)\b")
#: A job that is held now, rather than one from the past.
CURRENT = re.compile(
    r"\b(?:current|now|these days|I (?:work|run|own|am|lead|guard|teach|have (?:run|been|worked|led|taught|served)))\b"
)
