"""Rules over what is done and why: purposes, ways, causes, conditions, actions and their objects."""

import re
from collections.abc import Callable

from tools.train.natural.frame import clause, good_answer, good_subject, noun_phrase
from tools.train.natural.lexicon import BASES, BY_THIRD, PARTICIPLES, content_words, word_set
from tools.train.natural.patterns import (
    AMBIGUOUS,
    FINITE,
    SUBJECT,
    Found,
    echo,
    good_participle,
    telling,
)

_USED = re.compile(
    rf"{SUBJECT} (?P<be>is|are|can be|may be) (?:\w+ly )?used (?P<a>(?:to|for|in order to) .+)$"
)


def purpose(text: str) -> Found:
    """`X is used to do Y.`"""
    match = _USED.match(text)
    if not match or not good_subject(match["s"]):
        return
    answer = clause(match["a"])
    if not good_answer(answer, 10) or len(answer.split()) < 4:
        return
    be = match["be"] if match["be"] in {"is", "are"} else "is"
    yield "purpose", {"s": noun_phrase(match["s"]), "be": be}, answer
    does = re.match(r"to (?P<v>\w+ .{12,})", answer)
    if does and does["v"].split()[0] in BASES and telling(does["v"]):
        yield "used_for", {"vp": does["v"], "be": be}, match["s"]


_TO_DO = re.compile(
    r"(?:In order to|To) (?P<v>\w+ [^,;:]{8,80}), (?P<a>(?:you (?:can|must|should|need to|have to) )?"
    r"(?:use|run|type|press|call|set|add|specify|enter|give|invoke|issue|execute|pass|choose|select|edit|create|put|"
    r"write|install|click)\b.+)$"
)
_USE = re.compile(r"(?:Please )?[Uu]se (?P<a>[^,;:]{3,60}?) (?:if you want |in order )?to (?P<v>\w+ .+)$")
_IF_YOU_WANT = re.compile(
    r"If you (?:want|wish|need|would like) to (?P<v>\w+ [^,;:]{8,80}), (?:then )?(?P<a>.+)$"
)
_CAN_BE_DONE = re.compile(
    rf"{SUBJECT} (?:can|may) (?:also |then |only )?be (?P<v>\w+(?: [^,;:]{{3,50}}?)?) "
    r"(?P<a>(?:by|with|using|via|through) .+)$"
)


def way(text: str) -> Found:
    """`To do X, use Y.`, `Use Y to do X.`, `If you want to do X, do Y.`, `X can be done by Y.`"""
    match = _TO_DO.match(text) or _IF_YOU_WANT.match(text)
    if match and match["v"].split()[0] in BASES and len(content_words(match["v"])) >= 2:
        answer = clause(match["a"], 130)
        if (
            good_answer(answer, 8, 130)
            and len(answer.split()) > 1
            and not answer.startswith(("for example", "see"))
        ):
            yield "how_to", {"vp": match["v"]}, answer
    match = _USE.match(text)
    if match and match["v"].split()[0] in BASES:
        done = clause(match["v"], 90)
        if good_answer(match["a"], 3, 60) and len(content_words(done)) >= 2:
            yield "how_to", {"vp": done}, match["a"]
    match = _CAN_BE_DONE.match(text)
    if match and good_subject(match["s"]) and good_participle(match["v"]):
        answer = clause(match["a"], 100)
        if good_answer(answer, 6):
            yield "how_passive", {"s": noun_phrase(match["s"]), "v": match["v"]}, answer


_BECAUSE = re.compile(
    rf"{SUBJECT} (?P<aux>is not|are not|is|are|was|were|cannot|can|could|must not|must|should not|should|will not|will|"
    r"may not|may|does not|do not|did not|has|have) (?P<r>[^;:]{3,90}?),?(?: because|, since) (?P<a>(?!of\b).+)$"
)


def cause(text: str) -> Found:
    """`X is Y because Z.`"""
    match = _BECAUSE.match(text)
    if not match or not good_subject(match["s"]):
        return
    answer = re.split(r"[;:]|\. ", match["a"].rstrip("."))[0]
    if good_answer(answer, 10, 140) and len(answer.split()) > 2:
        aux, _, negation = match["aux"].partition(" ")
        if aux == "cannot":
            aux, negation = "can", "not"
        yield (
            "why",
            {"s": noun_phrase(match["s"]), "aux": aux, "r": f"{negation} {match['r']}".strip()},
            answer,
        )


_IF = re.compile(r"(?P<c>If|When) (?P<x>[^,;:]{15,90}), (?:then )?(?P<a>.+)$")
_NO_CONDITION = re.compile(
    r"(?:this|it|they|that|so|not|any|possible|necessary|needed|these|neither|none|both|you|he|in doubt|one)\b"
)
_AUXILIARY = word_set(
    "is are was were will would can cannot could may might must shall should do does did has have had becomes remains"
)


def _says(text: str) -> bool:
    """Whether a text has a verb, or tells to do something."""
    words = text.lower().split()
    return words[0] in BASES or any(word in _AUXILIARY or word in BY_THIRD for word in words)


_DONE_IF = re.compile(
    rf"{SUBJECT} (?P<be>is|are|will be|can be|must be|should be) (?P<not>not )?(?:only )?(?P<v>\w+) "
    r"(?P<a>(?:if|when|unless|only if|only when|whenever) .+)$"
)


def condition(text: str) -> Found:
    """`If X, Y.`, `When X, Y.`, `X is done if Y.`"""
    match = _IF.match(text)
    if match and telling(match["x"]) and not _NO_CONDITION.match(match["x"]):
        answer = clause(match["a"], 130)
        finished = good_answer(answer, 12, 130) and len(answer.split()) >= 3
        if (
            finished
            and _says(answer)
            and not re.match(r"(?:and|or|but|the following|that is|see|for)\b", answer)
        ):
            yield "what_if", {"x": match["x"], "c": match["c"].lower()}, answer
    match = _DONE_IF.match(text)
    if match and good_subject(match["s"]) and match["v"] in PARTICIPLES:
        answer = clause(match["a"], 120)
        if good_answer(answer, 10):
            be, _, rest = match["be"].partition(" ")
            done = f"{match['not'] or ''}{rest + ' ' if rest else ''}{match['v']}"
            yield "when_condition", {"s": noun_phrase(match["s"]), "be": be, "v": done}, answer


_ACTION = re.compile(
    rf"(?P<s>(?:(?!\b(?:{FINITE})\b)[^,;:]){{3,64}}?) "
    r"(?:(?:also|only|always|normally|usually|automatically|currently|now|then) )?(?P<v>[a-z]+s) (?P<a>.+)$"
)
_NO_OBJECT = re.compile(
    r"(?:(?:only|also) )?"
    r"(?:in|on|at|of|from|with|as|by|if|when|up|out|down|into|onto|for|that|how|whether|been|to|about)\b"
)
_DETERMINED = re.compile(r"(?:an?|the|all|any|no|each|every|your|one|two|\d|[\"'“‘`A-Z])")


def action(text: str) -> Found:
    """`X returns Y.`: what does X return; what returns Y."""
    match = _ACTION.match(text)
    if not match or match["v"] not in BY_THIRD or not good_subject(match["s"]):
        return
    subject, answer = match["s"], clause(match["a"], 120)
    last = subject.split()[-1]
    if last.endswith("s") and not re.search(r"(?:ss|us|is)$|[A-Z_()]", last):
        return  # probably one long noun phrase, not a subject and its verb
    if (
        not good_answer(answer, 8)
        or len(answer.split()) < 2
        or _NO_OBJECT.match(answer)
        or echo(answer, subject)
    ):
        return
    if match["v"] in AMBIGUOUS and not _DETERMINED.match(answer):
        return
    if answer.split()[0] in _AUXILIARY or re.fullmatch(r"[A-Z][a-z]+ly", subject):
        return
    yield "does_object", {"s": noun_phrase(subject), "vb": BY_THIRD[match["v"]]}, answer
    if telling(answer) and len(subject.split()) <= 5:
        yield "what_does", {"v": match["v"], "o": answer}, subject


RULES: tuple[Callable[[str], Found], ...] = (purpose, way, cause, condition, action)
