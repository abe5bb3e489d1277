"""Markdown, HTML and LaTeX down to the words that people see.

Clauses come one by one, so any of this may be a piece: a row of a table, an item of a list, a mark without its
partner. A parser of whole documents would take such pieces for something else, and gives no places of characters, which
captions need.
Every pattern is bounded or walks a line once: hostile text takes linear time.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from comps.tts.reading.addresses import is_file_name
from comps.tts.reading.formulas import with_formulas_read
from comps.tts.reading.phrases import Phrases
from comps.tts.reading.traced import Traced

_FENCE = re.compile(r"[ \t>]{0,12}(`{3,}|~{3,})[^`\n]*$")
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)[ ]?(?P<code>[^`\n]{1,400}(?:\n[^`\n]{1,200})?)\1(?!`)")
_COMMENT = re.compile(r"<!--[\s\S]*?(?:-->|\Z)")
_HIDDEN = re.compile(r"<(script|style)\b[^<>]{0,300}>[\s\S]*?(?:</\1\s*>|\Z)", re.IGNORECASE)
_ADDRESS = r"[^()\s]{0,800}(?:\([^()\s]{0,200}\)[^()\s]{0,400}){0,3}"
_LINKED = r"\((?:<[^<>\n]{0,800}>|" + _ADDRESS + r")(?:[ \n]+[\"'(][^\"\n]{0,200}[\"')])?\)"
_IMAGE = re.compile(r"(?P<open>!\[)(?P<label>[^\[\]]{0,300})(?P<close>\]" + _LINKED + ")")
_LINK = re.compile(r"(?P<open>\[)(?!\^)(?P<label>[^\[\]]{0,500})(?P<close>\](?:" + _LINKED + r"|\[[^\[\]\n]{0,100}\]))")
_DEFINITION = re.compile(r"^[ ]{0,3}\[(?!\^)[^\[\]\n]{1,100}\]:[ \t]*\S{1,800}(?:[ \t]+[\"'(][^\n]{0,200})?$", re.MULTILINE)
_FOOTNOTE = re.compile(r"^[ ]{0,3}\[\^[^\[\]\n]{1,50}\]:[ \t]*|\[\^[^\[\]\n]{1,50}\]", re.MULTILINE)
#: References as some assistants give them; "list[0]" is none.
_CITATION = re.compile(r"(?<=[\w.,;:!?)\"”’])[ ]?(?:\[[1-9]\d{0,2}(?:[ ]?[,–-][ ]?\d{1,3}){0,8}\])+|【[^【】\n]{1,60}】")
_TASK = re.compile(r"^[ \t>]*(?:[-*+]|\d{1,3}[.)])[ \t]+(?P<it>\[[ xX]\][ \t]+)", re.MULTILINE)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:|www\.)[^\s<>]{1,800}|[\w.+-]{1,64}@[\w.-]{1,200})>")

_TAGS = (
    "a abbr address article aside audio b blockquote body br button caption center cite code col colgroup dd del "
    "details dfn div dl"
    " dt em fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins "
    "kbd label li"
    " link main mark meta nav ol optgroup option p picture pre q s samp section select small source span strike "
    "strong sub summary"
    " sup svg table tbody td textarea tfoot th thead time title tr tt u ul var video wbr break speak prosody emphasis "
    "say-as phoneme"
    " voice think"
)
_TAG = re.compile(
    r"</?(?P<tag>" + "|".join(sorted(_TAGS.split(), key=len, reverse=True)) + r")(?:[\s/][^<>]{0,500})?>", re.IGNORECASE
)
_BREAKS = frozenset(
    [
        "br",
        "p",
        "div",
        "li",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "ul",
        "ol",
        "table",
        "dd",
        "dt",
        "blockquote",
        "section",
        "article",
        "option",
    ]
)
_RAISED = re.compile(r"<sup>([+-]?\d{1,3}|n)</sup>", re.IGNORECASE)
_LOWERED = re.compile(r"<sub>(\w{1,3})</sub>", re.IGNORECASE)
_ATTRIBUTED = re.compile(r"<(img)\b[^<>]{0,300}?\balt=\"(?P<alt>[^\"<>]{0,200})\"[^<>]{0,300}>", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"</?(?P<name>[A-Za-z][\w .-]{0,40})/?>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});|&(?:nbsp|amp|lt|gt|quot)\b")

_RULER = re.compile(
    r"^[ \t]*(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|={3,}[ \t]*|(?:[•·~+#]){5,}[ \t]*)$", re.MULTILINE
)
_TABLE_RULE = re.compile(r"^[ \t>]*(?=[^\n]{0,400}-)(?=[^\n]{0,400}[|+])[ \t:|+=-]{3,}$", re.MULTILINE)
_EMPHASIS = re.compile(
    r"""
      (?<=\d)(?P<power>\*\*)(?=\d)
    | `+ | ~~ | \*{2,} | (?<!\w)__(?=\S) | (?<=\S)__(?!\w) | (?<!=)==(?=[\w*])(?<![\w ]==) | (?<=\w)==(?=[\s.,;:!?)]|$)
    | (?<![\w*])\*(?=[^\s*]) | (?<=[^\s*])\*(?![\w*])          # emphasis, opening and closing; not the sign in 2 * 3
    | (?<=[^\W\d])\*(?=[^\W\d])                                # un*believ*able
    | (?<![^\W_])_+(?=[^\s_]) | (?<=[^\s_])_+(?![^\W_])        # emphasis with underscores; not the one in snake_case
    """,
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?P<sign>[*_`~\[\]()#+.!>|$-])")
_ITEM = r"(?:[-*+•‣◦–][ \t]+|\d{1,3}[.)][ \t]+)"
_LIST_BRACKET = re.compile(r"^[ \t>]*\d{1,3}(?P<it>\))(?=[ \t])", re.MULTILINE)
_HEADING_END = re.compile(r"^[ \t]{0,3}\#{1,6}[ \t][^\n]*?(?P<it>[ \t]*\#*[ \t]*)$", re.MULTILINE)
_BLOCK_END = re.compile(rf"^[ \t>]*(?P<mark>{_ITEM}|\#{{1,6}}[ \t]+)[^\n]*[^\s.,;:!?…。，；：！？](?P<it>)[ \t]*$", re.MULTILINE)
_BLOCK_MARK = re.compile(r"^[ \t]*(?:>[ \t]?)*(?:[-*+•‣◦][ \t]+|\#{1,6}[ \t]+)?", re.MULTILINE)
_PIPE = re.compile(r"[ \t]*(?<!\\)\|(?:[ \t]*\|)*[ \t]*")
_TICKS = {"✓": True, "✔": True, "✅": True, "☑": True, "✗": False, "✘": False, "❌": False, "❎": False}
_TICK_CELL = re.compile(r"(?<=\|)[ \t]*(?P<it>[✓✔✅☑✗✘❌❎])\ufe0f?[ \t]*(?=\|)")


def without_markup(text: Traced, phrases: Phrases) -> Traced:
    """What a reader sees, line by line; blocks of code announced, formulas in words."""
    text = _with_blocks_announced(text, phrases)
    text = text.sub(_COMMENT, "").sub(_HIDDEN, "")
    text = text.sub(_CODE, lambda match: _code(match["code"], phrases))
    text = with_formulas_read(text, phrases)
    text = _links(text)
    text = _tags(text)
    text = text.sub(_ENTITY, lambda match: html.unescape(match[0]))
    return _lines(text, phrases)


def _with_blocks_announced(text: Traced, phrases: Phrases) -> Traced:
    """Fenced code replaced by a sentence that says it is there. A fence without an end reaches to the end of the text."""
    if "```" not in text.text and "~~~" not in text.text:
        return text
    pieces, spans = [], []
    fence, opening, has_code = "", (0, 0), False
    for begin, end in _line_ends(text.text):
        line = text.text[begin:end]
        found = _FENCE.match(line.rstrip("\n"))
        if not fence and found:
            fence, opening, has_code = found[1], (begin, begin + len(line.rstrip("\n"))), False
        elif fence and found and found[1].startswith(fence) and line.strip(" \t>\n") == found[1]:
            fence = ""
            notice = phrases.code + "\n" if has_code and phrases.code else "\n"
            pieces.append(notice)
            spans += [(text.spans[opening[0]][0], text.spans[opening[1] - 1][1])] * len(notice)
        elif fence:
            has_code = has_code or not line.isspace()
        else:
            pieces.append(line)
            spans += text.spans[begin:end]
    if fence and has_code and phrases.code:
        pieces.append(phrases.code)
        spans += [(text.spans[opening[0]][0], text.spans[opening[1] - 1][1])] * len(phrases.code)
    return Traced("".join(pieces), spans)


def _line_ends(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        yield at, end
        at = end


_CODE_TAG = re.compile(r"</?(\w+)[^<>]{0,80}>")
_CODE_SPACE = re.compile(r"[_\[\]{};\"'`]|(?<=\w)\((?=\))|(?<=\()\)|--?(?=[a-zA-Z])|\(\)")
_CODE_DOT = re.compile(r"(?<=\w)\.(?=[A-Za-z])")


def _code(code: str, phrases: Phrases) -> str | None:
    """Words of a piece of code within a sentence; addresses and paths are left to their own rules."""
    if "://" in code or ("/" in code and " " not in code) or "@" in code:
        return code
    if is_file_name(code):
        return code
    code = code.replace("&&", "&")
    code = _CODE_TAG.sub(r"\1", code)
    code = _CODE_DOT.sub(f" {phrases.dot} ", code) if phrases.dot != "." and not code.startswith("-") else code
    return _CODE_SPACE.sub(" ", code.replace("*", "∗").replace("$", "")).strip() or ""


def _links(text: Traced) -> Traced:
    text = text.sub(_FOOTNOTE, "").sub(_TASK, "").sub(_DEFINITION, "").sub(_AUTOLINK, lambda match: match[1])
    for pattern in (_IMAGE, _LINK):
        silent = [False] * len(text.text)
        for match in pattern.finditer(text.text):
            for group in ("open", "close"):
                begin, end = match.span(group)
                silent[begin:end] = [True] * (end - begin)
        if any(silent):
            text = text.without(silent)
    return text.sub(_CITATION, "")


_SUPERSCRIPTS = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")


def _tags(text: Traced) -> Traced:
    if "<" not in text.text:
        return text
    text = text.sub(_ATTRIBUTED, lambda match: match["alt"])
    text = text.sub(_RAISED, lambda match: match[1].translate(_SUPERSCRIPTS)).sub(_LOWERED, lambda match: match[1])
    text = text.sub(_TAG, _tag)
    return text.sub(_PLACEHOLDER, lambda match: match["name"])


def _tag(match: re.Match[str]) -> str:
    name, closes = match["tag"].lower(), match[0].startswith("</")
    if name in ("td", "th", "option"):
        return ", " if closes else ""
    if name == "q":
        return '"'
    return "\n" if name in _BREAKS and (closes or name in ("br", "hr", "li", "p", "tr")) else ""


def _lines(text: Traced, phrases: Phrases) -> Traced:
    text = _rows(text, phrases).sub(_TABLE_RULE, "").sub(_RULER, "")
    text = text.sub(_EMPHASIS, lambda match: "^" if match["power"] else "")
    text = text.sub(_ESCAPE, lambda match: match["sign"])
    text = text.sub(_HEADING_END, "").sub(_LIST_BRACKET, ".")
    written = text.text
    text = text.sub(_BLOCK_END, lambda match: _block_end(match, written, phrases))
    return text.sub(_BLOCK_MARK, "")


_NEXT_ITEM = re.compile(rf"\s*\n[ \t>]*{_ITEM}")


def _block_end(match: re.Match[str], text: str, phrases: Phrases) -> str:
    """A heading and the last item of a list end as sentences do, other items with a pause."""
    has_next = not match["mark"].startswith("#") and _NEXT_ITEM.match(text, match.end())
    return phrases.comma.strip() if has_next else phrases.stop


def _rows(text: Traced, phrases: Phrases) -> Traced:
    """Rows of tables as their cells, one after the other."""
    if "|" not in text.text:
        return text
    if phrases.yes:
        text = text.sub(_TICK_CELL, lambda match: phrases.yes if _TICKS[match["it"]] else phrases.no)
    rows = _row_ends(text.text)

    def pipe(match: re.Match[str]) -> str | None:
        begin, end = rows.get(text.text.rfind("\n", 0, match.start()) + 1, (0, 0))
        if begin == end:
            return None
        if not text.text[begin : match.start()].strip():
            return ""
        if text.text[match.end() : end].strip():
            return phrases.comma
        return "" if text.text[: match.start()].rstrip()[-1:] in ".!?…。！？" else phrases.stop

    return text.sub(_PIPE, pipe)


def _row_ends(text: str) -> dict[int, tuple[int, int]]:
    """Where lines that are rows of a table begin and end, by their beginnings; its rule is none."""
    lines = list(_line_ends(text))
    rules = {index for index, (begin, end) in enumerate(lines) if _TABLE_RULE.match(text[begin:end].rstrip("\n"))}
    rows: dict[int, tuple[int, int]] = {}
    in_table = False
    for index, (begin, end) in enumerate(lines):
        line = text[begin:end].strip(" \t>\n")
        in_table = "|" in line and (in_table or index in rules or index + 1 in rules)
        if index not in rules and (in_table or (line.startswith("|") and line.count("|") > 1)):
            rows[begin] = (begin, end)
    return rows
