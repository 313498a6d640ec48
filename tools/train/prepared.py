"""Lessons rendered beforehand, and kept in a run's folder: a GPU then waits for no CPU, and needs no corpora.

What a step learns from depends on the run's settings and the step's number alone, so that prepared lessons are those
which the trainer would have rendered itself. `python -m tools.train.prepare` writes them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from smoothread_agent.errors import ModelError
from smoothread_agent.reading.codec import TextCodec
from tools.train.render import Aside, Rendered
from tools.train.score import DECISIONS
from tools.train.settings import Settings
from tools.train.trajectory import Split

STEPS = 50
"""A file holds the lessons of so many steps."""

_KEY = "made_for"


def path_of(folder: Path, split: Split, step: int) -> Path:
    """The file of a run's folder with the lessons of a step."""
    return folder / "lessons" / f"{split}-{step // STEPS:05}.safetensors"


def made_for(codec: TextCodec, settings: Settings) -> str:
    """Changes with all that lessons depend on: some of the settings, and how the model's tokenizer cuts."""
    names = {"seed", "steps", "trajectories_per_step", "max_tokens", "families", "source_first", "curriculum"}
    told = settings.model_dump_json(include={*names, "held_out"})
    return hashlib.sha256(f"{told}{codec.plain(told)}".encode()).hexdigest()[:16]


def write(path: Path, key: str, steps: Sequence[Sequence[Rendered]]) -> None:
    """Write the lessons of the steps that a file is for; a crash in the middle leaves none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    save_file(_packed(steps), draft, metadata={_KEY: key})
    draft.replace(path)


def prepared(folder: Path, key: str, split: Split, step: int) -> list[Rendered] | None:
    """The lessons of a step, None if they were not prepared.

    Raises:
        ModelError: they were prepared for others than `made_for` tells by `key`, or the file is damaged.
    """
    path = path_of(folder, split, step)
    return [*_read(path, key)[step % STEPS if split == "train" else 0]] if path.exists() else None


@lru_cache(maxsize=2)
def _read(path: Path, key: str) -> list[list[Rendered]]:
    try:
        with safe_open(path, framework="numpy") as file:
            found = (file.metadata() or {}).get(_KEY)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
    except SafetensorError as error:
        raise ModelError(f"{path} is damaged ({error}): delete it and prepare the lessons again") from error
    if found != key:
        raise ModelError(
            f"{path} was prepared for other settings or another model: delete {path.parent} and prepare them again"
        )
    return _unpacked(arrays)


def _packed(steps: Sequence[Sequence[Rendered]]) -> dict[str, NDArray[Any]]:
    lessons = [lesson for step in steps for lesson in step]
    asides = [aside for lesson in lessons for aside in lesson.asides]
    decisions = [
        (at, DECISIONS.index(name), right, no, yes)
        for lesson in lessons
        for at, name, right, no, yes in lesson.decisions
    ]
    sizes = [(len(x.pinned), len(x.tokens), len(x.decisions), len(x.asides)) for x in lessons]
    return {
        "steps": _numbers(map(len, steps)),
        "sizes": _numbers(sizes).reshape(-1, 4),
        "pinned": _numbers(token for lesson in lessons for token in lesson.pinned),
        "tokens": _numbers(token for lesson in lessons for token in lesson.tokens),
        "weights": np.array([weight for lesson in lessons for weight in lesson.weights], dtype=np.float32),
        "decisions": _numbers(decisions).reshape(-1, 5),
        "asides": _numbers((len(a.tokens), a.at, a.right, *a.options) for a in asides).reshape(-1, 5),
        "aside_tokens": _numbers(token for aside in asides for token in aside.tokens),
    }


def _unpacked(arrays: Mapping[str, NDArray[Any]]) -> list[list[Rendered]]:
    pinned, tokens, decisions, asides = (
        _pieces(values, sizes)
        for values, sizes in zip(
            (arrays["pinned"], arrays["tokens"], arrays["decisions"], arrays["asides"]),
            arrays["sizes"].T,
            strict=True,
        )
    )
    weights = _pieces(arrays["weights"], arrays["sizes"][:, 1])
    aside_tokens = iter(_pieces(arrays["aside_tokens"], arrays["asides"][:, 0]))
    lessons = [
        Rendered(
            pinned[at],
            tokens[at],
            weights[at],
            [
                (place, DECISIONS[field], bool(right), no, yes)
                for place, field, right, no, yes in decisions[at]
            ],
            [
                Aside(fork, next(aside_tokens), bool(right), (no, yes))
                for _, fork, right, no, yes in asides[at]
            ],
        )
        for at in range(len(pinned))
    ]
    left = iter(lessons)
    return [[*islice(left, count)] for count in arrays["steps"].tolist()]


def _numbers(values: Iterable[Any]) -> NDArray[np.int32]:
    return np.array(list(values), dtype=np.int32)


def _pieces(values: NDArray[Any], sizes: NDArray[Any]) -> list[list[Any]]:
    """`values` cut into lists of the given sizes."""
    ends = np.cumsum(sizes).tolist()
    return [values[end - size : end].tolist() for end, size in zip(ends, sizes.tolist(), strict=True)]
