"""LongBench from a local folder in its published layout: `<data set>.jsonl`, or `<data set>_e.jsonl`.

A line holds `input`, `context`, `answers`, `length`, `dataset`, `language`, `all_classes` and `_id`. The
sixteen English data sets are read; the five Chinese ones are left out. The tasks are put in words of our own,
and stand before the text.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smoothread_agent.schema import ClueKind
from tools.evaluate import longbench_metrics as metrics
from tools.evaluate.case import Case, Cell

CHINESE = ("multifieldqa_zh", "dureader", "vcsum", "lsht", "passage_retrieval_zh")
_FIELDS = ("input", "context", "answers")


class LongBenchError(ValueError):
    """A folder or a line is not in LongBench's published layout. The message says where."""


@dataclass(frozen=True)
class DataSet:
    """How a data set is asked and scored.

    Attributes:
        task: what is to be done, with the field `{input}` where each line has a question of its own.
        first_line: only the first line of an answer counts, as the examples in the text end with theirs.
        code: the lines before the one that is wanted stand in `input` and belong to the text.
    """

    metric: metrics.Metric
    task: str
    clues: ClueKind = "quote"
    first_line: bool = False
    code: bool = False


_SHORT = "Answer in as few words as possible: {input}"
_NEXT_LINE = "Write the line of code that comes next, and nothing else."

DATA_SETS = {
    "narrativeqa": DataSet(metrics.f1, f"Read the story. {_SHORT}"),
    "qasper": DataSet(
        metrics.f1,
        f"Read the paper. {_SHORT} Where it does not tell, say `unanswerable`; or `yes` or `no` if asked so.",
    ),
    "multifieldqa_en": DataSet(metrics.f1, _SHORT),
    "hotpotqa": DataSet(metrics.f1, f"The answer follows from several passages. {_SHORT}"),
    "2wikimqa": DataSet(metrics.f1, f"The answer follows from several passages. {_SHORT}"),
    "musique": DataSet(metrics.f1, f"The answer follows from several passages. {_SHORT}"),
    "gov_report": DataSet(metrics.rouge_l, "Summarise the report on one page.", clues="note"),
    "qmsum": DataSet(metrics.rouge_l, "Answer from the minutes in a few sentences: {input}", clues="note"),
    "multi_news": DataSet(metrics.rouge_l, "Summarise the news in a page.", clues="note"),
    "trec": DataSet(
        metrics.classification,
        "Say which type the last question has, by the examples. Name the type alone: {input}",
        first_line=True,
    ),
    "triviaqa": DataSet(metrics.f1, "Answer as the examples do. {input}", first_line=True),
    "samsum": DataSet(
        metrics.rouge_l,
        "Summarise the last dialogue as the examples do. {input}",
        clues="note",
        first_line=True,
    ),
    "passage_count": DataSet(
        metrics.count,
        "Some paragraphs stand there more than once. How many different ones are there? Give the number.",
        clues="note",
    ),
    "passage_retrieval_en": DataSet(
        metrics.retrieval,
        "Which paragraph is this a summary of? Answer in the form `Paragraph 1`. {input}",
    ),
    "lcc": DataSet(metrics.code_similarity, _NEXT_LINE, code=True),
    "repobench-p": DataSet(metrics.code_similarity, _NEXT_LINE, code=True),
}


@dataclass(frozen=True)
class Judge:
    """The published score of one line: the best over its answers."""

    data_set: DataSet
    answers: tuple[str, ...]
    classes: tuple[str, ...]

    def __call__(self, answer: str) -> float:
        """The score of an answer, 0 to 1."""
        said = answer.lstrip("\n").split("\n")[0] if self.data_set.first_line else answer
        return max(self.data_set.metric(said, right, self.classes) for right in self.answers)


def cases(folder: Path, limit: int | None = None, only: Sequence[str] = ()) -> Iterator[Case]:
    """The cases of every English data set in the folder, `limit` of each at the most.

    Raises:
        LongBenchError: the folder holds no data set, or a line is not in the published layout.
    """
    files = {path.stem: path for path in sorted(folder.glob("*.jsonl"))}
    wanted = {
        name: path
        for name, path in files.items()
        if name.removesuffix("_e") in DATA_SETS and (not only or name in only)
    }
    if not wanted:
        raise LongBenchError(
            f"{folder} holds none of LongBench's English data sets: expected qasper.jsonl or the like"
        )
    for name, path in wanted.items():
        with path.open(encoding="utf-8") as lines:
            for index, line in enumerate(lines):
                if limit is not None and index >= limit:
                    break
                yield _case(name, index, _parse(path, index, line))


def left_out(folder: Path) -> list[str]:
    """Names of the data sets in the folder that are not read."""
    return [
        path.stem for path in sorted(folder.glob("*.jsonl")) if path.stem.removesuffix("_e") not in DATA_SETS
    ]


def _case(name: str, index: int, raw: dict[str, Any]) -> Case:
    data_set = DATA_SETS[name.removesuffix("_e")]
    answers = tuple(str(answer) for answer in raw["answers"])
    classes = tuple(str(each) for each in raw.get("all_classes") or ())
    text = raw["context"] + (raw["input"] if data_set.code else "")
    return Case(
        Cell("longbench", name, 0, 0, index),
        data_set.task.format(input=raw["input"].strip()),
        text,
        answers[:1],
        (),
        aliases=(answers[1:],),
        clues=data_set.clues,
        judge=Judge(data_set, answers, classes),
        notes={"_id": str(raw.get("_id", "")), "words": str(raw.get("length", ""))},
    )


def _parse(path: Path, index: int, line: str) -> dict[str, Any]:
    where = f"{path.name}, line {index + 1}"
    try:
        raw = json.loads(line)
    except ValueError as error:
        raise LongBenchError(f"{where} is no JSON ({error}): fetch the file again") from error
    missing = [field for field in _FIELDS if field not in raw] if isinstance(raw, dict) else list(_FIELDS)
    if missing:
        raise LongBenchError(f"{where} lacks {', '.join(missing)}: this is not LongBench's published layout")
    if not raw["answers"] or not raw["context"].strip():
        raise LongBenchError(f"{where} has no answer or no text")
    return dict(raw)
