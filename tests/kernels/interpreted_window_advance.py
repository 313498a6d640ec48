"""The Triton kernel of window_advance under the interpreter, against the reference. Run by test_window_advance.py.

A file that is not collected by its name: interpreted functions cannot be compiled, so it gets a process with
TRITON_INTERPRET=1. Tensors lie between guard bands; slots that hold nothing, and padding, are NaN.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from smoothread_kernels.errors import KernelArgumentError
from smoothread_kernels.layout import HEAD_DIMS
from smoothread_kernels.window_advance.triton import window_advance

from tests.kernels.test_window_advance import AdvanceCase, advance_case, expected_memory

# One rounding in both; the interpreter cuts a bf16 off where PyTorch rounds.
BOUND = {torch.float32: 1e-6, torch.float16: 1e-3, torch.bfloat16: 8e-3}

ROWS = [(3, True, 13), (9, False, 4), (0, True, 0), (9, True, 1), (5, False, 0)]


def assert_advances(case: AdvanceCase):
    fenced, fences = case.fenced()
    window_advance(*fenced.tensors, **fenced.options)
    fences.check()
    for actual, expected in zip(fenced.tensors[:2], expected_memory(case), strict=True):
        bound = BOUND[actual.dtype]
        torch.testing.assert_close(actual, expected, rtol=bound, atol=bound, equal_nan=True)


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("dim", HEAD_DIMS)
@pytest.mark.parametrize("dtype", BOUND, ids=str)
def test_rows_move_and_take_new_tokens(dtype, dim, interleaved):
    assert_advances(advance_case(ROWS, dim=dim, dtype=dtype, interleaved=interleaved))


def test_a_window_of_several_programs_and_int32_counts():
    assert_advances(advance_case([(7, True, 70), (2, True, 90)], window=90, index_dtype=torch.int32))


def test_more_tokens_than_a_window_are_pinned():
    assert_advances(advance_case([(70, False, 70), (3, False, 3)], window=5, start=0))


@settings(max_examples=20, deadline=None, derandomize=True)
@given(data=st.data())
def test_odd_shapes(data):
    window = data.draw(st.integers(1, 70))
    rows = [
        (data.draw(st.integers(0, 40)), data.draw(st.booleans()), data.draw(st.integers(0, window)))
        for _ in range(data.draw(st.integers(1, 3)))
    ]
    rot_dim = 2 * data.draw(st.integers(0, 32))
    assert_advances(advance_case(rows, window=window, rot_dim=rot_dim, interleaved=data.draw(st.booleans())))


def test_unaligned_new_tokens_are_read_and_an_unaligned_memory_is_refused():
    case = advance_case(ROWS)
    keys, values, new_keys, new_values = case.tensors
    odd = torch.empty(*new_keys.shape[:3], 67)[..., 3:].copy_(new_keys)
    memory = keys.clone(), values.clone()
    window_advance(*memory, odd, new_values, **case.options)
    for actual, expected in zip(memory, expected_memory(case), strict=True):
        torch.testing.assert_close(actual, expected, rtol=1e-6, atol=1e-6, equal_nan=True)
    shifted = torch.zeros(keys.numel() + 1)[1:].view(keys.shape)
    with pytest.raises(KernelArgumentError, match="must begin on a boundary of 16 bytes"):
        window_advance(shifted, values, new_keys, new_values, **case.options)
