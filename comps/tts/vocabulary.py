"""The words by which people say who is speaking.

Each list is one pattern: alternatives parted by white space, ``_`` for a space or a hyphen, regular expressions allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping


def _any_of(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(words.split())})\b".replace("_", "[- ]"))


FEMALE = _any_of(
    r"""
    [a-z]*wom[ae]n girls? lady ladies females? gals? lass feminine (?:grand|god|step)?(?:mothers?|daughters?) moms? mums?
    mommy mummy grandma granny nana aunt(?:ie|y)? sisters? nieces? wife widow brides? girlfriends? [a-z]*mistress
    mademoiselle matron mrs ms miss madame? ma'am dame heroine queens? [a-z]*princess duchess countess baroness empress
    goddess [a-z]*priestess abbess lioness mermaid diva nymph fairy witch sorceress enchantress huntress ballerina geisha
    nuns? nanny maid midwife governess hostess waitress actress stewardess seamstress heiress schoolgirls? cheerleader
    housewife landlady hag crone banshee valkyrie
    """
)
MALE = _any_of(
    r"""
    [a-z]*(?<!wo)(?<!hu)m[ae]n boys? guys? males? lads? dudes? blokes? fellows? chaps? masculine
    (?:grand|god|step)?(?:fathers?|sons?) dads? daddy grandpa granddad gramps uncles? brothers? nephews? husbands? widower
    grooms? boyfriends? bachelor mr sir mister monsieur kings? prince dukes? count baron emperors? priests? monks? friar
    abbot pope bishop wizards? warlock sorcerer lords? butler schoolboys? patriarch headmaster landlord waiter actor god
    santa baritone tenor
    """
)
#: What ends in "man" or "men" and is none.
NO_MAN = {"german", "roman", "ottoman", "norman", "shaman", "talisman", "specimen", "omen", "stamen", "abdomen"}
#: Trades that a description without further hint means a man by, and that "she" makes a woman's.
MALE_TRADE = _any_of(
    """
    captain pirates? sailors? soldiers? knights? viking warriors? lumberjack cowboy sheriff samurai gladiator blacksmith
    barbarian gnome dwarf bagpiper general colonel sergeant farmer butcher trucker boxer
    """
)
SHE = _any_of("she her hers herself")
HE = _any_of("he him his himself")

#: Phrases in which "old" or "young" says nothing of the speaker.
NOT_OF_AGE = _any_of(
    r"""
    old_(?:fashioned|school|friends?|souls?|songs?|books?|maps?|movies?|films?|cars?|world|times?|days|houses?|castles?)
    old_(?:towns?|ships?) young_at_heart young_(?:people|children|students|kids) age_old years?_old
    ancient_(?:\w+_)?(?:history|ruins|greece|rome|egypt|times|artefacts|artifacts|languages?|texts?|scrolls|civili[sz]ations?)
    """
)
#: The first that matches counts.
AGES: Mapping[str, re.Pattern[str]] = {
    "middle": _any_of("middle_aged? mature matron headmistress headmaster aunt(?:ie|y)? mid_?life"),
    "old": _any_of(
        r"""
        old(?:er|est)? elderly elder aged ancient retired retiree pensioner senior wizened wrinkled hag crone octogenarian
        santa (?:great_)?grand(?:ma|pa|mother|father|dad|parent)s? granny gramps nana
        (?:gr[ae]y|white|silver)_(?:haired|bearded|beard|hair)
        """
    ),
    "child": _any_of(
        r"""
        child children kids? toddler infant preschooler tot pupil first_grader kindergart\w+
        school(?:girl|boy|child|kid)s? (?:little|small|tiny)_(?:\w+_)?(?:girl|boy|lad|lass|kid)
        """
    ),
    "young": _any_of(
        r"teen\w* adolescent young(?:er|ster)? youth(?:ful)? boy girl lad lass students? freshman apprentice undergraduate"
    ),
}

#: Accents of English by espeak's language code. The first that matches counts; the narrower come first.
ACCENTS: Mapping[str, re.Pattern[str]] = {
    "en-gb-scotland": _any_of(r"scot\w* glasgow glaswegian edinburgh highlands? highlander aberdeen bagpiper"),
    "en-gb-x-gbclan": _any_of(r"lancashire manchester mancunian liverpool\w* yorkshire\w* northern_engl\w+"),
    "en-gb-x-gbcwmd": _any_of(r"birmingham brummie black_country west_midlands"),
    "en-029": _any_of(r"caribbean jamaica\w* trinidad\w* barbad\w* bajan rasta\w* west_ind\w+ baham\w+"),
    "en-us-nyc": _any_of(r"new_york(?:er)? brooklyn\w* bronx manhattan nyc"),
    "en-gb-x-rp": _any_of(
        r"""
        lord dukes? duchess aristocra\w+ royal(?:ty)? oxford cambridge eton posh butler baron(?:ess)? earl countess
        upper_class victorian received_pronunciation bbc (?:queen|king|prince|princess)_of_england
        """
    ),
    "en-gb": _any_of(
        r"british britain briton england english(?:man|woman)? london(?:er)? uk cockney welsh\w* wales irish\w* ireland"
    ),
    "en-us": _any_of(r"america\w* usa texas texan california\w* midwest\w* chicago boston southern_belle"),
}

#: Speakers that are no ordinary people.
KINDS: Mapping[str, re.Pattern[str]] = {
    "robot": _any_of(r"robot\w* androids? machines? cyborg computers? chrome automaton droid mechanical"),
    "whisper": _any_of(r"whisper\w* hush\w* ghost\w* spectre spirit breathy"),
    "monster": _any_of(r"demon\w* devil\w* dragon monster evil hell\w* beast ogre orc troll vampire satan"),
    "hoarse": _any_of("hoarse croak(?:y|ing|s)? frog rough goblin raspy rasping toad crow"),
}

#: Peoples by another word than the name of the language that they speak.
NATIONS: Mapping[str, re.Pattern[str]] = {
    "pt-br": _any_of("brazilians?"),
    "es-419": _any_of(
        """
        mexicans? argentin(?:e|ian|ean)s? colombians? chileans? peruvians? venezuelans? cubans? ecuadorians? uruguayans?
        bolivians? paraguayans? guatemalans? latin_americans? latinos? latinas?
        """
    ),
    "de": _any_of("germans austrians? bavarians? berliners?"),
    "fr": _any_of("frenchm[ae]n frenchwom[ae]n parisians? parisiennes? quebecois"),
    "es": _any_of("spaniards?"),
    "nl": _any_of("dutchm[ae]n dutchwom[ae]n hollanders?"),
    "it": _any_of("italians sicilians? venetians? neapolitans? tuscans?"),
    "ru": _any_of("russians"),
    "pl": _any_of("poles"),
    "da": _any_of("danes?"),
    "sv": _any_of("swedes?"),
    "tr": _any_of("turks?"),
    "ar": _any_of(
        "arabs? arabians? egyptians? moroccans? saudis? syrians? iraqis? lebanese algerians? tunisians? jordanians? palestinians?"
    ),
    "fa": _any_of("iranians?"),
    "he": _any_of("israelis?"),
    "ur": _any_of("pakistanis?"),
    "bn": _any_of("bangladeshis?"),
    "zh": _any_of("taiwanese chinam[ae]n chinawom[ae]n"),
}
#: Lands that one language is spoken in before others; they count after "from".
LANDS: Mapping[str, re.Pattern[str]] = {
    "pt-br": _any_of("brazil rio sao_paulo"),
    "pt": _any_of("portugal lisbon"),
    "es-419": _any_of("mexico argentina colombia chile peru venezuela cuba ecuador uruguay buenos_aires"),
    "es": _any_of("spain madrid barcelona"),
    "de": _any_of("germany austria berlin munich vienna hamburg"),
    "fr": _any_of("france paris marseille"),
    "it": _any_of("italy rome milan naples sicily"),
    "nl": _any_of("holland (?:the_)?netherlands amsterdam"),
    "ru": _any_of("russia moscow"),
    "uk": _any_of("ukraine kyiv kiev"),
    "pl": _any_of("poland warsaw"),
    "cs": _any_of("(?:the_)?czech_republic czechia prague"),
    "sk": _any_of("slovakia"),
    "hu": _any_of("hungary budapest"),
    "ro": _any_of("romania bucharest"),
    "bg": _any_of("bulgaria"),
    "sr": _any_of("serbia"),
    "hr": _any_of("croatia"),
    "el": _any_of("greece athens"),
    "tr": _any_of("turkey turkiye istanbul"),
    "sv": _any_of("sweden stockholm"),
    "nb": _any_of("norway oslo"),
    "da": _any_of("denmark copenhagen"),
    "fi": _any_of("finland helsinki"),
    "is": _any_of("iceland"),
    "he": _any_of("israel"),
    "ar": _any_of("egypt cairo morocco saudi_arabia syria iraq lebanon"),
    "fa": _any_of("iran tehran"),
    "zh": _any_of("china beijing taiwan shanghai"),
    "yue": _any_of("hong_kong"),
    "ja": _any_of("japan tokyo kyoto osaka"),
    "ko": _any_of("korea seoul south_korea"),
    "vi": _any_of("vietnam hanoi"),
    "th": _any_of("thailand bangkok"),
    "id": _any_of("indonesia"),
}
#: Who somebody can be said to be after the name of a people: "a Sumerian priest".
PERSON = re.compile(
    "|".join(
        pattern.pattern
        for pattern in (
            FEMALE,
            MALE,
            MALE_TRADE,
            _any_of(
                "persons? people speakers? voices? narrators? kids? child(?:ren)? teen\\w* elders? teachers? singers? students?"
            ),
        )
    )
)
