"""One contestant, one length, one process: prints its figures and its peak memory as a line of JSON."""

import json
import resource
import sys
from pydoc_data.topics import topics

from tools.bench.contestants import CONTESTANTS


def main(name: str, length: int, window: int, chunk: int) -> None:
    """Run and print. What is read is Python's own help topics, repeated where a length asks for more."""
    kind, _, contestant = name.rpartition("-")
    if kind == "train":
        from tools.bench.training import TRAINING

        figures = TRAINING[contestant](length, window, chunk)
    else:
        text = "\n\n\n".join(topics.values())
        text *= 1 + length * 6 // len(text)
        figures = CONTESTANTS[name](text, length, window, chunk)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps({**figures, "peak_mib": peak}))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:5]))
