"""RWKV-7: parity with the author's package and with rwkv7-hf, and the promises of a recurrent model."""

import itertools
import json
import warnings

import pytest
import smoothread_kernels.wkv7
import torch
from safetensors.torch import save_file

from smoothread_agent.errors import MemoryMismatchError, ModelError, RequestError
from smoothread_agent.model import rwkv7, rwkv7_network
from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.rwkv7 import RWKV7Model
from smoothread_agent.model.rwkv7_weights import load_network
from tools.bench.rwkv7 import author_model, author_weights, sizes

CPU = torch.device("cpu")
TOLERANCE = 1e-4  # fp32, sums in another order
SIZES = {
    "one layer, one head": sizes(1, 64, 97),
    "three layers": sizes(3, 128, 211),
    "small heads": sizes(2, 96, 97, head_dim=32),
    "wide": sizes(2, 320, 500),
}


def tokens(count, seed=0):
    return torch.randint(0, 97, (count,), generator=torch.Generator().manual_seed(seed)).tolist()


def opened(path, dtype=torch.float32):
    return RWKV7Model(load_network(path, dtype=dtype, device=CPU), fingerprint="random")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("author") / "random.pth"
    torch.save(author_weights(SIZES["three layers"]), path)
    return path


@pytest.fixture(scope="module")
def model(path):
    return opened(path)


def test_it_runs_on_the_kernels(model, monkeypatch):
    """A stretch goes to `wkv7` and a token to `wkv7_step`, which choose by device; every layer, and nothing else."""
    called = []
    for name in ("wkv7", "wkv7_step"):
        assert getattr(rwkv7_network, name) is getattr(smoothread_kernels.wkv7, name)

        monkeypatch.setattr(rwkv7_network, name, counted(name, called))
    memory = model.pin([tokens(5)])
    assert called == ["wkv7"] * 3
    called.clear()
    model.read(memory, [tokens(1)])
    assert called == ["wkv7_step"] * 3


def counted(name, called):
    run = getattr(smoothread_kernels.wkv7, name)

    def spy(*args, **kwargs):
        called.append(name)
        return run(*args, **kwargs)

    return spy


class TestParityWithTheAuthor:
    @pytest.fixture(params=sorted(SIZES))
    def both(self, request, tmp_path):
        path = tmp_path / "random.pth"
        torch.save(author_weights(SIZES[request.param], seed=1), path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TorchScript is deprecated
            yield opened(path), author_model(path)

    def test_logits_and_states_whole_and_in_any_split(self, both):
        ours, theirs = both
        text = tokens(83)
        expected, states = theirs.forward(text, None)
        for cuts in ([], [1], [40], [82], [7, 8, 9, 60], list(range(1, 83))):
            memory = ours.new_memory([1])
            for first, last in itertools.pairwise([0, *cuts, 83]):
                logits = ours.read(memory, [text[first:last]])[0]
            assert torch.allclose(logits, expected, atol=TOLERANCE), cuts
            for layer in range(ours.network.config.num_layers):
                for index, name in enumerate(("time_shift", "wkv", "channel_shift")):
                    found = memory.tensors[name][0, layer]
                    assert torch.allclose(found, states[3 * layer + index], atol=TOLERANCE), (cuts, name)

    def test_token_by_token_beside_the_author(self, both):
        ours, theirs = both
        memory, state = ours.new_memory([1]), None
        for token in tokens(20, seed=2):
            expected, state = theirs.forward([token], state)
            assert torch.allclose(ours.read(memory, [[token]])[0], expected, atol=TOLERANCE)


class TestParityWithHF:
    @pytest.fixture(params=[(64, 128, 2), (32, 96, 3), (64, 192, 1)])
    def both(self, request, tmp_path):
        import rwkv7_hf as hf

        head_dim, hidden, layers = request.param
        config = hf.RWKV7Config(
            vocab_size=97,
            hidden_size=hidden,
            head_dim=head_dim,
            num_hidden_layers=layers,
            decay_low_rank_dim=24,
            gate_low_rank_dim=40,
            a_low_rank_dim=16,
            v_low_rank_dim=8,
        )
        torch.manual_seed(0)
        theirs = hf.RWKV7ForCausalLM(config).eval()
        for parameter in theirs.parameters():
            torch.nn.init.normal_(parameter, std=0.4 if parameter.dim() < 2 else parameter.shape[-1] ** -0.5)
        folder = tmp_path / "hf"
        theirs.save_pretrained(folder)
        return opened(folder), theirs

    @torch.no_grad()
    def test_logits_and_states_whole_and_in_any_split(self, both):
        ours, theirs = both
        text = tokens(70)
        out = theirs(torch.tensor([text]), use_cache=True)
        for cuts in ([], [1], [33], [5, 6, 64]):
            memory = ours.new_memory([1])
            for first, last in itertools.pairwise([0, *cuts, 70]):
                logits = ours.read(memory, [text[first:last]])[0]
            assert torch.allclose(logits, out.logits[0, -1], atol=TOLERANCE)
            for layer in range(ours.network.config.num_layers):
                expected = out.past_key_values[layer]
                wkv = expected["recurrent_state"].mT  # [key, value] there
                found = {name: memory.tensors[name][:, layer] for name in memory.tensors}
                assert torch.allclose(found["wkv"], wkv, atol=TOLERANCE)
                assert torch.allclose(found["time_shift"], expected["attention_shift"], atol=TOLERANCE)
                assert torch.allclose(found["channel_shift"], expected["ffn_shift"], atol=TOLERANCE)


def test_rows_of_unequal_length_read_as_row_by_row(model):
    rows = [tokens(count, seed=count) for count in (50, 1, 33, 7)]
    memory = model.pin([row[:1] for row in rows])
    logits = model.read(memory, [row[1:] for row in rows])
    more = [[3], [], [5, 6, 7], [8]]
    then = model.read(memory, more)
    for index, row in enumerate(rows):
        alone = model.pin([row[:1]])
        if len(row) > 1:
            assert torch.allclose(logits[index], model.read(alone, [row[1:]])[0], atol=TOLERANCE)
        else:
            assert logits[index].isnan().all()
        if more[index]:
            assert torch.allclose(then[index], model.read(alone, [more[index]])[0], atol=TOLERANCE)
        for name, tensor in alone.tensors.items():
            assert torch.allclose(memory.tensors[name][index], tensor[0], atol=TOLERANCE)
        assert int(memory.tokens_read[index]) == len(row) + len(more[index])


def test_a_row_without_tokens_is_left_bit_for_bit(model):
    memory = model.pin([tokens(9), tokens(4)])
    before = memory.fork()
    logits = model.read(memory, [[], [7]])
    assert logits[0].isnan().all()
    assert logits[1].isfinite().all()
    for name, tensor in memory.tensors.items():
        assert torch.equal(tensor[0], before.tensors[name][0])
        assert not torch.equal(tensor[1], before.tensors[name][1])
    assert model.read(memory, [[], []]).isnan().all()


def test_a_long_text_is_read_in_segments(model, monkeypatch):
    text, memory = tokens(61), model.new_memory([1])
    whole = model.read(memory, [text])
    monkeypatch.setattr(rwkv7, "SEGMENT", 16)
    cut = model.new_memory([1, 1])
    logits = model.read(cut, [text, text[:32]])
    assert torch.allclose(logits[0], whole[0], atol=TOLERANCE)
    assert torch.allclose(logits[1], model.read(model.new_memory([1]), [text[:32]])[0], atol=TOLERANCE)


def test_a_fork_leaves_its_parent_alone_and_goes_on_from_it(model):
    parent = model.pin([tokens(30)])
    before = parent.fork()
    child = model.fork(parent)
    first = model.read(child, [tokens(12, seed=3)])
    for name, tensor in parent.tensors.items():
        assert torch.equal(tensor, before.tensors[name])
    assert torch.equal(model.read(parent, [tokens(12, seed=3)]), first)


def test_saved_and_restored_it_goes_on_bit_for_bit(model):
    memory = model.pin([tokens(30), tokens(8)])
    restored = HiddenMemory.unpack(memory.pack())
    assert torch.equal(model.read(restored, [[1], [2]]), model.read(memory, [[1], [2]]))


def test_its_size_does_not_grow(model):
    memory = model.pin([tokens(3)])
    before = memory.nbytes
    model.read(memory, [tokens(200)])
    assert memory.nbytes == before == model.memory_bytes()


def test_training_reads_as_reading_does_and_reaches_every_parameter(path):
    model = opened(path)
    model.network.requires_grad_(True)
    text = tokens(40)
    memory = model.new_memory([5, 5])
    ((first, second),) = model.read_with_grad(memory, [text, text[:11]], [[7, 39], [10]])
    plain = model.new_memory([5, 5])
    logits = model.read(plain, [text, text[:11]])
    assert torch.allclose(first[-1], logits[0], atol=TOLERANCE)
    assert torch.allclose(second[-1], logits[1], atol=TOLERANCE)
    for name, tensor in plain.tensors.items():
        assert torch.allclose(memory.tensors[name], tensor, atol=TOLERANCE)
        assert not memory.tensors[name].requires_grad
    (first.square().sum() + second.square().sum()).backward()
    for name, parameter in model.network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().sum() > 0, name


def test_training_cuts_gradients_at_its_window_and_carries_the_memory_on(path):
    text = tokens(40)
    model = RWKV7Model(load_network(path, dtype=torch.float32, device=CPU), fingerprint="random", window=16)
    model.network.requires_grad_(True)
    found = []
    for (logits,) in model.read_with_grad(model.new_memory([5]), [text], [[15, 20, 39]]):
        logits.sum().backward()  # each stretch by itself
        found.append(len(logits))
        last = logits.detach()
    assert found == [1, 1, 1]
    assert torch.allclose(last[0], model.read(model.new_memory([5]), [text])[0], atol=TOLERANCE)


@pytest.mark.parametrize(("dtype", "bound"), [(torch.bfloat16, 0.15), (torch.float16, 0.02)])
def test_half_precision_stays_near_fp32(path, model, dtype, bound):
    half = opened(path, dtype)
    memory = half.pin([tokens(40)])
    assert memory.tensors["wkv"].dtype == torch.float32
    assert memory.tensors["time_shift"].dtype == dtype
    expected = model.read(model.pin([tokens(40)]), [[5]])[0]
    found = half.read(memory, [[5]])[0]
    assert float((found - expected).abs().max()) < bound * float(expected.abs().max())


class TestLayouts:
    def test_safetensors_and_pth_are_the_same_network(self, model, tmp_path):
        save_file(author_weights(SIZES["three layers"]), tmp_path / "random.safetensors")
        assert_same(opened(tmp_path / "random.safetensors"), model)

    def test_hf_names_are_the_same_network_and_the_former_mixes_too(self, model, tmp_path):
        weights = {name: tensor.contiguous() for name, tensor in model.network.state_dict().items()}
        folder(tmp_path / "now", weights)
        assert_same(opened(tmp_path / "now"), model)
        for layer in range(3):
            prefix = f"model.layers.{layer}.attn."
            weights[f"{prefix}x_x"] = torch.stack([weights.pop(f"{prefix}x_{kind}") for kind in "rwkvag"])
        folder(tmp_path / "former", weights)
        assert_same(opened(tmp_path / "former"), model)

    def test_a_tied_head_is_the_embedding(self, model, tmp_path):
        weights = {name: tensor.contiguous() for name, tensor in model.network.state_dict().items()}
        del weights["lm_head.weight"]
        folder(tmp_path / "tied", weights, tie_word_embeddings=True)
        tied = opened(tmp_path / "tied").network
        assert torch.equal(
            tied.logits(torch.eye(128)),
            tied.model.norm(torch.eye(128)) @ weights["model.embeddings.weight"].T,
        )
        folder(tmp_path / "headless", weights)
        with pytest.raises(ModelError, match=r"lacks lm_head\.weight"):
            opened(tmp_path / "headless")

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"model_type": "rwkv6"}, "not rwkv7"),
            ({"attn": {"layers": [1]}}, "hybrid"),
            ({"hidden_act": "gelu"}, "squared ReLU"),
        ],
    )
    def test_other_kinds_are_refused(self, model, tmp_path, settings, message):
        folder(tmp_path / "other", {"model.norm.weight": torch.ones(1)}, **settings)
        with pytest.raises(ModelError, match=message):
            opened(tmp_path / "other")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda w: w.pop("blocks.1.att.k_k"), "lacks"),
            (lambda w: w.pop("emb.weight"), "is missing or misshapen"),
            (lambda w: w.update({"blocks.1.ffn.s_emb.weight": torch.ones(2)}), "has no place for"),
            (lambda w: w.update({"blocks.1.att.w1": w["blocks.1.att.w1"].t().contiguous()}), "is expected"),
            (lambda w: w.update({"blocks.2.ffn.x_k": torch.ones(1, 1, 7)}), "is expected"),
        ],
    )
    def test_weights_that_do_not_fit_are_refused(self, tmp_path, change, message):
        weights = author_weights(SIZES["three layers"])
        change(weights)
        torch.save(weights, tmp_path / "wrong.pth")
        with pytest.raises(ModelError, match=message):
            opened(tmp_path / "wrong.pth")

    def test_nothing_but_tensors_is_unpickled(self, tmp_path):
        torch.save({"emb.weight": Trap()}, tmp_path / "trap.pth")
        with pytest.raises(ModelError, match="more than tensors"):
            opened(tmp_path / "trap.pth")
        assert not Trap.sprung
        torch.save([torch.ones(1)], tmp_path / "list.pth")
        with pytest.raises(ModelError, match="something other than named tensors"):
            opened(tmp_path / "list.pth")

    def test_missing_and_damaged_files_are_refused(self, path, tmp_path):
        with pytest.raises(ModelError, match="no such file"):
            opened(tmp_path / "nowhere.pth")
        for name in ("cut.pth", "cut.safetensors"):
            (tmp_path / name).write_bytes(path.read_bytes()[:5000])
            with pytest.raises(ModelError, match="cannot be read"):
                opened(tmp_path / name)


class Trap:
    """Pickles to a call."""

    sprung = False

    def __reduce__(self):
        return spring, ()


def spring():
    Trap.sprung = True


def folder(path, weights, **settings):
    path.mkdir()
    save_file(weights, path / "model.safetensors")
    (path / "config.json").write_text(json.dumps({"model_type": "rwkv7", "norm_eps": 1e-5, **settings}))


def assert_same(first, second):
    assert first.network.config == second.network.config
    logits = [each.read(each.new_memory([1]), [tokens(20)]) for each in (first, second)]
    assert torch.equal(*logits)


class TestRefusals:
    def test_a_memory_of_another_model(self, model, tmp_path):
        torch.save(author_weights(SIZES["one layer, one head"]), tmp_path / "other.pth")
        memory = opened(tmp_path / "other.pth").pin([[1]])
        with pytest.raises(MemoryMismatchError, match="another model"):
            model.read(memory, [[1]])

    def test_a_memory_of_another_dtype(self, path, model):
        with pytest.raises(MemoryMismatchError, match=r"torch\.bfloat16"):
            model.read(opened(path, torch.bfloat16).pin([[1]]), [[1]])

    def test_nothing_to_pin(self, model):
        for prefix in ([], [[1], []]):
            with pytest.raises(RequestError, match="nothing to pin"):
                model.pin(prefix)

    def test_rows_that_do_not_match(self, model):
        with pytest.raises(RequestError, match="2 rows of tokens for a memory of 1"):
            model.read(model.pin([[1]]), [[1], [2]])
