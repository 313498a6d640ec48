"""The pinned window against plain transformers, against a masked oracle, and against itself."""

import copy
from functools import partial

import pytest
import torch
from smoothread_kernels.window_attention.reference import visible
from transformers import AttentionInterface, Phi3Config, Phi3ForCausalLM

from smoothread_agent.errors import MemoryMismatchError, ModelError, RequestError
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.window import PinnedWindowModel
from tests.model.conftest import FAMILIES, OWN_WINDOW, SIZES

WINDOW = 24
TOLERANCE = 1e-4  # fp32, sums in another order


def tokens(count, seed=0):
    return torch.randint(0, 97, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


@pytest.fixture(params=sorted(FAMILIES))
def plain(request, tiny):
    return tiny(request.param)


@pytest.fixture
def model(tiny):
    return PinnedWindowModel(tiny("llama"), fingerprint="tiny", window=WINDOW)


def windowed(plain, window=WINDOW):
    return PinnedWindowModel(copy.deepcopy(plain), fingerprint="tiny", window=window)


def test_a_text_shorter_than_the_window_reads_as_in_plain_transformers(plain):
    own = (
        getattr(plain.config, "sliding_window", None) or 60
    )  # behind it, transformers loses what is pinned here
    text = tokens(min(60, own))
    expected = plain(torch.tensor([text])).logits[0, -1]
    model = windowed(plain, window=80)
    memory = model.pin([text[:7]])
    assert torch.allclose(model.read(memory, [text[7:]])[0], expected, atol=TOLERANCE)


def test_beyond_the_window_logits_equal_a_masked_full_attention(plain):
    """The oracle holds the whole text: every layer masks it, and turns each query to where its slot would be."""
    prefix, text = 5, tokens(400)
    model = windowed(plain)
    memory = model.pin([text[:prefix]])
    read = model.read(memory, [text[prefix:]])[0]
    assert torch.allclose(read, masked_full_attention(plain, text, prefix, WINDOW), atol=TOLERANCE)


def masked_full_attention(plain, text, prefix, window):
    """Last logits of `text`, all of it in one pass, a pinned token seen at the distance that the slots give."""
    index = torch.arange(len(text))
    over = (index - prefix - 2 * window).clamp(min=-window) // window + 1  # moves before each token was read
    slot = index - over * window
    module = __import__(type(plain).__module__, fromlist=["apply_rotary_pos_emb"])

    def oracle(
        attention, query, key, value, mask, scaling, sliding_window=None, softcap=None, s_aux=None, **_
    ):
        # Keys and queries come unturned (position 0); turn them by true position, or by slot towards the prefix.
        rotary = plain.model.rotary_emb
        if not hasattr(rotary, "inv_freq"):
            rotary = partial(rotary, layer_type=plain.config.layer_types[attention.layer_idx])
        scaled = rotary(value, torch.zeros(1, 1))[0].max()  # by which cos and sin are already multiplied
        turned = {}
        for name, position in (("true", index), ("slot", slot)):
            cos, sin = rotary(value, position[None])
            turned[name] = module.apply_rotary_pos_emb(query, key, cos / scaled, sin / scaled)
            if not getattr(attention, "use_rope", True):
                turned[name] = query, key
        group = query.shape[1] // key.shape[1]
        far = turned["slot"][0] @ turned["slot"][1].repeat_interleave(group, 1).transpose(2, 3)
        near = turned["true"][0] @ turned["true"][1].repeat_interleave(group, 1).transpose(2, 3)
        scores = torch.where(index[None] < prefix, far, near) * scaling
        if softcap is not None:
            scores = softcap * torch.tanh(scores / softcap)
        seen = visible(0, len(text), index, prefix, min(window, sliding_window or window))
        scores = scores.masked_fill(~seen, float("-inf"))
        if s_aux is not None:
            scores = torch.cat([scores, s_aux[None, :, None, None].expand(1, -1, len(text), 1)], -1)
        weights = scores.softmax(-1)[..., : len(text)]
        return (weights @ value.repeat_interleave(group, 1)).transpose(1, 2), None

    AttentionInterface.register("oracle", oracle)
    reference = copy.deepcopy(plain)
    reference.set_attn_implementation("oracle")
    zeros = torch.zeros(1, len(text), dtype=torch.int64)
    with torch.no_grad():
        return reference(torch.tensor([text]), position_ids=zeros, use_cache=False).logits[0, -1]


@pytest.mark.parametrize("cuts", [[1] * 200, [100, 100], [3, 97, 48, 52], [199, 1], [24, 24, 24, 24, 104]])
def test_reading_in_many_calls_equals_one(model, cuts):
    text = tokens(210)
    whole, parts = model.pin([text[:10]]), model.pin([text[:10]])
    expected = model.read(whole, [text[10:]])
    at = 10
    for cut in cuts:
        got = model.read(parts, [text[at : at + cut]])
        at += cut
    assert torch.allclose(got, expected, atol=TOLERANCE)
    assert parts.tokens_read.tolist() == whole.tokens_read.tolist() == [210]


def test_rows_of_unequal_length_read_as_alone(model):
    texts = [tokens(n, seed=n) for n in (3, 150, 61, 97)]
    prefixes = [tokens(n, seed=50 + n) for n in (4, 9, 1, 4)]
    together = model.pin(prefixes)
    logits = model.read(together, texts)
    more = model.read(together, [text[:20] for text in texts])
    for row, (prefix, text) in enumerate(zip(prefixes, texts, strict=True)):
        alone = model.pin([prefix])
        assert torch.allclose(logits[row], model.read(alone, [text])[0], atol=TOLERANCE)
        assert torch.allclose(more[row], model.read(alone, [text[:20]])[0], atol=TOLERANCE)


def test_a_row_without_tokens_is_left_as_it_is(model):
    memory = model.pin([tokens(5), tokens(5)])
    before = memory.fork()
    logits = model.read(memory, [[], tokens(60)])
    assert logits[0].isnan().all()
    assert not logits[1].isnan().any()
    for name, tensor in memory.tensors.items():
        assert torch.equal(tensor[0], before.tensors[name][0]), name
    assert memory.tokens_read.tolist() == [5, 65]


def test_memory_has_the_same_size_after_ten_chunks_and_after_a_thousand(model):
    memory = model.pin([tokens(5)])
    sizes = []
    for chunk in range(1000):
        model.read(memory, [tokens(16, seed=chunk)])
        if chunk in (9, 999):
            sizes.append((memory.nbytes, {name: tensor.shape for name, tensor in memory.tensors.items()}))
    assert sizes[0] == sizes[1]
    assert sizes[0][0] == model.memory_bytes(pinned=5)
    assert memory.tokens_read.tolist() == [16005]


def test_a_fork_leaves_its_parent_bit_identical(model):
    parent = model.pin([tokens(5)])
    model.read(parent, [tokens(100)])
    before = parent.fork()
    child = model.fork(parent)
    model.read(child, [tokens(77, seed=3)])
    for name, tensor in parent.tensors.items():
        assert torch.equal(tensor, before.tensors[name]), name
    assert torch.equal(model.read(parent, [tokens(9)]), model.read(before, [tokens(9)]))


def test_rows_can_be_gathered_and_dropped(model):
    memory = model.pin([tokens(5), tokens(6, seed=1), tokens(7, seed=2)])
    model.read(memory, [tokens(30), tokens(60, seed=1), tokens(90, seed=2)])
    doubled, rest = memory.gather([2, 0, 2]), memory.drop([1])
    expected = model.read(memory.fork(), [tokens(8)] * 3)
    assert torch.allclose(model.read(doubled, [tokens(8)] * 3), expected[[2, 0, 2]], atol=TOLERANCE)
    assert torch.allclose(model.read(rest, [tokens(8)] * 2), expected[[0, 2]], atol=TOLERANCE)


def test_a_packed_memory_reads_on_bit_identically(model):
    memory = model.pin([tokens(5)])
    model.read(memory, [tokens(70)])
    restored = HiddenMemory.unpack(memory.pack())
    assert torch.equal(model.read(restored, [tokens(40)]), model.read(memory, [tokens(40)]))


def test_a_damaged_pack_is_refused(model):
    blob = model.pin([tokens(5)]).pack()
    with pytest.raises(MemoryMismatchError, match="damaged"):
        HiddenMemory.unpack(blob[:-10])


def test_training_sees_the_logits_that_reading_sees(tiny):
    plain = tiny("llama")
    model = PinnedWindowModel(plain, fingerprint="tiny", window=WINDOW)
    text = tokens(150)
    stretches = []
    for (logits,) in model.read_with_grad(model.new_memory([5]), [text], [range(150)]):
        logits.sum().backward()
        stretches.append(logits.detach())
    assert [len(s) for s in stretches] == [5 + 2 * WINDOW, WINDOW, WINDOW, WINDOW, WINDOW, 1]
    reading = model.pin([text[:5]])
    expected = torch.stack([model.read(reading, [[token]])[0] for token in text[5:]])
    assert torch.allclose(torch.cat(stretches)[5:], expected, atol=TOLERANCE)
    assert plain.model.layers[0].self_attn.k_proj.weight.grad.abs().sum() > 0


def test_gradients_in_the_first_stretch_equal_those_of_plain_transformers(tiny):
    plain, text = tiny("llama"), tokens(40)
    expected = copy.deepcopy(plain)
    expected(torch.tensor([text])).logits[0, [9, 39]].sum().backward()
    model = PinnedWindowModel(plain, fingerprint="tiny", window=60)
    ((logits,),) = model.read_with_grad(model.new_memory([5]), [text], [[9, 39]])
    logits.sum().backward()
    for (name, got), (_, want) in zip(plain.named_parameters(), expected.named_parameters(), strict=True):
        assert torch.allclose(got.grad, want.grad, atol=1e-3, rtol=1e-3), name


def test_a_foreign_memory_is_refused(model, tiny):
    memory = PinnedWindowModel(tiny("qwen3"), fingerprint="other", window=WINDOW).pin([tokens(5)])
    with pytest.raises(MemoryMismatchError, match="another model"):
        model.read(memory, [tokens(3)])


def test_what_cannot_be_pinned_says_why(model):
    with pytest.raises(RequestError, match="at most 464 can be pinned"):
        model.pin([tokens(465)])
    with pytest.raises(RequestError, match="nothing to pin"):
        model.pin([[]])


def test_a_window_beyond_the_trained_length_is_refused(tiny):
    with pytest.raises(ModelError, match="trained to 512"):
        PinnedWindowModel(tiny("llama"), fingerprint="tiny", window=256)


def test_windows_of_their_own_are_known(tiny):
    assert windowed(tiny("gemma3")).own_windows == {0: OWN_WINDOW, 2: OWN_WINDOW}
    assert windowed(tiny("gemma3"), window=8).own_windows == {}
    assert windowed(tiny("llama")).own_windows == {}


def test_rotary_frequencies_that_change_behind_a_length_bound_the_window():
    """Phi-3 of 128k turns keys at another pace once positions leave its first 4k: keys that are kept would not fit."""
    rope = {
        "rope_type": "longrope",
        "short_factor": [1.0, 1.5, 2.0, 2.5],
        "long_factor": [2.0, 3.0, 4.0, 5.0],
    }
    sizes = {**SIZES, "original_max_position_embeddings": 128, "pad_token_id": 0}
    torch.manual_seed(0)
    plain = Phi3ForCausalLM(Phi3Config(**sizes, rope_parameters={**rope, "rope_theta": 1e4})).eval()
    with pytest.raises(ModelError, match="trained to 128"):
        windowed(plain, window=64)
    text, model = tokens(100), windowed(plain, window=50)
    memory = model.pin([text[:20]])
    assert model.reach.max_pinned == 28
    expected = plain(torch.tensor([text[:60]])).logits[0, -1]
    assert torch.allclose(model.read(memory, [text[20:60]])[0], expected, atol=TOLERANCE)
