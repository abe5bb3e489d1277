"""Signs between numbers and words."""

from __future__ import annotations

import re

from comps.tts.reading.english.rules import Rules

RULES = Rules()

RULES.say(r"(?<!\S)--(?=[a-z])", "dash dash ")
RULES.say(r"(?<!\S)-(?=[a-zA-Z]\b)", "dash ")
RULES.say(r"(?<=\w)@(?=\d)", " at ")
RULES.rule(r"\b(?P<key>Ctrl|Cmd|Alt|Shift|Option|Command|Control|Win)(?P<it>[ ]?\+[ ]?)(?=\w)")(lambda match: " ")
RULES.say(r"\bCtrl\b", "Control")
RULES.say(r"\bCmd\b", "Command")
RULES.say(r"(?<![\w])[cC]\+\+", "C plus plus")
RULES.say(r"(?<![\w])C#(?!\w)", "C sharp")
RULES.say(r"(?<![\w])F#(?!\w)", "F sharp")
RULES.say(r"(?<=[A-D])\+(?![\w+])", " plus")
RULES.say(r"(?<=[A-D])[-−](?=[\s.,;!?)]|$)", " minus")
RULES.rule(r"(?<![\w])UTC(?P<s>[+-−])(?=\d)")(lambda match: "UTC plus " if match["s"] == "+" else "UTC minus ")
RULES.say(r"#[ ]?(?=\d)", "number ")
RULES.say(r"(?<=[\w)])[ ]?[≈≅][ ]?(?=\w)", " is approximately ")
RULES.say(r"[ ]?(?:≠|!=)[ ]?", " is not equal to ")
RULES.say(r"[ ]?(?:≤|<=)[ ]?(?=[\w-])", " less than or equal to ")
RULES.say(r"[ ]?(?:≥|>=)[ ]?(?=[\w-])", " greater than or equal to ")
RULES.say(r"[ ]?(?:->|=>|⇒|→|⟶|➔)[ ]?", ", ")
RULES.say(r"[ ]?±[ ]?", " plus or minus ")
RULES.say(r"(?<=[\w)!°%])[ ]?={1,3}[ ]?(?=[\w(√π∞-])", " equals ")
RULES.say(r"(?<=[\w)])[ ]<[ ](?=[\w(-])|(?<!\w)<[ ]?(?=[$€£]?\d)", " less than ")
RULES.say(r"(?<=[\w)])[ ]>[ ](?=[\w(-])|(?<!\w)>[ ]?(?=[$€£]?\d)", " greater than ")
RULES.say(r"(?<=[\w)])[ ]?\+[ ]?(?=[\w(√])", " plus ")
RULES.say(r"(?<=\w)\+(?![\w+])", " plus")
RULES.say(r"(?<!\w)\+(?=\d)", "plus ")
RULES.say(
    r"(?<=[\w)])[ ]?×[ ]?(?=[\w(])|(?<=\d)[ ]?[∗*][ ]?(?=[\w(])|(?<=\b[a-zA-Z\d)])[ ][∗*][ ](?=[\w(]\b)|(?<=\b[a-z])"
    r"[∗*](?=[a-z\d]\b)",
    " times ",
)
RULES.say(r"(?<=[\w)])[ ]?÷[ ]?(?=[\w(])", " divided by ")
RULES.say(r"(?<=[\w)])[ ]−[ ]?(?=[\w(])|(?<=\b[a-z])[ ]-[ ](?=\w\b)", " minus ")
RULES.say(r"(?<![\w)\]])[-−](?=\.?\d)", "minus ")
RULES.say(r"√[ ]?", "the square root of ")
RULES.say(r"∞", " infinity ")
RULES.say(r"(?<=\w)\+\+(?!\w)", " plus plus")
RULES.say(r"(?<!\w)\+\+(?=\w)", "plus plus ")
RULES.say(r"©[ ]?", "copyright ")
RULES.say(r"(?<![\w])™", "trademark")
RULES.say(r"[ ]?&&[ ]?", " and ")
RULES.say(r"[ ]\+=[ ]", " plus equals ")
RULES.say(r"[ ]-=[ ]", " minus equals ")
RULES.say(r"(?<=\w)[ ]?&[ ]?(?=\w)", " and ")
RULES.say(r"(?<!\S)&(?!\S)", "and")
RULES.say(r"(?<!\S)@[ ]?(?=[\w$])", "at ")
RULES.say(r"(?<=\d)[ ]?@[ ]?(?=[\w$])", " at ")
RULES.say(r"[ ]?%", " percent")
RULES.say(r"(?<=\d)[ ]?°", " degrees")

RULES.say(r"\band/or\b", "and or")
RULES.rule(
    r"\b(?P<a>[Hh]e|[Hh]is|[Hh]im|[Yy]es|[Tt]rue|[Mm]en|[Mm]ale|[Oo]n|[Mm]r|[Pp]ass|[Ss]he|[Hh]er|[Aa]m)/(?P<b>she"
    r"|hers?|him|his|he|no|false|women|female|off|mrs|fail|is|they)\b",
    re.IGNORECASE,
)(lambda match: f"{match['a']} or {match['b']}")
RULES.say(r"\b(?P<it>s/he)\b", "he or she")
RULES.say(r"(?<=\w)/(?=\w)", " ")
RULES.rule(r"(?<=\w)[ ]/[ ](?=\w)")(lambda match: ", ")

_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "Δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta",
"θ": "theta",
          "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "Π": "pi", "ρ": "rho", "σ": "sigma", "Σ": "sigma",
          "τ": "tau", "φ": "phi", "Φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Ω": "omega", "∑": "the sum of",
          "∫": "the integral of", "∂": "partial", "∈": "in", "∪": "union", "∩": "intersection", "∆": "delta"}  # fmt: skip
RULES.rule(rf"(?<![Ͱ-Ͽ])[{''.join(_GREEK)}](?![Ͱ-Ͽ])")(
    lambda match: (
        (" " if match.string[max(0, match.start() - 1) : match.start()].isalnum() else "")
        + _GREEK[match[0]]
        + (" " if match.string[match.end() : match.end() + 1].isalnum() else "")
    )
)
