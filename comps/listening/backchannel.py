"""What listeners utter without wanting an answer: "mhm", "uh-huh", hesitations, laughter (Yngve 1970 calls these backchannels).

"Yes", "no", "stop" and "hello" are words: somebody who says one of them alone has said something.
"""

from __future__ import annotations

import re

#: Sounds that are no words, as recognisers write them; letters by letters, too ("M. H. M.").
_VOCALISATION = re.compile(
    r"""
    m+ | h+m* | m+h+m+                  # hums
  | u+h+ | u+h*m+ | e+r+m* | e+h+m*     # hesitations
  | ä+h*m* | ö+h*m* | e+u+h+            # German's and French's
  | [ao]+h+ | a+h+a+ | h+u+h+ | e+h+    # surprise, understanding
  | u+g+h+ | p+h+e+w+ | a+h+e+m+ | h+a+h* | h+e+h+ | (h[aei]){2,}h*
    """,
    re.VERBOSE,
)
#: English words that nobody says alone: what a recogniser makes of a cough, or a sentence that is about to go on.
_NEVER_ALONE = frozenset(["a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"])
#: One of these lasts no longer than this, seconds.
_SHORT_S = 0.6
_WORD = re.compile(r"[^\W\d_]+")
#: "Uh-uh" means no, and "huh?" that something was not understood.
_SAYS_SOMETHING = re.compile(r"(n?uh-uh\W*|(huh|hm+|eh)\?)", re.IGNORECASE)


def is_backchannel(text: str, speech_s: float) -> bool:
    """Whether ``text``, which took ``speech_s`` to say, asks for nothing; so does an empty text."""
    words = _WORD.findall(text.lower())
    if any(character.isdigit() for character in text) or _SAYS_SOMETHING.fullmatch(text.strip()):
        return False
    if all(_VOCALISATION.fullmatch(word) for word in words):
        return True
    return len(words) == 1 and words[0] in _NEVER_ALONE and speech_s <= _SHORT_S and "?" not in text
