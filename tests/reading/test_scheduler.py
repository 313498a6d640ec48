import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.decoder import Feed, Request, Try
from smoothread_agent.reading.effects import Forget
from smoothread_agent.reading.scheduler import ROWS, run
from smoothread_agent.schema import Coverage, ReadingStep, Usage
from tests.reading.scripted import ScriptedModel, Wish

STEP = ReadingStep(
    coverage=Coverage(chunks_read=1, chunks_total=1, tokens_read=1, tokens_total=1, truncated=False),
    usage=Usage(),
)


@pytest.fixture
def model(codec: TextCodec) -> ScriptedModel:
    return ScriptedModel(codec, lambda stream: Wish(stream[-1]))


def answered(*requests: Request) -> Generator[Request, Any, list[object]]:
    answers = []
    for request in requests:
        answers.append((yield request))
    return answers


def finish(running: Generator[ReadingStep, None, Any]) -> tuple[list[ReadingStep], Any]:
    steps = []
    while True:
        try:
            steps.append(next(running))
        except StopIteration as end:
            return steps, end.value


def test_it_answers_with_logits_passes_steps_on_and_forgets(codec: TextCodec, model: ScriptedModel) -> None:
    pinned = model.pin([codec.plain("p")])
    seen: list[str] = []
    model.mind = lambda stream: seen.append(stream) or Wish("x")  # type: ignore[func-returns-value]
    requests = answered(
        Feed(codec.plain("a")), STEP, Feed(codec.plain("b")), Forget(), Feed(codec.plain("c"))
    )
    steps, answers = finish(run(model, requests, pinned, threading.Lock()))
    assert steps == [STEP]
    assert seen == ["pa", "pab", "pc"]
    assert [getattr(answer, "shape", None) for answer in answers] == [(300,), None, (300,), None, (300,)]
    assert model.stream(pinned) == "p"


def test_what_is_tried_is_answered_in_order_and_leaves_the_memory_as_it_is(
    codec: TextCodec, model: ScriptedModel
) -> None:
    words = [f"{'x' * (number % 5)}{number:02}" for number in range(ROWS + 3)]
    expected = [codec.markup(word[-1])[0] for word in words]
    tried, fed = Try([codec.plain(word) for word in words]), Feed(codec.plain("b"))
    running = run(model, answered(Feed(codec.plain("a")), tried, fed), model.pin([[9]]), threading.Lock())
    _, (_, logits, after) = finish(running)
    assert logits.argmax(-1).tolist() == expected
    assert max(model.feeds.count(codec.plain(word)) for word in words) == 1
    assert after.argmax() == codec.markup("b")[0]
    assert model.stream(model.last).endswith("ab")


def test_the_turn_is_held_for_a_pass_and_given_back_for_a_step(
    codec: TextCodec, model: ScriptedModel
) -> None:
    events: list[str] = []

    @contextmanager
    def turn() -> Iterator[None]:
        events.append("taken")
        yield
        events.append("given back")

    class Turns:
        def __enter__(self) -> None:
            self.now = turn()
            self.now.__enter__()

        def __exit__(self, *error: object) -> None:
            self.now.__exit__(None, None, None)

    model.mind = lambda stream: events.append("pass") or Wish("x")  # type: ignore[func-returns-value]
    running = run(model, answered(Feed([5]), Feed([6]), STEP), model.pin([[9]]), Turns())  # type: ignore[arg-type]
    assert next(running) == STEP
    assert events == ["taken", "pass", "given back"] * 2


def test_the_turn_is_given_back_when_a_pass_fails(codec: TextCodec, model: ScriptedModel) -> None:
    turn = threading.Lock()
    pinned = model.pin([[9]])

    def fail(stream: str) -> Wish:
        raise RuntimeError("out of memory")

    model.mind = fail
    with pytest.raises(RuntimeError, match="out of memory"):
        next(run(model, answered(Feed([5])), pinned, turn))
    assert not turn.locked()


def test_two_readings_in_turns_keep_their_memories_apart(codec: TextCodec, model: ScriptedModel) -> None:
    turn = threading.Lock()
    pinned = model.pin([codec.plain("p")])
    seen: list[str] = []
    model.mind = lambda stream: seen.append(stream) or Wish("x")  # type: ignore[func-returns-value]
    first = run(model, answered(Feed(codec.plain("a")), STEP, Feed(codec.plain("b")), STEP), pinned, turn)
    second = run(model, answered(Feed(codec.plain("y")), STEP, Feed(codec.plain("z")), STEP), pinned, turn)
    for running in (first, second, first, second):
        next(running)
    assert seen == ["pa", "py", "pab", "pyz"]
