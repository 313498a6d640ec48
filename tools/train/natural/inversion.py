"""Rules that turn a statement about its subject and auxiliary: how long, how often, from where, why, when, whether.

`A package must stay in unstable for ten days before it moves on.` has a subject, an auxiliary, a core and adjuncts.
Each adjunct can be asked for by putting the auxiliary before the subject: `How long must a package stay?`
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tools.train.natural.frame import clause, good_answer, good_subject, noun_phrase
from tools.train.natural.lexicon import BASES, BY_THIRD, GENERAL, PARTICIPLES, content_words, word_set
from tools.train.natural.patterns import AMBIGUOUS, FINITE, NUMBER, Found

_UNIT = r"(?:milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|years?)"
_PLACE = (
    r"(?:[~/$][\w./${}*-]{3,50}|(?:the|a|an|your|its) (?:[\w./-]+ ){0,4}"
    r"(?:file|files|directory|directories|variable|database|server|table|section|folder|package|header|list|archive|buffer))"
)
_PLACE_ENDS = r"(?=$|[.;)]|,? (?:and|or|when|if|for|by|with|on|before|after|unless|so)\b)"
ADJUNCTS: dict[str, re.Pattern[str]] = {
    "how_long": re.compile(rf" for (?P<a>(?:at least |at most |up to |about )?{NUMBER} {_UNIT})\b"),
    "how_often": re.compile(rf" (?P<a>(?:every (?:{NUMBER} )?|once (?:a|per|every) |twice a ){_UNIT})\b"),
    "after_time": re.compile(rf" (?P<a>(?:after|within) (?:at least |at most |about )?{NUMBER} {_UNIT})\b"),
    "from_where": re.compile(rf" (?P<a>from {_PLACE}){_PLACE_ENDS}"),
    "to_where": re.compile(rf" (?P<a>(?:to|into|in|under) {_PLACE}){_PLACE_ENDS}"),
    "by_means": re.compile(r",? (?P<a>(?:by \w+ing|using|via|by means of|with the help of|through) .+)$"),
    "for_purpose": re.compile(
        r",? (?P<a>(?:in order to|so that|so as to|to (?:avoid|prevent|ensure|make|allow|keep|reduce|improve|save|protect|"
        r"support|speed|enable|provide|indicate|determine|find|get|help|control|specify)) .+)$"
    ),
    "under_condition": re.compile(
        r",? (?P<a>(?:only )?(?:if|when|unless|as long as|provided that|provided|until|whenever|while) .+)$"
    ),
    "at_point": re.compile(r",? (?P<a>(?:before|after|once|as soon as) (?!each|all).+)$"),
}
"""By kind of question: what is cut out of the statement and given as the answer."""

_AUX = r"is|are|was|were|can|could|must|should|will|would|may|might|has|have|had|cannot"
_WITH_AUX = re.compile(rf"(?P<s>[^,;:]{{3,64}}?) (?P<aux>{_AUX})(?P<not> not)? (?P<rest>.+)$")
_DETERMINERS = word_set("a an the all any no each every one two")
_UNFINISHED = word_set("in on at to of by for with from before after the a an as")
_MODALS = word_set("must should can may will do could")
_ASKABLE = word_set("can is are must should will may does do")
_PREPOSITIONS = word_set("in to from for on by with at as")


@dataclass(frozen=True)
class Clause:
    """A statement taken apart."""

    subject: str
    auxiliary: str
    """As it stands before the subject in a question: `must`, `does`."""
    rest: str
    """What follows the subject in a question: `stay in unstable for ten days`."""
    told: str
    """What follows the subject in a statement up to `rest`'s first word: `must stay`, `stays`."""
    negated: bool = False


def take_apart(text: str) -> Clause | None:
    """Subject, auxiliary and the rest of a statement; none where that is not plain."""
    text = text.rstrip(".!")
    return _by_auxiliary(text) or _by_verb(text)


def _by_auxiliary(text: str) -> Clause | None:
    match = _WITH_AUX.match(text)
    if not match or not good_subject(match["s"]):
        return None
    auxiliary, negated = match["aux"], bool(match["not"])
    if auxiliary == "cannot":
        auxiliary, negated = "can", True
    rest = f"not {match['rest']}" if negated else match["rest"]
    first, _, after = rest.partition(" ")
    if not after:
        return None
    return Clause(noun_phrase(match["s"]), auxiliary, rest, f"{auxiliary} {first}", negated)


def _by_verb(text: str) -> Clause | None:
    for match in re.finditer(r"(?<=\w) (?P<v>[a-z]+) (?P<next>[\w/-]+)", text):
        subject, verb, following = text[: match.start()], match["v"], match["next"]
        if len(subject) > 64 or re.search(rf"[,;:]|\b(?:{FINITE})\b", subject):
            return None
        if not good_subject(subject):
            continue
        rest, plural = text[match.end("v") + 1 :], re.search(r"[a-z]s$", subject) is not None
        if verb in BY_THIRD and not plural and (following in _DETERMINERS or verb not in AMBIGUOUS):
            return Clause(noun_phrase(subject), "does", f"{BY_THIRD[verb]} {rest}", verb)
        if verb in BASES and plural and following in _DETERMINERS | _PREPOSITIONS:
            return Clause(noun_phrase(subject), "do", f"{verb} {rest}", verb)
    return None


def adjunct(text: str) -> Found:
    """How long, how often, from where, where to, how, why, when."""
    parts = take_apart(text)
    if parts is None:
        return
    for kind, pattern in ADJUNCTS.items():
        match = pattern.search(parts.rest)
        if not match or match.start() < 3:
            continue
        answer = clause(match["a"], 120)
        core = parts.rest[: match.start()]
        if not good_answer(answer, 4) or len(answer.split()) < 2 or not _asks_enough(parts.subject, core):
            continue
        after = core.partition(" ")[2]
        yield kind, {
            "aux": parts.auxiliary,
            "s": parts.subject,
            "core": core,
            "told": f"{parts.told} {after}".strip() if not parts.negated else f"{parts.auxiliary} {core}",
        }, answer  # fmt: skip


def _asks_enough(subject: str, core: str) -> bool:
    """Whether what is left can be asked: no second clause, and something to recognise it by."""
    if re.search(r"[,;:()]|\b(?:and|or|but|which|that|if|when|where|because|than)\b", core) or len(core) > 90:
        return False
    first, last = core.split()[0], core.split()[-1]
    if last in _UNFINISHED:
        return False
    known = (
        first in BASES or first in PARTICIPLES or first in {"be", "not", "been", "also", "only", "usually"}
    )
    words = content_words(f"{subject} {core}")
    return known and len(words) >= 3 and len(words - GENERAL) >= 2


def modal_object(text: str) -> Found:
    """`A package must provide a changelog.`: what must it provide?"""
    parts = take_apart(text)
    if parts is None or parts.negated or parts.auxiliary not in _MODALS:
        return
    match = re.match(
        r"(?P<v>[a-z]+) (?P<a>(?:(?:an?|the|all|any|no|only|at least|one|two) |[A-Z\"'`\d]).+)$", parts.rest
    )
    if not match or match["v"] not in BASES:
        return
    answer = clause(match["a"], 110)
    if (
        good_answer(answer, 6)
        and len(answer.split()) >= 2
        and len(content_words(parts.subject) - GENERAL) >= 1
    ):
        yield "modal_object", {"aux": parts.auxiliary, "s": parts.subject, "core": match["v"]}, answer


def whether(text: str) -> Found:
    """`Ship records cannot be changed.`: can they? The answer is yes or no."""
    parts = take_apart(text)
    if parts is None or parts.auxiliary not in _ASKABLE:
        return
    core = clause(parts.rest.removeprefix("not "), 90)
    if core and _asks_enough(parts.subject, core) and not re.match(r"(?:only|also|never|no)\b", core):
        yield (
            "whether",
            {"aux": parts.auxiliary, "s": parts.subject, "core": core},
            "No" if parts.negated else "Yes",
        )


RULES: tuple[Callable[[str], Found], ...] = (adjunct, modal_object, whether)
