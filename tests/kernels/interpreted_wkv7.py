"""The Triton kernels of wkv7 under the interpreter, against the recurrence in fp64. Run by test_wkv7.py.

A file that is not collected by its name: interpreted functions cannot be compiled, so it gets a process with
TRITON_INTERPRET=1. Outputs and workspaces are poisoned with NaN, and every tensor lies between guard bands.
"""

from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from smoothread_kernels.wkv7 import triton as kernels
from smoothread_kernels.wkv7.reference import recurrence

from tests.kernels.test_wkv7 import distance, inputs, oracle

BOUND = 1e-5  # the interpreter's products are fp32: as the reference's. It cannot show the error of tf32.
CHUNK = 32  # the longest of the kernels'
GUARD = 64  # elements on either side of a tensor

_empty, _empty_like = torch.empty, torch.empty_like
bands = []


def guarded(shape, dtype, device):
    """A tensor of NaN (of -1 for integers) between two bands that nothing may write to."""
    count = torch.Size(shape).numel()
    poison = float("nan") if dtype.is_floating_point else -1
    whole = torch.full((count + 2 * GUARD,), 7, dtype=dtype, device=device)
    whole[GUARD : GUARD + count] = poison
    bands.append(whole)
    return whole[GUARD : GUARD + count].view(shape)


@pytest.fixture(autouse=True)
def poison():
    """Allocations of the launches are poisoned and guarded; afterwards every band must be as it was."""
    bands.clear()

    def empty(*shape, dtype=torch.float32, device="cpu"):
        return guarded(shape[0] if isinstance(shape[0], torch.Size) else shape, dtype, device)

    with (
        mock.patch.object(torch, "empty", empty),
        mock.patch.object(torch, "empty_like", lambda x: guarded(x.shape, x.dtype, x.device)),
    ):
        yield
    check_bands()


def check_bands():
    assert bands
    for whole in bands:
        assert bool((whole[:GUARD] == 7).all())
        assert bool((whole[-GUARD:] == 7).all())


def fenced(tensors, state, lengths=None):
    """Inputs between guard bands, padding NaN."""
    copies = []
    for x in (*tensors, state):
        copy = guarded(x.shape, x.dtype, x.device)
        copies.append(copy.copy_(x))
    for x in copies[:-1]:
        for row, length in enumerate(lengths or ()):
            x[row, length:] = float("nan")
    return copies


def stretch(fences, lengths, chunk):
    """The chunked form, even where a launch would choose the recurrent kernel."""
    return kernels._Stretch(*fences, lengths, chunk=chunk).output()


def assert_is_the_recurrence(y, final, tensors, state, lengths, y_bound=BOUND):
    for row, length in enumerate(lengths):
        expected_y, expected = oracle([x[row : row + 1, :length] for x in tensors], state[row : row + 1])
        assert not y[row, length:].any()
        if length:
            assert distance(y[row : row + 1, :length].double(), expected_y) < y_bound
        assert distance(final[row : row + 1], expected) < BOUND


@pytest.mark.parametrize(("dim", "chunk"), [(64, 16), (16, 32)])
@pytest.mark.parametrize("tokens", [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 5])
def test_a_stretch(tokens, dim, chunk):
    lengths = [tokens, tokens // 2, 0, 1]
    tensors, state = inputs(4, tokens, 1, dim)
    fences = fenced(tensors, state, lengths)
    y, final = stretch(fences, torch.tensor(lengths), chunk)
    assert_is_the_recurrence(y, final, tensors, state, lengths)
    assert torch.equal(fences[-1], state)


@settings(max_examples=8, deadline=None)
@given(
    tokens=st.integers(1, 70),
    heads=st.integers(1, 3),
    lengths=st.lists(st.integers(0, 70), min_size=1, max_size=3),
    wide=st.booleans(),
    chunk=st.sampled_from([16, 32]),
    seed=st.integers(0, 1000),
)
def test_odd_stretches(tokens, heads, lengths, wide, chunk, seed):
    lengths = [min(length, tokens) for length in lengths]
    tensors, state = inputs(len(lengths), tokens, heads, 16, seed)
    index = torch.tensor(lengths, dtype=torch.int64 if wide else torch.int32)
    y, final = stretch(fenced(tensors, state, lengths), index, chunk)
    assert_is_the_recurrence(y, final, tensors, state, lengths)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_every_dtype(dtype):
    bound = {torch.float32: BOUND, torch.float16: 1e-3, torch.bfloat16: 8e-3}[dtype]
    tensors, state = inputs(1, CHUNK + 3, 2, 16, dtype=dtype)
    y, final = kernels.chunked(*fenced(tensors, state))
    assert y.dtype == dtype
    assert_is_the_recurrence(y, final, tensors, state, [CHUNK + 3], bound)


@pytest.mark.parametrize("tokens", [1, 2, kernels.FEW_TOKENS])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_few_tokens_one_by_one(tokens, dtype):
    lengths = [tokens, tokens // 2, 0]
    tensors, state = inputs(3, tokens, 2, 64, dtype=dtype)
    y, final = kernels.chunked(*fenced(tensors, state, lengths), torch.tensor(lengths))
    bound = BOUND if dtype == torch.float32 else 8e-3
    assert_is_the_recurrence(y, final, tensors, state, lengths, bound)


def test_a_step_in_place_in_a_strided_state():
    tensors, _ = inputs(3, 1, 2, 64)
    memory = guarded((3, 4, 2, 64, 64), torch.float32, "cpu")
    memory.copy_(torch.randn(memory.shape))
    before = memory.clone()
    *fences, _ = fenced(tensors, memory[:, 2], [1, 0, 1])
    y = kernels.step(*(x[:, 0] for x in fences), memory[:, 2], torch.tensor([1, 0, 1]))
    assert_is_the_recurrence(y[:, None], memory[:, 2], tensors, before[:, 2], [1, 0, 1])
    memory[:, 2] = before[:, 2]
    assert torch.equal(memory, before)


def test_split_at_every_point_it_reads_the_same():
    tokens = kernels.chunk_size(torch.float32) + 4
    tensors, state = inputs(1, tokens, 1, 16)
    expected_y, expected = oracle(tensors, state)
    for cut in range(tokens + 1):
        first_y, middle = kernels.chunked(*fenced([x[:, :cut] for x in tensors], state))
        second_y, final = kernels.chunked(*fenced([x[:, cut:] for x in tensors], middle))
        assert distance(torch.cat([first_y, second_y], 1), expected_y) < BOUND
        assert distance(final, expected) < BOUND


@pytest.mark.parametrize("logit", [-20.0, 1e4])
def test_a_text_that_repeats_itself_keeps_its_precision(logit):
    tensors, state = inputs(1, 3 * CHUNK, 1, 16)
    tensors[1].fill_(logit)
    tensors[4] = tensors[4][:, :1].expand(-1, 3 * CHUNK, -1, -1).contiguous()
    tensors[5].fill_(1.0)
    y, final = kernels.chunked(*fenced(tensors, state))
    assert_is_the_recurrence(y, final, tensors, state, [3 * CHUNK])


@pytest.mark.parametrize("dim", [16, 64])
def test_gradients_are_those_of_the_recurrence(dim):
    tokens, lengths = CHUNK + 9, [CHUNK + 9, 5, 0, 1]
    tensors, state = inputs(4, tokens, 2 if dim == 16 else 1, dim)
    generator = torch.Generator().manual_seed(1)
    weights = torch.randn(tensors[0].shape, generator=generator)
    out = torch.randn(state.shape, generator=generator)

    def gradients(read, dtype, leaves):
        leaves = [x.to(dtype).requires_grad_() for x in leaves]
        y, final = read(*leaves, torch.tensor(lengths))
        loss = (y * weights.to(dtype)).sum() + (final * out.to(dtype)).sum()
        return torch.autograd.grad(loss, leaves)

    expected = gradients(recurrence, torch.float64, (*tensors, state))
    actual = gradients(kernels.chunked, torch.float32, fenced(tensors, state, lengths))
    for name, x, y in zip(["r", "w", "k", "v", "k_hat", "a", "state"], actual, expected, strict=True):
        assert distance(x, y) < 5e-5, name  # sums over the tokens of a row, in fp32


def test_half_precision_gradients_have_the_inputs_dtypes():
    tensors, state = inputs(1, CHUNK, 1, 16, dtype=torch.bfloat16)
    leaves = [x.requires_grad_() for x in (*tensors, state)]
    y, final = kernels.chunked(*leaves)
    grads = torch.autograd.grad(y.float().sum() + final.sum(), leaves)
    exact = [x.detach().double().requires_grad_() for x in leaves]
    y, final = recurrence(*exact)
    expected = torch.autograd.grad(y.sum() + final.sum(), exact)
    for leaf, grad, true in zip(leaves, grads, expected, strict=True):
        assert grad.dtype == leaf.dtype
        assert distance(grad.double(), true) < 1e-2
