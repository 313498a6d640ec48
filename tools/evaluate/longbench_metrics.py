"""LongBench's scores for English data sets (arXiv 2308.14508), written from their definitions.

Each takes the prediction, one published answer and the list of classes, and gives 0 to 1. ROUGE-L is that of
a text's whole token sequence (Lin 2004, section 3.1); the published script takes a package that joins the
common subsequences sentence by sentence, which differs in the second digit.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TypeAlias

Metric: TypeAlias = Callable[[str, str, Sequence[str]], float]

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def normalise(text: str) -> str:
    """Lower case, without punctuation, articles and surplus white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def f1(prediction: str, answer: str, classes: Sequence[str] = ()) -> float:
    """Harmonic mean of precision and recall over the words that both hold, as often as both hold them."""
    said, wanted = normalise(prediction).split(), normalise(answer).split()
    common = sum((Counter(said) & Counter(wanted)).values())
    return 2 * common / (len(said) + len(wanted)) if common else 0.0


def rouge_l(prediction: str, answer: str, classes: Sequence[str] = ()) -> float:
    """Harmonic mean of precision and recall over the longest common subsequence of words."""
    said, wanted = prediction.lower().split(), answer.lower().split()
    common = longest_common_subsequence(said, wanted)
    return 2 * common / (len(said) + len(wanted)) if common else 0.0


def classification(prediction: str, answer: str, classes: Sequence[str] = ()) -> float:
    """One over the number of classes named, if the right one is among them.

    A class whose name is a part of the right one's is not held against the prediction.
    """
    named = [name for name in classes if name in prediction and not (name in answer and name != answer)]
    return 1 / len(named) if answer in named else 0.0


def retrieval(prediction: str, answer: str, classes: Sequence[str] = ()) -> float:
    """Share of the numbers named that are the number of the right paragraph, `Paragraph 12`."""
    return _share_of_numbers(prediction, re.findall(r"\d+", answer)[0])


def count(prediction: str, answer: str, classes: Sequence[str] = ()) -> float:
    """Share of the numbers named that are the right number."""
    return _share_of_numbers(prediction, answer.strip())


def code_similarity(prediction: str, answer: str, classes: Sequence[str] = ()) -> float:
    """Edit similarity of the first line of code: 1 less insertions and deletions over both lengths."""
    lines = [
        line for line in prediction.lstrip("\n").split("\n") if not any(m in line for m in ("`", "#", "//"))
    ]
    line = lines[0] if lines else ""
    length = len(line) + len(answer)
    return 2 * longest_common_subsequence(line, answer) / length if length else 1.0


def longest_common_subsequence(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Its length. Time is the product of both lengths, memory the length of the second."""
    row = [0] * (len(second) + 1)
    for item in first:
        diagonal = 0
        for column, other in enumerate(second, start=1):
            above = row[column]
            row[column] = diagonal + 1 if item == other else max(above, row[column - 1])
            diagonal = above
    return row[-1]


def _share_of_numbers(prediction: str, right: str) -> float:
    numbers = re.findall(r"\d+", prediction)
    return numbers.count(right) / len(numbers) if numbers else 0.0
