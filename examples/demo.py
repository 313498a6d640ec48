"""`make demo`: the default model reads the text of Python's own help topics (about 110,000 tokens) for a question.

Nobody here wrote that text, and it is on every machine that has Python. Summaries are shown as they come; the model
stops by itself when it has what it needs.
"""

import sys
from pydoc_data.topics import topics

from rich.console import Console

from smoothread_agent import ReadingResult, SmoothReader
from smoothread_agent.display import Display
from smoothread_agent.sources import Page, Source

TASK = "Which module defines an interactive source code debugger for Python programs?"

SECONDS = 300
"""The demo reads for so long at the most, and answers from what it has read."""


def help_topics() -> Source:
    """All topics as one text; each is a page that bears its name."""
    text, pages = "", []
    for name in sorted(topics):
        pages.append(Page(len(text), label=name))
        text += f"{topics[name].strip()}\n\n\n"
    return Source(text, name="Python help topics", pages=tuple(pages))


def main(task: str) -> None:
    console = Console()
    source = help_topics()
    with console.status(
        "opening the model (its weights are converted once, which takes half a minute)"
    ) as status:
        reader = SmoothReader.from_pretrained(progress=status.update)
    console.print(
        f"[bold]Task[/]    {task}\n[bold]Source[/]  {source.name}, {len(source.text):,} characters\n"
    )
    with Display(console, every=True) as display:
        for step in reader.stream({"task": task, "source": source, "max_seconds": SECONDS}):
            if not isinstance(step, ReadingResult):
                display.show(step)
    display.result(step)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or TASK)
