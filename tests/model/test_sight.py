"""Of a pinned window's memory only the slots in sight are kept, and reading goes on from them bit for bit."""

import pytest
import torch

from smoothread_agent.errors import MemoryMismatchError
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.window import PinnedWindowModel
from tests.model.saved import tiny_model

WINDOW = 16


@pytest.fixture(scope="module")
def model() -> PinnedWindowModel:
    return PinnedWindowModel(tiny_model(), fingerprint="tiny", window=WINDOW)


def tokens(count: int, seed: int = 0) -> list[int]:
    return torch.randint(5, 250, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


@pytest.mark.parametrize("count", [0, 1, 11, 16, 17, 30, 32, 33, 49, 200])
def test_reading_goes_on_bit_for_bit(model: PinnedWindowModel, count: int) -> None:
    memory = model.pin([tokens(5)])
    model.read(memory, [tokens(count, 1)])
    kept = model.essence(memory)
    again = model.whole(kept)
    assert again.nbytes == memory.nbytes
    assert kept.tensors["layers.0.keys"].shape[2] == 5 + min(count, WINDOW)
    for seed in range(2, 8):
        part = tokens(9 * seed % 40 + 1, seed)
        assert torch.equal(model.read(again, [part]), model.read(memory, [part]))


def test_rows_of_unequal_length_keep_their_own(model: PinnedWindowModel) -> None:
    memory = model.pin([tokens(5), tokens(3), tokens(9)])
    model.read(memory, [tokens(40), tokens(2), []])
    again = model.whole(model.essence(memory))
    part = [tokens(30, 1), tokens(30, 2), tokens(30, 3)]
    assert torch.equal(model.read(again, part), model.read(memory, part))


def test_a_whole_memory_is_whole_already(model: PinnedWindowModel) -> None:
    memory = model.pin([tokens(5)])
    assert model.whole(memory) is memory


def test_what_another_window_kept_is_refused(model: PinnedWindowModel) -> None:
    memory = model.pin([tokens(5)])
    model.read(memory, [tokens(40)])
    kept = model.essence(memory)
    other = PinnedWindowModel(model.model, fingerprint="tiny", window=WINDOW // 2)
    with pytest.raises(MemoryMismatchError, match="read the source again"):
        other.whole(kept)
    with pytest.raises(MemoryMismatchError, match="another model"):
        model.whole(HiddenMemory({}, memory.tokens_read))
    cut = {name: tensor[:, :, :-1] if tensor.dim() == 4 else tensor for name, tensor in kept.tensors.items()}
    with pytest.raises(MemoryMismatchError, match="slots in sight"):
        model.whole(HiddenMemory(cut, kept.tokens_read))
