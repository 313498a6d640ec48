"""Pieces of patterns, and checks of what they found, shared by the rules."""

import re
from collections.abc import Iterator

from tools.train.natural.lexicon import FUNCTION_WORDS, GENERAL, PARTICIPLES, content_words, word_set

Found = Iterator[tuple[str, dict[str, str], str]]
"""Kind of question, its pieces, its answer."""

SUBJECT = r"(?P<s>[^,;:]{3,64}?)"
"""A subject, to be checked by `good_subject`."""
NUMBER = r"(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|sixteen|twenty|thirty|fifty|hundred)"
MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
DATE = rf"(?:(?:{MONTH}\s+(?:\d{{1,2}},?\s+)?|\d{{1,2}}\s+{MONTH}\s+)?(?:1[6-9]\d\d|20[0-3]\d))\b"
FINITE = (
    "is|are|was|were|be|been|can|cannot|could|may|might|must|should|will|would|has|have|had|does|do|did|not|"
    "that|which|who|if|when|while|where|and|or|but|because|to"
)
"""Words that show that a noun phrase has ended."""

AMBIGUOUS = word_set(
    """
    accounts answers backups blocks builds calls cases causes changes checks claims clears collects comments
    conflicts controls copies counts covers demands displays downloads dumps drops edits exits exports files filters
    fixes flags forces forks forms formats functions groups guards guides heads hides hooks imports includes installs
    issues joins jumps keys labels leads leaves levels limits lines links lists loads locks logs looks maps marks
    matches means measures merges messages modules mounts moves names needs notes objects offers opens orders outputs
    overrides owners packages pages patches paths pauses places points polls ports presents prints processes profiles
    programs prompts queries questions queues quotes ranks rates reads reasons records references refers remains
    replies reports requests resets results returns reviews rules runs scans scores searches sends services sets
    shares shifts shows signals sizes sleeps sorts sources splits starts states stops stores streams supplies supports
    switches tables tags targets terms tests times tools totals traces tracks transforms turns types updates uploads
    uses values views waits walks wants warns watches works wraps writes yields
    """
)
"""Verbs in the third person that are as likely plural nouns; then an article must follow."""


def unquoted(text: str) -> str:
    """A text without the marks around it."""
    return text.strip("\"'“”‘’`")


def good_participle(text: str) -> bool:
    """Whether what follows `is` is a participle and its complement, and no more."""
    words = text.split()
    if words[0] not in PARTICIPLES - {"followed", "preceded", "separated"}:
        return False
    return not re.search(rf"\b(?:{FINITE})\b", text)


def telling(text: str) -> bool:
    """Whether a clause says enough to be recognised out of its context."""
    content = content_words(text)
    return len(content) >= 3 and (len(content - GENERAL) >= 2 or bool(re.search(r"[A-Z]{2}|[_/]|--", text)))


def telling_noun(text: str) -> bool:
    """Whether a noun phrase says of what it speaks: `supported image formats`, not `functions`."""
    words = {word.rstrip("s") for word in content_words(text)}
    return bool(words - GENERAL - FUNCTION_WORDS) or bool(re.search(r"\w[_/-]\w|[A-Z]{2}", text))


def echo(answer: str, subject: str) -> bool:
    """Whether an answer only says the subject again."""
    return content_words(answer) <= content_words(subject)
