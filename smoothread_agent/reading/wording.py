"""Every word that we put into the stream. Adapters are trained on these words: a change here calls for a new one."""

from collections.abc import Sequence

from smoothread_agent.schema import Clue, ClueKind

VERSION = "2"
"""Part of every fingerprint of memory, for a memory read under other words is another memory."""

NOT_IN_TEXT = "The text does not say."
"""The answer to a question that the text leaves open."""

_SYSTEM: dict[ClueKind, str] = {
    "quote": (
        "You read a long text part by part for one task. After each part you quote new clues word for word, judge "
        "whether to keep them, and choose READ to go on or STOP when the task can be answered."
    ),
    "note": (
        "You read a long text part by part for one task. After each part you note what is new for the task in a few "
        "words, and choose READ to go on or STOP when the task is done."
    ),
}
_WHOLE = "You read a long text for one task, and then answer."

SOURCE_VERSION = "source 1"
"""As `VERSION`, for memory of a source alone, which holds `SOURCE` and no other word of ours."""
SOURCE = (
    "You read a long text part by part. A task may come after any part: then quote new clues for it from that part "
    "word for word, or note what is new for it in a few words; judge whether to keep them, and choose READ to go on or "
    "STOP when the task can be answered."
)
_ASIDE: dict[ClueKind, str] = {"quote": "\n\nTask, with quotes:", "note": "\n\nTask, with notes:"}
"""Read again behind every part, for every task: so the instructions stand in `SOURCE`, and this is short."""

NO_CLUE, ACTION_READ, ACTION_STOP, KEEP, DROP = " none", " READ", " STOP", " yes", " no"
OPEN: dict[ClueKind, str] = {"quote": ' "', "note": " -"}
"""How a new clue opens. It closes with `CLOSE`."""
CLOSE: dict[ClueKind, str] = {"quote": '"\n', "note": "\n"}
NEW, KEPT, REASON, ACTION = "New:", "Keep:", "Reason:", "Action:"
NOTHING_NEW = "nothing new."
TASK, QUESTION = "\nTask:", "Answer the task:"
HEARD = "I have read it."
"""The model's side of the turn that holds a whole text, so that the question opens a turn of its own."""


def system(kind: ClueKind, *, rounds: bool) -> str:
    """The instructions at the head of the stream."""
    return _SYSTEM[kind] if rounds else _WHOLE


def aside(kind: ClueKind) -> str:
    """What stands between a part and a task, where the task comes after the part."""
    return _ASIDE[kind]


def summary_head(target: str, clues: Sequence[Clue]) -> str:
    """Target and clues so far, restated at the head of a summary."""
    return f" {target}\nClues:{clue_lines(clues)}\n"


def clue_lines(clues: Sequence[Clue]) -> str:
    """The clues held in the stream, a line each."""
    if not clues:
        return NO_CLUE
    return "".join(f"\n-{_shown(clue)}" for clue in clues)


def _shown(clue: Clue) -> str:
    text = one_line(clue.text)
    return f' "{text}"' if clue.kind == "quote" else f" {text}"


def one_line(text: str) -> str:
    """Text with every run of white space made one space: the form that quotes take in the stream."""
    return " ".join(text.split())


def carried(clues: Sequence[Clue]) -> str:
    """What the arm `reset` is told of the chunks before, at the head of the next one."""
    return f"Clues:{clue_lines(clues)}\n\n"
