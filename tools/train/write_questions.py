"""`python -m tools.train.write_questions`: the base model writes questions, each for one sentence of the corpora.

A question is kept only when the model gives its answer back from the sentence in its surroundings, and not from the
surroundings alone. The file is read by training: see `SMOOTHREAD_QUESTIONS` in `tools.train.natural.bank`.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from tools.train.corpora import Corpus, corpus
from tools.train.natural.writing import Generate, Marked, Verdict, judge, mark, write
from tools.train.plain import PlainGenerator

BATCH = 8

app = typer.Typer(add_completion=False, help=__doc__)


@app.command()
def main(
    out: Annotated[Path, typer.Argument(help="a JSON-lines file; one that exists is gone on with")],
    count: Annotated[int, typer.Option(min=1, help="sentences to write a question for")] = 800,
    seed: int = 0,
    held_out: Annotated[bool, typer.Option("--held-out", help="on the held-out corpora")] = False,
    model: Annotated[str | None, typer.Option(help="as for training; without its adapter")] = None,
    device: str | None = None,
) -> None:
    """Write questions, and say how many were kept and why the others were not."""
    loaded = load_model(resolve(model), device=device, adapter=None)
    generate = PlainGenerator(loaded.model, loaded.tokenizer)
    console = Console(stderr=True)
    tally: Counter[Verdict] = Counter()
    first = tried(out)
    with Progress(console=console) as bar:
        task = bar.add_task("writing questions", total=count, completed=first)
        for verdicts in written(
            corpus("held_out" if held_out else "train"), generate, out, first, count, seed
        ):
            tally.update(verdicts)
            bar.update(task, advance=len(verdicts), description=f"{tally['kept']} questions kept")
    for verdict, number in tally.most_common():
        console.print(f"{number:6} {verdict}")


def tried(out: Path) -> int:
    """How many sentences a file's questions were drawn from, as its last line tells."""
    if not out.exists():
        return 0
    lines = out.read_text(encoding="utf-8").splitlines()
    return int(json.loads(lines[-1])["number"]) + 1 if lines else 0


def written(
    source: Corpus, generate: Generate, out: Path, first: int, count: int, seed: int
) -> Iterator[list[Verdict]]:
    """Write questions for the sentences numbered `first` to `count`, drawn by (seed, number) alone.

    Yields what became of each of a batch once those that are kept stand in the file.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    for start in range(first, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        marked = [draw(source, random.Random(f"{seed}/{number}")) for number in numbers]
        questions = write(marked, generate)
        verdicts = judge(marked, questions, generate)
        with out.open("a", encoding="utf-8") as file:
            for number, place, question, verdict in zip(numbers, marked, questions, verdicts, strict=True):
                if verdict == "kept":
                    row = {"number": number, "document": place.document, "question": question}
                    file.write(json.dumps({**row, "answer": place.answer, "quote": place.quote}) + "\n")
        yield verdicts


def draw(source: Corpus, rng: random.Random) -> Marked:
    """A sentence of the corpora that a question can be asked about."""
    while True:
        document = source.draw(rng)
        marked = mark(document.name, document.text, rng)
        if marked is not None:
            return marked


if __name__ == "__main__":
    app()
