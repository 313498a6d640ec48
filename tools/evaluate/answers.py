"""Reading an answer: does it hold the references, nothing but them, or say that the text does not tell?"""

import re
import unicodedata
from collections.abc import Sequence

_TEXT = r"(?:text|source|document|passage)"
_TOLD = r"(?:say|said|tell|told|mention(?:ed)?|stated?|given?|found|specif(?:y|ied)|answer(?:ed)?|provided?)"
NO_ANSWER = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\b{_TEXT} (?:does not|doesn't|did not|never) {_TOLD}",
        rf"\b{_TEXT} (?:gives no|says nothing|holds no|contains no)\b",
        rf"\bnot {_TOLD} (?:in|by|anywhere in) (?:the|this) {_TEXT}\b",
        r"\bcan(?:not|'t) be (?:answered|determined|told) from\b",
        r"^(?:no answer|unanswerable|unknown|not (?:stated|mentioned|given|found|told|in the text))\b",
    )
)
"""Wordings of "the text does not tell"."""

_QUOTES = str.maketrans("", "", "'\"`‘’“”«»")
_EMPHASIS = re.compile(r"(?<!\w)\*{1,2}(\w[^*\n]*)\*{1,2}(?!\w)")
_ARTICLE = re.compile(r"^(?:an?|the)\s+")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?:\D|$))")
_SEPARATOR = re.compile(r"\s*(?:[,;\n]|\band\b|(?:^|\n)\s*[-*•])\s*")
_LABEL = re.compile(r"^[^:]*:\s+")


def normalise(text: str) -> str:
    """Lower case, plain white space; without quotes, emphasis, thousands separators and end marks."""
    text = unicodedata.normalize("NFKC", text).lower().translate(_QUOTES)
    text = " ".join(_THOUSANDS.sub("", _EMPHASIS.sub(r"\1", text)).split())
    return _ARTICLE.sub("", text.rstrip(" .!,;:").lstrip(" *"))


def holds(answer: str, reference: str) -> bool:
    """Whether the reference stands in the answer, in any case, not as a part of a longer word or number."""
    wanted = normalise(reference)
    if not wanted:
        raise ValueError("a reference must not be empty")
    before = r"(?<!\w)" if wanted[0].isalnum() else ""
    after = r"(?:e?s)?(?!\w)" if wanted[-1].isalpha() else r"(?!\w)" if wanted[-1].isalnum() else ""
    return re.search(before + re.escape(wanted) + after, normalise(answer)) is not None


def share_found(answer: str, wanted: Sequence[Sequence[str]]) -> float:
    """Share of the references that the answer holds, each in any of its wordings."""
    return sum(any(holds(answer, form) for form in forms) for forms in wanted) / len(wanted)


def is_exactly(answer: str, wanted: Sequence[Sequence[str]], *, ordered: bool = False) -> bool:
    """Whether the answer is the references and nothing else; as a list, in any order unless `ordered`.

    An item of a list may carry a label in front, `key: value`.
    """
    forms = [{normalise(form) for form in group} for group in wanted]
    if len(forms) == 1:
        return normalise(answer) in forms[0]
    plain = _THOUSANDS.sub("", answer)
    items = [normalise(_LABEL.sub("", item)) for item in _SEPARATOR.split(plain)]
    items = [item for item in items if item]
    if len(items) != len(forms):
        return False
    if ordered:
        return all(item in group for item, group in zip(items, forms, strict=True))
    return all(any(item in group for item in items) for group in forms) and len(set(items)) == len(items)


def says_no_answer(answer: str) -> bool:
    """Whether the answer says that the text does not tell."""
    plain = " ".join(unicodedata.normalize("NFKC", answer).lower().replace("’", "'").split())
    return any(pattern.search(plain) for pattern in NO_ANSWER)
