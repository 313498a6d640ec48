"""SmoothReader: what it takes, how it is opened, set, copied and stored."""

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.documents.base import Blob
from langchain_core.load import dumps, loads
from langchain_core.runnables import ConfigurableField, RunnableLambda
from pydantic import BaseModel, ConfigDict, ValidationError

import smoothread_agent
from smoothread_agent import (
    ModelError,
    ReadingResult,
    ReadRequest,
    RequestError,
    SmoothReader,
    SourceError,
    StopPolicy,
)
from smoothread_agent.memory.errors import MemoryStoreError, MemoryStoreWarning
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.reading import engine as engine_module
from smoothread_agent.reading.codec import TextCodec
from tests.readers import REQUEST, SETTINGS, TASK, TEXT, same, scripted
from tests.reading.scripted import Script


class TestInputs:
    def test_a_request_a_dict_and_a_bare_source_are_the_same(self, codec: TextCodec) -> None:
        results = [
            scripted(codec).invoke(REQUEST),
            scripted(codec).invoke(ReadRequest(task=TASK, source=TEXT)),
            scripted(codec, task=TASK).invoke(TEXT),
            scripted(codec, task="Another?").invoke(REQUEST),
            scripted(codec).bind(task=TASK).invoke(TEXT),
            scripted(codec).bind(source=TEXT).invoke({"task": TASK}),
        ]
        assert all(isinstance(result, ReadingResult) for result in results)
        assert results[0].answer == "Troyford"
        assert [result.model_dump(exclude={"usage"}) for result in results] == [
            results[0].model_dump(exclude={"usage"})
        ] * len(results)

    def test_all_that_can_be_read(self, codec: TextCodec, tmp_path: Path) -> None:
        reader = scripted(codec, task=TASK)
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "a.txt").write_text(TEXT)
        texts = [TEXT.encode(), Blob.from_data(TEXT), Document(TEXT), [Document(TEXT)], iter([TEXT])]
        paths = [tmp_path / "folder" / "a.txt", tmp_path / "folder"]
        for source in (*texts, *paths):
            result = reader.invoke(source)
            assert [clue.text for clue in result.clues] == ["Ann was born in Troyford."] * len(result.clues)
            assert result.clues

    def test_bounds_come_from_the_reader_the_binding_or_the_request(self, codec: TextCodec) -> None:
        chunks = scripted(codec).invoke(REQUEST).coverage.chunks_total
        assert chunks > 3
        bounded = scripted(codec, max_chunks=2)
        assert bounded.invoke(REQUEST).coverage.chunks_read == 2
        assert bounded.bind(max_chunks=1).invoke(REQUEST).coverage.chunks_read == 1
        assert bounded.invoke({**REQUEST, "max_chunks": 3}).coverage.chunks_read == 3
        assert bounded.invoke(ReadRequest(**REQUEST)).coverage.chunks_read == 2
        assert bounded.invoke({**REQUEST, "max_chunks": None}).coverage.chunks_read == chunks

    def test_notes_instead_of_quotes(self, codec: TextCodec) -> None:
        script = Script({"Ann": ["Ann is from Troyford"]})
        for reader in (scripted(codec, script, clues="note"), scripted(codec, script).bind(clues="note")):
            assert {clue.kind for clue in reader.invoke(REQUEST).clues} == {"note"}

    @pytest.mark.parametrize(
        ("request_", "told"),
        [
            ({"task": "", "source": TEXT}, "task: String should have at least 1 character"),
            ({"task": "  ", "source": TEXT}, "the task is empty"),
            ({"task": TASK}, "source: Field required"),
            ({"source": TEXT}, "task: Field required"),
            ({**REQUEST, "maximum": 3}, "maximum: Extra inputs are not permitted"),
            ({**REQUEST, "max_chunks": 0}, "max_chunks: Input should be greater than 0"),
            ({**REQUEST, "clues": "guess"}, "clues: Input should be 'quote' or 'note'"),
            (TEXT, "a bare source says what to read, not what for: pass {'task'"),
        ],
    )
    def test_what_is_no_request(self, codec: TextCodec, request_: Any, told: str) -> None:
        with pytest.raises(RequestError) as caught:
            scripted(codec).invoke(request_)
        assert told in str(caught.value)

    @pytest.mark.parametrize("source", ["", " \n", b"", [], b"PK\x03\x04zip", Path("no/such/file.txt"), 42])
    def test_what_is_no_source(self, codec: TextCodec, source: Any) -> None:
        with pytest.raises(SourceError):
            scripted(codec).invoke({"task": TASK, "source": source})

    def test_paths_outside_the_allowed_folders_are_refused(self, codec: TextCodec, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.txt").write_text(TEXT)
        (tmp_path / "b.txt").write_text(TEXT)
        reader = scripted(codec, task=TASK, allowed_roots=(str(tmp_path / "in"),))
        assert reader.invoke(tmp_path / "in" / "a.txt").clues
        with pytest.raises(SourceError, match="outside the folders"):
            reader.invoke(tmp_path / "b.txt")


class TestOpening:
    def test_a_missing_model(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="nowhere"):
            SmoothReader.from_pretrained(tmp_path / "nowhere")

    def test_a_chunk_too_large_for_the_window(self, reader: SmoothReader) -> None:
        with pytest.raises(RequestError, match="do not fit a window of 400"):
            reader.model_copy(update={"chunk": 390}).invoke(REQUEST)

    def test_an_option_that_is_none(self, tiny_folder: Path) -> None:
        with pytest.raises(ValidationError, match="chunks"):
            SmoothReader.from_pretrained(tiny_folder, chunks=3)

    def test_the_package_names_its_doors(self) -> None:
        assert smoothread_agent.SmoothReader is SmoothReader
        assert all(getattr(smoothread_agent, name) is not None for name in smoothread_agent.__all__)
        with pytest.raises(AttributeError, match="has no attribute 'Reader'"):
            _ = smoothread_agent.Reader


class Town(BaseModel):
    model_config = ConfigDict(extra="forbid")
    population: int


class TestSettings:
    def test_schemas(self, reader: SmoothReader) -> None:
        schema = reader.get_input_jsonschema()
        assert set(schema["required"]) == {"task", "source"}
        assert set(schema["properties"]) == set(ReadRequest.model_fields)
        assert reader.get_output_schema() is ReadingResult
        assert "answer" in reader.get_output_jsonschema()["properties"]
        assert [node.name for node in (reader | RunnableLambda(str)).get_graph().nodes.values()][
            1
        ] == "SmoothReader"

    def test_fields_can_be_configured_without_opening_the_model_again(
        self, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened, opening = [], engine_module._open
        monkeypatch.setattr(engine_module, "_open", lambda *given: opened.append(given) or opening(*given))
        spec = engine_module.EngineSpec(model=str(tiny_folder), window=400)
        reader = SmoothReader(spec=spec, **SETTINGS).configurable_fields(
            arm=ConfigurableField(id="arm"), chunk=ConfigurableField(id="chunk_tokens")
        )
        plain = reader.invoke(REQUEST)
        whole = reader.invoke(REQUEST, {"configurable": {"arm": "whole"}})
        fine = reader.with_config(configurable={"chunk_tokens": 40}).invoke(REQUEST)
        assert (plain.arm, whole.arm, fine.arm) == ("smooth", "whole", "smooth")
        assert fine.coverage.chunks_total > plain.coverage.chunks_total
        assert len(opened) == 1

    def test_another_spec_is_another_engine(self, reader: SmoothReader) -> None:
        spec = reader.spec.model_copy(update={"window": 300})
        other = reader.model_copy(update={"spec": spec})
        assert other.opened().spec == spec
        assert other.opened() is other.opened()
        assert other.opened() is not reader.opened()

    # `loads` itself is called beta.
    @pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
    def test_it_is_dumped_as_plain_json_and_loaded_again(self, reader: SmoothReader, tmp_path: Path) -> None:
        other = reader.model_copy(
            update={
                "stop": StopPolicy(min_chunks=2),
                "allowed_roots": (str(tmp_path),),
                "task": TASK,
                "name": "mine",
            }
        )
        dumped = dumps(other)
        assert "not_implemented" not in dumped
        assert json.loads(dumped)["id"] == ["smoothread_agent", "reader", "SmoothReader"]
        loaded = loads(dumped, allowed_objects=[SmoothReader], valid_namespaces=["smoothread_agent"])
        assert isinstance(loaded, SmoothReader)
        assert loaded.model_dump() == other.model_dump()
        assert same(loaded.invoke(REQUEST), other.invoke(REQUEST))

    @pytest.mark.parametrize(
        "copied", [copy.copy, copy.deepcopy, lambda reader: reader.model_copy(deep=True)]
    )
    def test_copies_share_the_opened_model(self, reader: SmoothReader, copied: Callable[[Any], Any]) -> None:
        other = copied(reader)
        assert other.opened().ready() is reader.opened().ready()
        assert other.model_dump() == reader.model_dump()

    def test_a_pickle_opens_the_model_anew(self, reader: SmoothReader) -> None:
        pickled = pickle.dumps(reader)
        assert len(pickled) < 5000
        loaded = pickle.loads(pickled)
        assert loaded.model_dump() == reader.model_dump()
        assert loaded.opened().ready() is not reader.opened().ready()
        assert same(loaded.invoke(REQUEST), reader.invoke(REQUEST))

    def test_a_pickle_reads_in_another_process(self, reader: SmoothReader, tmp_path: Path) -> None:
        (tmp_path / "reader.pickle").write_bytes(pickle.dumps((reader, REQUEST)))
        program = (
            "import pickle, sys; reader, request = pickle.load(open(sys.argv[1], 'rb')); "
            "print(reader.invoke(request).model_dump_json())"
        )
        run = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "reader.pickle")],
            capture_output=True,
            text=True,
            check=True,
        )
        assert same(ReadingResult.model_validate_json(run.stdout), reader.invoke(REQUEST))

    def test_a_schema_of_the_caller_gives_typed_data(self, codec: TextCodec) -> None:
        script = Script({}, answer='{"population":4200}')
        result = scripted(codec, script, answer_schema=Town).invoke(REQUEST)
        assert result.data == Town(population=4200)
        assert result.model_dump()["data"] == {"population": 4200}


class TestStore:
    def stored(self, reader: SmoothReader, place: Any) -> SmoothReader:
        """The same reader with a store, which a path opens."""
        settings = {name: getattr(reader, name) for name in ("spec", "engine", *SETTINGS)}
        return SmoothReader(**settings, store=place)

    def test_a_path_opens_a_store_and_what_is_read_is_kept(
        self, reader: SmoothReader, tmp_path: Path
    ) -> None:
        keeping = self.stored(reader, tmp_path)
        first, again = keeping.invoke(REQUEST), keeping.invoke(REQUEST)
        assert same(first, reader.invoke(REQUEST))
        assert again.reuse.tokens_from_result == first.coverage.tokens_read
        anew = keeping.invoke({**REQUEST, "refresh": True})
        assert anew.reuse.tokens_read_now == first.coverage.tokens_read
        assert [type(step) for step in keeping.stream(REQUEST)] == [ReadingResult]

    @pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
    def test_copies_pickles_and_dumps_have_the_same_store(self, reader: SmoothReader, tmp_path: Path) -> None:
        keeping = self.stored(reader, tmp_path)
        result = keeping.invoke(REQUEST)
        dumped = dumps(keeping)
        assert "not_implemented" not in dumped
        loaded = loads(dumped, allowed_objects=[SmoothReader], valid_namespaces=["smoothread_agent"])
        configured = keeping.configurable_fields(arm=ConfigurableField(id="arm")).with_config(tags=["a"])
        pickled = pickle.loads(pickle.dumps(keeping))
        for other in (loaded, pickled, copy.copy(keeping), copy.deepcopy(keeping), configured):
            assert other.invoke(REQUEST).reuse.tokens_from_result == result.coverage.tokens_read
        whole = configured.invoke(REQUEST, {"configurable": {"arm": "whole"}})
        assert whole.reuse.tokens_read_now == whole.coverage.tokens_read

    def test_a_store_that_is_none(self, reader: SmoothReader, tmp_path: Path) -> None:
        with pytest.raises(ValidationError, match="store"):
            self.stored(reader, 42)
        with pytest.raises(MemoryStoreError, match="cannot be opened"):
            self.stored(reader, "nosuch://place")
        with pytest.raises(RequestError, match="give the reader a store"):
            reader.find_sources("ship")

    def test_a_failing_store_warns_or_ends_the_reading(self, reader: SmoothReader, tmp_path: Path) -> None:
        keeping = self.stored(reader, MemoryStore(tmp_path, quota_bytes=10))
        with pytest.warns(MemoryStoreWarning, match="the reading goes on without it"):
            result = keeping.invoke(REQUEST)
        assert same(result, reader.invoke(REQUEST))
        with pytest.raises(MemoryStoreError):
            keeping.model_copy(update={"strict_store": True}).invoke({**REQUEST, "refresh": True})

    def test_sources_are_found_by_what_was_read_in_them(self, codec: TextCodec, tmp_path: Path) -> None:
        reader = scripted(codec, task=TASK, store=tmp_path / "store")
        for name, text in (("ann.txt", TEXT), ("bread.txt", "Rye bread rises for eight hours. " * 9)):
            (tmp_path / name).write_text(text)
            reader.invoke(tmp_path / name)
        best = reader.find_sources("how long does rye bread rise", limit=1)
        assert [found.source.name.endswith("bread.txt") for found in best] == [True]
        assert reader.find_sources("Troyford")[0].source.name.endswith("ann.txt")

    def test_a_source_is_read_once_for_many_tasks(self, codec: TextCodec, tmp_path: Path) -> None:
        reader = scripted(codec, store=tmp_path)
        first = reader.read_source(TEXT, [TASK, {"task": "Who?", "max_chunks": 2}])
        assert [result.task for result in first.results] == [TASK, "Who?"]
        assert first.results[1].coverage.chunks_read == 2
        assert first.usage.tokens_read == first.coverage.tokens_total
        later = reader.invoke({"task": "Where?", "source": TEXT, "order": "source_first"})
        assert (later.order, later.usage.tokens_read) == ("source_first", 0)
        promising = reader.model_copy(update={"order": "source_first", "visit": "promise"})
        assert promising.invoke({**REQUEST, "max_chunks": 1}).coverage.chunks_read == 1
        with pytest.raises(RequestError, match="nothing would be kept"):
            scripted(codec).read_source(TEXT)
        with pytest.raises(RequestError, match="task"):
            reader.read_source(TEXT, [{"max_chunks": 2}])
