"""Readings that are killed (kill -9) at random points are gone on with, and come to the same."""

import os
import signal
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from smoothread_agent import SmoothReader
from smoothread_agent.memory.maintenance import verify
from smoothread_agent.memory.policy import CheckpointPolicy
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds

TRIALS = int(os.environ.get("SMOOTHREAD_KILLS", "10"))
TEXT = " ".join(f"Boat {n * 7} lay beside pier {n} of the harbour at Pelano." for n in range(30))
LIMITS = Limits(
    clue_tokens_in_stream=64, target_tokens=16, clues_per_chunk=1, answer_tokens=8, reason_tokens=8
)


@pytest.mark.skipif(os.name != "posix", reason="forks and signals of POSIX")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("order", ["task_first", "source_first"])
def test_a_killed_reading_comes_to_what_an_uninterrupted_one_does(
    tiny_folder: Path, tmp_path: Path, order: str
) -> None:
    settings: dict[str, Any] = {
        "order": order,
        "chunk": 100,
        "limits": LIMITS,
        "stop": StopPolicy(when="never"),
    }
    reader = SmoothReader.from_pretrained(
        tiny_folder, window=700, thresholds=Thresholds(new=0.4, keep=0.4, again=0.4), **settings
    )
    request = {"task": "Which boat lay beside pier 9?", "source": TEXT}
    truth = reader.invoke(request)
    assert truth.clues
    random, killed, resumed = Random(0), 0, 0
    while killed < TRIALS:
        place = tmp_path / str(killed)
        for _ in range(5):
            killed += 1
            child = os.fork()
            if child == 0:
                try:
                    policy = CheckpointPolicy(every=1, most=2)
                    store = MemoryStore(place, policy=policy, source_policy=policy)
                    for _step in reader.model_copy(update={"store": store}).read(request):
                        time.sleep(0.002)
                finally:
                    os._exit(0)
            time.sleep(random.random() * truth.usage.seconds)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            assert verify(MemoryStore(place)) == []
        last = reader.model_copy(update={"store": MemoryStore(place)}).invoke(request)
        resumed += last.reuse.tokens_read_now < truth.coverage.tokens_total
        excluded: Any = {"usage": {"seconds", "tokens_read"}, "reuse": True}
        assert last.model_dump(exclude=excluded) == truth.model_dump(exclude=excluded)
    assert resumed
