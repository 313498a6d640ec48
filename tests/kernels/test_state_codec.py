"""Packing a memory: exact, bf16 and int8, their error bounds, and layouts that are kept beside the buffer."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from smoothread_kernels.errors import KernelArgumentError
from smoothread_kernels.state_codec import GROUP, Layout, Packed, layout_of, pack, unpack


def memory(seed=0):
    """A memory as models hold it: matrix states, keys of an odd width, small vectors, counts."""
    generator = torch.Generator().manual_seed(seed)

    def noise(*shape):
        spread = torch.exp(3 * torch.randn(*shape[:-1], 1, generator=generator))  # rows of very unlike sizes
        return torch.randn(*shape, generator=generator) * spread

    return {
        "wkv": noise(2, 3, 4, 64, 64),
        "keys": noise(2, 2, 37, 80).clamp(-6e4, 6e4).half(),
        "shift": noise(2, 3, 48).bfloat16(),
        "scalar": torch.tensor(0.25),
        "empty": torch.zeros(2, 0, 16),
        "tokens_read": torch.tensor([12345678901, 7]),
        "pinned": torch.tensor([[True, False]]),
    }


def int8_bound(x):
    """max|x| / 253 of each element's group, and the rounding to x's own dtype."""
    rows = x.double().reshape(-1, x.shape[-1] if x.dim() else 1)
    largest = torch.cat([g.abs().amax(1, True).expand_as(g) for g in rows.split(GROUP, 1)], 1).view(x.shape)
    if x.dtype == torch.float32:
        return largest / 253 + 1e-30
    info = torch.finfo(x.dtype)
    return largest / 253 + largest * info.eps + info.tiny * info.eps  # the last: the step between subnormals


def test_exact_gives_back_every_bit():
    tensors = memory()
    restored = unpack(pack(tensors, "exact"))
    assert list(restored) == list(tensors)
    for name, x in tensors.items():
        assert restored[name].dtype == x.dtype
        assert torch.equal(restored[name], x)


def test_bf16_halves_floats_and_keeps_the_rest():
    tensors = memory()
    packed = pack(tensors, "bf16")
    restored = unpack(packed)
    for name, x in tensors.items():
        if x.dtype == torch.float32:
            assert bool(((restored[name] - x).abs() <= x.abs() / 256).all())
        else:
            assert torch.equal(restored[name], x)
    assert packed.buffer.nbytes < 0.55 * pack(tensors, "exact").buffer.nbytes


def test_int8_quarters_fp32_within_its_bound_and_keeps_integers():
    tensors = memory()
    packed = pack({"wkv": tensors["wkv"]}, "int8")
    assert packed.buffer.nbytes == tensors["wkv"].numel() * (1 + 4 / GROUP)
    restored = unpack(pack(tensors, "int8"))
    for name, x in tensors.items():
        assert restored[name].dtype == x.dtype
        assert restored[name].shape == x.shape
        if x.is_floating_point():
            assert bool(((restored[name].double() - x.double()).abs() <= int8_bound(x)).all()), name
        else:
            assert torch.equal(restored[name], x)


@settings(max_examples=40, deadline=None)
@given(
    shape=st.lists(st.integers(1, 5), max_size=2).flatmap(
        lambda rows: st.integers(1, 3 * GROUP).map(lambda width: [*rows, width])
    ),
    exponent=st.integers(-44, 37),
    dtype=st.sampled_from([torch.float32, torch.float16, torch.bfloat16]),
    seed=st.integers(0, 1000),
)
def test_the_bound_of_int8_holds_for_any_width_and_size(shape, exponent, dtype, seed):
    x = torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * 10.0**exponent
    x = x.to(dtype).nan_to_num(posinf=6e4, neginf=-6e4)
    restored = unpack(pack({"x": x}, "int8"))["x"]
    assert bool(((restored.double() - x.double()).abs() <= int8_bound(x)).all())


def test_coding_twice_changes_nothing_more():
    once = unpack(pack(memory(), "int8"))
    twice = unpack(pack(once, "int8"))
    for name, x in once.items():
        if x.is_floating_point() and x.numel():
            assert torch.allclose(twice[name].float(), x.float(), rtol=1e-2 if x.itemsize == 2 else 1e-5)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_stays_visible_and_in_its_group(bad):
    x = torch.randn(3, 2 * GROUP)
    x[1, 5] = bad
    restored = unpack(pack({"x": x}, "int8"))["x"]
    assert restored[1, :GROUP].isnan().all()
    restored[1, :GROUP] = x[1, :GROUP] = 0
    assert restored.isfinite().all()
    assert bool(((restored - x).abs() <= int8_bound(x)).all())


def test_a_strided_tensor_is_packed_by_its_values():
    x = torch.randn(6, 5, 70).transpose(0, 1)
    assert torch.equal(unpack(pack({"x": x}, "exact"))["x"], x)
    coded = pack({"x": x}, "int8").buffer
    assert torch.equal(coded, pack({"x": x.contiguous()}, "int8").buffer)


def test_equal_memories_have_equal_buffers():
    assert torch.equal(pack(memory(), "int8").buffer, pack(memory(), "int8").buffer)


def test_a_layout_survives_json():
    packed = pack(memory(), "int8")
    layout = Layout.from_json(packed.layout.to_json())
    assert layout == packed.layout
    again = unpack(Packed(packed.buffer, layout))
    assert torch.equal(again["wkv"], unpack(packed)["wkv"])


@pytest.mark.parametrize(
    "damage",
    [
        lambda fields: fields["entries"][1].update(offset=0),
        lambda fields: fields["entries"][0].update(shape=[2, 3, 4, 64, 640]),
        lambda fields: fields["entries"][0].update(dtype="complex64"),
        lambda fields: fields["entries"][0].update(codec="zip"),
        lambda fields: fields["entries"][0].update(shape=[-2, 3, 4, -64, 64]),
        lambda fields: fields["entries"][0].update(shape=[2, 3, 4, 64, 64.0]),
        lambda fields: fields["entries"][5].update(codec="bf16"),
        lambda fields: fields["entries"][0].update(surplus=1),
        lambda fields: fields.update(nbytes=7),
        lambda fields: fields.pop("entries"),
    ],
)
def test_a_damaged_layout_is_refused(damage):
    fields = json.loads(pack(memory(), "int8").layout.to_json())
    damage(fields)
    with pytest.raises(KernelArgumentError, match="layout of a packed memory"):
        Layout.from_json(json.dumps(fields))


def test_a_text_that_is_no_layout_is_refused():
    with pytest.raises(KernelArgumentError, match="no layout"):
        Layout.from_json("not json")


def test_a_buffer_of_another_size_or_dtype_is_refused():
    packed = pack(memory(), "int8")
    for buffer in (packed.buffer[:-16], packed.buffer.view(torch.int8), packed.buffer.repeat(2)[::2]):
        with pytest.raises(KernelArgumentError, match="buffer must be contiguous uint8"):
            unpack(Packed(buffer, packed.layout))


@pytest.mark.parametrize(
    ("tensors", "codec", "message"),
    [
        ({}, "int8", "on one device"),
        ({"a": torch.zeros(1), "b": torch.zeros(1, device="meta")}, "int8", "on one device"),
        ({"a": torch.zeros(1, dtype=torch.complex64)}, "int8", "a is torch.complex64"),
        ({"a": torch.zeros(1)}, "int4", "codec must be exact, bf16 or int8"),
    ],
)
def test_what_cannot_be_packed_is_refused(tensors, codec, message):
    with pytest.raises(KernelArgumentError, match=message):
        pack(tensors, codec)


def test_sections_are_aligned_and_apart():
    layout = layout_of(memory(), "int8")
    end = 0
    for entry in layout.entries:
        assert entry.offset >= end
        assert entry.offset % 16 == 0
        assert entry.scales < 0 or entry.scales % 16 == 0
        end = entry.end
    assert layout.nbytes >= end


def test_the_kernels_under_the_interpreter():
    pytest.importorskip("triton")
    tests = Path(__file__).with_name("interpreted_state_codec.py")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(tests)]
    run = subprocess.run(command, env={**os.environ, "TRITON_INTERPRET": "1"}, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
