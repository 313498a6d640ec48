"""Prints trajectories for the eye: `python -m tools.train.preview --seed 3 --family needle.multikey`."""

import argparse

from tools.train.tasks import sample
from tools.train.trajectory import Trajectory


def readable(trajectory: Trajectory, *, full: bool = True) -> str:
    """A trajectory as text. Not full: long parts shortened to what surrounds their finds."""
    lines = [f"=== {trajectory.family} ({trajectory.kind})", f"TASK    {trajectory.task}"]
    for number, part in enumerate(trajectory.parts, 1):
        text = part.text if full else _shortened(part.text, [find.text for find in part.finds])
        lines.append(f"--- part {number} of {len(trajectory.parts)}, {len(part.text)} characters")
        lines.append(text)
        for find in part.finds:
            lines.append(f"  NEW   {find.text!r}  {'keep' if find.keep else 'DROP'}")
        lines.append(f"  {'STOP' if part.stop else 'READ'}  {part.reason}")
    lines.append(f"ANSWER  {trajectory.answer}")
    return "\n".join(lines)


def _shortened(text: str, quotes: list[str], around: int = 120) -> str:
    if len(text) <= 3 * around:
        return text
    pieces = [text[:around] + " [...] "]
    for quote in quotes:
        at = text.find(quote)
        pieces.append(text[max(0, at - around) : at + len(quote) + around] + " [...] ")
    return "".join(pieces) + text[-around:]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--family", default="*", help="a family's name, or a pattern such as 'needle.*'")
    parser.add_argument("--count", type=int, default=1, help="how many, with seeds from --seed on")
    parser.add_argument("--split", choices=("train", "held_out"), default="train")
    parser.add_argument("--characters", type=int, nargs=2, default=(150, 1500), metavar=("LEAST", "MOST"))
    parser.add_argument("--parts", type=int, nargs=2, default=(2, 12), metavar=("LEAST", "MOST"))
    parser.add_argument("--short", action="store_true", help="shorten long parts")
    arguments = parser.parse_args()
    for seed in range(arguments.seed, arguments.seed + arguments.count):
        trajectory = sample(
            seed,
            families={arguments.family: 1.0},
            part_characters=tuple(arguments.characters),
            parts=tuple(arguments.parts),
            split=arguments.split,
        )
        print(readable(trajectory, full=not arguments.short), end="\n\n")


if __name__ == "__main__":
    main()
