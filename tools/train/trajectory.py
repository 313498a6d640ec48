"""Reading trajectories: the supervised data that teaches a model to read. Structured values, no tokens yet.

A trajectory is one reading, part by part, as a good reader would have done it: which words of each part are
quoted, which of these quotes are kept, when reading stops, and the answer. How it is worded as a token stream
is the renderer's business.

    >>> tasks.sample(3, families={"needle.multikey": 1.0}).task  # doctest: +SKIP
    'What is the special magic number for quiet-harbor mentioned in the text?'

What a generator of trajectories promises, and `validate` checks:

- a quote stands verbatim in its part, whole words at both ends, 12 to 300 characters with each run of white space
  counted as one; the quotes that are kept come in the order of the text;
- an evidence-free part has no kept find; a part has a reason when it has finds, and only then;
- STOP comes after the last part alone, and only where the evidence is complete and no later part could change
  the answer: tasks that collect, count or ask for the latest state are read to the end;
- the answer to a question with nothing kept is `NOT_IN_TEXT`, letter by letter.
"""

import re
from dataclasses import dataclass
from typing import Literal

from smoothread_agent.reading.wording import NOT_IN_TEXT, one_line

MIN_QUOTE, MAX_QUOTE = 12, 300
"""Length of a quote, in characters, both inclusive, each run of white space counted as one."""

MAX_DROPS = 3
"""Most quotes of a part that are judged and dropped."""

MAX_TASK, MAX_REASON, MAX_ANSWER = 400, 200, 1200
"""Upper bounds, in characters."""

Split = Literal["train", "held_out"]
Kind = Literal["quote", "note"]


@dataclass(frozen=True)
class Find:
    """What the reader puts down on a part: a verbatim quote, or (for `note` trajectories) a free note."""

    text: str
    keep: bool = True
    """False: something else that is quoted and then dropped at the judging step.

    Such quotes are there so that judging is taught; they do not teach that such sentences are to be quoted. A
    training loop leaves the decision to quote them, and the quote itself, out of the loss.
    """


@dataclass(frozen=True)
class Part:
    """One chunk of the source, and what the reader does with it."""

    text: str
    finds: tuple[Find, ...] = ()
    reason: str = ""
    """One short sentence that says why the clues changed or did not; empty for a part without finds."""
    stop: bool = False
    """STOP after this part; READ otherwise (or the end of the source, after the last part)."""

    @property
    def evidence(self) -> bool:
        """Whether the reader keeps anything of this part."""
        return any(find.keep for find in self.finds)


@dataclass(frozen=True)
class Trajectory:
    """One reading from the question to the answer."""

    task: str
    parts: tuple[Part, ...]
    answer: str
    kind: Kind = "quote"
    family: str = ""
    """Which generator made it, e.g. `needle.multikey`."""


class TrajectoryError(ValueError):
    """A trajectory breaks a promise; the message says which."""


def validate(trajectory: Trajectory) -> None:
    """Checks the promises of this module's docstring.

    Raises:
        TrajectoryError: one of them is broken.
    """
    _validate_texts(trajectory)
    for number, part in enumerate(trajectory.parts, 1):
        try:
            _validate_part(part, trajectory.kind)
        except TrajectoryError as error:
            raise TrajectoryError(f"{trajectory.family}, part {number}: {error}") from None
    _validate_end(trajectory)


def whole_words(text: str, start: int, end: int) -> bool:
    """Whether text[start:end] begins and ends at a word's edge and with no white space."""
    inside = text[start:end]
    if not inside or inside != inside.strip():
        return False
    before = start == 0 or not (_is_word(text[start - 1]) and _is_word(text[start]))
    after = end == len(text) or not (_is_word(text[end - 1]) and _is_word(text[end]))
    return before and after


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _validate_texts(trajectory: Trajectory) -> None:
    for name, text, most in (
        ("task", trajectory.task, MAX_TASK),
        ("answer", trajectory.answer, MAX_ANSWER),
        *(("reason", part.reason, MAX_REASON) for part in trajectory.parts if part.finds),
    ):
        if not text.strip() or text != text.strip():
            raise TrajectoryError(f"{trajectory.family}: the {name} is empty or padded: {text!r}")
        if "\n" in text:
            raise TrajectoryError(f"{trajectory.family}: the {name} has more than one line: {text!r}")
        if len(text) > most:
            raise TrajectoryError(
                f"{trajectory.family}: the {name} has {len(text)} characters, {most} at most"
            )
    if not trajectory.parts:
        raise TrajectoryError(f"{trajectory.family}: no parts")


def _validate_part(part: Part, kind: Kind) -> None:
    if not part.text.strip():
        raise TrajectoryError("an empty part")
    if not part.finds and part.reason:
        raise TrajectoryError("a reason without a find")
    if len({find.text for find in part.finds}) != len(part.finds):
        raise TrajectoryError("the same find twice")
    if kind == "note":
        if any("\n" in find.text or not find.text.strip() for find in part.finds):
            raise TrajectoryError("a note is one line")
        return
    position = 0
    for find in part.finds:
        if not MIN_QUOTE <= (length := len(one_line(find.text))) <= MAX_QUOTE:
            raise TrajectoryError(f"a quote of {length} characters: {find.text!r}")
        least = position if find.keep else 0
        starts = [
            match.start() for match in re.finditer(re.escape(find.text), part.text) if match.start() >= least
        ]
        starts = [at for at in starts if whole_words(part.text, at, at + len(find.text))]
        if not starts:
            raise TrajectoryError(f"not verbatim, not whole words, or out of order: {find.text!r}")
        if find.keep:
            position = starts[0] + 1


def _validate_end(trajectory: Trajectory) -> None:
    kept = any(part.evidence for part in trajectory.parts)
    if any(part.stop for part in trajectory.parts[:-1]):
        raise TrajectoryError(f"{trajectory.family}: parts follow a STOP")
    if trajectory.parts[-1].stop and not trajectory.parts[-1].evidence:
        raise TrajectoryError(f"{trajectory.family}: STOP after a part that adds no evidence")
    if not kept and trajectory.answer != NOT_IN_TEXT:
        raise TrajectoryError(f"{trajectory.family}: an answer without evidence: {trajectory.answer!r}")
    if trajectory.answer == NOT_IN_TEXT and trajectory.parts[-1].stop:
        raise TrajectoryError(f"{trajectory.family}: STOP although the text does not say")
