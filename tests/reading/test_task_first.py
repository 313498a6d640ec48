"""Readings that broke off go on from their last checkpoint, and come to what an uninterrupted one comes to."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from smoothread_agent.memory.errors import MemoryStoreWarning, StoreFullError
from smoothread_agent.memory.policy import CheckpointPolicy
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.engine import Engine, EngineSpec
from smoothread_agent.reading.planning import Method
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds
from smoothread_agent.reading.session import sessions
from smoothread_agent.reading.shelf import Shelf
from smoothread_agent.schema import ReadingResult, ReadingStep, ReadRequest
from smoothread_agent.sources import Page, Source
from tests.reading.scripted import Script, Wish, scripted_engine

PARTS = [
    f"Part {n} tells of the harbour at Pelano, where boat {n * 7} lay beside pier {n}." for n in range(14)
]
TEXT = " ".join(PARTS)
TASK = "Which boat lay beside pier 9?"
LIMITS = Limits(
    clue_tokens_in_stream=64, target_tokens=16, clues_per_chunk=2, answer_tokens=8, reason_tokens=8
)
EAGER = Thresholds(new=0.4, keep=0.2)
EVERY = CheckpointPolicy(every=2, most=4)
SCRIPT = Script({"boat 21 lay": ["boat 21 lay"], "boat 56 lay": ["boat 56 lay beside pier 8."]})


@pytest.fixture(scope="module")
def tiny(tiny_folder: Path) -> Engine:
    return Engine(EngineSpec(model=str(tiny_folder), window=400))


@pytest.fixture
def store(tmp_path: Path) -> MemoryStore:
    return MemoryStore(tmp_path / "store", policy=EVERY)


def steps_of(
    engine: Engine, store: MemoryStore | None, source: Source | str = TEXT, **more: Any
) -> Iterator[ReadingStep]:
    method = {name: more.pop(name) for name in ("arm", "stop", "thresholds", "limits") if name in more}
    cancelled, strict = more.pop("cancelled", None), more.pop("strict", False)
    request = ReadRequest(task=more.pop("task", TASK), source="", **more)
    laid = Method(**{"chunk": 120, "limits": LIMITS, **method})
    text = Source(source) if isinstance(source, str) else source
    shelf = None if store is None else Shelf(store, strict)
    return sessions(engine, laid, request, text, cancelled=cancelled, shelf=shelf)


def read(
    engine: Engine, store: MemoryStore | None, source: Source | str = TEXT, **more: Any
) -> ReadingResult:
    *_, last = steps_of(engine, store, source, **more)
    assert isinstance(last, ReadingResult)
    return last


def break_off(engine: Engine, store: MemoryStore, after: int, **more: Any) -> list[ReadingStep]:
    """Begin a reading and leave it after so many steps, as a crash would."""
    steps = steps_of(engine, store, **more)
    shown = [next(steps) for _ in range(after)]
    steps.close()  # type: ignore[attr-defined]
    return shown


def core(result: ReadingStep) -> dict[str, Any]:
    """All of it but what a resumed reading cannot share: seconds, and what was reused."""
    return result.model_dump(exclude={"usage": {"seconds"}, "reuse": True})


@pytest.mark.parametrize("arm", ["smooth", "reset", "whole"])
def test_a_reading_that_broke_off_comes_to_what_an_uninterrupted_one_does(
    tiny: Engine, tmp_path: Path, arm: str
) -> None:
    whole = list(steps_of(tiny, None, arm=arm, thresholds=EAGER, stop=StopPolicy(when="never")))
    chunks = len(whole) - 1
    assert chunks > 5
    if arm != "whole":
        assert len(whole[-1].clues) > 3
    for after in (1, 3, 4, chunks):
        store = MemoryStore(tmp_path / str(after), policy=EVERY)
        break_off(tiny, store, after, arm=arm, thresholds=EAGER, stop=StopPolicy(when="never"))
        rest = list(steps_of(tiny, store, arm=arm, thresholds=EAGER, stop=StopPolicy(when="never")))
        restored = after if after == chunks else after // 2 * 2
        assert list(map(core, rest)) == list(map(core, whole[restored:]))
        result = rest[-1]
        assert isinstance(result, ReadingResult)
        reuse, total = result.reuse, result.coverage.tokens_read
        assert (reuse.tokens_from_checkpoint > 0) == (reuse.checkpoint is not None) == (restored > 0)
        assert reuse.tokens_from_checkpoint + reuse.tokens_read_now == total
        assert reuse.result is None
        assert result.usage.seconds >= rest[0].usage.seconds > 0


def test_a_reading_that_found_nothing_knows_the_likeliest_chunks_when_it_goes_on(
    codec: TextCodec, store: MemoryStore
) -> None:
    unsure = Thresholds(new=0.95, again=0.97)
    truth = read(scripted_engine(codec, SCRIPT)[0], None, thresholds=unsure)
    assert [clue.text for clue in truth.nearest[:2]] == [PARTS[3], PARTS[8]]
    break_off(scripted_engine(codec, SCRIPT)[0], store, 6, thresholds=unsure)
    pages = tuple(Page(TEXT.index(part), n + 1) for n, part in enumerate(PARTS))
    result = read(scripted_engine(codec, SCRIPT)[0], store, Source(TEXT, pages=pages), thresholds=unsure)
    assert result.reuse.tokens_from_checkpoint > 0
    assert [clue.page for clue in result.nearest[:2]] == [4, 9]
    unpaged = [clue.model_copy(update={"page": None}) for clue in result.nearest]
    assert (tuple(unpaged), result.promising) == (truth.nearest, truth.promising)
    stored = read(scripted_engine(codec, SCRIPT)[0], store, thresholds=unsure)
    assert stored.reuse.result is not None
    assert stored.nearest == truth.nearest, "the pages are those of the source at hand"


def test_a_second_look_that_was_cut_short_is_not_the_stored_result(
    codec: TextCodec, store: MemoryStore
) -> None:
    unsure, switch = Thresholds(new=0.95, again=0.97), threading.Event()
    for step in steps_of(scripted_engine(codec, SCRIPT)[0], store, thresholds=unsure, cancelled=switch):
        if not step.coverage.truncated:
            switch.set()
    assert isinstance(step, ReadingResult)
    assert (step.stop.reason, step.nearest) == ("end_of_source", ())
    again = read(scripted_engine(codec, SCRIPT)[0], store, thresholds=unsure)
    assert again.reuse.result is None
    assert [clue.text for clue in again.nearest[:2]] == [PARTS[3], PARTS[8]]


def test_nor_is_one_that_had_found_a_clue_by_then(codec: TextCodec, store: MemoryStore) -> None:
    unsure, switch = Thresholds(new=0.95, again=0.05), threading.Event()

    def mind(stream: str) -> Wish:
        if "Keep: yes" in stream:
            switch.set()
        return SCRIPT(stream)

    *_, cut = steps_of(scripted_engine(codec, mind)[0], store, thresholds=unsure, cancelled=switch)
    whole = read(scripted_engine(codec, SCRIPT)[0], store, thresholds=unsure)
    assert whole.reuse.result is None
    assert cut.clues == whole.clues[: len(cut.clues)]
    assert 0 < len(cut.clues) < len(whole.clues)


@pytest.mark.parametrize("arm", ["smooth", "reset"])
def test_clues_in_the_stream_and_what_was_said_but_not_fed_are_gone_on_from(
    codec: TextCodec, store: MemoryStore, arm: str
) -> None:
    truth_engine, truth_model = scripted_engine(codec, SCRIPT)
    truth = read(truth_engine, None, arm=arm)
    assert [clue.text for clue in truth.clues] == [PARTS[3], PARTS[8]]
    break_off(scripted_engine(codec, SCRIPT)[0], store, 4, arm=arm)
    (entry,) = [each for each in store.entries() if each.chunks_read == 4]
    manifest = store.checkpoints.manifest(store.checkpoints.folder_of(entry.conditions), entry.key)
    assert [clue.text for clue in manifest.state.in_stream] == [PARTS[3]]
    assert 0 < manifest.state.pending_forced <= len(manifest.state.pending)
    engine, model = scripted_engine(codec, SCRIPT)
    assert core(read(engine, store, arm=arm)) == core(truth)
    assert model.feeds == truth_model.feeds[-len(model.feeds) :]
    assert len(model.feeds) < len(truth_model.feeds)


def test_a_reading_that_broke_off_after_stop_goes_on_with_the_answer(
    codec: TextCodec, store: MemoryStore
) -> None:
    script = Script(SCRIPT.quotes, stop=0.9, answer="21")
    truth = read(scripted_engine(codec, script)[0], None)
    assert truth.stop.reason == "answered"
    break_off(scripted_engine(codec, script)[0], store, truth.coverage.chunks_read)
    engine, model = scripted_engine(codec, script)
    again = read(engine, store)
    assert core(again) == core(truth)
    assert again.reuse.tokens_read_now == 0
    assert len(model.feeds) == again.usage.tokens_answer


def test_the_same_request_returns_the_stored_result(codec: TextCodec, store: MemoryStore) -> None:
    first = read(scripted_engine(codec, SCRIPT)[0], store)
    engine, model = scripted_engine(codec, SCRIPT)
    (again,) = steps_of(engine, store, task=f"  {TASK} ")
    assert isinstance(again, ReadingResult)
    assert model.feeds == []
    assert core(again) == core(first) | {"task": f"  {TASK} "}
    assert again.usage == first.usage
    assert again.reuse.tokens_from_result == first.coverage.tokens_read
    assert (again.reuse.tokens_read_now, again.reuse.tokens_from_checkpoint) == (0, 0)
    assert [entry.key for entry in store.entries() if entry.kind == "result"] == [again.reuse.result]


def test_refresh_reads_from_the_beginning_and_stores_that(codec: TextCodec, store: MemoryStore) -> None:
    first = read(scripted_engine(codec, SCRIPT)[0], store)
    other = Script(SCRIPT.quotes, answer="Another.")
    again = read(scripted_engine(codec, other)[0], store, refresh=True)
    assert again.reuse.tokens_read_now == first.coverage.tokens_read
    assert again.answer == "Another."
    assert read(scripted_engine(codec, SCRIPT)[0], store).answer == "Another."


def test_another_task_rule_or_model_reuses_nothing(codec: TextCodec, store: MemoryStore) -> None:
    read(scripted_engine(codec, SCRIPT)[0], store)
    changes: list[dict[str, Any]] = [
        {"task": "Where?"}, {"clues": "note"}, {"arm": "reset"}, {"thresholds": Thresholds(keep=0.6)},
        {"stop": StopPolicy(when="never")}, {"max_tokens": 100},
    ]  # fmt: skip
    for change in changes:
        reuse = read(scripted_engine(codec, SCRIPT)[0], store, **change).reuse
        assert (reuse.result, reuse.checkpoint) == (None, None), change
    engine, model = scripted_engine(codec, SCRIPT)
    model.fingerprint = "another"
    assert read(engine, store).reuse.checkpoint is None


def test_another_answer_asks_the_same_memory(codec: TextCodec, store: MemoryStore) -> None:
    """How long an answer may be is no matter of the memory."""
    first = read(scripted_engine(codec, SCRIPT)[0], store)
    longer = LIMITS.model_copy(update={"answer_tokens": 9})
    again = read(scripted_engine(codec, SCRIPT)[0], store, limits=longer)
    assert again.reuse.tokens_from_checkpoint == first.coverage.tokens_total
    assert again.reuse.result is None


def test_a_source_that_grew_has_only_its_tail_read(codec: TextCodec, store: MemoryStore) -> None:
    first = read(scripted_engine(codec, SCRIPT)[0], store)
    grown = TEXT + " " + " ".join(f"Later, boat {n} came in." for n in range(20))
    truth = read(scripted_engine(codec, SCRIPT)[0], None, grown)
    again = read(scripted_engine(codec, SCRIPT)[0], store, grown)
    assert core(again) == core(truth)
    assert again.coverage.chunks_total > first.coverage.chunks_total
    assert again.reuse.tokens_read_now <= truth.coverage.tokens_total - first.coverage.tokens_total + 120


def test_a_source_that_was_edited_is_gone_on_from_before_the_edit(
    codec: TextCodec, store: MemoryStore
) -> None:
    read(scripted_engine(codec, SCRIPT)[0], store)
    at = TEXT.index("boat 49")
    edited = TEXT[:at] + "ship 49" + TEXT[at + 7 :]
    truth = list(steps_of(scripted_engine(codec, SCRIPT)[0], None, edited))
    again = read(scripted_engine(codec, SCRIPT)[0], store, edited)
    assert core(again) == core(truth[-1])
    chunk = next(step.coverage.chunks_read for step in truth if step.summary and step.summary.end > at) - 1
    last = chunk // 2 * 2
    assert last > 0
    assert again.reuse.tokens_from_checkpoint == truth[last - 1].coverage.tokens_read


@pytest.mark.parametrize("budget", ["chunks", "tokens"])
def test_a_budget_counts_what_was_read_before(codec: TextCodec, store: MemoryStore, budget: str) -> None:
    full = list(steps_of(scripted_engine(codec, SCRIPT)[0], store))
    for chunks in (3, 4):
        tokens = full[chunks - 1].coverage.tokens_read
        most = {"max_chunks": chunks} if budget == "chunks" else {"max_tokens": tokens}
        truth = read(scripted_engine(codec, SCRIPT)[0], None, **most)
        again = read(scripted_engine(codec, SCRIPT)[0], store, **most)
        assert core(again) == core(truth)
        assert again.coverage.chunks_read == chunks
        assert again.reuse.tokens_from_checkpoint == full[chunks // 2 * 2 - 1].coverage.tokens_read
    more = read(scripted_engine(codec, SCRIPT)[0], store, max_chunks=6)
    assert more.reuse.tokens_from_checkpoint == full[5].coverage.tokens_read


def test_what_ran_out_of_seconds_is_gone_on_from_and_no_result(codec: TextCodec, store: MemoryStore) -> None:
    out_of_time = read(scripted_engine(codec, SCRIPT)[0], store, max_seconds=1e-6)
    assert out_of_time.coverage.chunks_read == 0
    patient = read(scripted_engine(codec, SCRIPT)[0], store, max_seconds=600)
    assert patient.coverage.share == 1.0
    assert read(scripted_engine(codec, SCRIPT)[0], store, max_seconds=1e-6).reuse.result is not None


def test_a_cancelled_reading_keeps_its_place(codec: TextCodec, store: MemoryStore) -> None:
    switch = threading.Event()
    steps = steps_of(scripted_engine(codec, SCRIPT)[0], store, cancelled=switch)
    for _ in range(5):
        next(steps)
    switch.set()
    (cancelled,) = steps
    assert isinstance(cancelled, ReadingResult)
    assert cancelled.stop.reason == "cancelled"
    assert all(entry.kind == "checkpoint" for entry in store.entries())
    again = read(scripted_engine(codec, SCRIPT)[0], store)
    assert again.reuse.tokens_from_checkpoint == cancelled.coverage.tokens_read
    assert core(again) == core(read(scripted_engine(codec, SCRIPT)[0], None))


def test_pages_are_those_of_the_source_at_hand(codec: TextCodec, store: MemoryStore) -> None:
    break_off(scripted_engine(codec, SCRIPT)[0], store, 6)
    paged = Source(TEXT, name="book.pdf", pages=(Page(0, 1), Page(200, 2), Page(400, 3)))
    truth = read(scripted_engine(codec, SCRIPT)[0], None, paged)
    assert {clue.page for clue in truth.clues} == {2, 3}
    assert core(read(scripted_engine(codec, SCRIPT)[0], store, paged)) == core(truth)
    plain = read(scripted_engine(codec, SCRIPT)[0], store)
    assert plain.reuse.result is not None
    assert {clue.page for clue in plain.clues} == {None}
    assert plain.source.name == "text"


def test_a_store_that_fails_warns_once_and_ends_no_reading(codec: TextCodec, tmp_path: Path) -> None:
    full = MemoryStore(tmp_path, quota_bytes=10, policy=EVERY)
    with pytest.warns(MemoryStoreWarning, match="goes on without it: the checkpoint after chunk 2") as caught:
        result = read(scripted_engine(codec, SCRIPT)[0], full)
    assert len(caught) == 1
    assert core(result) == core(read(scripted_engine(codec, SCRIPT)[0], None))


def test_a_store_that_fails_ends_the_reading_where_that_is_asked(codec: TextCodec, tmp_path: Path) -> None:
    full = MemoryStore(tmp_path, quota_bytes=10, policy=EVERY)
    with pytest.raises(StoreFullError, match="quota"):
        read(scripted_engine(codec, SCRIPT)[0], full, strict=True)


def test_a_damaged_checkpoint_is_passed_over(codec: TextCodec, store: MemoryStore, tmp_path: Path) -> None:
    break_off(scripted_engine(codec, SCRIPT)[0], store, 5)
    (entry,) = [each for each in store.entries() if each.chunks_read == 4]
    (blob,) = (tmp_path / "store").rglob(f"{entry.key}*.safetensors")
    blob.write_bytes(blob.read_bytes()[:-9])
    again = read(scripted_engine(codec, SCRIPT)[0], store)
    assert core(again) == core(read(scripted_engine(codec, SCRIPT)[0], None))
    assert again.reuse.checkpoint is not None
    assert again.reuse.tokens_from_checkpoint < entry.tokens_read


class Boat(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int


class Pier(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: int
    pier: int


def test_typed_answers_are_stored_and_typed_again(codec: TextCodec, store: MemoryStore) -> None:
    long = LIMITS.model_copy(update={"answer_tokens": 60})

    def ask(schema: type[BaseModel], answer: str) -> ReadingResult:
        engine, _ = scripted_engine(codec, Script(SCRIPT.quotes, answer=answer))
        request = ReadRequest(task=TASK, source="")
        method = Method(chunk=120, limits=long)
        *_, last = sessions(
            engine, method, request, Source(TEXT), answer_schema=schema, shelf=Shelf(store, True)
        )
        assert isinstance(last, ReadingResult)
        return last

    first, again = ask(Boat, '{"number":63}'), ask(Boat, '{"number":0}')
    assert first.data == again.data == Boat(number=63)
    assert again.reuse.result is not None
    other = ask(Pier, '{"number":63,"pier":9}')
    assert other.data == Pier(number=63, pier=9)
    assert (other.reuse.result, other.reuse.tokens_read_now) == (None, 0)
