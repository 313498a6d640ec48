"""One reader, every kind of recurrent model: a reading from the first chunk to the result, with tiny random models."""

import pytest

from smoothread_agent import MemoryStore, SmoothReader, StopPolicy, Thresholds
from smoothread_agent.memory.policy import CheckpointPolicy
from smoothread_agent.model.linear_state import LinearStateModel
from smoothread_agent.model.rwkv7 import RWKV7Model
from tests.model.linear_models import tiny_linear
from tests.model.saved import save_rwkv7, tiny_tokenizer
from tests.readers import REQUEST, SETTINGS, TEXT


@pytest.fixture(params=["mamba2", "falcon_h1", "rwkv7"])
def opened(request, tmp_path):
    folder = tmp_path / request.param
    if request.param == "rwkv7":
        save_rwkv7(folder)
        return SmoothReader.from_pretrained(folder, **SETTINGS), RWKV7Model
    tiny_linear(request.param, vocab_size=300, max_position_embeddings=4096).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return SmoothReader.from_pretrained(folder, window=400, **SETTINGS), LinearStateModel


def test_reads_from_the_first_chunk_to_the_result(opened):
    reader, form = opened
    *steps, result = reader.stream(REQUEST | {"max_tokens": 250})
    assert isinstance(reader.engine.ready().model, form)
    assert len(steps) >= 2
    assert result.coverage.chunks_read == len(steps)
    assert result.usage.tokens_read > 0
    assert all(TEXT[clue.start : clue.end] == clue.text for clue in result.clues)
    again = reader.invoke(REQUEST | {"max_tokens": 250})
    assert (again.answer, again.clues) == (result.answer, result.clues)


@pytest.mark.parametrize("order", ["task_first", "source_first"])
def test_what_was_read_into_a_store_is_gone_on_from(opened, tmp_path, order):
    """Whatever its memory is made of: matrices, states of convolutions, windows."""
    reader, _ = opened
    limits = SETTINGS["limits"].model_copy(update={"quote_characters": (4, 20)})
    eager = {"thresholds": Thresholds(new=0.4, keep=0.4), "stop": StopPolicy(when="never"), "limits": limits}
    reader = reader.model_copy(update={**eager, "order": order, "chunk": 60})
    request = REQUEST | {"max_chunks": 4}
    truth = reader.invoke(request)
    keeping = reader.model_copy(
        update={"store": MemoryStore(tmp_path / "store", policy=CheckpointPolicy(every=1))}
    )
    steps = keeping.stream(request)
    for _ in range(2):
        next(steps)
    steps.close()
    resumed = keeping.invoke(request)
    assert resumed.reuse.tokens_from_checkpoint > 0
    different = {"usage": {"seconds", "tokens_read"}, "reuse": True}
    assert resumed.model_dump(exclude=different) == truth.model_dump(exclude=different)
