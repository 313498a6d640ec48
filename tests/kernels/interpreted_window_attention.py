"""The Triton kernels of window_attention under the interpreter, against an oracle. Run by test_window_attention.py.

A file that is not collected by its name: interpreted functions cannot be compiled, so it gets a process with
TRITON_INTERPRET=1. Outputs are poisoned with NaN, every tensor lies between guard bands, and what no token was
written to is NaN.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from smoothread_kernels.layout import HEAD_DIMS
from smoothread_kernels.window_advance.triton import window_advance
from smoothread_kernels.window_attention.triton import splits_for, window_attention
from smoothread_kernels.window_attention.triton_launch import WindowCall, backward, forward, split_forward

from tests.kernels.window_cases import AttentionCase, Fences, Stream, attention_case, attention_oracle

# The interpreter's products are fp32, and it cuts a bf16 off where a GPU rounds: one unit of the last place.
BOUND = {torch.float32: 2e-5, torch.float16: 2e-3, torch.bfloat16: 2e-2}

GRID = [
    *((torch.float32, dim) for dim in HEAD_DIMS),
    *((torch.float16, dim) for dim in (64, 256)),
    *((torch.bfloat16, dim) for dim in (80, 128)),
]

# (pinned, start, length): a chunk, one token, none, a whole buffer, tokens that are being pinned, and at the edge
RAGGED = [(7, 20, 19), (3, 30, 1), (5, 9, 0), (0, 0, 32), (33, 0, 33), (6, 37, 1)]
FEW = [
    (pinned, start, min(length, 2)) for pinned, start, length in RAGGED
]  # split kernels are for few tokens


@pytest.fixture
def fences():
    fences = Fences()
    yield fences
    fences.check()


def run(case: AttentionCase, fences: Fences, splits: int = 0):
    """The forward kernel into a poisoned output; with `splits`, shared among that many programs."""
    case = case.fenced(fences)
    out = fences.poisoned(*case.query.shape, dtype=case.query.dtype)
    call = WindowCall(case.start, case.lengths, case.pinned, case.window, case.options["scale"], case.softcap)
    batch, heads, tokens, dim = case.query.shape
    if splits:
        kv_heads = case.keys.shape[1]
        shape = batch, kv_heads, splits, tokens * heads // kv_heads
        parts = fences.poisoned(*shape, dim), fences.poisoned(*shape), fences.poisoned(*shape)
        split_forward(call, *case.tensors, case.sinks, out, parts)
        return out
    log_mass = fences.poisoned(batch, heads, tokens)
    forward(call, *case.tensors, case.sinks, out, log_mass)
    assert log_mass.isfinite().all()
    return out


def assert_close(actual, expected, bound):
    assert actual.shape == expected.shape
    torch.testing.assert_close(actual.double(), expected, rtol=bound, atol=bound)


@pytest.mark.parametrize(("rows", "splits"), [(RAGGED, 0), (FEW, 3)], ids=["whole", "split"])
@pytest.mark.parametrize(("dtype", "dim"), GRID, ids=str)
def test_forward_is_the_equation(dtype, dim, rows, splits, fences):
    case = attention_case(rows, dim=dim, dtype=dtype, heads=3, kv_heads=1)
    assert_close(run(case, fences, splits), attention_oracle(case), BOUND[dtype])


@pytest.mark.parametrize("splits", [0, 1, 4])
@pytest.mark.parametrize("softcap", [None, 1.5])
@pytest.mark.parametrize("sinks", [False, True])
def test_sinks_and_softcap(sinks, softcap, splits, fences):
    case = attention_case(FEW, sinks=sinks, softcap=softcap, index_dtype=torch.int32)
    assert_close(run(case, fences, splits), attention_oracle(case), BOUND[torch.float32])


@st.composite
def odd_cases(draw, longest):
    """Rows anywhere in their buffers, windows of no round size, any group of heads; at most `longest` tokens."""
    window = draw(st.integers(1, 90))
    rows = []
    for _ in range(draw(st.integers(1, 3))):
        pinned = draw(st.integers(0, 80))
        start = draw(st.integers(0, pinned + 2 * window))
        rows.append((pinned, start, draw(st.integers(0, min(longest, pinned + 2 * window - start)))))
    kv_heads = draw(st.integers(1, 2))
    return attention_case(
        rows,
        heads=kv_heads * draw(st.sampled_from([1, 2, 3, 7])),
        kv_heads=kv_heads,
        window=window,
        sinks=draw(st.booleans()),
        softcap=draw(st.sampled_from([None, 20.0])),
        seed=draw(st.integers(0, 99)),
    )


@settings(max_examples=10, deadline=None, derandomize=True)
@given(case=odd_cases(longest=40))
def test_odd_shapes(case):
    fences = Fences()
    assert_close(run(case, fences), attention_oracle(case), BOUND[torch.float32])
    fences.check()


@settings(max_examples=10, deadline=None, derandomize=True)
@given(case=odd_cases(longest=2), splits=st.integers(1, 5))
def test_odd_shapes_split(case, splits):
    fences = Fences()
    assert_close(run(case, fences, splits), attention_oracle(case), BOUND[torch.float32])
    fences.check()


@pytest.mark.parametrize(("tokens", "splits"), [(70, 0), (3, 3)])
def test_a_window_as_long_as_many_blocks(tokens, splits, fences):
    """Full blocks of pinned slots and of the window, and edges of both: every kind of block in one call."""
    case = attention_case([(150, 420, tokens), (64, 300, 3)], heads=2, kv_heads=1, window=200)
    assert_close(run(case, fences, splits), attention_oracle(case), BOUND[torch.float32])


def test_large_scores_do_not_overflow(fences):
    case = attention_case(RAGGED, sinks=True)
    scaled = AttentionCase(
        1e3 * case.query, 10 * case.keys, case.values, case.start, case.lengths, case.pinned, 16
    )
    assert_close(run(scaled, fences), attention_oracle(scaled), 1e-3)


def gradients(case: AttentionCase, grad_out, fences: Fences):
    """The backward kernels into poisoned outputs: gradients of query, keys, values."""
    case = case.fenced(fences)
    shape = case.query.shape[:3]
    call = WindowCall(case.start, case.lengths, case.pinned, case.window, case.options["scale"], case.softcap)
    out, log_mass = fences.poisoned(*case.query.shape, dtype=case.query.dtype), fences.poisoned(*shape)
    forward(call, *case.tensors, case.sinks, out, log_mass)
    delta = fences.poisoned(*shape)
    grads = tuple(fences.poisoned(*t.shape, dtype=t.dtype) for t in case.tensors)
    backward(call, *case.tensors, out, fences.around(grad_out), log_mass, delta, grads)
    return grads


def expected_gradients(case: AttentionCase, grad_out):
    tensors = [t.double().nan_to_num(0.0).requires_grad_() for t in case.tensors]
    out = attention_oracle(case, tuple(tensors)) + 0 * sum(
        t.sum() for t in tensors
    )  # reaches all, read or not
    return torch.autograd.grad(out, tensors, grad_out.double())


@pytest.mark.parametrize(("dtype", "dim"), GRID, ids=str)
def test_backward_is_the_gradient_of_the_equation(dtype, dim, fences):
    case = attention_case(RAGGED[:4], dim=dim, dtype=dtype, heads=3, kv_heads=1)
    grad_out = torch.randn(case.query.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
    for row, length in enumerate(case.lengths.tolist()):
        grad_out[row, :, length:] = float("nan")
    actual = gradients(case, grad_out, fences)
    for grad, expected in zip(actual, expected_gradients(case, grad_out.nan_to_num(0.0)), strict=True):
        assert_close(grad, expected, 4 * BOUND[dtype])


@settings(max_examples=4, deadline=None, derandomize=True)
@given(case=odd_cases(longest=40))
def test_gradients_of_odd_shapes(case):
    fences = Fences()
    grad_out = torch.randn(case.query.shape, generator=torch.Generator().manual_seed(1))
    for grad, expected in zip(
        gradients(case, grad_out, fences), expected_gradients(case, grad_out), strict=True
    ):
        assert_close(grad, expected, 2e-4)
    fences.check()


def test_autograd_reaches_every_input():
    case = attention_case(RAGGED, sinks=True, softcap=5.0)
    given = [t.nan_to_num(0.0).requires_grad_() for t in (*case.tensors, case.sinks)]
    wide = [t.detach().double().requires_grad_() for t in given]
    # queries as a model hands them over: a transposed view of one projection, not a tensor of their own
    fused = torch.cat([given[0].transpose(1, 2)] * 2, dim=-1)[..., :64].transpose(1, 2)
    options = {**case.options, "sinks": given[3]}
    out = window_attention(fused, *given[1:3], **options)
    oracle_case = AttentionCase(
        *wide[:3], case.start, case.lengths, case.pinned, case.window, wide[3], case.softcap
    )
    expected = attention_oracle(oracle_case)
    weights = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1))
    actual = torch.autograd.grad(out, given, weights)
    for grad, right in zip(actual, torch.autograd.grad(expected, wide, weights.double()), strict=True):
        assert_close(grad, right, 1e-4)


def test_splits_follow_from_shapes_alone():
    decode = attention_case([(100, 900, 1)], window=512)
    prefill = attention_case([(100, 400, 500)], window=512)
    assert splits_for(decode.query, decode.keys, 512) > 1
    assert splits_for(prefill.query, prefill.keys, 512) == 1
    assert_close(
        window_attention(*decode.tensors, **decode.options), attention_oracle(decode), BOUND[torch.float32]
    )


def test_a_query_whose_rows_are_not_aligned():
    case = attention_case(RAGGED)
    odd = torch.empty(*case.query.shape[:3], 67)[..., 3:].copy_(case.query)
    assert_close(window_attention(odd, case.keys, case.values, **case.options), attention_oracle(case), 2e-5)


def test_a_stream_split_at_every_point_is_the_whole():
    stream = Stream.random(19, pinned=3, window=4, heads=2, kv_heads=1)
    expected = stream.oracle()
    for cut in range(1, 19):
        fences = Fences()
        assert_close(stream.read(window_advance, window_attention, [cut], fences), expected, 2e-5)
        fences.check()
