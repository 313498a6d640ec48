"""RWKV-7 time mixing: the chunked form and the step against the recurrence in fp64."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from smoothread_kernels.errors import KernelArgumentError
from smoothread_kernels.wkv7 import wkv7, wkv7_step
from smoothread_kernels.wkv7.reference import CHUNK, recurrence

BOUND = 1e-5  # of the largest value: what reference.py promises for fp32


def inputs(batch, tokens, heads, dim, seed=0, dtype=torch.float32):
    """r, w, k, v, k_hat, a and a state: decays from none to the strongest, keys of length one."""
    generator = torch.Generator().manual_seed(seed)
    r, w, k, v, p, a = torch.randn(6, batch, tokens, heads, dim, generator=generator).unbind()
    mixed = r, 4 * w - 2, k, v, torch.nn.functional.normalize(p, dim=-1), torch.sigmoid(2 * a)
    state = torch.randn(batch, heads, dim, dim, generator=generator)
    return [x.to(dtype).contiguous() for x in mixed], state


def oracle(tensors, state, lengths=None):
    return recurrence(*(x.double() for x in tensors), state.double(), lengths)


def distance(actual, expected):
    """Largest difference, as a share of the largest expected value."""
    return float((actual - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("tokens", [1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK + 7])
def test_the_chunked_form_is_the_recurrence(tokens):
    tensors, state = inputs(2, tokens, 3, 64)
    before = state.clone()
    y, final = wkv7(*tensors, state)
    expected_y, expected = oracle(tensors, state)
    assert distance(y, expected_y) < BOUND
    assert distance(final, expected) < BOUND
    assert torch.equal(state, before)


@settings(max_examples=25, deadline=None)
@given(
    tokens=st.integers(1, 90),
    heads=st.integers(1, 3),
    dim=st.sampled_from([1, 3, 16, 40, 128]),
    lengths=st.lists(st.integers(0, 90), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
)
def test_rows_of_unequal_length_are_read_as_if_alone(tokens, heads, dim, lengths, seed):
    lengths = [min(length, tokens) for length in lengths]
    tensors, state = inputs(len(lengths), tokens, heads, dim, seed)
    for x in tensors:
        for row, length in enumerate(lengths):
            x[row, length:] = float("nan")
    y, final = wkv7(*tensors, state, lengths=torch.tensor(lengths))
    for row, length in enumerate(lengths):
        alone = [x[row : row + 1, :length] for x in tensors]
        expected_y, expected = oracle(alone, state[row : row + 1])
        assert torch.equal(y[row, length:], torch.zeros_like(y[row, length:]))
        if length:
            assert distance(y[row : row + 1, :length], expected_y) < BOUND
            assert distance(final[row : row + 1], expected) < BOUND
        else:
            assert torch.equal(final[row], state[row])


def test_split_at_every_point_it_reads_the_same():
    tokens = CHUNK + 5
    tensors, state = inputs(1, tokens, 2, 16)
    whole_y, whole = wkv7(*tensors, state)
    for cut in range(tokens + 1):
        first_y, middle = wkv7(*(x[:, :cut].contiguous() for x in tensors), state)
        second_y, final = wkv7(*(x[:, cut:].contiguous() for x in tensors), middle)
        assert distance(torch.cat([first_y, second_y], 1), whole_y) < BOUND
        assert distance(final, whole) < BOUND


def test_step_by_step_it_is_the_recurrence():
    tensors, state = inputs(2, 40, 3, 64)
    expected_y, expected = oracle(tensors, state)
    outputs = [wkv7_step(*(x[:, t].contiguous() for x in tensors), state) for t in range(40)]
    assert distance(torch.stack(outputs, 1), expected_y) < BOUND
    assert distance(state, expected) < BOUND


def test_a_step_advances_only_the_rows_that_read_and_a_strided_state():
    tensors, _ = inputs(3, 1, 2, 16)
    memory = torch.randn(3, 5, 2, 16, 16)  # a row's layers lie side by side: one layer of it is strided
    before = memory.clone()
    tensors = [x[:, 0].contiguous() for x in tensors]
    for x in tensors:
        x[1] = float("nan")
    reads = torch.tensor([True, False, True])
    y = wkv7_step(*tensors, memory[:, 3], lengths=reads.int())
    expected_y, expected = oracle([x[reads][:, None] for x in tensors], before[reads, 3])
    assert distance(y[reads], expected_y[:, 0]) < BOUND
    assert not y[1].any()
    assert distance(memory[reads, 3], expected) < BOUND
    memory[reads, 3] = before[reads, 3]
    assert torch.equal(memory, before)


@pytest.mark.parametrize("logit", [-1e4, -20.0, 0.0, 20.0, 1e4])
def test_a_text_that_repeats_itself_keeps_its_precision(logit):
    """Equal keys removed at rate 1: the triangular system is all ones, and powers of it would cancel."""
    tensors, state = inputs(1, 300, 2, 64)
    tensors[1].fill_(logit)
    tensors[4] = tensors[4][:, :1].expand(-1, 300, -1, -1).contiguous()
    tensors[5].fill_(1.0)
    y, final = wkv7(*tensors, state)
    expected_y, expected = oracle(tensors, state)
    assert distance(y, expected_y) < BOUND
    assert distance(final, expected) < BOUND


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float16, 1e-3), (torch.bfloat16, 8e-3)])
def test_half_precision_inputs_cost_only_the_rounding_of_y(dtype, bound):
    tensors, state = inputs(1, 70, 2, 64, dtype=dtype)
    y, final = wkv7(*tensors, state)
    expected_y, expected = oracle(tensors, state)
    assert (y.dtype, final.dtype) == (dtype, torch.float32)
    assert distance(y.double(), expected_y) < bound
    assert distance(final, expected) < BOUND


def test_gradients_are_those_of_the_recurrence():
    lengths = torch.tensor([CHUNK + 9, 4, 0])
    tensors, state = inputs(3, CHUNK + 9, 2, 16)
    weights, out = torch.randn(2, *tensors[0].shape, dtype=torch.float64), torch.randn_like(state).double()

    def gradients(read, dtype):
        leaves = [x.to(dtype).requires_grad_() for x in (*tensors, state)]
        y, final = read(*leaves)
        loss = (y * weights[0].to(dtype)).sum() + (final * out.to(dtype)).sum()
        return torch.autograd.grad(loss, leaves)

    expected = gradients(lambda *x: recurrence(*x, lengths), torch.float64)
    actual = gradients(lambda *x: wkv7(*x, lengths=lengths), torch.float32)
    for name, a, b in zip(["r", "w", "k", "v", "k_hat", "a", "state"], actual, expected, strict=True):
        assert distance(a, b) < 5e-5, name  # sums over the tokens of a row, in fp32


def test_padding_of_nan_has_a_gradient_of_zero():
    tensors, state = inputs(1, 6, 1, 16)
    for x in tensors:
        x[:, 4:] = float("nan")
        x.requires_grad_()
    y, final = wkv7(*tensors, state, lengths=torch.tensor([4]))
    (y.sum() + final.sum()).backward()
    for x in tensors:
        assert x.grad[:, :4].isfinite().all()
        assert not x.grad[:, 4:].any()


def broken(**changes):
    names = ["r", "w", "k", "v", "k_hat", "a"]
    tensors, state = inputs(2, 5, 3, 16)
    arguments = {**dict(zip(names, tensors, strict=True)), "state": state, "lengths": torch.tensor([5, 2])}
    return {**arguments, **{name: change(arguments[name]) for name, change in changes.items()}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"r": lambda x: x[0]}, r"r must be \[batch, token, head, dim\]"),
        ({"r": lambda x: x.double()}, "r must be float32"),
        ({"v": lambda x: x[:, :4]}, "v must have r's shape"),
        ({"k": lambda x: x.half()}, "k must be torch.float32 as r is"),
        ({"a": lambda x: x.transpose(1, 2).contiguous().transpose(1, 2)}, "a must be contiguous"),
        ({"k_hat": lambda x: x.to("meta")}, "k_hat must be on r's device"),
        ({"state": lambda x: x[:, :, :8]}, "state must be float32"),
        ({"state": lambda x: x.half()}, "state must be float32"),
        ({"state": lambda x: x.transpose(2, 3)}, "a head's matrix must be contiguous"),
        ({"lengths": lambda x: x.float()}, "lengths must be int32"),
        ({"lengths": lambda x: x + 1}, "lengths must lie in 0 to 5"),
        ({"lengths": lambda x: x - 3}, "lengths must lie in 0 to 5"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(KernelArgumentError, match=message):
        wkv7(**broken(**changes))


def test_a_step_refuses_gradients_and_more_than_a_token():
    arguments = {
        name: x[:, 0].contiguous() for name, x in broken().items() if name not in ("state", "lengths")
    }
    state = torch.zeros(2, 3, 16, 16)
    with pytest.raises(KernelArgumentError, match="lengths must lie in 0 to 1"):
        wkv7_step(**arguments, state=state, lengths=torch.tensor([2, 0]))
    arguments["r"].requires_grad_()
    with pytest.raises(KernelArgumentError, match="has no gradient"):
        wkv7_step(**arguments, state=state)


def test_the_kernels_under_the_interpreter():
    pytest.importorskip("triton")
    tests = Path(__file__).with_name("interpreted_wkv7.py")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tests)]
    run = subprocess.run(command, env={**os.environ, "TRITON_INTERPRET": "1"}, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
