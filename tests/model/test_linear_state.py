"""Linear-state models of transformers as recurrent models: every family against transformers itself."""

from pathlib import Path

import pytest
import torch
import transformers

from smoothread_agent.errors import MemoryMismatchError, ModelError, RequestError
from smoothread_agent.memory.codec import decode, encode
from smoothread_agent.model.linear_families import PACES, REFUSED, pace_of
from smoothread_agent.model.linear_state import LinearStateModel
from smoothread_agent.model.memory import HiddenMemory
from tests.model.linear_models import FAMILIES, VOCABULARY, tiny_linear

WINDOW = 20
TOLERANCE = 1e-4  # of logits: fp32, sums in another order
OF_STATES = 1e-3  # the same, for states that large random weights make large
TEXT, PINNED = 90, 7


def tokens(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(3, VOCABULARY, (count,), generator=generator).tolist()


def opened(family, window=WINDOW, **more):
    return LinearStateModel(tiny_linear(family, **more), fingerprint="tiny", window=window)


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def family(request):
    return request.param


@pytest.fixture(scope="module")
def model(family):
    return opened(family)


def test_a_text_shorter_than_the_window_reads_as_in_plain_transformers(family):
    text = tokens(40)
    with torch.no_grad():
        expected = tiny_linear(family)(torch.tensor([text]), use_cache=False).logits[0, -1]
    model = opened(family, window=40)
    memory = model.pin([text[:PINNED]])
    assert torch.allclose(model.read(memory, [text[PINNED:]])[0], expected, atol=TOLERANCE)


@pytest.mark.parametrize("cuts", [[1] * 83, [3, 17, 20, 43]], ids=["token by token", "uneven"])
def test_reading_in_many_calls_equals_one(model, cuts):
    text = tokens(TEXT)
    whole, parts = model.pin([text[:PINNED]]), model.pin([text[:PINNED]])
    expected = model.read(whole, [text[PINNED:]])
    at = PINNED
    for cut in cuts:
        got = model.read(parts, [text[at : at + cut]])
        at += cut
    assert at == TEXT
    assert torch.allclose(got, expected, atol=TOLERANCE)
    assert same(parts, whole, OF_STATES)


def same(one, other, tolerance=0.0):
    """Whether two memories are equal, what no token was written to left out."""
    if one.tensors.keys() != other.tensors.keys() or not torch.equal(one.tokens_read, other.tokens_read):
        return False
    used = one.tensors.get("used", torch.tensor([0])).max()
    pairs = [(tensor, other.tensors[name], name) for name, tensor in one.tensors.items()]
    return all(
        torch.allclose(a[:, :, :used].float(), b[:, :, :used].float(), rtol=tolerance, atol=tolerance)
        if name.endswith(("keys", "values"))
        else torch.allclose(a.float(), b.float(), rtol=tolerance, atol=tolerance)
        for a, b, name in pairs
    )


def test_rows_of_unequal_length_read_as_alone(model):
    texts = [tokens(n, seed=n) for n in (3, 50, 21)]
    prefixes = [tokens(n, seed=50 + n) for n in (4, 2, 4)]
    together = model.pin(prefixes)
    logits = model.read(together, texts)
    more = model.read(together, [texts[0], [], texts[2]])
    assert more[1].isnan().all()
    for row, (prefix, text) in enumerate(zip(prefixes, texts, strict=True)):
        alone = model.pin([prefix])
        assert torch.allclose(logits[row], model.read(alone, [text])[0], atol=TOLERANCE)
        if row != 1:
            assert torch.allclose(more[row], model.read(alone, [text])[0], atol=TOLERANCE)
        assert alone.tokens_read[0] == together.tokens_read[row]


def test_a_fork_leaves_its_parent_bit_identical(model):
    parent = model.pin([tokens(PINNED)])
    model.read(parent, [tokens(30)])
    before = parent.fork()
    model.read(model.fork(parent), [tokens(25, seed=3)])
    assert all(torch.equal(tensor, before.tensors[name]) for name, tensor in parent.tensors.items())
    assert torch.equal(model.read(parent, [tokens(9)]), model.read(before, [tokens(9)]))


def test_a_packed_memory_reads_on_bit_identically(model):
    memory = model.pin([tokens(PINNED)])
    model.read(memory, [tokens(30)])
    restored = HiddenMemory.unpack(memory.pack())
    assert torch.equal(model.read(restored, [tokens(12)]), model.read(memory, [tokens(12)]))
    assert same(restored, memory)


@pytest.mark.parametrize("family", ["falcon_h1", "lfm2"])
def test_a_checkpoint_reads_on_bit_identically(family):
    model = opened(family)
    memory = model.pin([tokens(PINNED)])
    model.read(memory, [tokens(30)])
    assert torch.equal(model.read(decode(encode(memory)), [tokens(12)]), model.read(memory, [tokens(12)]))


def test_memory_has_the_size_that_was_promised_and_keeps_it(model):
    memory = model.pin([tokens(PINNED)])
    for part in range(10):
        model.read(memory, [tokens(6, seed=part)])
    assert memory.nbytes == model.memory_bytes(pinned=PINNED)


def test_memory_has_the_same_size_after_a_thousand_reads():
    model = opened("lfm2")
    memory = model.pin([tokens(PINNED)])
    for part in range(1000):
        model.read(memory, [tokens(1, seed=part)])
    assert memory.nbytes == model.memory_bytes(pinned=PINNED)
    assert memory.tokens_read.tolist() == [1007]


@pytest.mark.parametrize("family", ["lfm2", "mamba2", "nemotron_h"])
def test_reads_in_bf16(family):
    model = LinearStateModel(tiny_linear(family).bfloat16(), fingerprint="tiny", window=WINDOW)
    memory = model.pin([tokens(PINNED)])
    model.read(memory, [tokens(30)])
    logits = model.read(memory, [tokens(1)])
    assert logits.dtype == torch.float32
    assert not logits.isnan().any()
    assert memory.nbytes == model.memory_bytes(pinned=PINNED)


class TestTheWindowOfAHybrid:
    def test_the_pinned_prefix_stays_in_sight_and_the_rest_leaves_it(self):
        """Two texts that differ in one token: long after, it is seen if it was pinned, and only then.

        A short convolution's state forgets it within a few tokens, so that what is left of it came by attention.
        """
        model = opened("lfm2")
        text = tokens(150)
        for place, is_seen in ((2, True), (PINNED + 3, False)):
            other = [
                *text[:place],
                text[place] + 1 if text[place] < VOCABULARY - 1 else 3,
                *text[place + 1 :],
            ]
            logits = []
            for each in (text, other):
                memory = model.pin([each[:PINNED]])
                logits.append(model.read(memory, [each[PINNED:]])[0])
            assert (logits[0] - logits[1]).abs().max().item() > 1e-2 or not is_seen
            assert torch.equal(*logits) or is_seen

    def test_stretches_on_either_side_of_an_edge_share_a_forward_pass(self):
        model, passes = opened("lfm2"), []
        model.model.register_forward_hook(lambda *_: passes.append(1))
        memory = model.pin([tokens(PINNED)])
        model.read(memory, [tokens(100)])  # over four edges
        assert len(passes) == 2
        model.read(memory, [tokens(100)])
        assert len(passes) == 3

    def test_states_and_windows_are_in_one_memory(self):
        memory = opened("falcon_h1").pin([tokens(PINNED)])
        first = {name for name in memory.tensors if name.startswith("layers.0.")}
        assert first == {f"layers.0.{name}" for name in ("conv.0", "recurrent.0", "keys", "values")}

    def test_without_layers_that_attend_there_is_no_window_and_no_limit(self):
        model = opened("mamba2", window=10_000)
        memory = model.pin([tokens(PINNED)])
        assert set(memory.tensors) == {
            f"layers.{n}.{kind}.0" for n in range(4) for kind in ("conv", "recurrent")
        }

    def test_a_window_beyond_the_trained_length_is_refused(self):
        with pytest.raises(ModelError, match="trained to 512"):
            opened("lfm2", window=256)
        with pytest.raises(RequestError, match="at most 472 can be pinned"):
            opened("lfm2").pin([tokens(473)])


@pytest.mark.parametrize("family", sorted(name for name, pace in PACES.items() if pace == "token"))
def test_families_read_token_by_token_cannot_be_read_otherwise(family):
    """As long as this holds, transformers drops the state of a stretch; once it fails, the family's pace can change."""
    model = opened(family)
    text = tokens(30)
    expected = model.read(model.pin([text[:PINNED]]), [text[PINNED:]])
    model.longest = TEXT
    memory = model.pin([text[:PINNED]])
    assert (model.read(memory, [text[PINNED:]]) - expected).abs().max() > 1e-2


def test_every_family_of_the_installed_transformers_has_a_verdict():
    known = PACES | REFUSED
    models = Path(transformers.__file__).parent / "models"
    linear = {
        path.parent.name
        for path in models.glob("*/modeling_*.py")
        if "update_conv_state(" in path.read_text("utf-8")
    }
    assert {name for name in linear if name not in known and f"{name}_text" not in known} == set()
    assert set(FAMILIES) == set(PACES)


def test_a_family_that_cannot_be_read_says_why():
    with pytest.raises(ModelError, match="compressed"):
        pace_of(transformers.KimiLinearConfig())
    with pytest.raises(ModelError, match="never checked"):
        pace_of(transformers.LlamaConfig())


def test_a_foreign_memory_is_refused():
    model = opened("lfm2")
    with pytest.raises(MemoryMismatchError, match="another model"):
        model.read(opened("bamba").pin([tokens(3)]), [tokens(3)])
    memory = model.pin([tokens(3)])
    halved = HiddenMemory(
        {name: each.bfloat16() for name, each in memory.tensors.items()}, memory.tokens_read
    )
    with pytest.raises(MemoryMismatchError, match=r"torch\.bfloat16"):
        model.read(halved, [[4]])
    with pytest.raises(RequestError, match="2 rows"):
        model.read(model.pin([tokens(3)]), [[4], [5]])
    with pytest.raises(RequestError, match="nothing to pin"):
        model.pin([[]])
