"""What people ask a persona about: how each topic is recognised in a question and in the card, and what is said when the card
has nothing on it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from comps.llms.responder.card import Fact

_NUMBER = (
    r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    r"|seventeen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|eighteen"
    r"|nineteen|hundred|thousand)(?:[- ]\w+)?"
)


@dataclass(frozen=True)
class Topic:
    """``question`` and ``fact`` are patterns; ``examples`` are questions in other words, compared by meaning.

    ``sections`` of the card, the likeliest first. ``strict``: a fact that does not match ``fact`` is no answer, unless, when
    ``loosely``, it means nearly the same.
    ``unknown`` completes "I can't tell you …".
    """

    name: str
    sections: tuple[str, ...]
    question: str
    fact: str = ""
    unknown: str = ""
    strict: bool = False
    loosely: bool = False
    examples: tuple[str, ...] = ()


LOOK, TRAITS, LIKES, DISLIKES = "physicalDescription", "personalityTraits", "likes", "dislikes"
PAST, GOALS, TIES = "background", "goals", "relationships"

TOPICS: tuple[Topic, ...] = (
    Topic(
        "age",
        (PAST, LOOK),
        r"\bhow old are you|\byour age\b|\bwhat age are you",
        rf"\bI am (?:\w+ ){{0,3}}{_NUMBER}(?:[- ](?:years?|months?|weeks?|days?|centuries)\b|[.,;]| and\b)|\b(?:of"
        rf"|at) (?:about |around )?{_NUMBER}[ ,.]"
        rf"|\b(?:an?|the) {_NUMBER}[- ]years?[- ]old|\baged? {_NUMBER}|in my (?:early |mid |late |mid-|late-"
        rf"|early-)?\w+ties\b|turned {_NUMBER}"
        r"|\bborn (?:in|on) .*\d{4}|\bborn (?:in )?\d{4}|teenager|\b(?:young|old|middle-aged|elderly"
        r"|ancient|teenage) (?:wo)?(?:man|girl|boy|person|lady|guy)|centuries|middle-aged|elderly",
        "how old I am",
        strict=True,
        examples=("how old are you", "what is your age"),
    ),
    Topic(
        "birthday",
        (PAST,),
        r"\bwhen (?:were|was) you (?:born|made|built)|\bbirthday|\bwhat year were you born|\bdate of birth",
        r"\b(?:born|built|made|created)\b.*\b\d{3,4}|birthday|\bborn on\b|\bborn in (?:january|february|march|april"
        r"|may|june|july|august"
        r"|september|october|november|december|spring|summer|autumn|winter)",
        "when I was born",
        strict=True,
        examples=("when is your birthday", "when were you born"),
    ),
    Topic(
        "birthplace",
        (PAST,),
        r"\bwhere (?:were|was) you (?:born|raised|brought up|made|built)|\bwhere (?:do|did) you come from"
        r"|\bwhere (?:are|were) you (?:originally )?from|\bwhat \w+ (?:are|do) you (?:come )?from|^where you from"
        r"|\bwhere did you grow|\bhome ?town|\bwhere you (?:are from|grew up|were born|come from)"
        r"|\bwhere did you spend your childhood|\bbirth ?place|\bwhich country|\bnationality",
        r"\bborn (?!and raised to)|grew up|\bgrew on|raised|brought up|native|home ?town|(?:come|came|originally|hail"
        r"|am) from|childhood (?:in|on|at)|was (?:made|built|created|assembled|carved) (?:in|by|at|on)",
        "where I was born",
        strict=True,
        examples=("where were you born", "where did you grow up", "where are you from", "what is your hometown"),
    ),
    Topic(
        "childhood",
        (PAST,),
        r"\bchildhood|\bas a (?:child|kid|boy|girl)|\bwhen you were (?:young|little|small|a (?:child|kid|boy|girl))"
        r"|\bgrowing up|\byour youth",
        r"\bchild|grew up|raised|\bborn\b|young|\bboy\b|\bgirl\b|\bkid\b|\bschool",
        "anything about my childhood",
        examples=("what was your childhood like", "what were you like as a child"),
    ),
    Topic(
        "home",
        (PAST, TIES),
        r"\bdo you live\b|\blive with\b|\bwhere (?:do|are) you (?:live|living|stay|based|reside)|\bwhere you live"
        r"|\byour (?:home|house|apartment"
        r"|flat)\b|\bwhere is your home|\bwhich city|\bwhat city",
        r"\blive[ds]?\b(?! for)|\bliving (?:in|on|at|with)|\bmy (?:home|house|cottage|apartment|flat|cabin|farm"
        r"|houseboat)|resid|settled|moved (?:to|into|back)|\bshare[sd]? (?:a|an|my|the) (?:\w+ )?(?:flat|house"
        r"|apartment|home|room)|\bbased in|\bhome (?:in|on|is)"
        r"|\b(?:[Nn]owadays|[Tt]hese days|[Cc]urrently|[Nn]ow)\b[^.]* (?:in|at|on) ",
        "where I live",
        strict=True,
        loosely=True,
        examples=("where do you live", "where is your home", "what city do you live in"),
    ),
    Topic(
        "job",
        (PAST, TIES),
        r"\b(?:for a living|your (?:job|work|profession|career|occupation|trade|business|shop)|do you work\b"
        r"|are you working|what (?:is|was) your (?:job|work)|you work (?:as|at|for|in)"
        r"|earn|kind of work|sort of work|line of work|make (?:your|a) living|what do you do(?: now"
        r"| these days| all day| every day| at work)?$|your daily work|employed)",
        r"\bwork(?:s|ed|ing)? (?:as|at|for|in|on|with)\b(?! me\b)|\bI work\b|\bjob\b|career|profession|\bI (?:currently |now "
        r"|also |still )*(?:run|own|opened|founded|started|teach|train|coach|guard|patrol|command|deliver|write|paint"
        r"|fish|farm|nurse|manage|lead|direct|serve|practise|practice|sell|make"
        r"|build|repair|restore"
        r"|perform|design|drive|fly|edit|host)\b|employed"
        r"|\bI (?:am|was) (?:currently |now |also |still |once )*(?:an?|the) (?:(?!of\b)\w+[- ])*(?:(?!daughter|mother"
        r"|father|sister|brother|member|lover|listener|riser|loner|winner)\w+(?:er|or|ist|ian|smith"
        r"|eer)|chef|nurse|cook|judge|captain|guard|spy|clerk|pilot|guide|monk|nun|student|host|surgeon|artist)\b"
        r"|\bI have (?:\w+ )?(?:run|been (?:an?|the|in charge|at|head|\w+ing)|served|led|taught|worked)\b"
        r"|retired|trained as|earn(?:s|ed)? (?:my|a|her|his) (?:living|money)"
        r"|\bI (?:became|was (?:selected|hired|chosen|elected|appointed|promoted))\b|\b(?:these days|nowadays"
        r"|currently|at present)\b|\bnow I\b|\bI now\b",
        "what I do for a living",
        examples=(
            "what do you do for a living",
            "what is your job",
            "where do you work",
            "what is your profession",
            "do you have a job",
        ),
    ),
    Topic(
        "education",
        (PAST, TIES),
        r"\b(?:where|what|when) did you (?:study|learn)|\b(?:your )?(?:school|college|university|degree|education"
        r"|studies)\b|\bdid you (?:study|go to (?:school|college|university))|\bhow did you learn|\bwho taught you",
        r"\bstud(?:y|ied|ies|ying)|\bschool|college|universit|degree|graduat|\blearn|apprentic|educat"
        r"|(?<!mother )(?<!father )taught"
        r"|\btrained"
        r"|academy|scholar|diploma|doctorate",
        "anything about my schooling",
        strict=True,
        loosely=True,
        examples=("where did you go to school", "what did you study", "did you go to college", "who taught you that"),
    ),
    Topic(
        "siblings",
        (TIES, PAST, LIKES, GOALS),
        r"\b(?:brothers?|sisters?|siblings?|twin)\b",
        r"\b(?:brothers?|sisters?|siblings?|twins?)\b|only child",
        "anything about brothers or sisters",
        strict=True,
        examples=("do you have any brothers or sisters", "do you have siblings"),
    ),
    Topic(
        "parents",
        (TIES, PAST, LIKES, GOALS),
        r"\b(?:parents?|mother|father|mom|mum|dad|mama|papa)\b",
        r"\b(?:parents?|(?<!grand)mother|(?<!grand)father|mom|mum|dad|mama|papa|orphan(?:ed)?|(?:son|daughter|child) of)\b",
        "anything about my parents",
        strict=True,
        examples=("tell me about your parents", "who is your mother", "what does your father do"),
    ),
    Topic(
        "grandparents",
        (TIES, PAST, LIKES, GOALS),
        r"\b(?:grandmother|grandfather|grandparents?|grandma|grandpa|granny)\b",
        r"\b(?:grandmother|grandfather|grandparents?|grandma|grandpa|granny)\b",
        "anything about my grandparents",
        strict=True,
    ),
    Topic(
        "grandchildren",
        (TIES, LIKES, PAST, GOALS),
        r"\bgrand(?:son|daughter|child|children|kids?)\b",
        r"\bgrand(?:son|daughter|child|children|kid)s?\b",
        "anything about grandchildren",
        strict=True,
    ),
    Topic(
        "partner",
        (TIES, PAST, LIKES, GOALS),
        r"\b(?:married|husband|wife|spouse|boyfriend|girlfriend|fianc\w+|partner|in love|single|dating|relationship"
        r"|lover|love life|romantic|sweetheart|divorced|widow\w*)\b",
        r"\b(?:married|husband|wife|spouse|boyfriend|girlfriend|fianc\w+|partner|in love|single|unmarried|dating"
        r"|engaged|betrothed|lover|divorced?|widow\w*|romantic|sweetheart|bachelor)\b",
        "anything about my love life",
        strict=True,
        examples=("are you married", "do you have a boyfriend or girlfriend", "are you in love with someone", "are you single"),
    ),
    Topic(
        "children",
        (TIES, PAST, LIKES),
        r"\b(?:do|did|have) you .*\b(?:children|kids|child|sons?|daughters?)\b|\byour (?:children|kids|child|sons?"
        r"|daughters?|boy|girl)\b|\bare you a (?:mother|father|parent|mom|dad)",
        r"\b(?:children|kids|sons?|daughters?|my child|stepson|stepdaughter)\b|\b(?:mother|father) of\b|only child of mine",
        "anything about children of my own",
        strict=True,
        examples=("do you have children", "how many kids do you have", "do you have a son or a daughter"),
    ),
    Topic(
        "pets",
        (TIES, LIKES, PAST),
        r"\bpets?\b|\b(?:do|did) you (?:have|own|keep) (?:a |an |any |some )?(?:dogs?|cats?|birds?|fish|animals?"
        r"|horses?|parrots?)\b|\byour (?:dog|cat|bird|horse|parrot|pet|animal)s?\b",
        r"\b(?:pets?|dogs?|cats?|puppy|kitten|parrots?|horses?|rabbits?|goldfish|hamsters?|tortoise|budgie|canary"
        r"|terrier|retriever|spaniel|hens|chickens|goats?|ferret|owl|raven|mare|pony|collie|hound|bees)\b",
        "anything about a pet",
        strict=True,
        loosely=True,
        examples=("do you have any pets", "do you have a dog or a cat"),
    ),
    Topic(
        "friends",
        (TIES, PAST, LIKES),
        r"\bfriends?\b(?! of mine)(?!.*\b(?:say|describe|think)\b)|\bbuddy|\bwho do you (?:trust|spend time with"
        r"|hang out with)",
        r"\bfriends?(?:hip)?\b|\bbuddy|companion|\bmate\b|confidant|\btrust|pal\b",
        "anything about my friends",
        examples=("who is your best friend", "do you have many friends", "tell me about your friends"),
    ),
    Topic(
        "colleagues",
        (TIES, PAST),
        r"\b(?:colleagues?|co-?workers?|boss|people you work with|work with|team|crew|assistant|employees?|clients?"
        r"|customers?|neighbou?rs?|students|pupils)\b",
        r"\b(?:colleagues?|co-?workers?|boss|works? (?:together )?(?:with|for)|team|crew|assistant|employees?|clients?"
        r"|customers?|partner|neighbou?rs?|students|pupils|apprentice|mate)\b",
        "anything about the people I work with",
        examples=("how do you get along with your colleagues", "who do you work with", "do you like your boss"),
    ),
    Topic(
        "rivals",
        (TIES, DISLIKES, PAST),
        r"\b(?:enem(?:y|ies)|rivals?|nemesis|opponent|do not get along|not get along)\b",
        r"\b(?:enem(?:y|ies)|rival\w*|nemesis|opponent|feud|quarrel\w*|distrust\w*|grudge|jealous|spreads? lies"
        r"|betray\w*|hostile|complicated|tense|strained"
        r"|argu\w+)\b",
        "anything about enemies",
        strict=True,
        examples=("do you have any enemies", "who is your rival", "is there someone you do not get along with"),
    ),
    Topic(
        "mentor",
        (TIES, PAST),
        r"\b(?:mentor|teacher|idol|hero|role model|look up to|admire|inspir\w+)\b",
        r"\b(?:mentor|teacher|idol|hero|role model|looks? up to|admire|inspir\w+|taught me|learn\w*)\b",
        "anybody I look up to",
        examples=("who do you admire", "who is your role model", "who inspired you"),
    ),
    Topic(
        "family",
        (TIES, PAST),
        r"\bfamily\b|\brelatives\b|\bcousins?\b|\buncle\b|\baunt\b|\bniece|\bnephew",
        r"\b(?:family|relatives?|cousins?|uncle|aunt|niece|nephew|brothers?|sisters?|mother|father|parents?|sons?"
        r"|daughters?|wife|husband|grand\w+|twins?)\b",
        "anything about my family",
        examples=("tell me about your family", "do you have a family"),
    ),
    Topic(
        "ties",
        (TIES,),
        r"\b(?:who is (?:important|close|dear) to you|people in your life|who do you love|your relationships"
        r"|closest to|important people|who matters|important person)\b",
        "",
        "who is close to me",
        examples=("who is important to you", "who are the people in your life", "who are you closest to"),
    ),
    Topic(
        "hair",
        (LOOK,),
        r"\byour hair\b|\bare you (?:blonde?|bald|a redhead)|\bhair colou?r|\b(?:have|got) \w* ?hair\b|\bbeard\b|\bmoustache\b",
        r"\bhair(?:ed)?\b|\bbald|\bbeard|blond|redhead|brunette|braid|curls|ponytail|\bfur\b|mane|moustache",
        "the colour of my hair",
        strict=True,
        examples=("what color is your hair",),
    ),
    Topic(
        "eyes",
        (LOOK,),
        r"\b(?:your|blue|brown|green|gr[ae]y|hazel) eyes?\b|\bglasses\b|\beye colou?r",
        r"\beyes?\b|\beyed\b|glasses|spectacles",
        "the colour of my eyes",
        strict=True,
        examples=("what color are your eyes",),
    ),
    Topic(
        "height",
        (LOOK,),
        r"\bhow (?:tall|big|large|heavy) are you|\bare you (?:tall|short|big|small)\b|\byour height|\bhow much do you weigh",
        r"\b(?:tall|short|height|stature|metres?|meters?|feet|foot|inches|petite|towering|lanky|slim|build|broad"
        r"|stocky|small|large|big|tiny|cm|centimetres)\b",
        "how tall I am",
        strict=True,
        examples=("how tall are you",),
    ),
    Topic(
        "clothes",
        (LOOK, LIKES),
        r"\b(?:wear|wearing|clothes|dressed|outfit|hat|coat|jacket|dress)\b",
        r"\bwear|dress|cloth|coat|jacket|hat\b|shirt|scarf|boots|uniform|suit\b|robe|apron|jumper|sweater|gloves"
        r"|glasses|cap\b|shoes|ring\b|necklace|earring",
        "what I wear",
        strict=True,
        examples=("what are you wearing", "what clothes do you like to wear"),
    ),
    Topic(
        "look",
        (LOOK,),
        r"\b(?:look like|your appearance|describe (?:your|how you) (?:look|appearance|face|body)\w*|what you look"
        r"|how do you look|your (?:face|looks|body|smile|skin|scar|tattoo)|physically|recogni[sz]e you)\b",
        "",
        "what I look like",
        examples=("what do you look like", "describe your appearance", "how would i recognize you"),
    ),
    Topic(
        "weakness",
        (TRAITS, DISLIKES),
        r"\b(?:weakness\w*|flaws?|bad habits?|faults?|worst (?:trait|quality|habit)|struggle with|shortcomings?)\b",
        r"\b(?:too|stubborn|impatient|shy|forget\w*|clumsy|messy|temper|trouble|struggle\w*|hard to|difficult\w*"
        r"|anxious|worr\w+|perfectionist|proud|jealous|reckless|impulsive|absent-minded|lazy|gruff|moody|blunt|overly"
        r"|sarcastic|bad at|tend)\b",
        "what my faults are",
        examples=("what is your biggest weakness", "do you have any bad habits", "what are your flaws"),
    ),
    Topic(
        "traits",
        (TRAITS,),
        r"\b(?:your (?:personality|character|temperament|strengths?|nature|best (?:trait|quality))"
        r"|kind of (?:a )?person|sort of (?:a )?person|type of (?:a )?person|describe yourself|(?:say|think) (?:about"
        r"|of) you\b|your reputation|how would (?:you"
        r"|your friends|people|others) describe"
        r"|what are you like|are you (?:an? )?(?:\w+ )?(?:kind|shy|funny|patient|brave|smart|friendly|outgoing|honest"
        r"|lazy|stubborn|optimist\w*|pessimist\w*|introvert\w*|extrovert\w*|serious|creative|generous|confident"
        r"|good (?:person|listener)))\b",
        "",
        "what kind of person I am",
        examples=(
            "what kind of person are you",
            "how would you describe your personality",
            "what are your strengths",
            "are you a friendly person",
        ),
    ),
    Topic(
        "fear",
        (DISLIKES, TRAITS, PAST),
        r"\b(?:afraid|fears?|scare[sd]?|scary|frighten\w*|phobia|terrified|terrifies|worr(?:y|ies|ied)|nervous)\b",
        r"\b(?:afraid|fears?|scare[sd]?|frighten\w*|terrified|phobia|nervous|anxious|heights|dark|worr\w+)\b",
        "what I am afraid of",
        examples=("what are you afraid of", "what scares you", "what is your biggest fear"),
    ),
    Topic(
        "dislikes",
        (DISLIKES,),
        r"\b(?:(?:what|which|who|things?|anything|something|food|people)\b.*\byou (?:really |not |can not "
        r"|cannot )*(?:dislike|hate|stand|bear|can not stand|do not like|detest|avoid)|do not you like|annoy\w*|angry"
        r"|mad|bothers?|irritat\w*|upsets?|drives you (?:mad|crazy)|pet peeves?|your dislikes|least favou?rite"
        r"|gets on your nerves)\b",
        "",
        "what I dislike",
        examples=(
            "what do you dislike",
            "what do you hate",
            "what makes you angry",
            "what annoys you the most",
            "what do you not like",
        ),
    ),
    Topic(
        "favourite",
        (LIKES, TRAITS, PAST),
        r"\b(?:favou?rites?|what do you (?:usually |like to |often )*(?:eat|drink|read|watch|play|cook|listen|sing"
        r"|collect|paint|write)\b|like (?:the )?(?:best|most)|love (?:the )?most|prefer|what (?:kind|sort"
        r"|type)s? of (?:\w+ ){1,3}do you (?:like|love|enjoy|prefer|listen|read|watch|eat|play))\b",
        "",
        "what my favourite is",
        examples=("what is your favorite thing", "what kind of music do you like", "what food do you like"),
    ),
    Topic(
        "hobbies",
        (LIKES, TRAITS, PAST),
        r"\b(?:hobb(?:y|ies)|for fun|free time|spare time|pastimes?|weekends?|evenings?|day off|days off|relax"
        r"|your interests|interested in|passion\w*|enjoy doing|(?<!would you )like to do|like doing|love doing|makes? you happy"
        r"|passionate about|cheers you up|your likes|what (?:things )?do you (?:really )?(?:like|love|enjoy)$)\b",
        "",
        "what I like",
        examples=(
            "what are your hobbies",
            "what do you do in your free time",
            "what do you do for fun",
            "what do you like",
            "what makes you happy",
            "what do you enjoy doing on weekends",
        ),
    ),
    Topic(
        "goals",
        (GOALS,),
        r"\b(?:goals?|dreams?|ambitions?|in (?:five|ten|\w+) years|future|achieve|plans?|hope (?:to|for)|aspir\w+"
        r"|want to (?:do|be|become|achieve|accomplish)|wish(?:es)?|looking forward|looking for|searching for"
        r"|what would you do if|if you could|bucket list"
        r"|what (?:else )?do you want|what are you (?:saving|working) (?:for|towards?)|next step)\b",
        r"\b(?:want|hope|dream|wish|would like|would love|plan|aim|goal|ambition|long|determined"
        r"|search\w*|seek\w*|look\w* for|hunt\w*|saving)\b",
        "what I want to do one day",
        examples=(
            "what are your goals",
            "what is your dream",
            "where do you see yourself in five years",
            "what do you want to achieve",
            "what are your plans for the future",
            "if you could do anything what would you do",
        ),
    ),
    *(
        Topic(name, (LIKES, PAST, TRAITS, DISLIKES, GOALS), question, fact, unknown)
        for name, question, fact, unknown in (
            (
                "music",
                r"\b(?:music|songs?|sing|singer|band|instruments?|concerts?|melody)\b",
                r"\b(?:music\w*|songs?|sing(?:s|ing)?|bands?|jazz|opera|blues|rock|folk|fado|shant(?:y|ies)|piano"
                r"|guitar|violin|drums?|cello|flute"
                r"|trumpet|accordion|choir|organ|symphon(?:y|ies)|harp|saxophone"
                r"|orchestra|vinyl|records|concerts?|classical|hip hop|instruments?)\b",
                "anything about music",
            ),
            (
                "food",
                r"\b(?:food|eat|eating|dish(?:es)?|meals?|snacks?|breakfast|lunch|dinner|cook(?:ing)?|hungry|dessert"
                r"|cuisine)\b",
                r"\b(?:food|eat(?:s|ing)?|dish(?:es)?|meals?|cook(?:s|ing|ed)?|bak(?:e|es|ing)|cakes?|bread|noodles"
                r"|pasta|pizza|soup|chocolate|cheese|fruit"
                r"|chicken|fish|curry|sushi|rice|chips|pies?|cookies|ice cream|stew|pancakes|sandwich\w*|honey|salad"
                r"|dumplings|tacos)\b",
                "what I like to eat",
            ),
            (
                "drink",
                r"\b(?:drinks?|drinking|thirsty|beverage)\b",
                r"\b(?:drink\w*|coffee|tea|chai|wine|beer|ale|juice|whisk(?:e)?y|rum|cocoa|milk|port|lemonade|water"
                r"|espresso|cider)\b",
                "what I like to drink",
            ),
            (
                "sport",
                r"\b(?:sports?|exercise|keep fit|stay fit|work out|athletic|team do you support)\b",
                r"\b(?:sports?|running|runs|jog\w*|swim\w*|football|soccer|tennis|basketball|baseball|cricket|rugby"
                r"|golf|hockey|wrestl\w*|cycl\w*|hik\w*"
                r"|climb\w*|skat\w*|yoga|gym|boxing|martial|danc\w*|surf\w*|ski\w*|row(?:s|ing)|sail\w*|archery"
                r"|fencing|marathon|fishing|rid(?:es|ing))\b",
                "anything about sports",
            ),
            (
                "books",
                r"\b(?:books?|reading|novels?|authors?|what do you read|poems?|poetry|literature)\b",
                r"\b(?:books?|read(?:s|ing)?|novels?|authors?|poe(?:ms?|try)|literature|librar\w+|stories|comics?|magazines)\b",
                "what I read",
            ),
            (
                "films",
                r"\b(?:films?|movies?|cinema|television|tv|series|shows?)\b",
                r"\b(?:films?|movies?|cinema|television|tv|series|theatre|plays|cartoons|documentar\w+)\b",
                "what I watch",
            ),
            (
                "travel",
                r"\b(?:travel\w*|holidays?|vacations?|abroad|countries|trips?|journeys?)\b",
                r"\b(?:travel\w*|tour(?:s|ed|ing)?|holidays?|vacations?|abroad|countries|trips?|journeys?|voyages?"
                r"|explor\w+|sail\w*|moved)\b",
                "anything about travelling",
            ),
        )
    ),
    Topic(
        "pride",
        (PAST, TIES, TRAITS),
        r"\b(?:proud(?:est)?|you (?:ever )?(?:won|win)|achievements?|accomplish\w*|success(?:es)?|greatest moment|awards?|prizes?"
        r"|medals?|best thing you)\b",
        r"\b(?:proud|won|win|saved?|first|youngest|award|prize|medal|champion\w*|opened|founded|built|invented"
        r"|discovered|predicted|published|survived"
        r"|graduat\w+|was named|became|famous|record|earned|received|star)\b",
        "what I am proud of",
        examples=("what are you most proud of", "what is your greatest achievement"),
    ),
    Topic(
        "languages",
        (PAST, TRAITS),
        r"\b(?:languages?|speak (?:english|french|german|spanish|italian|chinese|japanese|russian|arabic|portuguese|latin))\b",
        r"\b(?:languages?|fluent\w*|bilingual|english|french|german|spanish|italian|chinese|japanese|russian|arabic"
        r"|portuguese|latin|dialect|accent)\b",
        "which languages I know",
        strict=True,
        examples=("what languages do you speak",),
    ),
    Topic(
        "past",
        (PAST,),
        r"\b(?:your (?:past|background|life story|life|story|history|experience)|about your life|before (?:that|you)"
        r"|used to do|how did you (?:become|end up|get (?:into|started|here)|start|come to)|how long have you"
        r"|have you (?:ever|always)|what happened to you)\b",
        "",
        "anything more about my past",
        examples=(
            "tell me about your past",
            "tell me your life story",
            "how did you become what you are",
            "what is your background",
            "how did you get started",
        ),
    ),
)

#: What happened to somebody's eye is not told by what it looks like.
_EVENT = re.compile(r"\bwhat happened\b|^(?:how|when|where) did\b|^why\b|\bhow come\b")

BY_NAME = {topic.name: topic for topic in TOPICS}


def answers(fact: Fact, topic: Topic) -> bool:
    """Whether a fact says something on a topic, by its section and its words."""
    return fact.section in topic.sections and bool(re.search(topic.fact, fact.text, re.IGNORECASE))


def matching(question: str) -> list[Topic]:
    """The topics whose words stand in a normalised question, in the order of ``TOPICS``."""
    return [
        topic
        for topic in TOPICS
        if re.search(topic.question, question) and not (topic.sections == (LOOK,) and _EVENT.search(question))
    ]
