"""Figures on the trajectories of each family: `python -m tools.train.statistics --count 200`."""

import argparse
import time
from collections.abc import Callable

from smoothread_agent.reading.wording import NOT_IN_TEXT
from tools.train.tasks import family_weights, sample
from tools.train.trajectory import Trajectory

CHARACTERS_PER_TOKEN = 4.0
"""Of English documentation under a vocabulary of some 50,000; without a tokenizer, an estimate."""


def figures(
    trajectories: list[Trajectory], count_tokens: Callable[[str], int] | None = None
) -> dict[str, float]:
    """Means over trajectories: parts, tokens a part, evidence-free share, finds, dropped, stops, answers."""
    parts = [part for trajectory in trajectories for part in trajectory.parts]
    finds = [find for part in parts for find in part.finds]
    count = count_tokens or (lambda text: round(len(text) / CHARACTERS_PER_TOKEN))
    return {
        "parts": len(parts) / len(trajectories),
        "tokens a part": sum(count(part.text) for part in parts) / len(parts),
        "evidence-free": sum(not part.evidence for part in parts) / len(parts),
        "finds": len(finds) / len(trajectories),
        "dropped": sum(not find.keep for find in finds) / max(1, len(finds)),
        "stopped": sum(trajectory.parts[-1].stop for trajectory in trajectories) / len(trajectories),
        "no answer": sum(trajectory.answer == NOT_IN_TEXT for trajectory in trajectories) / len(trajectories),
        "tasks": len({trajectory.task for trajectory in trajectories}),
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200, help="trajectories of each family")
    parser.add_argument("--family", default="*", help="a family's name, or a pattern such as 'needle.*'")
    parser.add_argument("--split", choices=("train", "held_out"), default="train")
    parser.add_argument(
        "--tokenizer", help="folder of a tokenizer, to count tokens instead of estimating them"
    )
    arguments = parser.parse_args()
    count_tokens = None
    if arguments.tokenizer:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(arguments.tokenizer)
        count_tokens = lambda text: len(tokenizer(text)["input_ids"])  # noqa: E731
    header = ""
    for family in family_weights({arguments.family: 1.0}):
        start = time.perf_counter()
        drawn = [
            sample(seed, families={family: 1.0}, split=arguments.split) for seed in range(arguments.count)
        ]
        seconds = time.perf_counter() - start
        row = figures(drawn, count_tokens) | {"a second": arguments.count / seconds}
        if not header:
            header = f"{'family':24}" + "".join(f"{name:>15}" for name in row)
            print(header)
        print(f"{family:24}" + "".join(f"{value:15.2f}" for value in row.values()), flush=True)


if __name__ == "__main__":
    main()
