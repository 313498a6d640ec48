"""What a rule finds: the pieces of a question, its answer, and the place of the evidence."""

import re
from dataclasses import dataclass

from tools.train.natural.lexicon import (
    BY_THIRD,
    FUNCTION_WORDS,
    GENERAL,
    PARTICIPLES,
    PRONOUNS,
    content_words,
    word_set,
)


@dataclass(frozen=True)
class Frame:
    """A question in pieces, with its evidence in a document."""

    kind: str
    """Which wordings ask it: a key of `wording.questions`."""
    slots: tuple[tuple[str, str], ...]
    """What the wordings are filled with."""
    answer: str
    start: int
    """First character of the quote in its document."""
    end: int


def good_subject(text: str) -> bool:
    """Whether a noun phrase can be asked about without its context."""
    words = text.split()
    if not 1 <= len(words) <= 8 or not 3 <= len(text) <= 64 or words[0].lower() in PRONOUNS | _OPENERS:
        return False
    if _FINITE.search(text) or _NO_SUBJECT.search(text) or text.count("(") != text.count(")"):
        return False
    if any(word in BY_THIRD for word in re.findall(r"\b(\w+s) (?:an?|the|its|all|no)\b", text)):
        return False
    if words[0].lower() in {"the", "a", "an"} and len(words) > 1 and words[1].lower() in _VAGUE:
        return False
    if re.search(r"[A-Za-z][A-Z0-9]|[_()/-]|\d", text) or re.search(r"(?<!^)\b[A-Z]", text):
        return True  # a name, or something technical
    if len(words) == 1:  # a name, or a plural: telling, unless it is one of the general nouns
        return len(text) > 3 and text.lower().rstrip("s") not in GENERAL | FUNCTION_WORDS
    content = content_words(text)
    return len(content) >= 2 and bool(content - GENERAL)


_NO_SUBJECT = re.compile(r"[;:!?\"“”<>{}=|\\]|\.$|^\W|\.\s")
_OPENERS = word_set(
    """
    after although and another any because before besides but during either even finally first for further
    furthermore given hence however in indeed instead like likewise moreover neither nevertheless next nor note
    of on once only or otherwise rather second secondly see similarly since so still then therefore third thus
    to under unless unlike until usually using what whenever whereas whether while with within without yet here
    all many most several some both two three four other others generally typically normally currently sometimes
    often now perhaps maybe also again for by at from each either
    """
)
_FINITE = re.compile(
    r"""\b(?:is|are|was|were|be|been|can|cannot|could|may|might|must|should|will|would|has|have|had|does|do|did|not|that
    |which|who|whose|how|what|why|this|these|those|its|their|your|our|if|when|while|where|whether|because|but|also
    |then|there|however|you|we|I|they|it|he|she)\b
    |\b(?:and|or|of|to|in|for|with|from|by|at|on|now|above|below|[a-z]+ly)$|\b(?:If|When|While|Since|Because)\b|[\[\]]""",
    re.VERBOSE,
)
"""Signs that a subject has run into its verb or beyond."""
_VAGUE = word_set(
    """
    following first second third last next latter former same other above below previous only most main
    """
)

_CUT = re.compile(
    r""";|:(?=\s)|\.\s|\s--\s|\s-\s|\s–\s|\s—\s
    |,?\ (?:which|although|whereas|whilst|unless|because|since|e\.g\.|i\.e\.|for\ example|such\ as)\b
    |,\ (?:but|and|so|while|as|if|or|then|except|thus|making|allowing|including|even|in\ which|where|who|to|by|for
        |with|that|rather|not|see|though|when|after|until|usually|in|at|on|provided|unlike|like|depending|especially)\b
    |\ and\ (?:we|you|it|they|is|are|will|can|then|expected|uniquely|there|this|not|returns|has)\b
    |\ \((?:see|as|or|in|e\.g|i\.e|and|if|for|but|which|that|this)\b""",
    re.VERBOSE,
)


def clause(text: str, most: int = 120) -> str:
    """The beginning of a text up to where its first clause ends; empty where that is too long or unfinished."""
    text = text.strip().rstrip(".!?").strip()
    for match in _CUT.finditer(text):
        in_list = match.group() in {", and", ", or"} and "," in text[: match.start()]
        if match.start() >= 3 and not in_list:  # the last comma of a list ends nothing
            text = text[: match.start()]
            break
    text = text.strip().rstrip(",;:-–—").strip()
    if text.count("(") != text.count(")"):
        text = text[: text.find("(")].strip() if "(" in text else ""
    return text if len(text) <= most else ""


_BAD_END = word_set(
    """
    a an the of to in on at by for from with and or but if when that which is are was were be not as than
    """
)
_BAD_ANSWER = re.compile(
    r"""^(?:the\ )?(?:following|above|below|previous|next|same|follows|described|discussed|explained|listed|shown
        |documented|only|true|false|one\ of\ the\ following)\b
    |^(?:one|some|any|all|each)\ of\ (?:the\ following|them|these)\b
    |^(?:it|this|these|those|them|they|that|such|so|here|there|you|we|one|each|both|all|some|many|any|more|less|not|no
        |as|if|what|how|when|where|why|which|who)\s*$""",
    re.IGNORECASE | re.VERBOSE,
)


def good_answer(text: str, least: int = 2, most: int = 120) -> bool:
    """Whether a text can stand as an answer: finished, balanced, and saying something."""
    if not least <= len(text) <= most or not re.search(r"\w", text) or _BAD_ANSWER.search(text):
        return False
    if text.split()[-1].lower() in _BAD_END or text.count("(") != text.count(")") or text.count('"') % 2:
        return False
    if text.count("“") != text.count("”") or text.count("`") % 2 or text.count("[") != text.count("]"):
        return False
    return not set(text.lower().split()) <= FUNCTION_WORDS | {"."} and "below:" not in text


def noun_phrase(text: str) -> str:
    """A sentence's subject inside another sentence: its first word in lower case, unless that looks like a name."""
    first = text.split()[0] if text else ""
    plain = first.lower() in {"the", "a", "an", "each", "every"} or (
        first[1:].islower()
        and len(text.split()) > 1
        and bool(
            _COMMON.search(first) or first.lower().rstrip("s") in GENERAL or first.lower() in PARTICIPLES
        )
    )
    return text[0].lower() + text[1:] if plain else text


_COMMON = re.compile(
    r"""(?:ing|ed|able|ible|ive|ous|ful|less|tion|tions|ity|ment|ments|ness)$
    |^(?:All|Any|Base|Both|Certain|Count|Different|Extra|First|Full|Large|Last|List|Local|Long|Many|Most|Multiple|New|No
    |Old|Other|Path|Personal|Several|Short|Similar|Simple|Size|Small|Some|Special|Tool|Two|User|Various|Whether)$""",
    re.VERBOSE,
)
