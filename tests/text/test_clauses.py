"""The clause splitter: hard cases, and laws that hold for any text."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comps.cores.text.clauses import MAX_CLAUSE_CHARS, Clause, ClauseSplitter

#: Each case: the clauses, as a person would speak them. Joined by nothing, they are the text.
CASES = [
    # ends of sentences
    ["Hello there. ", "How are you? ", "Fine!"],
    ["One sentence only"],
    ["Is it? ", "It is! ", "Good."],
    ["What?! ", "You did it?"],
    ["No. ", "That is wrong."],
    ["So do I. ", "And you?"],
    ["It ended in 1999. ", "Then it rained."],
    ["I scored 42. ", "You scored 40."],
    # numbers, prices, times, versions
    ["It costs $29.95. ", "Not $30."],
    ["It costs $29.95 in the shop."],
    ["Pi is 3.14159 or so."],
    ["We have 1,234,567.89 of them."],
    ["At 10:30 we start. ", "At 11:45 we end."],
    ["Use version 2.0.1 today. ", "Not v1.9."],
    ["The ratio is 3 : 4 here."],
    ["On July 4, 1776, ", "they signed it."],
    ["See No. 5 on the list."],
    ["It is 98.6 degrees, ", "not more."],
    ["Call 555-1234. ", "Ask for Ann."],
    ["The years 1990–1995 were good."],
    ["Take 10 - 5 and you get five."],
    [".5 is a half."],
    # abbreviations, titles, initials
    ["Dr. Smith is here. ", "Mr. and Mrs. Jones are not."],
    ["Fruits, e.g. apples, ", "are good. ", "Eat them."],
    ["That is, ", "i.e. now, the end."],
    ["Now, i.e. today. ", "The end."],
    ["The U.S. Army came. ", "They left."],
    ["He lives in the U.K. now."],
    ["J. R. R. Tolkien wrote it. ", "I read it."],
    ["J.R.R. Tolkien wrote it."],
    ["George W. Bush and Samuel L. Jackson met."],
    ["At 5 p.m. we close. ", "At 9 a.m. we open."],
    ["We close at 5 p.m. ", "The shop is shut."],
    ["Apples and pears etc. ", "They are fruit."],
    ["Apples etc. are fruit."],
    ["Acme Inc. makes it. ", "Buy it."],
    ["She has a Ph.D. in physics."],
    ["Cats vs. dogs. ", "Who wins?"],
    ["Smith et al. (2020) found it."],
    ["St. Paul is a city. ", "So is Mt. Vernon."],
    ["Prof. A. Einstein came on Jan. 5 by train."],
    ["She sat. ", "Then she stood."],
    ["Main St. is long."],
    ["Founded c. 1850 in Vol. XII, ", "Rm. 12, no less."],
    ["From Tue. 3/12 to Thu. 3/14."],
    ["Am 3. Mai kam er. ", "Im 19. Jahrhundert auch."],
    ["I am 30. ", "You are not."],
    ["Es sind 5 Mio. Euro in der Hauptstr. 5."],
    # addresses
    ["Go to https://example.com/a.b?c=d. ", "Then come back."],
    ["Visit www.example.com, ", "please."],
    ["Write to a.b@example.co.uk today. ", "Thanks."],
    ["The file is readme.md and no other."],
    ["It runs on Node.js. ", "Nice."],
    # ellipses
    ["Well... maybe. ", "Or not."],
    ["Well... ", "Maybe so."],
    ["Hmm… let me see. ", "Yes…"],
    ["Wait. . . what is that?"],
    # quotes and brackets
    ['"Stop!" he said. ', "She stopped."],
    ['He said "I am here. You are not." ', "And he left."],
    ["“Go away. Now.” ", "He went."],
    ['It is 6" long. ', "That is short."],
    ["He left (it was late. Very late). ", "She stayed."],
    ["She's Bob's 'best' friend. ", "It's true."],
    ["Sad :( but true. ", "So it goes."],
    ["„Komm her. Jetzt.“ ", "Er kam."],
    ["« Viens ici. Vite. » ", "Il vint."],
    # Markdown
    ["**Hello there.** ", "Next one."],
    ["**Bold. Still bold.** ", "Plain."],
    ["Use `a. b` here. ", "Done."],
    ["See [the page. Really](http://a.b/c) now. ", "Good."],
    ["Steps:\n", "1. Mix it.\n", "2. Bake it."],
    ["1. First you mix. ", "Then bake."],
    ["* An item here\n", "* Another item"],
    ["# Title\n\n", "Some text. ", "More."],
    ["This line goes\non in the next one. ", "End."],
    ["Run this:\n", "```\na. B\n\nc. D\n``` \n", "Then stop."],
    ["This is *really. Truly* so. ", "Yes."],
    ["The name is snake_case. ", "Fine."],
    ["An image ![A tall. Tree](http://x.org/a_(b).png) is here. ", "Yes."],
    ["Use this:\n\n", "~~~\nA. B\n\nC\n~~~\n", "Then stop."],
    ["I had it ~~~ almost. ", "Then it fell."],
    # HTML
    ["<!-- A note. With stops. --> Hello there. ", "Yes."],
    ["<script>\nalert('A. B');\n</script>\n", "Then stop."],
    ['See <a href="https://x.org/a. B">the page</a> now. ', "Good."],
    ["If x<y and all. ", "Then z."],
    ["I <3 it, ", "all of it. ", "Really."],
    # LaTeX, and sums of money
    ["We know $a = 1. B = 2$ here. ", "Next one."],
    ["Two formulas: ", r"\[ a = b. \text{Then } c \] and that is it. ", "Next."],
    ["$$\nE = mc^2. And F\n$$\n\n", "That is all."],
    [r"$$\begin{aligned} a &= b. \\ c &= d. \end{aligned}$$ Then it ends. ", "Yes."],
    [r"First, \(x, y\) are numbers, ", "and so on."],
    ["It costs $5, ", "or $6. ", "Not $7."],
    ["I have $ in it. ", "And more."],
    # tables
    ["| City | Country |\n", "|---|---|\n| Paris | France |\n", "| Rome | Italy |\n\n", "That is all."],
    # emoji
    ["Great! ", "😀 Next one."],
    ["Family 👨‍👩‍👧‍👦. ", "Flags 🇩🇪🇫🇷."],
    ["👍🏽 Good. ", "👍🏽 Better."],
    # other scripts
    ["你好。", "我很好！", "你呢？"],
    ["我叫小明，", "住在北京。", "你呢？"],
    ["「走开。」", "他说。"],
    ["今日は良い天気です。", "散歩しましょう。"],
    ["नमस्ते। ", "आप कैसे हैं? ", "ठीक हूँ।"],
    ["مرحبا؟ ", "نعم۔"],
    ["Он пришёл. ", "Она ушла."],
    # the first clause comes early, the later ones do not
    ["Well, I think, ", "so far, so good. ", "Now, here, we go on, as before."],
    ["I was born in Paris, ", "a city in France, in 1900."],
    ["I think so — ", "but who knows — really. ", "Yes — sure."],
    ["I think so—", "but who knows. ", "Yes—sure."],
    ["The answer is this: ", "a cat."],
    ["Oh, yes. ", "It is, really."],
    ["The thing is - ", "nobody knows."],
    # later ones end at a comma when they are long beside the one before
    ["Yes, of course. ", "The train leaves at ten past nine from platform four, ", "and it takes an hour. ", "So, be early."],
    ["He was born in a town by the sea, ", "where, in those days, boats were built. ", "Now, sadly, none are."],
    ["Hello! ", "I'm Aria, ", "and I look after all visitors."],
    ["是的。", "我住在北京的一个小院子里，", "那里有一棵大树。"],
]


def clauses_of(pieces: list[str]) -> list[Clause]:
    splitter = ClauseSplitter()
    return [clause for piece in pieces for clause in splitter.feed(piece)] + splitter.finish()


def split(pieces: list[str]) -> list[str]:
    return [clause.text for clause in clauses_of(pieces)]


@pytest.mark.parametrize("clauses", CASES, ids=lambda clauses: "".join(clauses)[:40])
def test_hard_case(clauses: list[str]) -> None:
    assert split(["".join(clauses)]) == clauses


def test_there_are_enough_hard_cases() -> None:
    assert len(CASES) >= 60


def test_a_price_that_arrives_in_two_pieces_stays_whole() -> None:
    splitter = ClauseSplitter()
    assert splitter.feed("It costs $29.") == []
    assert splitter.feed("95 today. And") == [Clause("It costs $29.95 today. ")]


def test_the_first_clause_comes_before_its_sentence_ends() -> None:
    assert ClauseSplitter().feed("When I was young, I") == [Clause("When I was young, ", continues=True)]


def test_finish_begins_anew() -> None:
    splitter = ClauseSplitter()
    first, rest = Clause("When I was young, ", continues=True), Clause("I sang", before="When I was young, ")
    assert splitter.feed("When I was young, I sang") == [first]
    assert splitter.finish() == [rest]
    assert splitter.feed("When I was young, I sang") == [first]
    assert splitter.finish() == [rest]
    assert splitter.finish() == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there. How are you?", [("", False), ("", False)]),
        ("To be honest, I do not know. Do you?", [("", True), ("To be honest, ", False), ("", False)]),
        ("The thing is: nobody knows.", [("", True), ("The thing is: ", False)]),
        ("我叫小明，住在北京。你呢？", [("", True), ("我叫小明，", False), ("", False)]),
        ("Steps:\n1. Mix it.", [("", False), ("", False)]),
        ("When I was young,", [("", False)]),
        ("word " * 80 + "end. Yes.", [("", True), ("word " * 40, True), ("word " * 40, False), ("", False)]),
    ],
)
def test_a_clause_knows_what_of_its_sentence_is_around_it(text: str, expected: list[tuple[str, bool]]) -> None:
    assert [(clause.before, clause.continues) for clause in clauses_of([text])] == expected


def test_long_text_without_stops_is_parted_at_spaces() -> None:
    text = "word " * 200
    clauses = split([text])
    assert "".join(clauses) == text
    assert all(len(clause) <= MAX_CLAUSE_CHARS for clause in clauses)
    assert all(clause.strip().split() == ["word"] * clause.count("word") for clause in clauses)


def test_long_text_is_parted_at_commas_where_there_are_some() -> None:
    text = "Then, " + "this is a piece of a long enumeration of things and more things, " * 6
    assert all(clause.rstrip().endswith(",") for clause in split([text]))


def test_long_text_is_not_parted_inside_numbers_or_after_titles() -> None:
    text = "x" * 190 + " 10 000 000 is a number"
    assert split([text])[0] == "x" * 190 + " "
    text = "word " * 38 + "then Dr. Abcdefgh came"
    assert split([text])[0].endswith("then ")


def test_an_address_is_kept_whole() -> None:
    address = "https://example.com/" + "a" * 400
    assert split([f"Look at {address} and smile."])[1].startswith(address)


@pytest.mark.parametrize(
    ("begin", "inside", "end"),
    [
        ("```\n", "A line. Of code\n\n", "```"),
        ("\n~~~\n", "A line. Of code\n\n", "~~~"),
        ("<!--", "A note. Of length. ", "-->"),
        ("<style>", "p. A { color: Red }\n\n", "</style>"),
        ("$$", "a = b. C, d ", "$$"),
        (r"\[", "a = b. C, d ", r"\]"),
    ],
)
def test_a_block_is_kept_whole_and_ends_a_sentence_that_was_too_long(begin: str, inside: str, end: str) -> None:
    block = begin + inside * 40 + end
    before = "word " * 45
    clauses = split([before + block + "\n\nThat is all."])
    assert "".join(clauses) == before + block + "\n\nThat is all."
    assert [clause.strip() for clause in clauses if clause.strip().startswith(begin.strip())] == [block.strip()]
    assert clauses[-1] == "That is all."


@pytest.mark.parametrize("begin", ["$$", "<!--", r"\(", "<pre>", "$a ", '<a href="'])
def test_what_never_ends_does_not_hold_up_an_answer_for_ever(begin: str) -> None:
    clauses = split([f"It is {begin} so. " + "Then it went on. " * 500])
    assert max(map(len, clauses)) <= 4000
    assert len(clauses) > 100


def test_emoji_are_kept_whole_in_an_endless_run() -> None:
    for emoji in ("👨‍👩‍👧‍👦", "🇩🇪", "👍🏽", "1️⃣"):
        clauses = split(["x" + emoji * 150])
        assert len(clauses) > 1
        assert [len(clause.removeprefix("x")) % len(emoji) for clause in clauses] == [0] * len(clauses)


_TEXT = st.lists(
    st.one_of(
        st.sampled_from(["".join(case) for case in CASES]),
        st.sampled_from(
            [" ", "\n", ". ", "... ", ", ", "“", '"', "**", "`", "```", "(", "—", "。", "👨‍👩‍👧", "é", "ǘ", "$1.", "50"]
        ),
        st.text(max_size=20),
    ),
    max_size=12,
).map("".join)


@settings(deadline=None, max_examples=200)
@given(_TEXT)
def test_clauses_joined_are_the_text(text: str) -> None:
    clauses = split([text])
    assert "".join(clauses) == text
    assert all(clauses)


@settings(deadline=None, max_examples=150)
@given(_TEXT, st.data())
def test_the_clauses_do_not_depend_on_how_the_text_arrives(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert split(pieces) == split([text]) == split(list(text))


@settings(deadline=None, max_examples=60)
@given(_TEXT, st.integers(1, 5))
def test_nor_on_how_its_bytes_arrive(text: str, size: int) -> None:
    encoded = text.encode("utf-8", "surrogatepass")
    decoder = codecs.getincrementaldecoder("utf-8")("surrogatepass")
    pieces = [decoder.decode(encoded[at : at + size]) for at in range(0, len(encoded), size)]
    assert split([*pieces, decoder.decode(b"", final=True)]) == split([text])


@settings(deadline=None, max_examples=80)
@given(st.text(alphabet=st.characters(exclude_characters="`@:/.w$<\\~", codec="utf-8"), min_size=150, max_size=900))
def test_no_clause_is_too_long(text: str) -> None:
    assert all(len(clause) <= MAX_CLAUSE_CHARS for clause in split([text]))
