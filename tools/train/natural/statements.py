# ruff: noqa: E501  (a pattern is a line)
"""Rules over statements: what something is, is called, stands for; who, where, when, how many, by default."""

import re
from collections.abc import Callable

from tools.train.natural.frame import clause, good_answer, good_subject, noun_phrase
from tools.train.natural.lexicon import BASES, BY_PAST, BY_THIRD, PARTICIPLES
from tools.train.natural.patterns import (
    DATE,
    FINITE,
    NUMBER,
    SUBJECT,
    Found,
    echo,
    telling_noun,
    unquoted,
)

_DEFINITION = re.compile(rf"{SUBJECT} (?P<be>is|are) (?P<a>(?:an?|the|one of the|any) .+)$")
_NAMING = re.compile(
    rf"{SUBJECT} (?P<be>is|are) (?:also |usually |often |commonly )?(?:called|named|known as|termed) (?P<a>.+)$"
)
_NOT_A_NAME = re.compile(
    r"(?:by|when|with|within|during|from|on|in|at|for|after|before|if|to|once|as|only|each|every)\b"
)
_STANDS_FOR = re.compile(
    r"\b(?P<s>[A-Z][A-Za-z0-9]{1,9}) (?:stands for|is short for|is an (?:acronym|abbreviation) (?:for|of)) (?P<a>.+)$"
)
_SPELLED_OUT = re.compile(
    r"(?P<a>(?:[A-Z][a-z]+(?: |-)(?:(?:of|and|for|the|in|to|on) )*){1,5}[A-Z][a-z]+) \((?P<s>[A-Z]{2,7})\)"
)


def definition(text: str) -> Found:
    """`X is a Y.`"""
    match = _DEFINITION.match(text)
    if match and good_subject(match["s"]) and not re.search(rf"\b(?:{FINITE})\b", match["s"]):
        answer = clause(match["a"])
        if good_answer(answer, 12) and len(answer.split()) >= 3 and not echo(answer, match["s"]):
            yield "definition", {"s": noun_phrase(match["s"]), "be": match["be"]}, answer


def naming(text: str) -> Found:
    """`X is called Y.`"""
    match = _NAMING.match(text)
    if match and good_subject(match["s"]):
        answer = unquoted(clause(match["a"], 60))
        if good_answer(answer) and not _NOT_A_NAME.match(answer):
            yield "naming", {"s": noun_phrase(match["s"]), "be": match["be"]}, answer


def acronym(text: str) -> Found:
    """`X stands for Y`, `Long Name Here (LNH)`."""
    match = _STANDS_FOR.search(text)
    if match:
        answer = unquoted(clause(match["a"], 80))
        if good_answer(answer, 5):
            yield "acronym", {"s": match["s"]}, answer
    for match in _SPELLED_OUT.finditer(text):
        capitals = [found.start() for found in re.finditer(r"\b[A-Z]", match["a"])]
        initials = "".join(match["a"][at] for at in capitals)
        if initials.endswith(match["s"]):
            yield "acronym", {"s": match["s"]}, match["a"][capitals[-len(match["s"])] :]


_WHERE = re.compile(
    rf"{SUBJECT} (?P<be>is|are|was|were|can be) (?:\w+ly )?"
    r"(?P<v>stored|located|installed|placed|kept|found|written|saved|defined|described|documented|listed|recorded|"
    r"explained|declared|created|available|held|based) (?P<a>(?:in|at|under|on|inside|to|from) .+)$"
)
_NO_PLACE = re.compile(
    r"in (?:order|which|that|this|the following|turn|addition|the same|advance|terms|case|detail|more)\b|from the following"
)


def place(text: str) -> Found:
    """`X is stored in Y.`"""
    match = _WHERE.match(text)
    if match and good_subject(match["s"]):
        answer = clause(match["a"], 90)
        verb = answer.split()[1] if answer.startswith("to ") and " " in answer else ""
        if good_answer(answer, 5) and not _NO_PLACE.match(answer) and verb not in BASES:
            be = "is" if match["be"] == "can be" else match["be"]
            yield "where", {"s": noun_phrase(match["s"]), "be": be, "v": match["v"]}, answer


_WHEN = re.compile(
    rf"{SUBJECT} (?P<be>was|were) (?:\w+ly |first )?(?P<v>\w+(?: [^,;:]{{2,50}}?)?) (?:in|on|until|around) "
    rf"(?:late |early |mid-)?(?P<a>{DATE})"
)
_WHEN_DID = re.compile(
    rf"(?:In (?P<a>{DATE}),? )?{SUBJECT} (?P<v>[a-z]+) (?P<o>[^,;:]{{3,60}}?)(?: in (?P<b>{DATE}))?(?:[,.;]| and\b)"
)
_VERSION = re.compile(
    rf"{SUBJECT} (?P<be>was|were|is|are|has been|have been) (?P<v>added|introduced|removed|deprecated|released|changed|"
    r"available|supported|included|dropped)(?: \w+)? (?:in|since|as of|from|starting with|starting in) "
    r"(?P<a>(?:[A-Z][\w.+]* ){0,2}(?:version |release |kernel )?v?\d+(?:\.\w+)*(?: kernel)?)"
)


def time(text: str) -> Found:
    """`X was done in 1991.`, `X did Y in 1991.`, `X was added in version 3.`"""
    match = _WHEN.match(text)
    if match and good_subject(match["s"]) and match["v"].split()[0] in PARTICIPLES | {"born", "held"}:
        yield "when", {"s": noun_phrase(match["s"]), "be": match["be"], "v": match["v"]}, match["a"]
    match = _WHEN_DID.match(text)
    if match and good_subject(match["s"]) and match["v"] in BY_PAST and bool(match["a"]) != bool(match["b"]):
        slots = {"s": noun_phrase(match["s"]), "vb": BY_PAST[match["v"]], "o": match["o"]}
        yield "when_did", slots, match["a"] or match["b"]
    match = _VERSION.match(text)
    if match and good_subject(match["s"]) and not re.fullmatch(DATE, match["a"]):
        be = "is" if match["be"] in {"is", "are"} else "was"
        yield "version", {"s": noun_phrase(match["s"]), "be": be, "v": match["v"]}, match["a"]


_AGENT = re.compile(
    rf"{SUBJECT} (?P<be>is|are|was|were|has been|have been) (?:originally |first |mostly |currently |mainly )?"
    r"(?P<v>[a-z]+(?: and [a-z]+)?) by (?P<a>.+)$"
)
_PERSON = r"(?:[A-Z][\w.’'-]+ ){1,3}[A-Z][\w’'-]+"
_PERSONS = re.compile(rf"{_PERSON}(?:(?:, | and |, and ){_PERSON})*")


def agent(text: str) -> Found:
    """`X was written by Y.`"""
    match = _AGENT.match(text)
    if (
        not match
        or not good_subject(match["s"])
        or match["v"].split()[0] not in PARTICIPLES - {"followed", "used"}
    ):
        return
    answer = clause(match["a"], 90)
    if good_answer(answer, 4) and not re.match(r"\w+ing\b|default\b|means\b|hand\b", answer):
        person = _PERSONS.match(answer)
        kind, answer = ("who", person.group()) if person else ("by_what", answer)
        be = {"has been": "was", "have been": "were"}.get(match["be"], match["be"])
        yield kind, {"s": noun_phrase(match["s"]), "be": be, "v": match["v"]}, answer


_HOW_MANY = re.compile(
    rf"{SUBJECT} (?P<v>has|contains|supports|uses|takes|accepts|provides|defines|includes|offers|holds|requires|needs|"
    rf"occupies|consists of|lasts|allows) (?P<a>(?:up to |at most |exactly |about |only |at least |around |over )?{NUMBER}) "
    r"(?P<n>[a-z][a-z-]+(?: [a-z-]+)?s)\b"
)
_THERE_ARE = re.compile(
    rf"There (?P<be>are|were) (?P<a>(?:about |only |exactly |over )?{NUMBER}) (?P<n>(?:[\w-]+ ){{0,3}}[a-z-]+s) "
    r"(?P<r>(?:in|on|of|for|with|to) [^,;:]{4,50}?|which .{8,60}?|that .{8,60}?)[,.;:]"
)
_LIMIT = re.compile(
    rf"[Tt]he (?P<w>maximum|minimum) (?P<n>[^,;:]{{3,50}}?) is (?P<a>(?:currently |about )?{NUMBER}(?: (?!(?:if|for|and|in|or|on|when|by|at|but|which|which|of|as|to)\b)[A-Za-z]+)?)"
)


def number(text: str) -> Found:
    """`X has N Ys.`, `There are N Ys in X.`, `The maximum X is N.`"""
    match = _HOW_MANY.match(text)
    if match and good_subject(match["s"]):
        verb = "consist of" if match["v"] == "consists of" else BY_THIRD[match["v"]]
        yield "how_many", {"s": noun_phrase(match["s"]), "vb": verb, "n": match["n"]}, match["a"]
    match = _THERE_ARE.match(text)
    if match:
        yield "how_many_there", {"be": match["be"], "n": match["n"], "r": match["r"]}, match["a"]
    match = _LIMIT.match(text)
    if match and telling_noun(match["n"]):
        yield "limit", {"w": match["w"], "n": match["n"]}, match["a"].rstrip(".")


_DEFAULT_IS = re.compile(
    r"(?:By default,? )?[Tt]he default (?:value )?(?P<s>(?:of|for) [^,;:]{3,50}?|[a-z][\w -]{3,40}?) "
    r"(?:is|are) (?:to )?(?P<a>.+)$"
)
_DEFAULTS_TO = re.compile(rf"{SUBJECT} (?:usually |normally )?defaults to (?P<a>.+)$")


def default(text: str) -> Found:
    """`The default X is Y.`, `X defaults to Y.`"""
    match = _DEFAULT_IS.match(text)
    if match:
        subject = re.sub(r"^(?:of|for) ", "", match["s"])
        answer = unquoted(clause(match["a"], 70))
        said = (
            good_answer(answer, 1)
            and not re.search(r"\bis\b", answer)
            and answer.split()[0] not in PARTICIPLES
        )
        if said and telling_noun(subject):
            yield "default", {"s": noun_phrase(subject)}, answer
    match = _DEFAULTS_TO.match(text)
    if match and good_subject(match["s"]):
        answer = unquoted(clause(match["a"], 70))
        if good_answer(answer, 1):
            yield "default", {"s": noun_phrase(match["s"])}, answer


_KINDS = re.compile(
    rf"There are (?:currently |basically |only )?{NUMBER} (?P<n>(?:[\w-]+ ){{0,4}}[a-z-]+s)"
    r"(?P<r> (?:in|of|for|to|with) [^:]{4,50})?: (?P<a>[^:;]{8,150})\.$"
)
_VALUES = re.compile(
    r"(?P<s>(?:The|Possible|Valid|Available|Supported|Allowed|Permitted) [a-z][\w -]{4,50}s(?: (?:of|for|in) [^,;:]{3,30}?)?) "
    r"(?:are|include)(?: currently)?:? (?P<a>[^:;]{8,150})\.$"
)


def kinds(text: str) -> Found:
    """`There are three kinds of X: A, B and C.`, `The X are A, B and C.`"""
    match = _KINDS.match(text)
    if match and re.search(r", | and ", match["a"]) and telling_noun(match["n"] + (match["r"] or "")):
        yield "which_are", {"n": match["n"] + (match["r"] or "")}, match["a"]
    match = _VALUES.match(text)
    if match and re.search(r", .+ (?:and|or) ", match["a"]) and good_answer(match["a"], 8, 150):
        named = telling_noun(match["s"]) and not re.match(r"The (?:most|only|same|other)\b", match["s"])
        if named and match["a"].split()[0] not in PARTICIPLES:
            yield "which_are_named", {"s": match["s"][0].lower() + match["s"][1:]}, match["a"]


RULES: tuple[Callable[[str], Found], ...] = (
    definition, naming, acronym, place, time, agent, number, default, kinds,
)  # fmt: skip
