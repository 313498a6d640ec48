"""Rules over headed entries: options, functions, variables, errors, files, settings; names of pages; asked headings."""

import errno
import re
from collections.abc import Iterator
from itertools import pairwise

from tools.train.natural.frame import Frame, clause, good_answer, noun_phrase
from tools.train.natural.lexicon import BASES, BY_THIRD, content_words
from tools.train.natural.patterns import AMBIGUOUS, telling, unquoted
from tools.train.natural.sentences import Entry, entries, is_prose, paragraphs, sentences

_OPTION = re.compile(r"(?<![\w-])(--?[A-Za-z][\w-]*)")
_FUNCTION = re.compile(r"^(?:\*\s)?[‘'`]?((?:[\w:]+\.)*[A-Za-z_]\w*)\(")
_VARIABLE = re.compile(r"^[‘'`]?\$?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)[’'`]?:?$")
_ERROR = re.compile(r"^[‘'`]?(E[A-Z]{3,14})[’'`]?:?$")
_FILE = re.compile(r"^[‘'`]?([~/][\w./<>*~-]{4,60})[’'`]?:?$")
_SETTING = re.compile(r"^[‘'`]?([a-z][\w.-]*[_.-][\w.-]*|[a-z]+[A-Z]\w+|[A-Z][a-z]+[A-Z]\w+)=?[’'`]?:{0,2}$")
_DEFAULT = re.compile(
    r"(?:\b[Tt]he default(?: value)? is|\b[Dd]efaults? to|\([Dd]efault(?: value)?(?: is|:)?|[Dd]efault:) "
    r"(?P<a>[^.;()]{1,50}?)(?:\)|[.;](?:\s|$)|, |$)"
)
_NOUNS = (
    ("function", _FUNCTION),
    ("error", _ERROR),
    ("variable", _VARIABLE),
    ("file", _FILE),
    ("setting", _SETTING),
)
_ERRORS = frozenset(errno.errorcode.values())
_MOST_QUOTE = 290


def entry_frames(text: str) -> Iterator[Frame]:
    """Every question that a headed entry answers."""
    topic = page_name(text)
    for entry in entries(text):
        noun, name = _named(entry, topic)
        end = entry.body.end
        if not name or end - entry.start > _MOST_QUOTE or len(entry.body.text) < 20:
            continue
        of = topic if topic and topic != name else ""
        for kind, slots, answer in _asked(noun, name, of, entry.body.text):
            yield Frame(kind, tuple(slots.items()), answer, entry.start, end)


def _named(entry: Entry, topic: str) -> tuple[str, str]:
    """What an entry describes: a noun for it, and its name; empty where that is not plain."""
    head = " ".join(entry.head.split())
    options = _OPTION.findall(head)
    if options and re.match(r"[‘'`*\s]*-", head):
        return "option", max(options, key=len)
    for noun, pattern in _NOUNS:
        match = pattern.match(head)
        if match and (noun != "error" or match[1] in _ERRORS):
            name = match[1] + "()" * (noun == "function")
            return ("class" if noun == "function" and entry.head.startswith("class ") else noun), name
    return "", ""


def _asked(noun: str, name: str, topic: str, text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Questions about a named thing, out of the first sentence that describes it."""
    slots = {"noun": noun, "name": name, "of": topic}
    default = _DEFAULT.search(text)
    alone = default and not re.search(r"\s--?\w", text[: default.start()])
    if default and alone and noun in {"option", "variable", "setting"}:
        answer = unquoted(default["a"].strip())
        if answer and not re.match(r"(?:the|a|an|to|use|no|this|that|in)\b", answer) and content_words(name):
            yield "entry_default", slots, answer
    described = clause(text, 130)
    if not good_answer(described, 14, 130) or len(described.split()) < 3:
        return
    first, _, rest = described.partition(" ")
    verb = BY_THIRD.get(first.lower(), "")
    base = first.lower() if first.lower() in BASES else verb
    if noun == "error":
        yield "entry_error", slots, described
    elif base and rest and not re.match(r"(?:of|is|are|was|name|value)\b", rest):
        yield "entry_does", slots, described
        if telling(rest) and _no_pointer(rest):
            yield "entry_which", {**slots, "vp": f"{base} {rest}"}, name
    elif noun == "option" and re.match(r"(?:Do not|Don't|Never)\b", described):
        yield "entry_does", slots, described
        rest = re.sub(r"^(?:Do not|Don't|Never) ", "", described)
        if telling(rest) and _no_pointer(rest):
            yield "entry_which_not", {**slots, "vp": rest}, name
    elif re.match(r"(?:An? |The |[A-Z][a-z]+ (?:of|for|to|in)\b)", described) and not _finite(described):
        kind = "entry_file" if noun == "file" else "entry_what"
        yield kind, slots, described
        if telling(described) and _no_pointer(described):
            yield "entry_which_is", {**slots, "np": noun_phrase(described)}, name


def _finite(text: str) -> bool:
    if any(word in BY_THIRD and word not in AMBIGUOUS for word in text.split()):
        return True
    return bool(re.search(r"\b(?:is|are|was|were|can|will|must|should|may|has|have|becomes)\b", text))


def _no_pointer(text: str) -> bool:
    return not re.search(
        r"\b(?:this|these|it|its|they|their|them|above|below|following|such)\b", text, re.IGNORECASE
    )


_NAME_LINE = re.compile(
    r"NAME\s+(?P<n>[\w.+:, -]{2,60}?) (?:-|–|—) (?P<d>[^\n]{8,140}(?:\n(?!\n)[^\n]{2,100})?)"
)


def page_name(text: str) -> str:
    """The name of a manual page, by its NAME section; empty for other texts."""
    match = _NAME_LINE.match(text[:400].lstrip())
    return match["n"].split(",")[0].strip() if match else ""


def name_frames(text: str) -> Iterator[Frame]:
    """`NAME: ls - list directory contents`: what does ls do, and which command does so."""
    match = _NAME_LINE.search(text[:600])
    if not match:
        return
    names = [name.strip() for name in match["n"].split(",")]
    described = " ".join(match["d"].split()).rstrip(".")
    if not good_answer(described, 10, 120) or len(described.split()) < 2 or len(names) > 3:
        return
    first, _, rest = described.partition(" ")
    base = first.lower() if first.lower() in BASES else BY_THIRD.get(first.lower(), "")
    if re.match(r"[a-z]+ (?:an?|the) ", described) or re.match(r"[a-z]+ly [a-z]+ (?:an?|the) ", described):
        base = first  # a verb that the lexicon does not know
    slots = (("name", names[0]),)
    start, end = match.start("n"), match.end("d")
    if base and rest:
        yield Frame("page_does", slots, described, start, end)
        if len(content_words(rest)) >= 2:
            yield Frame("page_which", (("vp", f"{base} {rest}"),), names[0], start, end)
    else:
        yield Frame("page_is", slots, described, start, end)
        if telling(described):
            yield Frame("page_which_is", (("np", noun_phrase(described)),), names[0], start, end)


_QUESTION = re.compile(
    r"(?:(?:Q|Question)[:.]?\s+|[\dA-Z]+(?:\.\d+)*[.)]?\s+|[*-]\s+)?(?P<q>(?:How|What|Why|Where|Who|When|Which|Is|Are|"
    r"Can|Do|Does|Should|Will|Must|Could|Has|Have|Did|Isn't|Aren't|Doesn't)\b[^?\n]{10,140}\?)\s*$"
)


def heading_frames(text: str) -> Iterator[Frame]:
    """Headings that are questions, as in a FAQ: the answer is how the text under them begins."""
    spans = list(paragraphs(text))
    for (start, end), (below, stop) in pairwise(spans):
        heading = " ".join(text[start:end].split())
        match = _QUESTION.match(heading) if len(heading) < 170 else None
        if not match or not is_prose(text[below:stop]) or text[below:stop].rstrip().endswith("?"):
            continue
        opening = re.sub(r"^A(?:nswer)?[:.]\s+", "", text[below:stop])
        shift = stop - below - len(opening)
        for sentence in sentences(text, below + shift, stop):
            if not 25 <= len(sentence.text) <= 240 or sentence.text.endswith(("?", ":")):
                break
            if re.match(
                r"(?:Yes|No|Well|Sure|Basically|In short|See|As|This section|The short answer)\b.{0,12}$",
                sentence.text,
            ):
                break
            answer = sentence.text.rstrip(".")
            yield Frame("asked", (("q", match["q"]),), answer, sentence.start, sentence.end)
            break
