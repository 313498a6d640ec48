"""`python -m tools.train.second_look`: from which confidence on a second look's quotes should count.

What `Thresholds.again` was chosen on: held-out written questions, with an answer and without, each on a stretch of its
document that is read in several chunks.
"""

import json
import random
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ConfigDict
from rich.console import Console
from rich.progress import track
from rich.table import Table

from smoothread_agent.reader import SmoothReader
from smoothread_agent.reading import words
from smoothread_agent.reading.engine import Engine, EngineSpec
from smoothread_agent.reading.policy import Limits
from smoothread_agent.schema import Clue, ReadingResult, ReadRequest
from smoothread_agent.sources import Source
from tools.evaluate.case import overlaps
from tools.evaluate.store import drop_torn_line
from tools.train.natural.written import Written, with_answers

THRESHOLDS = tuple(step / 20 for step in range(6, 19))
_ALL = 10_000

Quote = tuple[float, bool]
"""A quote's confidence, and whether it stands in the sentence that answers."""


class Looked(BaseModel):
    """What was weighed for one question.

    Attributes:
        reader: what read: fingerprint of the model, thresholds, weight of words, sizes.
        document: the name of the document that was asked about.
        answered: whether the text answers.
        first: the clues of the reading.
        second: all that was weighed in the second look, which is taken whatever the reading found.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reader: str
    document: str
    question: str
    answered: bool
    first: tuple[Quote, ...]
    second: tuple[Quote, ...]

    def clues(self, threshold: float) -> tuple[Quote, ...]:
        """The clues of a reading with this `Thresholds.again`."""
        if any(confidence >= threshold for confidence, _ in self.first):
            return self.first
        sure = tuple(quote for quote in self.second if quote[0] >= threshold)
        return self.first + sure if sure else ()


class Figures(BaseModel):
    """What a threshold gives: counts of questions, and of quotes that are beside the point."""

    threshold: float
    answered: int
    placed: int
    beside: int
    open: int
    given: int

    @classmethod
    def of(cls, looked: Sequence[Looked], threshold: float) -> "Figures":
        """Those of so many questions."""
        answered = [each.clues(threshold) for each in looked if each.answered]
        given = [each.clues(threshold) for each in looked if not each.answered]
        return cls(
            threshold=threshold,
            answered=len(answered),
            placed=sum(any(right for _, right in clues) for clues in answered),
            beside=sum(not right for clues in answered for _, right in clues),
            open=len(given),
            given=sum(bool(clues) for clues in given),
        )


def stretch(asked: Written, characters: int) -> tuple[str, list[tuple[int, int]]]:
    """So much of a question's document, its passage somewhere in it, and where the answers stand there."""
    text, (start, end) = asked.document.text, asked.passage
    room = max(0, characters - (end - start))
    first = max(0, start - random.Random(asked.question).randint(0, room))
    last = min(len(text), first + max(characters, end - first))
    first = min(first, max(0, last - characters))
    return text[first:last], [(a - first, b - first) for a, b in asked.evidence]


def look(reader: SmoothReader, name: str, asked: Written, characters: int) -> Looked:
    """Read for a question with a reader that takes no clue from its second look, and weigh all in it."""
    text, evidence = stretch(asked, characters)
    request = ReadRequest(task=asked.question, source=Source(text, name=asked.document.name))
    found: tuple[Clue, ...] = ()
    nearest: tuple[Clue, ...] = ()
    for step in reader.read(request):
        if isinstance(step, ReadingResult):
            nearest = step.nearest
        else:
            found = step.clues

    def judged(clues: Iterable[Clue]) -> tuple[Quote, ...]:
        return tuple(
            (clue.confidence, any(overlaps((clue.start, clue.end), span) for span in evidence))
            for clue in clues
        )

    return Looked(
        reader=name,
        document=asked.document.name,
        question=asked.question,
        answered=bool(asked.answers),
        first=judged(found),
        second=judged(clue for clue in nearest if clue not in found),
    )


def held_out(count: int, characters: int, seed: int) -> list[Written]:
    """So many questions with one answer, and as many without, in turn: of documents that are long enough."""
    kinds = []
    for answers in (1, 0):
        kind = [
            each for each in with_answers("held_out", answers) if len(each.document.text) >= characters / 2
        ]
        random.Random(seed).shuffle(kind)
        kinds.append(kind[:count])
    return [asked for pair in zip_longest(*kinds) for asked in pair if asked]


def known(path: Path, name: str) -> dict[tuple[str, str], Looked]:
    """What this reader was seen to do before, by document and question. A line that a kill tore off is dropped."""
    drop_torn_line(path)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    rows = map(Looked.model_validate_json, text.splitlines())
    return {(each.document, each.question): each for each in rows if each.reader == name}


app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def main(
    out: Annotated[Path, typer.Argument(help="file of what was weighed, a line a question")],
    model: Annotated[str | None, typer.Option(help="as for training")] = None,
    adapter: Annotated[str, typer.Option(help="folder of an adapter, or the one that ships")] = "auto",
    count: Annotated[int, typer.Option(min=1, help="questions with an answer, and as many without")] = 30,
    characters: Annotated[int, typer.Option(min=200, help="of text around each")] = 15_000,
    chunk: Annotated[int, typer.Option(min=16, help="tokens a chunk")] = 512,
    seed: int = 0,
    device: str | None = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Count, threshold by threshold, right places, quotes beside the point, and open questions that were given a clue.

    Killed, it goes on where it was when the same command is given again.
    """
    engine = Engine(EngineSpec(model=model, adapter=adapter, device=device))
    ready = engine.ready()
    unsure = ready.notes.thresholds.model_copy(update={"again": 1.0})
    notes = ready.notes.model_copy(update={"thresholds": unsure})
    reader = SmoothReader(
        spec=engine.spec, engine=engine, chunk=chunk, thresholds=unsure, limits=Limits(nearest=_ALL)
    )
    name = f"{ready.fingerprint} {notes.model_dump_json()} {words.SHARE} {characters} {chunk}"
    out.parent.mkdir(parents=True, exist_ok=True)
    questions = held_out(count, characters, seed)
    if not questions:
        raise typer.BadParameter(
            f"nobody wrote questions on documents of {characters // 2} characters that are here"
        )
    before, looked = known(out, name), []
    with out.open("a", encoding="utf-8") as file:
        for asked in track(questions, "reading", console=Console(stderr=True)):
            if (here := before.get((asked.document.name, asked.question))) is None:
                here = look(reader, name, asked, characters)
                file.write(here.model_dump_json() + "\n")
                file.flush()
            looked.append(here)
    found = [Figures.of(looked, threshold) for threshold in THRESHOLDS]
    if as_json:
        print(json.dumps([figures.model_dump() for figures in found], indent=2))
        return
    table = Table("threshold", "right places", "quotes beside", "open questions given a clue")
    for row in found:
        table.add_row(
            f"{row.threshold:.2f}",
            f"{row.placed} of {row.answered}",
            str(row.beside),
            f"{row.given} of {row.open}",
        )
    Console().print(table)


if __name__ == "__main__":
    app()
