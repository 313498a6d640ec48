"""What a codec changes in answers: readings that broke off and went on from its memory, beside uninterrupted ones."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from smoothread_agent.memory.codec import Codec
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.reader import SmoothReader
from smoothread_agent.schema import ReadingResult
from tools.bench.cases import cases_in_turn

TASKS = (("ruler", "niah_multivalue"), ("ruler", "niah_multikey"), ("babi", "qa1"), ("probes", "natural"))
"""Tasks whose evidence lies anywhere, so that some of it is read before the break and some behind it."""


def measure_answers(
    reader: SmoothReader, codecs: Sequence[Codec], tokens: int, cases: int, tell: Callable[[str], object]
) -> list[dict[str, Any]]:
    """For each codec, the share of readings that came to the same as uninterrupted.

    Each breaks off half-way, and is gone on with by a reader that has nothing but the store.
    """
    codec = reader.opened().ready().codec
    same = {name: {"answers": 0, "clues": 0} for name in codecs}
    for number, case in enumerate(cases_in_turn(TASKS, codec, tokens, cases), start=1):
        request = {"task": case.question, "source": case.text}
        tell(f"answers: case {number} of {cases}")
        whole = reader.invoke(request)
        half = max(1, whole.coverage.chunks_read // 2)
        for name in codecs:
            result = _resumed(reader, name, request, half)
            same[name]["answers"] += result.answer == whole.answer
            same[name]["clues"] += _places(result) == _places(whole)
    return [
        {"codec": name, "cases": cases, **{f"same_{what}": count / cases for what, count in counts.items()}}
        for name, counts in same.items()
    ]


def _resumed(reader: SmoothReader, codec: Codec, request: dict[str, str], half: int) -> ReadingResult:
    with tempfile.TemporaryDirectory() as folder:
        stored = reader.model_copy(update={"store": MemoryStore(Path(folder), codec=codec)})
        stored.invoke({**request, "max_chunks": half})
        result = stored.invoke(request)
    assert result.reuse.tokens_from_checkpoint or result.coverage.chunks_read == half
    return result


def _places(result: ReadingResult) -> list[tuple[int, int]]:
    return [(clue.start, clue.end) for clue in result.clues]
