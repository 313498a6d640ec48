"""The ten lines of the README: read a text, get an answer with its evidence."""

from pathlib import Path

from smoothread_agent import SmoothReader


def main(path: str, task: str) -> None:
    reader = SmoothReader.from_pretrained()
    for step in reader.stream({"task": task, "source": Path(path)}):
        print(f"{step.coverage.share:4.0%} read, {len(step.clues)} clues")
    print(step.answer, step.stop.reason)
    for clue in step.clues:
        print(f"{clue.start}-{clue.end} ({clue.confidence:.0%}): {clue.text}")


if __name__ == "__main__":
    import sys

    main(*sys.argv[1:3])
