"""Sentences about a person, turned into sentences by that person: "Alice loves her dog" → "I love my dog"."""

from __future__ import annotations

import re
from dataclasses import dataclass

_IRREGULAR = {
    "is": "am",
    "are": "am",
    "has": "have",
    "does": "do",
    "goes": "go",
    "were": "was",
    "isn't": "am not",
    "aren't": "am not",
    "weren't": "wasn't",
    "doesn't": "don't",
    "hasn't": "haven't",
}
_CONTRACTIONS = {"'s": " am", "'re": " am", "'d": "'d", "'ll": "'ll", "'ve": "'ve"}
_ADVERBS = (
    r"(?:(?:also|always|never|often|still|now|even|just|once|soon|rather|not|\w+ly|sometimes|seldom|first|later|then|almost"
    r"|both|too|only|perhaps|secretly)\s+)*"
)
#: Third-person verbs that follow a conjunction and can be nothing else.
_VERBS = frozenset(
    """is has loves likes enjoys hates dislikes wants hopes lives works believes feels thinks needs tries knows speaks teaches
    wears keeps makes takes gives gets goes comes sees hears finds spends collects plays sings reads writes paints bakes cooks
    grows builds fixes repairs runs owns cares prefers wishes plans dreams remembers understands refuses fears sets avoids adores
    treasures values respects trusts misses seeks aims longs means says tells sells serves studies learns leads helps holds
    brings lets begins becomes remains stays tends appears seems considers finds admires cherishes despises detests volunteers
    travels sails swims dances hikes climbs rides drives carries laughs smiles talks listens worries struggles suffers shares
    visits meets treats knits sews gardens raises protects guards hunts flies sleeps eats drinks explores invents
    designs creates performs composes coaches manages attends forgets sits stands moves leans squints blushes hums whistles
    whispers winks frowns grins stares wanders strolls jogs swears insists admits claims pretends prays hosts edits supports
    competes practises hikes camps relaxes chases refers relies depends focuses expects asks answers offers follows leaves
    returns stays spends saves donates earns owes pays buys wins loses builds bursts speaks rises wakes dresses ties
    celebrates worships mourns longs yearns loathes resents regrets bites chews blames apologizes apologises scolds teases
    organizes organises mentors tutors delivers restores mends crafts carves sketches photographs films records streams
    posts uploads contains includes features shows displays reveals gleams sparkles shines hangs falls reaches""".split()  # noqa: SIM905
)
#: Of these the ones that are as often plural nouns: they count only before a word that follows verbs.
_NOUNS_TOO = frozenset(
    """works plays needs hopes plans dreams fears values visits smiles laughs talks dances drinks rides drives studies sails
    guards treats worries runs means aims climbs hikes gardens shares builds designs practices sleeps coaches lives stands
    frowns grins camps hosts claims answers offers returns ties films records streams posts features shows displays falls
    regrets bites supports winks stares whispers hums""".split()  # noqa: SIM905
)
_AFTER_VERBS = (
    r"(?=\s+(?:a|an|the|to|as|at|in|on|with|for|of|about|from|by|into|over|under|his|her|their|its|my|every|each|all|some|any"
    r"|no|that|when|how|what|well|hard|often|too|\w+ly|\d+|two|three|four|many|more|there|here|old|new|up|out|back"
    r"|around|alone)\b)"
)
#: What makes a verb even of an unknown word that ends in "s": an article, a pronoun or an adverb after it.
_AFTER_UNKNOWN_VERBS = (
    r"(?=\s+(?:an?|the|his|her|their|its|my|every|them|him|it|others|people|everyone|everybody|just|how|what|where"
    r"|that|to|\w{2,}ly|when)\b)"
)
_STOPS = re.compile(r"\b(?:who|which|that|where|because|when|while|whose|if|whom)\b|[.;:!?]")
_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "professor",
        "captain",
        "sir",
        "lady",
        "lord",
        "king",
        "queen",
        "prince",
        "princess",
        "saint",
        "st",
        "aunt",
        "uncle",
        "the",
        "of",
    ]
)


@dataclass(frozen=True)
class Subject:
    """Who the sentences speak of: her names, and the pronoun (he, she, they, it, you or I) that stands for them."""

    name: str
    pronoun: str

    @property
    def names(self) -> list[str]:
        """The ways to call her, longest first: the whole name, and its parts without titles."""
        # In "Isolde of Ravenmoor" the place is no name of hers.
        words = re.split(r" (?:of|from|the|von|van|de|da|del) ", self.name)[0].split()
        own = [word for word in words if word.lower().strip(".,") not in _TITLES and len(word) > 2 and word[0].isupper()]
        titled = [f"{words[0]} {word}" for word in own if words[0].lower().strip(".,") in _TITLES]
        return sorted({self.name, " ".join(own), *own, *titled} - {""}, key=len, reverse=True)


_OBJECT = {"he": "him", "she": "her", "they": "them", "it": "it", "you": "you"}
_POSSESSIVE = {"he": "his", "she": "her", "they": "their", "it": "its", "you": "your"}
_ABSOLUTE = {"he": "his", "she": "hers", "they": "theirs", "it": "its", "you": "yours"}
_REFLEXIVE = {"he": "himself", "she": "herself", "they": "themselves|themself", "it": "itself", "you": "yourself"}


def find_pronoun(texts: list[str]) -> str:
    """The pronoun that ``texts`` use of their subject, "I" when they use none. Pronouns that begin sentences count most."""
    text = "\n".join(texts)
    scores = {
        pronoun: 3 * len(re.findall(rf"(?:^|[.!?]\s+|\n){pronoun.capitalize()}(?:'\w+)?\b", text))
        + len(re.findall(rf"\b(?:{pronoun}|{_POSSESSIVE[pronoun]}|{_OBJECT[pronoun]})\b", text, re.IGNORECASE))
        for pronoun in ("she", "he", "you")
    }
    # Others can be "they" as well, but hardly at the beginning of most sentences.
    scores["they"] = 3 * len(re.findall(r"(?:^|[.!?]\s+|\n)They(?:'\w+)?\b", "\n".join(texts)))
    best = max(scores, key=lambda pronoun: scores[pronoun])
    if scores[best]:
        return best
    for pronoun in ("They", "It"):
        if re.search(rf"(?:^|[.!?]\s+){pronoun}(?:'\w+)?\b", text):
            return pronoun.lower()
    for pronoun, words in (("they", "they|their"), ("it", "its|itself")):
        if re.search(rf"\b(?:{words})\b", text):
            return pronoun
    return "I"


def base_form(verb: str) -> str:
    """A verb of the third person singular as the first person says it: "tries" → "try"; other forms as they are."""
    lower = verb.lower()
    if lower in _IRREGULAR:
        return _IRREGULAR[lower]
    if not lower.endswith("s") or lower.endswith(("ss", "us")) or lower in ("was", "always", "perhaps", "sometimes"):
        return verb
    if lower.endswith("ies") and len(lower) > 4:
        return verb[:-3] + "y"
    if re.search(r"(?:ss|sh|ch|x|zz|o)es$", lower):
        return verb[:-2]
    return verb[:-1]


def is_third_person_verb(word: str) -> bool:
    return word.lower() in _VERBS


def is_surely_verb(word: str) -> bool:
    """Whether ``word`` is a verb of the third person and no plural noun."""
    return word.lower() in _VERBS - _NOUNS_TOO


def first_person(sentence: str, subject: Subject, *, other_speaks: bool = False) -> str:
    """``sentence`` about ``subject`` as said by her. ``other_speaks``: a leading pronoun means somebody else."""
    if subject.pronoun == "I" and not subject.names:
        return _capital(sentence)
    protected, sentence = _protect_leading(sentence, subject) if other_speaks else ("", sentence)
    sentence = _apposition(sentence, subject)
    sentence = _possessives(sentence, subject)
    sentence = _subjects(sentence, subject)
    sentence = _pronouns(sentence, subject)
    sentence = re.sub(r"\bI and ((?:my )?[\w']+(?: [A-Z][\w']+)*) ", _we_order, sentence)
    return _capital(protected + sentence)


def _we_order(match: re.Match[str]) -> str:
    return f"{match[1]} and I "


def _protect_leading(sentence: str, subject: Subject) -> tuple[str, str]:
    match = re.match(
        rf"(?:{subject.pronoun}|{_POSSESSIVE.get(subject.pronoun, subject.pronoun)})\b(?:'\w+)?", sentence, re.IGNORECASE
    )
    return (match[0], sentence[match.end() :]) if match else ("", sentence)


def _names_pattern(subject: Subject) -> str:
    return "|".join(re.escape(name) for name in subject.names) or r"(?!)"


def _apposition(sentence: str, subject: Subject) -> str:
    """ "Alice, a nurse, lives …" → "Alice is a nurse. Alice lives …"."""
    match = re.match(rf"({_names_pattern(subject)}), ((?:an?|the) [^,]+), (?=\w+s\b|\w+ed\b|was\b|had\b)", sentence)
    return f"{match[1]} is {match[2]}. {match[1]} {sentence[match.end() :]}" if match else sentence


def _possessives(sentence: str, subject: Subject) -> str:
    return re.sub(rf"\b(?:{_names_pattern(subject)})(?:'s|’s|s')(?=\s+(?!been\b|a\b|an\b|the\b|not\b))", "my", sentence)


def _subjects(sentence: str, subject: Subject) -> str:
    """Name or pronoun + verb → I + verb, and the verbs that are joined to it."""
    pronoun = "(?!)" if subject.pronoun == "I" else subject.pronoun
    names = _names_pattern(subject)
    who = rf"(?:{names}|[{pronoun[0].upper()}{pronoun[0]}]{pronoun[1:]})" if pronoun != "(?!)" else rf"(?:{names})"
    sentence = re.sub(rf"(?<=\b(?:nor|yet|too) )(does|do|is|are|has|have) {who}\b", lambda m: f"{base_form(m[1])} I", sentence)
    sentence = re.sub(rf"\b{who}('s|'re)(?=\s+(?:been|got|had|\w+en)\b)", "I have", sentence)
    sentence = re.sub(rf"\b{who}('s|'re|'d|'ll|'ve)(?!\w)", lambda m: "I" + _CONTRACTIONS[m[1]], sentence)
    sentence = re.sub(rf"^{who} and (?=my\b|{_POSSESSIVE.get(pronoun, 'my')}\b|[A-Z])", "I and ", sentence)
    pattern = re.compile(rf"\b{who}\s+({_ADVERBS})([A-Za-z]+(?:'t)?)\b")
    out, position = "", 0
    for match in pattern.finditer(sentence):
        if match.start() < position:
            continue
        before = sentence[position : match.start()]
        if not _takes_subject(match, out + before, subject):
            continue
        verb = match[2]
        out += before + f"I {match[1]}{base_form(verb)}"
        rest, position = sentence[match.end() :], match.end()
        stop = _STOPS.search(rest)
        end = stop.start() if stop else len(rest)
        nested = pattern.search(rest)
        end = min(end, nested.start()) if nested else end
        out += _joined_verbs(rest[:end])
        position += end
    return out + sentence[position:]


def _takes_subject(match: re.Match[str], before: str, subject: Subject) -> bool:
    """Whether the name or pronoun is the subject of the word after it ("it" and names can be objects)."""
    verb = match[2].lower()
    finite = (
        (subject.pronoun == "they" and f"{verb}s" in _VERBS)
        or verb in _VERBS
        or verb in _IRREGULAR
        or verb.endswith("ed")
        or verb in PAST_VERBS
        or verb in _MODALS
    )
    if re.search(r"\b(?:with|to|by|for|of|about|from|at|on|like)\s+$", before):
        return False
    starts = not before.strip() or before.rstrip().endswith((".", "!", "?", ",", ";", ":"))
    starts = starts or bool(
        re.search(r"\b(?:whom|that|which|because|when|where|if|while|what|how|since|before|after|until) $", before)
    )
    if subject.pronoun in ("it", "they", "you") or match[0].split()[0] not in ("He", "She", "he", "she"):
        return finite or (starts and (verb.endswith("s") or subject.pronoun in ("they", "you")))
    return True


PAST_VERBS = frozenset(
    """was were had grew went became met moved left made lost found began spent taught took came saw knew thought wrote read
    won built ran sold bought fell kept held told gave got heard fought broke chose flew rose sang swam swore wore drew led
    paid sent slept spoke stole stood understood woke did said felt learnt put set cut let quit hurt dreamt meant""".split()  # noqa: SIM905
)
_MODALS = frozenset(
    [
        "can",
        "could",
        "will",
        "would",
        "may",
        "might",
        "must",
        "should",
        "shall",
        "cannot",
        "can't",
        "won't",
        "wouldn't",
        "couldn't",
        "shouldn't",
        "didn't",
    ]
)


def _joined_verbs(clause: str) -> str:
    def convert(match: re.Match[str]) -> str:
        verb, rest = match[3].lower(), clause[match.end() :]
        if verb == "works" and rest.startswith(" of "):
            return match[0]
        adverbs = match[2].strip() not in ("", "both", "only", "not", "even", "too", "just")
        surely = adverbs or re.match(_AFTER_UNKNOWN_VERBS, rest) or (verb in _NOUNS_TOO and re.match(_AFTER_VERBS, rest))
        if (verb not in _IRREGULAR and not verb.endswith("s")) or match[3][0].isupper():
            return match[0]
        if not (verb in _IRREGULAR or surely or verb in _VERBS - _NOUNS_TOO):
            return match[0]
        return f"{match[1]}{match[2]}{base_form(match[3])}"

    return re.sub(rf"((?:,|\band|\bbut|\bor|\bthen|\byet)\s+)({_ADVERBS})(\w+(?:'t)?)\b", convert, clause)


_DONE_TO_PEOPLE = (
    "chases?|scolds?|helps|supports?|encourages?|teases?|annoys?|bothers?|sends?|visits?|follows?|calls?|hugs?|misses|knew|raised"
    "|protects?|saved|rescued|hired|hires|trained|trains|mentors?|mentored|pushes|inspires?|inspired|believes? in|reminds?"
    "|reminded|took|brought|left|betrayed|chased|sent|kept|made|makes|lets?|let|gives?|teaches|tells|asks?|thinks|sees|saw|understands?"
    "|treats?|underestimates?|judges?|interrupts?|ignores?|mistakes?|"
    "told|taught|asked|gave|loves|raised|calls|adores|helped|knows|trusts?|repaired|built|created|named|owns"
)
#: Verbs whose object does or becomes something: "it makes her giggle".
_SENSE_OR_CAUSE = r"lets?|makes?|made|helps?|helped|sees?|saw|hears?|heard|watche[sd]|keeps?|kept|had"
_BECOMES = frozenset(
    """happy sad angry mad proud nervous anxious famous sick hungry sleepy tired stronger strong calm better smile laugh giggle
    cry shudder blush dance sing go do be become fall relax focus unwind win succeed jump sneeze busy awake company grounded sane
    young fit warm safe uncomfortable uneasy furious homesick cheerful curious jealous rich feel look seem
    use take have drive sit stand wait win lose stay keep get try understand believe forget remember""".split()  # noqa: SIM905
)
#: What may follow an object pronoun "her"; before anything else "her" is possessive.
_AFTER_OBJECT = (
    r"(?=[.,;:!?)]|$|\s+(?:and|but|or|when|because|as|to|in|on|at|with|for|from|by|about|of|how|that|what|if|while|after|before"
    r"|since|through|into|up|out|away|very|too|so|a|an|the|than|every|once|until|like|who|where|deeply|dearly|well|most)\b)"
)


def _pronouns(sentence: str, subject: Subject) -> str:
    pronoun = subject.pronoun
    if pronoun != "I":
        sentence = re.sub(rf"\b(?:{_REFLEXIVE[pronoun]})\b", "myself", sentence, flags=re.IGNORECASE)
        if pronoun == "she":
            sentence = re.sub(rf"(?<=\s)her\b{_AFTER_OBJECT}", "me", sentence)
            sentence = re.sub(rf"\b({_SENSE_OR_CAUSE}) her (?=([a-z]+)\b)", _object_of_cause, sentence)
        if pronoun not in ("he", "it"):
            sentence = re.sub(rf"\b{_ABSOLUTE[pronoun]}\b", "mine", sentence, flags=re.IGNORECASE)
        sentence = re.sub(rf"\b{_POSSESSIVE[pronoun]}\b", "my", sentence, flags=re.IGNORECASE)
        if pronoun in ("they", "it"):
            # "Them" and "it" are as often the persona's books: only after what is done to people.
            sentence = re.sub(rf"\b({_DONE_TO_PEOPLE}) {_OBJECT[pronoun]}\b", r"\1 me", sentence)
        elif pronoun in ("he", "you"):
            sentence = re.sub(rf"\b{_OBJECT[pronoun]}\b", "me", sentence)
    names = _names_pattern(subject)
    # In "is called Alice" and "My name is Alice" the name stays.
    return re.sub(
        rf"(?<!called )(?<!am )(?<!named )(?<!name is )(?<!nicknamed )(?<=[a-z,] )(?:{names})\b(?=[.,;!?]|$|\s+[a-z])",
        "me",
        sentence,
    )


def _object_of_cause(match: re.Match[str]) -> str:
    """ "Makes her giggle" → "makes me giggle"; "makes her bed" is left to the possessives."""
    does = f"{match[2]}s" in _VERBS or match[2] in _BECOMES
    return f"{match[1]} me " if does else match[0]


def _capital(sentence: str) -> str:
    sentence = " ".join(sentence.split())
    return sentence[:1].upper() + sentence[1:]
