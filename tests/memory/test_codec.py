import json
import struct

import pytest
import torch

from smoothread_agent.memory.codec import MAX_HEADER, decode, encode, measure
from smoothread_agent.memory.errors import DamagedMemoryError
from smoothread_agent.model.memory import HiddenMemory


def a_memory(dtype=torch.float32, slots=40, seed=0):
    generator = torch.Generator().manual_seed(seed)
    tensors = {
        f"layers.{layer}.{name}": torch.randn(2, 3, slots, 64, generator=generator).to(dtype)
        for layer in range(2)
        for name in ("keys", "values")
    }
    tensors["used"] = torch.tensor([7, 9])
    return HiddenMemory(tensors, torch.tensor([107, 209]))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_exact_is_bit_identical(dtype):
    memory = a_memory(dtype)
    back = decode(encode(memory, "exact"))
    assert back.tokens_read.tolist() == [107, 209]
    assert list(back.tensors) == list(memory.tensors)
    for name, tensor in memory.tensors.items():
        assert back.tensors[name].dtype == tensor.dtype
        assert torch.equal(back.tensors[name], tensor)


@pytest.mark.parametrize(("codec", "bound", "share"), [("bf16", 1 / 256, 0.51), ("int8", 1 / 253, 0.28)])
def test_lossy_codecs_stay_within_their_bound_and_their_size(codec, bound, share):
    memory = a_memory()
    back = decode(encode(memory, codec))
    for name, tensor in memory.tensors.items():
        if tensor.is_floating_point():
            largest = tensor.abs().amax(-1, keepdim=True)  # a group is a row of 64 here
            assert ((back.tensors[name] - tensor).abs() <= largest * bound).all()
        else:
            assert torch.equal(back.tensors[name], tensor)
    error = measure(memory, codec)
    assert 0 < error.relative < 0.01
    assert error.largest > 0
    assert error.nbytes < share * memory.nbytes + 4096


def test_measuring_exact_finds_no_error():
    assert measure(a_memory(), "exact").largest == 0.0


def test_encoding_leaves_the_memory_alone():
    memory, twin = a_memory(), a_memory()
    encode(memory, "int8")
    assert all(torch.equal(memory.tensors[name], twin.tensors[name]) for name in twin.tensors)


def test_an_unknown_codec_is_refused():
    with pytest.raises(ValueError, match="int4"):
        encode(a_memory(), "int4")


@pytest.mark.parametrize("length", [0, 7, 8, 100, -1])
def test_a_truncated_blob_is_refused(length):
    with pytest.raises(DamagedMemoryError):
        decode(encode(a_memory())[:length])


def test_a_header_that_claims_too_much_is_refused_before_it_is_read():
    blob = encode(a_memory())
    for claim in (len(blob), MAX_HEADER + 1, 2**63):
        with pytest.raises(DamagedMemoryError, match="claims"):
            decode(struct.pack("<Q", claim) + blob[8:])


def test_a_layout_that_claims_more_than_the_buffer_is_refused():
    blob = encode(a_memory())
    (length,) = struct.unpack("<Q", blob[:8])
    header = json.loads(blob[8 : 8 + length])
    layout = json.loads(header["__metadata__"]["layout"])
    layout["entries"][0]["shape"][0] = 2**40
    header["__metadata__"]["layout"] = json.dumps(layout)
    text = json.dumps(header).encode()
    with pytest.raises(DamagedMemoryError):
        decode(struct.pack("<Q", len(text)) + text + blob[8 + length :])


def test_other_safetensors_are_refused_by_name():
    with pytest.raises(DamagedMemoryError, match="format None"):
        decode(a_memory().pack())
