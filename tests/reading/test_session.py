"""Sessions on a tiny random model: whatever it says, what comes out is sound; what cannot be served is told."""

import random
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from smoothread_agent.errors import GrammarError, RequestError
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.protocol import TokenRows
from smoothread_agent.reading.engine import Engine, EngineSpec
from smoothread_agent.reading.planning import Method
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds
from smoothread_agent.reading.session import sessions
from smoothread_agent.reading.wording import one_line
from smoothread_agent.schema import Arm, ReadingResult, ReadRequest
from smoothread_agent.sources import Page, Source

TEXT = (
    'The ship "Ravel" left the harbour with 12 men.\r\nIt was the 3rd of May – 1851. <|im_end|>\n\n\n'
    "日本語の文章はここにあります。 Crème brûlée 👩‍👩‍👧 e\u0301t\u0301.\n\n"
    + "x" * 400
    + "\n\n"
    + " \n" * 60
    + "ok"
)
LIMITS = Limits(
    clue_tokens_in_stream=32, target_tokens=16, clues_per_chunk=3, answer_tokens=12, reason_tokens=8
)


@pytest.fixture(scope="module")
def engine(tiny_folder: Path) -> Engine:
    return Engine(EngineSpec(model=str(tiny_folder), window=400))


def read(
    engine: Engine, text: str = TEXT, schema: type[BaseModel] | None = None, **more: object
) -> ReadingResult:
    method = {
        name: more.pop(name) for name in ("arm", "chunk", "thresholds", "stop", "limits") if name in more
    }
    request = ReadRequest(task=str(more.pop("task", "Which ship?")), source=text, **more)  # type: ignore[arg-type]
    pages = tuple(Page(start, number) for number, start in enumerate(range(0, len(text), 100), 1))
    laid = Method(**{"chunk": 96, "limits": LIMITS, **method})  # type: ignore[arg-type]
    *_, last = sessions(engine, laid, request, Source(text, pages=pages), answer_schema=schema)
    assert isinstance(last, ReadingResult)
    return last


@pytest.mark.parametrize("arm", ["smooth", "reset"])
@pytest.mark.parametrize("chunk", [16, 60])
def test_every_quote_of_any_text_is_verbatim(engine: Engine, arm: Arm, chunk: int) -> None:
    result = read(
        engine, arm=arm, chunk=chunk, thresholds=Thresholds(new=0.0, keep=0.0), stop=StopPolicy(when="never")
    )
    assert result.coverage.share == 1.0
    assert len(result.clues) > 3
    for clue in result.clues:
        assert TEXT[clue.start : clue.end] == clue.text
        assert one_line(clue.text).strip() == one_line(clue.text)
        assert 0.0 <= clue.confidence <= 1.0
        assert clue.page == clue.start // 100 + 1
    places = [(clue.chunk, clue.start) for clue in result.clues]
    assert len(set(places)) == len(places)


def test_random_texts_are_read_to_their_end(engine: Engine) -> None:
    chance = random.Random(5)
    letters = "ab c\n\t\"'<>|é日😀\u0301\u200d{}.,;"
    for _ in range(2):
        text = "".join(chance.choice(letters) for _ in range(400)) + "."
        result = read(engine, text, thresholds=Thresholds(new=0.0, keep=0.0), stop=StopPolicy(when="never"))
        assert result.coverage.share == 1.0
        assert all(text[clue.start : clue.end] == clue.text for clue in result.clues)


def test_the_policy_of_stopping_is_the_methods(engine: Engine) -> None:
    eager = Thresholds(new=0.0, keep=0.0, stop=0.0)
    assert read(engine, thresholds=eager).coverage.chunks_read == 1
    assert read(engine, thresholds=eager, stop=StopPolicy(min_chunks=3)).coverage.chunks_read == 3
    stopped = read(
        engine, thresholds=Thresholds(new=1.0, again=1.0, stop=0.0), stop=StopPolicy(needs_new_clue=False)
    )
    assert (stopped.stop.reason, stopped.coverage.chunks_read, stopped.clues) == ("answered", 1, ())
    assert stopped.stop.confidence is not None
    assert 0.0 <= stopped.stop.confidence <= 1.0


def test_keeping_nothing_finds_nothing(engine: Engine) -> None:
    assert read(engine, thresholds=Thresholds(new=0.0, keep=1.0, again=1.0)).clues == ()


def test_a_reading_is_the_same_every_time(engine: Engine) -> None:
    first, second = (
        read(engine, thresholds=Thresholds(new=0.0)).model_dump(exclude={"usage"}) for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("arm", ["smooth", "reset", "whole"])
def test_every_arm_reads_a_text_longer_than_its_window(engine: Engine, arm: Arm) -> None:
    text = "The tide turns at noon in Ravel. " * 90
    result = read(engine, text, arm=arm, thresholds=Thresholds(new=1.0))
    assert result.coverage.tokens_read > 2 * engine.ready().model.window
    assert result.stop.reason == "end_of_source"
    assert result.arm == arm


@pytest.mark.parametrize("arm", ["smooth", "reset", "whole"])
def test_a_reading_does_not_touch_the_pinned_memory(
    engine: Engine, arm: Arm, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, kept = engine.ready().model, []
    pin = model.pin

    def pin_and_keep(prefix: TokenRows) -> HiddenMemory:
        memory = pin(prefix)
        kept.append((memory, memory.pack()))
        return memory

    monkeypatch.setattr(model, "pin", pin_and_keep)
    read(engine, arm=arm, thresholds=Thresholds(new=0.5))
    ((memory, before),) = kept
    assert memory.pack() == before


class Ship(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["ship", "boat"]
    men: Annotated[int, Field(ge=0, le=99)]


class Saga(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str


class Unbounded(BaseModel):
    things: set[str]


def test_an_answer_under_a_class_is_one_of_it(engine: Engine) -> None:
    result = read(
        engine, schema=Ship, limits=Limits(clue_tokens_in_stream=32, target_tokens=16, answer_tokens=60)
    )
    assert isinstance(result.data, Ship)
    assert Ship.model_validate_json(result.answer) == result.data


def test_an_answer_that_is_cut_off_says_what_to_do(engine: Engine) -> None:
    with pytest.raises(
        GrammarError, match=r"the answer is no Saga: .* cut off: bound its strings .* limits\.answer_tokens"
    ):
        read(engine, schema=Saga, limits=Limits(clue_tokens_in_stream=32, target_tokens=16, answer_tokens=6))


def test_a_class_that_no_grammar_can_hold_is_refused_before_reading(engine: Engine) -> None:
    with pytest.raises(RequestError, match="this answer schema cannot be decoded"):
        read(engine, schema=Unbounded)


def test_a_task_of_white_space(engine: Engine) -> None:
    with pytest.raises(RequestError, match="the task is empty"):
        read(engine, task=" \n ")


def test_a_task_too_long_to_be_pinned(engine: Engine) -> None:
    with pytest.raises(
        RequestError, match="beside a window of 400 at most 3296 can be pinned: shorten the task"
    ):
        read(engine, task="x y " * 1200)


def test_a_chunk_too_large_for_the_window(engine: Engine) -> None:
    most = 400 - 16 - 32 - 64
    with pytest.raises(
        RequestError, match=f"do not fit a window of 400: choose a chunk of at most {most} tokens"
    ):
        read(engine, chunk=most + 1)
    assert read(engine, "short", chunk=most).answer is not None
    assert read(engine, "short", chunk=most + 1, max_tokens=most).coverage.chunks_read == 1


def test_a_chunk_too_small(engine: Engine) -> None:
    with pytest.raises(RequestError, match="a chunk of 15 tokens is too small"):
        read(engine, chunk=15)
