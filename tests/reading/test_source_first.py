"""Source first: a memory without a task, from which any task is read, chunk by chunk, in forks that are dropped."""

import threading
from pathlib import Path
from typing import Any

import pytest

from smoothread_agent.errors import RequestError
from smoothread_agent.memory.errors import IndexUnavailableError, MemoryStoreWarning
from smoothread_agent.memory.policy import CheckpointPolicy
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.reading import wording
from smoothread_agent.reading.chunker import Chunker
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.engine import Engine, EngineSpec
from smoothread_agent.reading.planning import Method
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds
from smoothread_agent.reading.session import read_source, sessions
from smoothread_agent.reading.shelf import Shelf
from smoothread_agent.schema import ReadingResult, ReadingStep, ReadRequest, SourceReading
from smoothread_agent.sources import Source
from tests.reading.scripted import Script, ScriptedModel, Wish, scripted_engine

PARTS = [
    f"Part {n} tells of the harbour at Pelano, where boat {n * 7} lay beside pier {n}." for n in range(14)
]
TEXT = " ".join(PARTS)
TASK = "Which boat lay beside pier 9?"
CHUNK = 120
LIMITS = Limits(
    clue_tokens_in_stream=64, target_tokens=16, clues_per_chunk=2, answer_tokens=8, reason_tokens=8
)
SCRIPT = Script({"boat 21 lay": ["boat 21 lay"], "boat 56 lay": ["boat 56 lay beside pier 8."]})
ASIDE = wording.aside("quote")


def chunks_of(codec: TextCodec, text: str = TEXT) -> list[str]:
    return [chunk.text for chunk in Chunker(codec, CHUNK).chunks(text)]


class Mind:
    """A script that is told which chunk it was that the source's stream ended with, and keeps what it saw."""

    def __init__(self, codec: TextCodec, script: Script = SCRIPT, text: str = TEXT) -> None:
        self.chunks, self.script, self.seen = chunks_of(codec, text), script, list[str]()

    def __call__(self, stream: str) -> Wish:
        self.seen.append(stream)
        before, aside, after = stream.partition(ASIDE)
        if not aside:
            return self.script(stream)
        part = next(chunk for chunk in self.chunks if before.endswith(chunk))
        return self.script(f"quote\nTask:\nuser\n{part}{after}")


class Desk:
    """A scripted engine, and readings with it."""

    def __init__(
        self, codec: TextCodec, store: MemoryStore | None = None, script: Script = SCRIPT, text: str = TEXT
    ) -> None:
        self.mind = Mind(codec, script, text)
        self.engine, self.model = scripted_engine(codec, self.mind)  # type: ignore[arg-type]
        assert isinstance(self.model, ScriptedModel)
        self.shelf = None if store is None else Shelf(store)
        self.source = Source(text)

    def steps(self, task: str = TASK, **more: Any) -> list[ReadingStep]:
        method = Method(
            chunk=CHUNK, limits=LIMITS, **{k: more.pop(k) for k in ("arm", "stop", "thresholds") if k in more}
        )
        request = ReadRequest(task=task, source="", order=more.pop("order", "source_first"), **more)
        return list(sessions(self.engine, method, request, self.source, shelf=self.shelf))

    def read(self, task: str = TASK, **more: Any) -> ReadingResult:
        result = self.steps(task, **more)[-1]
        assert isinstance(result, ReadingResult)
        return result

    def source_pass(self, *tasks: str, cancelled: threading.Event | None = None) -> SourceReading:
        requests = [ReadRequest(task=task, source="", order="source_first") for task in tasks]
        return read_source(
            self.engine, Method(chunk=CHUNK, limits=LIMITS), self.source, requests, cancelled=cancelled,
            shelf=self.shelf,
        )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> MemoryStore:
    return MemoryStore(tmp_path / "store")


def core(result: ReadingStep) -> dict[str, Any]:
    """What does not depend on where the source's memory came from."""
    return result.model_dump(exclude={"usage": {"seconds", "tokens_read"}, "reuse": True})


def test_each_round_stands_behind_the_source_alone(codec: TextCodec) -> None:
    desk = Desk(codec)
    result = desk.read()
    assert [clue.text for clue in result.clues] == [PARTS[3], PARTS[8]]
    assert (result.order, result.coverage.share, result.answer) == ("source_first", 1.0, "The answer")
    prefix = f"<|im_start|>system\n{wording.SOURCE}<|im_end|>\n<|im_start|>user\n"
    chunks = desk.mind.chunks
    rounds = [stream for stream in desk.mind.seen if stream.endswith(("\nNew:", "\nNew: "))]
    for number in range(1, len(chunks) + 1):
        head = (
            prefix + "".join(chunks[:number]) + ASIDE + f" {TASK}<|im_end|>\n<|im_start|>assistant\nTarget:"
        )
        assert any(stream.startswith(head) for stream in rounds)
    assert all(stream.count("Target:") == stream.count(TASK) == 1 for stream in rounds)
    assert f'- "{PARTS[3]}"' in rounds[-1]


def test_a_second_look_reads_each_of_the_likeliest_chunks_by_itself(codec: TextCodec) -> None:
    desk = Desk(codec)
    result = desk.read(thresholds=Thresholds(new=0.95, again=0.97))
    assert result.clues == ()
    assert [clue.text for clue in result.nearest[:2]] == [PARTS[3], PARTS[8]]
    assert result.usage.tokens_read == result.coverage.tokens_total
    prefix = f"<|im_start|>system\n{wording.SOURCE}<|im_end|>\n<|im_start|>user\n"
    for clue in result.nearest[:2]:
        head = prefix + desk.mind.chunks[clue.chunk] + ASIDE + f" {TASK}"
        assert any(stream.startswith(head) and "Keep:" in stream for stream in desk.mind.seen)


def test_a_source_that_was_read_is_asked_without_reading_it_again(
    codec: TextCodec, store: MemoryStore
) -> None:
    desk = Desk(codec, store)
    pass_ = desk.source_pass()
    total = pass_.coverage.tokens_total
    assert (pass_.coverage.share, pass_.usage.tokens_read, pass_.reuse.tokens_read_now) == (1.0, total, total)
    assert sum(map(len, desk.model.feeds)) == total
    assert len(store.entries()) == len(desk.mind.chunks)
    for task in (TASK, "Where does the harbour lie?"):
        later = Desk(codec, store)
        result = later.read(task)
        assert core(result) == core(Desk(codec).read(task))
        assert (result.usage.tokens_read, result.reuse.tokens_read_now) == (0, 0)
        assert result.reuse.tokens_from_checkpoint == total
        assert result.reuse.checkpoint is not None
        # Never fed: the last token of the answer, and the choice that was a dropped round's last.
        usage, unfed = result.usage, result.coverage.chunks_read
        counted = usage.tokens_forced + usage.tokens_decoded + usage.tokens_weighed
        assert sum(map(len, later.model.feeds)) == counted - unfed
        again = Desk(codec, store).read(task)
        assert again.reuse.tokens_from_result == total
    assert Desk(codec, store).source_pass().usage.tokens_read == 0


def test_many_tasks_share_one_pass(codec: TextCodec, tmp_path: Path) -> None:
    tasks = (TASK, "Where does the harbour lie?", "Who?")
    for store in (None, MemoryStore(tmp_path)):
        desk = Desk(codec, store)
        pass_ = desk.source_pass(*tasks)
        total = pass_.coverage.tokens_total
        assert [core(result) for result in pass_.results] == [core(Desk(codec).read(task)) for task in tasks]
        assert (pass_.usage.tokens_read, pass_.reuse.tokens_read_now) == (total, total)
        assert [result.usage.tokens_read for result in pass_.results] == [0, 0, 0]
    again = Desk(codec, store)
    assert again.source_pass(*tasks).results[2].reuse.tokens_from_result == total
    assert again.model.feeds == []


def test_a_pass_without_a_store_ends_with_its_last_task_and_with_one_at_the_source_s_end(
    codec: TextCodec, store: MemoryStore
) -> None:
    script = Script(SCRIPT.quotes, stop=0.9)
    short = Desk(codec, None, script).source_pass(TASK)
    assert short.results[0].stop.reason == "answered"
    assert short.coverage.truncated
    whole = Desk(codec, store, script).source_pass(TASK)
    assert core(whole.results[0]) == core(short.results[0])
    assert not whole.coverage.truncated


def test_a_cancelled_pass_is_gone_on_with(codec: TextCodec, store: MemoryStore) -> None:
    switch = threading.Event()
    desk = Desk(codec, store)
    read, fed = desk.model.read, list[int]()

    def read_four(*given: Any) -> Any:
        fed.append(1)
        if len(fed) == 4:
            switch.set()
        return read(*given)

    desk.model.read = read_four  # type: ignore[method-assign]
    cancelled = desk.source_pass(cancelled=switch)
    assert (cancelled.coverage.chunks_read, cancelled.coverage.truncated) == (4, True)
    rest = Desk(codec, store).source_pass()
    assert rest.usage.tokens_read == rest.coverage.tokens_total - cancelled.coverage.tokens_read
    assert rest.reuse.tokens_from_checkpoint == cancelled.coverage.tokens_read
    with_task = Desk(codec).source_pass(TASK, cancelled=switch)
    assert with_task.results[0].stop.reason == "cancelled"


def test_promise_begins_where_the_words_are_and_stop_ends_it(codec: TextCodec, store: MemoryStore) -> None:
    Desk(codec, store).source_pass()
    script = Script(SCRIPT.quotes, stop=0.9)
    desk = Desk(codec, store, script)
    steps = desk.steps("boat 56 beside pier 8", visit="promise")
    result = steps[-1]
    assert isinstance(result, ReadingResult)
    assert [clue.text for clue in result.clues] == [PARTS[8]]
    assert (result.stop.reason, result.coverage.chunks_read, len(steps)) == ("answered", 1, 2)
    assert (result.reuse.tokens_read_now, result.usage.tokens_read) == (0, 0)
    assert result.coverage.tokens_read == result.reuse.tokens_from_checkpoint
    whole = Desk(codec, store).read(visit="promise")
    assert {clue.text for clue in whole.clues} == {clue.text for clue in Desk(codec).read().clues}
    assert whole.coverage.share == 1.0


class Backwards:
    """Embeddings that like the end of a source best, or fail."""

    def __init__(self) -> None:
        self.fails = False

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if self.fails:
            raise TimeoutError("no answer")
        return [[float(place), 1.0] for place in range(len(texts))]

    def embed_query(self, text: str) -> list[float]:
        return [1.0, 0.0]


def test_promise_is_told_by_the_stores_embeddings(
    codec: TextCodec, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    embeddings = Backwards()
    monkeypatch.setattr(MemoryStore, "embeddings", embeddings)
    desk = Desk(codec, store)
    visited = [step.summary.chunk for step in desk.steps(visit="promise", max_chunks=3)[:-1] if step.summary]
    last = len(desk.mind.chunks) - 1
    assert visited == [last, last - 1, last - 2]
    embeddings.fails = True
    with pytest.warns(MemoryStoreWarning, match="TimeoutError: no answer"):
        by_words = Desk(codec, store).read("boat 56 beside pier 8", visit="promise", max_chunks=1)
    assert [clue.text for clue in by_words.clues] == [PARTS[8]]
    desk.shelf = Shelf(store, strict=True)
    with pytest.raises(IndexUnavailableError, match="visit='in_order'"):
        desk.read(visit="promise")


def test_promise_reads_a_source_that_was_not_read_first(codec: TextCodec, store: MemoryStore) -> None:
    desk = Desk(codec, store)
    result = desk.read(visit="promise", max_chunks=2)
    total = result.coverage.tokens_total
    assert (result.usage.tokens_read, result.reuse.tokens_read_now) == (total, total)
    assert (result.coverage.chunks_read, result.stop.reason) == (2, "budget")
    again = Desk(codec, store).read(visit="promise", max_chunks=3)
    assert again.reuse.tokens_read_now == 0


def test_a_longer_source_has_checkpoints_farther_apart(codec: TextCodec, tmp_path: Path) -> None:
    store = MemoryStore(tmp_path, source_policy=CheckpointPolicy(every=1, most=2))
    pass_ = Desk(codec, store).source_pass()
    chunks = pass_.coverage.chunks_total
    assert chunks == 8
    assert sorted(entry.chunks_read for entry in store.entries()) == [4, 7, 8]
    result = Desk(codec, store).read()
    assert core(result) == core(Desk(codec).read())
    assert 0 < result.reuse.tokens_read_now < pass_.coverage.tokens_total
    assert result.reuse.tokens_read_now + result.reuse.tokens_from_checkpoint == pass_.coverage.tokens_total
    assert sorted(e.chunks_read for e in store.entries() if e.kind == "checkpoint") == [4, 7, 8]


def test_refresh_reads_the_source_again(codec: TextCodec, store: MemoryStore) -> None:
    first = Desk(codec, store).read()
    for visit in ("in_order", "promise"):
        again = Desk(codec, store).read(visit=visit, refresh=True)
        assert again.usage.tokens_read == first.coverage.tokens_total


def test_a_damaged_checkpoint_costs_the_chunks_up_to_it(
    codec: TextCodec, store: MemoryStore, tmp_path: Path
) -> None:
    Desk(codec, store).source_pass()
    entry = next(entry for entry in store.entries() if entry.chunks_read == 5)
    (blob,) = (tmp_path / "store").rglob(f"{entry.key}*.safetensors")
    blob.write_bytes(blob.read_bytes()[:-9])
    result = Desk(codec, store).read()
    assert core(result) == core(Desk(codec).read())
    assert 0 < result.reuse.tokens_read_now <= CHUNK


def test_a_source_that_grew_has_only_its_tail_read(codec: TextCodec, store: MemoryStore) -> None:
    first = Desk(codec, store).source_pass()
    grown = TEXT + " " + " ".join(f"Later, boat {n} came in." for n in range(20))
    pass_ = Desk(codec, store, text=grown).source_pass()
    assert pass_.usage.tokens_read <= pass_.coverage.tokens_total - first.coverage.tokens_total + CHUNK
    assert core(Desk(codec, store, text=grown).read()) == core(Desk(codec, text=grown).read())


def test_budgets(codec: TextCodec, store: MemoryStore) -> None:
    full = Desk(codec, store).steps()
    for most in ({"max_chunks": 3}, {"max_tokens": full[2].coverage.tokens_read}):
        result = Desk(codec, store).read(**most)
        assert (result.coverage.chunks_read, result.stop.reason) == (3, "budget")
        assert core(result) == core(Desk(codec).read(**most))
    nothing = Desk(codec, store).read("Who?", max_seconds=1e-9)
    assert (nothing.coverage.chunks_read, nothing.stop.reason) == (0, "budget")


def test_notes_are_asked_for_in_the_fork(codec: TextCodec, store: MemoryStore) -> None:
    """The source's memory is the same for both kinds of clue."""
    Desk(codec, store).source_pass()
    desk = Desk(codec, store)
    assert desk.read(clues="note").usage.tokens_read == 0
    assert any(wording.aside("note") in stream for stream in desk.mind.seen)


def test_what_cannot_be_read_source_first(codec: TextCodec, store: MemoryStore) -> None:
    with pytest.raises(RequestError, match="the arm 'reset' is read task first"):
        Desk(codec, store).read(arm="reset")
    with pytest.raises(
        RequestError, match=r"takes, with its instructions, \d+ tokens .* choose a chunk of at"
    ):
        Desk(codec, store).read("why " * 300)
    with pytest.raises(RequestError, match="which source first alone can"):
        Desk(codec, store).read(order="task_first", visit="promise")
    with pytest.raises(RequestError, match="max_tokens=20 allows no chunk at all: source first"):
        Desk(codec, store).read(max_tokens=20)
    with pytest.raises(RequestError, match="give the reader a store"):
        Desk(codec).read(visit="promise")


@pytest.mark.parametrize("visit", ["in_order", "promise"])
def test_on_a_real_memory_a_restored_source_is_read_as_one_at_hand(
    tiny_folder: Path, tmp_path: Path, visit: str
) -> None:
    engine = Engine(EngineSpec(model=str(tiny_folder), window=700))
    shelf = Shelf(MemoryStore(tmp_path))
    method = Method(
        chunk=CHUNK, limits=LIMITS, thresholds=Thresholds(new=0.4, keep=0.4), stop=StopPolicy(when="never")
    )
    request = ReadRequest(task=TASK, source="", order="source_first", visit=visit)  # type: ignore[arg-type]
    first = read_source(engine, method, Source(TEXT), [], shelf=shelf)
    *_, restored = sessions(engine, method, request, Source(TEXT), shelf=shelf)
    assert restored.clues
    assert restored.usage.tokens_read == 0
    at_hand = read_source(
        engine, method, Source(TEXT), [request.model_copy(update={"visit": "in_order"})]
    ).results[0]
    assert first.coverage.tokens_read == at_hand.reuse.tokens_read_now
    if visit == "in_order":
        assert core(restored) == core(at_hand)
