"""Window attention: the reference against an fp64 oracle, the checks, the kernels under the interpreter."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from smoothread_kernels.errors import KernelArgumentError
from smoothread_kernels.window_advance import window_advance
from smoothread_kernels.window_attention import window_attention
from smoothread_kernels.window_attention.reference import window_attention_naive

from tests.kernels.window_cases import Fences, Stream, attention_case, attention_oracle

RAGGED = [(7, 20, 19), (3, 30, 1), (5, 9, 0), (0, 0, 32), (33, 0, 33), (6, 37, 1)]
BOUND = {torch.float32: 1e-5, torch.float16: 4e-3, torch.bfloat16: 3e-2}  # PyTorch's own attention in 16 bits


def assert_close(actual, expected, bound=BOUND[torch.float32]):
    assert actual.shape == expected.shape
    torch.testing.assert_close(actual.double(), expected, rtol=bound, atol=bound)


@pytest.mark.parametrize("attend", [window_attention, window_attention_naive])
@pytest.mark.parametrize("dtype", BOUND, ids=str)
@pytest.mark.parametrize(("sinks", "softcap"), [(False, None), (True, None), (False, 1.5), (True, 30.0)])
def test_the_reference_is_the_equation(attend, dtype, sinks, softcap):
    case = attention_case(RAGGED, dtype=dtype, dim=24, sinks=sinks, softcap=softcap)
    assert_close(attend(*case.tensors, **case.options), attention_oracle(case), BOUND[dtype])


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_rows_anywhere_in_their_buffers(data):
    window = data.draw(st.integers(1, 40))
    rows = []
    for _ in range(data.draw(st.integers(1, 3))):
        pinned = data.draw(st.integers(0, 30))
        start = data.draw(st.integers(0, pinned + 2 * window))
        rows.append((pinned, start, data.draw(st.integers(0, pinned + 2 * window - start))))
    case = attention_case(rows, window=window, heads=6, dim=8, seed=data.draw(st.integers(0, 99)))
    assert_close(window_attention(*case.tensors, **case.options), attention_oracle(case))


def test_more_queries_than_the_reference_takes_at_once():
    case = attention_case([(10, 200, 520)], window=400, heads=2, kv_heads=1, dim=8)
    assert_close(window_attention(*case.tensors, **case.options), attention_oracle(case))


def test_gradients_reach_every_input():
    case = attention_case(RAGGED, dim=8, sinks=True, softcap=5.0)
    given = [t.double().nan_to_num(0.0).requires_grad_() for t in (*case.tensors, case.sinks)]
    single = [t.detach().float().requires_grad_() for t in given]
    expected = attention_oracle(replace(case, sinks=given[3]), tuple(given[:3]))
    actual = window_attention(*single[:3], **{**case.options, "sinks": single[3]})
    weights = torch.randn(expected.shape, generator=torch.Generator().manual_seed(1))
    pairs = zip(
        torch.autograd.grad(actual, single, weights),
        torch.autograd.grad(expected, given, weights.double()),
        strict=True,
    )
    for grad, right in pairs:
        assert_close(grad, right, 1e-4)


@pytest.mark.parametrize("pinned", [0, 5])
@pytest.mark.parametrize(("interleaved", "rot_dim"), [(False, 16), (True, 16), (False, 8)])
def test_a_stream_split_at_every_point_is_the_whole(pinned, interleaved, rot_dim):
    """Six windows of tokens: the buffer is advanced again and again, and calls end anywhere."""
    options = {"pinned": pinned, "window": 4, "interleaved": interleaved, "rot_dim": rot_dim}
    stream = Stream.random(pinned + 25, dim=16, **options)
    expected = stream.oracle()
    for cut in range(1, pinned + 25):
        fences = Fences()
        assert_close(stream.read(window_advance, window_attention, [cut], fences), expected)
        fences.check()


def changed(**changes):
    case = attention_case([(2, 5, 4), (0, 1, 2)], heads=4, kv_heads=2, dim=8, window=8, sinks=True)
    named = dict(zip(("query", "keys", "values"), case.tensors, strict=True))
    arguments = {**named, **case.options}
    return {**arguments, **{name: change(arguments[name]) for name, change in changes.items()}}


def transposed(x):
    return x.transpose(2, 3).contiguous().transpose(2, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keys": lambda x: x[0]}, r"keys must be \[batch, kv_head, slot, dim\]"),
        ({"values": lambda x: x[:, :1]}, "values must have the keys' shape"),
        (
            {"keys": lambda x: x.long(), "values": lambda x: x.long()},
            "keys must be float32, float16 or bfloat16",
        ),
        ({"values": lambda x: x.half()}, "values must be torch.float32 as the keys are"),
        ({"values": lambda x: x.to("meta")}, "values must be on the keys' device cpu"),
        ({"keys": transposed}, "keys must be contiguous"),
        ({"query": lambda x: x[:1]}, r"query must be \[batch=2, head, token, dim=8\]"),
        ({"query": lambda x: x[..., :4]}, r"query must be \[batch=2, head, token, dim=8\]"),
        ({"query": lambda x: x[:, :3]}, "3 query heads cannot share 2 key heads"),
        ({"query": lambda x: x.half()}, "query must be torch.float32"),
        ({"query": transposed}, "query must be contiguous in its last axis"),
        ({"window": lambda x: 0}, "window must be at least 1 token"),
        ({"softcap": lambda x: 0.0}, "softcap must be above 0"),
        ({"sinks": lambda x: x[:2]}, "sinks must be a float logit for each of 4 heads"),
        ({"sinks": lambda x: x.to("meta")}, "sinks must be on the keys' device"),
        ({"start": lambda x: x.float()}, r"start must be int32 or int64 \[batch=2\]"),
        ({"pinned": lambda x: x[:1]}, r"pinned must be int32 or int64 \[batch=2\]"),
        ({"lengths": lambda x: x.int()}, "lengths is torch.int32 and start is torch.int64"),
        ({"lengths": lambda x: x + 1}, "row 0 has 5 tokens, and the call carries 0 to 4"),
        ({"lengths": lambda x: x - 3}, "row 1 has -1 tokens"),
        ({"start": lambda x: x + 10}, "row 0 reaches slots 15 to 19 of a memory of 18: advance it first"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(KernelArgumentError, match=message):
        window_attention(**changed(**changes))


def test_nothing_needs_triton_on_a_cpu():
    script = """if True:
        import sys
        sys.modules["triton"] = None
        import smoothread_kernels, torch
        from smoothread_kernels.window_attention import window_attention
        one = torch.ones(1, 1, 1, 8)
        row = torch.tensor([0])
        where = dict(start=row, lengths=row + 1, pinned=row, window=1, scale=1.0)
        assert torch.equal(window_attention(one, one, one, **where), one)
    """
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_kernels_under_the_interpreter():
    pytest.importorskip("triton")
    tests = Path(__file__).with_name("interpreted_window_attention.py")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tests)]
    run = subprocess.run(command, env={**os.environ, "TRITON_INTERPRET": "1"}, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
