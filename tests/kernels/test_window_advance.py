"""Window advance: the reference against the layout's own words, the checks, the kernel under the interpreter."""

import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from smoothread_kernels.errors import KernelArgumentError
from smoothread_kernels.window_advance import window_advance
from torch import Tensor

from tests.kernels.window_cases import Fences, angles, rotate


@dataclass(frozen=True)
class AdvanceCase:
    """The arguments of one call of `window_advance`."""

    tensors: tuple[Tensor, Tensor, Tensor, Tensor]
    start: Tensor
    lengths: Tensor
    shift: Tensor
    pinned: Tensor
    window: int
    rot_dim: int
    interleaved: bool

    @property
    def options(self) -> dict:
        turn = angles(self.rot_dim // 2) * self.window
        return {
            "start": self.start,
            "lengths": self.lengths,
            "shift": self.shift,
            "pinned": self.pinned,
            "window": self.window,
            "cos": turn.cos().float(),
            "sin": turn.sin().float(),
            "interleaved": self.interleaved,
        }

    def fenced(self) -> tuple["AdvanceCase", Fences]:
        fences = Fences()
        return replace(self, tensors=tuple(fences.around(t) for t in self.tensors)), fences


def advance_case(
    rows: list[tuple[int, bool, int]],
    *,
    window: int = 13,
    dim: int = 64,
    rot_dim: int | None = None,
    dtype: torch.dtype = torch.float32,
    index_dtype: torch.dtype = torch.int64,
    interleaved: bool = False,
    start: int | None = None,
) -> AdvanceCase:
    """Rows of (pinned, shift, new tokens); a row that does not shift starts at `start`, by default `pinned`."""
    generator = torch.Generator().manual_seed(0)
    slots = max(pinned + 2 * window for pinned, _, _ in rows)
    tokens = max(1, *(length for _, _, length in rows))
    keys, values = torch.randn(2, len(rows), 2, slots, dim, generator=generator).to(dtype)
    new_keys, new_values = torch.randn(2, len(rows), 2, tokens, dim, generator=generator).to(dtype)
    starts = []
    for row, (pinned, shift, length) in enumerate(rows):
        first = pinned if start is None else start
        starts.append(pinned + window if shift else first)
        for memory in (keys, values):
            memory[row, :, pinned + 2 * window if shift else starts[-1] :] = float("nan")
        for new in (new_keys, new_values):
            new[row, :, length:] = float("nan")
    pinned, shift, lengths = (torch.tensor(column) for column in zip(*rows, strict=True))
    return AdvanceCase(
        (keys.contiguous(), values.contiguous(), new_keys, new_values),
        torch.tensor(starts, dtype=index_dtype),
        lengths.to(index_dtype),
        shift,
        pinned.to(index_dtype),
        window,
        dim if rot_dim is None else rot_dim,
        interleaved,
    )


def expected_memory(case: AdvanceCase) -> tuple[Tensor, Tensor]:
    """Keys and values afterwards, slot by slot; a slot whose token left it keeps what it held."""
    keys, values, new_keys, new_values = case.tensors
    keys, values = keys.clone(), values.clone()
    for row in range(keys.shape[0]):
        pinned, start = int(case.pinned[row]), int(case.start[row])
        if case.shift[row]:
            for target in range(pinned, pinned + case.window):
                old = keys[row, :, [target + case.window]]
                back = torch.tensor([-case.window])
                keys[row, :, [target]] = rotate(old, back, case.interleaved, case.rot_dim).to(keys.dtype)
                values[row, :, target] = values[row, :, target + case.window]
        for token in range(int(case.lengths[row])):
            keys[row, :, start + token] = new_keys[row, :, token]
            values[row, :, start + token] = new_values[row, :, token]
    return keys, values


ROWS = [(3, True, 13), (9, False, 4), (0, True, 0), (9, True, 1), (5, False, 0)]


@pytest.mark.parametrize("interleaved", [False, True])
@pytest.mark.parametrize("rot_dim", [64, 20, 0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
def test_rows_move_and_take_new_tokens(dtype, rot_dim, interleaved):
    case = advance_case(ROWS, rot_dim=rot_dim, dtype=dtype, interleaved=interleaved)
    expected = expected_memory(case)
    window_advance(*case.tensors, **case.options)
    bound = 4 * torch.finfo(dtype).eps
    for actual, right in zip(case.tensors[:2], expected, strict=True):
        torch.testing.assert_close(actual, right, rtol=bound, atol=bound, equal_nan=True)


def changed(**changes):
    case = advance_case([(3, True, 4), (5, False, 2)], window=8, dim=16)
    names = "keys", "values", "new_keys", "new_values"
    arguments = {**dict(zip(names, case.tensors, strict=True)), **case.options}
    return {**arguments, **{name: change(arguments[name]) for name, change in changes.items()}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"values": lambda x: x[:, :1]}, "values must have the keys' shape"),
        ({"new_keys": lambda x: x[..., :8]}, r"new_keys must be \[batch=2, kv_head=2, token, dim=16\]"),
        ({"new_values": lambda x: x[:, :, :1]}, "new_values must have the new keys' shape"),
        ({"new_keys": lambda x: x.half()}, "new_keys must be torch.float32 as the keys are"),
        ({"new_values": lambda x: x.mT.contiguous().mT}, "new_values must be contiguous in its last axis"),
        ({"window": lambda x: 0}, "window must be at least 1 token"),
        ({"cos": lambda x: x.double()}, r"cos must be float32 \[rot_dim / 2\]"),
        ({"sin": lambda x: x[:4]}, r"sin must be float32 \[rot_dim / 2\], cos and sin alike"),
        (
            {"cos": lambda x: x.repeat(2), "sin": lambda x: x.repeat(2)},
            "16 angles rotate 32 of only 16 dimensions",
        ),
        ({"shift": lambda x: x.int()}, r"shift must be bool \[batch=2\]"),
        ({"shift": lambda x: x.to("meta")}, "shift must be on the keys' device"),
        ({"start": lambda x: x[:1]}, r"start must be int32 or int64 \[batch=2\]"),
        ({"lengths": lambda x: x + 1}, "row 0 has 5 tokens, and the call carries 0 to 4"),
        ({"start": lambda x: x + 16}, "of a memory of 21: advance it first"),
        ({"start": lambda x: x + 1}, "its next token goes to slot 11, not start = 12"),
        (
            {"pinned": lambda x: x + 5},
            "row 0 cannot be advanced: 8 pinned and twice 8 tokens exceed 21 slots",
        ),
        ({"keys": lambda x: x.requires_grad_()}, "window_advance writes in place and has no gradient"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(changes, message):
    arguments = changed(**changes)
    before = arguments["keys"].detach().clone()
    with pytest.raises(KernelArgumentError, match=message):
        window_advance(**arguments)
    assert torch.equal(arguments["keys"].nan_to_num(), before.nan_to_num())


def test_the_kernel_under_the_interpreter():
    pytest.importorskip("triton")
    tests = Path(__file__).with_name("interpreted_window_advance.py")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tests)]
    run = subprocess.run(command, env={**os.environ, "TRITON_INTERPRET": "1"}, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
