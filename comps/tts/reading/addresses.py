"""Web and e-mail addresses, paths, hashtags and handles, as people say them. Of a web address only the host is said."""

from __future__ import annotations

import re

from comps.tts.reading.phrases import Phrases
from comps.tts.reading.traced import Traced

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}"
_TLD = (
    "com|org|net|edu|gov|mil|int|info|biz|dev|app|io|ai|co|me|tv|uk|us|de|fr|es|it|nl|be|ch|at|eu|ca|au|nz|in|cn|jp"
    "|kr|ru|br|mx|se"
    "|no|dk|fi|pl|cz|pt|ie|gr|tr|za|sg|hk|tw|xyz|online|site|shop|store|blog|cloud|tech|page|news|world|example|test"
    "|local|museum"
)
#: Two-letter ends that are words too ("do it.in time") count only after another dot or before a path.
_WORDS_TOO = frozenset({"in", "it", "at", "be", "me", "no", "us", "so", "is", "to", "de", "es"})
_SCHEMED = re.compile(
    r"(?:mailto:|(?:https?|ftps?|wss?|file)://)(?:[\w.%-]{1,64}@(?=\w))?(?P<host>[^\s/:?#<>()\"'，。、！]{0,253})"
    r"(?P<rest>(?:[:/?#][^\s<>\"'，。、！]{0,1500})?)"
)
_BARE = re.compile(
    rf"(?<![\w@./\\-])(?P<host>{_HOST}(?P<tld>{_TLD}))(?![\w-])(?!\.[A-Za-z0-9])(?P<rest>(?::\d{{2,5}})"
    rf"?(?:/[^\s<>\"'，。、！]{{0,1500}})?)"
    r"(?!@)",
    re.IGNORECASE | re.ASCII,
)
_MAIL = re.compile(r"(?<![\w.+-])(?P<user>[A-Za-z0-9][\w.+-]{0,63})@(?P<host>" + _HOST + r"[A-Za-z]{2,24})(?![\w-])", re.ASCII)
_TRAILING = re.compile(r"[.,;:!?)\]}*_'\"…]+$")

_EXTENSIONS = (
    "py|js|ts|tsx|jsx|md|txt|pdf|json|csv|tsv|html|htm|css|xml|yaml|yml|toml|ini|cfg|conf|sh|bat|exe|dll|zip|tar|gz"
    "|png|jpg|jpeg|gif"
    "|svg|webp|mp3|mp4|wav|ogg|flac|avi|mov|mkv|doc|docx|xls|xlsx|ppt|pptx|log|sql|db|rs|go|java|cpp|hpp|rb|php|swift"
    "|kt|ipynb|env"
    "|lock|rst|tex|bin|iso|jar|apk|dmg|deb|rpm|net"
)
_WORD_EXTENSIONS = frozenset(
    {"json", "zip", "tar", "conf", "log", "lock", "java", "swift", "bin", "bat", "env", "doc", "net", "go"}
)
_PATH = re.compile(
    r"(?<![\w/.:~<])(?:(?:~|\.{1,2})(?=/))?(?:/[A-Za-z0-9_.@+-]{1,100}){2,30}/?(?![\w/])"
    r"|(?<![\w/.:~<])~(?:/[A-Za-z0-9_.@+-]{1,100}){1,30}/?"
    rf"|(?<![\w/.:~-])(?:[A-Za-z0-9_.@+-]{{1,60}}/){{1,20}}[A-Za-z0-9_.@+-]{{1,60}}\.(?:{_EXTENSIONS})(?![\w/])"
    r"|(?<!\S)/[A-Za-z][\w-]{1,40}(?![\w/])"
)
_WINDOWS_PATH = re.compile(r"(?<!\w)[A-Za-z]:\\[A-Za-z0-9_.$\\-]{1,200}")
_FILE = re.compile(
    rf"(?<![\w./-])(?P<name>[A-Za-z0-9_][\w-]{{0,60}}(?:\.[\w-]{{1,30}}){{0,4}})\.(?P<end>{_EXTENSIONS})(?![\w-])(?!\.\w)"
)
_DOT_FILE = re.compile(r"(?<![\w./)\]\"'])\.(?P<name>[A-Za-z][\w-]{1,30})(?![\w(])")
_HASHTAG = re.compile(r"(?<![\w&/])#(?P<tag>[^\W\d]\w{1,60})(?![\w-])")
_HANDLE = re.compile(r"(?<![\w.@/])@(?P<name>[A-Za-z_][\w]{1,40})")
_HUMP = re.compile(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d)|_+")


def with_addresses_read(text: Traced, phrases: Phrases) -> Traced:
    def site(match: re.Match[str]) -> str | None:
        if "tld" in match.groupdict() and _is_a_word(match):
            return None
        ending = _TRAILING.search(match[0])
        kept = "" if ending is None else ending[0]
        # What was opened within the address is closed within it.
        if kept.startswith(")") and match[0].count("(") >= match[0].count(")"):
            kept = kept[1:]
        return _host(match["host"].rstrip("."), phrases) + kept

    def mail(match: re.Match[str]) -> str:
        user = match["user"].replace("+", " + ")
        return f"{_dotted(user, phrases)} {phrases.at} {_host(match['host'], phrases)}"

    text = text.sub(_MAIL, mail).sub(_SCHEMED, site)
    text = text.sub(_FILE, lambda match: _file(match, phrases)) if phrases.dot != "." else text
    text = text.sub(_BARE, site)
    if phrases.slash != " ":
        text = text.sub(_WINDOWS_PATH, lambda match: " ".join(match[0].replace(":\\", " \\").replace("\\", " ").split()))
        text = text.sub(_PATH, lambda match: _path(match[0], phrases))
        text = text.sub(_DOT_FILE, lambda match: f"{phrases.dot} {match['name']}")
        text = text.sub(_HANDLE, lambda match: f"{phrases.at} {_humps(match['name'])}")
        return text.sub(_HASHTAG, lambda match: f"hashtag {_humps(match['tag'])}")
    return text.sub(_HASHTAG, lambda match: match["tag"])


def is_file_name(text: str) -> bool:
    return _FILE.fullmatch(text) is not None


def _is_a_word(match: re.Match[str]) -> bool:
    """ "time.In the end": a sentence whose space was forgotten."""
    host: str = match["host"]
    tld = match["tld"]
    if tld != tld.lower() and host != host.upper():
        return True
    return tld.lower() in _WORDS_TOO and host.count(".") == 1 and not match["rest"] and not host[: -len(tld)].islower()


def _host(host: str, phrases: Phrases) -> str:
    host = host.removeprefix("www.").removeprefix("WWW.")
    labels = host.split(".")
    if len(labels) > 1 and len(labels[-1]) == 2 and labels[-1] not in ("co", "me"):
        labels[-1] = labels[-1].upper()
    return _dotted(".".join(labels), phrases)


def _dotted(name: str, phrases: Phrases) -> str:
    name = name.replace("_", f" {phrases.underscore} ").replace("-", f" {phrases.dash} ").replace("%", " ")
    return " ".join((f" {phrases.dot} " if phrases.dot != "." else ".").join(name.split(".")).split())


def _file(match: re.Match[str], phrases: Phrases) -> str:
    name = " ".join(match["name"].replace("_", " ").split("-"))
    end = match["end"]
    return f"{_dotted(name, phrases)} {phrases.dot} {end if end in _WORD_EXTENSIONS else end.upper()}"


def _path(path: str, phrases: Phrases) -> str:
    file = _FILE.search(path.rpartition("/")[2])
    folder, _, name = path.rstrip("/").rpartition("/")
    last = _file(file, phrases) if file else name
    return " ".join(f"{folder}/{last}".replace("_", " ").replace("/", f" {phrases.slash} ").split())


def _humps(name: str) -> str:
    return _HUMP.sub(" ", name).strip()
