"""What a reading asks for as it goes: the round and the loop are generators of these, and know no model.

Whoever drives them answers: `decoder` with a model's logits, training with a teacher's script. So what is trained is,
token for token, what is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from smoothread_agent.schema import ReadingStep

Field = Literal["note", "reason", "answer"]


@dataclass(frozen=True)
class Say:
    """Put text into the stream: forced, never decoded. Answer: none.

    `plain` marks text from outside, in which nothing is special; `tokens`, text that is encoded already.
    """

    text: str = ""
    plain: bool = False
    tokens: Sequence[int] = ()
    source: bool = False
    """Counted as source tokens read, rather than as forced ones."""


@dataclass(frozen=True)
class Choose:
    """Decide between two continuations. Answer: a `Choice`.

    The second option is taken when the confidence in it reaches `threshold`. What is chosen is in the stream
    afterwards.
    """

    field: Literal["new", "keep", "action"]
    options: tuple[str, str]
    threshold: float


@dataclass(frozen=True)
class Choice:
    """Whether the second option was taken, and the confidence in it; none when it was never asked."""

    taken: bool
    confidence: float | None


@dataclass(frozen=True)
class Weigh:
    """Ask how sure the model would be of keeping each of several quotes, were it the next one.

    `opening` is what would be said before the quote. Answer: a dict from quote to the confidence with which `keep`
    would be chosen behind it. The stream stays as it is.
    """

    quotes: Sequence[str]
    keep: Choose
    opening: str = ""


@dataclass(frozen=True)
class Write:
    """Decode text. Answer: the text, without what ended it.

    A note or a reason ends with its line; an answer ends the turn, or is JSON under `schema`. What ended it is in the
    stream afterwards.
    """

    field: Field
    max_tokens: int = 64
    known: float = 0.0
    """Of an answer: how sure it is that something is known. It says `NOT_IN_TEXT` only where it is surer of that."""
    schema: dict[str, Any] | None = None


@dataclass(frozen=True)
class Forget:
    """Go back to the pinned prefix alone: before each chunk in the arm `reset`, and for a second look.
    Answer: none."""


@dataclass(frozen=True)
class Recall:
    """Go to a fork of the source's own memory after its first `chunks`, as is done before each round in the order
    `source_first`. Answer: none."""

    chunks: int


@dataclass(frozen=True)
class Report:
    """Show the user a step. Answer: none."""

    step: ReadingStep


Effect = Say | Choose | Weigh | Write | Forget | Recall | Report
