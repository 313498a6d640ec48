"""The Triton kernels of state_codec under the interpreter, against the reference. Run by test_state_codec.py.

A file that is not collected by its name: interpreted functions cannot be compiled, so it gets a process with
TRITON_INTERPRET=1. Outputs are poisoned, and every tensor lies between guard bands.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from smoothread_kernels.state_codec import reference
from smoothread_kernels.state_codec import triton as kernels
from smoothread_kernels.state_codec.layout import GROUP

BAND = 64  # elements


class Fences:
    """Tensors between guard bands, and the check that nothing wrote to the bands."""

    def __init__(self):
        self.all = []

    def around(self, shape, dtype, poison):
        count = torch.Size(shape).numel()
        whole = torch.full((count + 2 * BAND,), 7, dtype=dtype)
        whole[BAND : BAND + count] = poison
        self.all.append(whole)
        return whole[BAND : BAND + count].view(shape)

    def check(self):
        for whole in self.all:
            assert bool((whole[:BAND] == 7).all())
            assert bool((whole[-BAND:] == 7).all())


def round_trip(x):
    """(q, scales, x') of the kernels, having checked that their bands are whole."""
    rows, width = x.shape
    fences = Fences()
    source = fences.around(x.shape, x.dtype, 0).copy_(x)
    q = fences.around((rows, width), torch.int8, 99)
    scales = fences.around((rows, -(-width // GROUP)), torch.float32, float("nan"))
    kernels.encode(source, q, scales)
    out = fences.around((rows, width), x.dtype, float("nan"))
    kernels.decode(q, scales, out)
    fences.check()
    assert torch.equal(source, x) or bool(x.isnan().any())
    return q, scales, out


def assert_is_the_reference(x):
    q, scales, out = round_trip(x)
    expected = [torch.empty_like(q), torch.empty_like(scales), torch.empty_like(x)]
    reference.encode(x, *expected[:2])
    reference.decode(*expected)
    assert torch.equal(q, expected[0])
    assert torch.equal(scales.nan_to_num(nan=-1.0), expected[1].nan_to_num(nan=-1.0))
    # The interpreter cuts bf16 off where a GPU and PyTorch round it: one step apart.
    step = torch.finfo(torch.bfloat16).eps if x.dtype == torch.bfloat16 else 0.0
    assert torch.allclose(out.float(), expected[2].float(), rtol=step, atol=0.0, equal_nan=True)


@settings(max_examples=30, deadline=None)
@given(
    rows=st.integers(1, 40),
    width=st.integers(1, 3 * GROUP + 1),
    exponent=st.integers(-44, 37),
    dtype=st.sampled_from([torch.float32, torch.float16, torch.bfloat16]),
    seed=st.integers(0, 1000),
)
def test_the_kernels_write_the_references_bits(rows, width, exponent, dtype, seed):
    x = torch.randn(rows, width, generator=torch.Generator().manual_seed(seed)) * 10.0**exponent
    assert_is_the_reference(x.to(dtype).nan_to_num(posinf=6e4, neginf=-6e4))


def test_ties_are_rounded_to_even_and_the_largest_is_127():
    x = torch.arange(-127, 128).float().repeat(2, 1)[:, :GROUP] / 2
    x[:, 0] = 127.0
    q, _, _ = round_trip(x)
    assert int(q.max()) == 127
    assert_is_the_reference(x)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_stays_visible_and_in_its_group(bad):
    x = torch.randn(3, 100)
    x[1, 70] = bad
    assert_is_the_reference(x)
    _, _, out = round_trip(x)
    assert out[1, GROUP:].isnan().all()
    assert out[1, :GROUP].isfinite().all()


def test_zeros_and_the_tiniest_are_zeros():
    x = torch.zeros(2, GROUP)
    x[1] = 1e-40
    _, scales, out = round_trip(x)
    assert not scales.any()
    assert not out.any()
