from pathlib import Path

import gguf
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaForCausalLM

from smoothread_agent.errors import ModelError
from smoothread_agent.model.gguf import FLOAT16_ERROR, cut_as_trained, dequantise, narrowed
from smoothread_agent.model.gguf_header import GgufHeader
from tests.model.saved import TEMPLATE, TEXT, save_gguf, tiny_tokenizer

F32, Q4_1, Q8_0 = (gguf.GGMLQuantizationType[name] for name in ("F32", "Q4_1", "Q8_0"))


@pytest.fixture(scope="module", params=[F32, Q4_1, Q8_0], ids=lambda kind: kind.name)
def original_and_read(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    original = save_gguf(path, quantised=request.param)
    return original, dequantise(path)


def test_weights_are_the_originals_within_fp16(original_and_read) -> None:
    original, read = original_and_read
    names = dict(original.named_parameters())
    assert set(names) == {name for name, _ in read.model.named_parameters()}
    for name, parameter in read.model.named_parameters():
        error = (parameter.float() - names[name]).norm() / names[name].norm()
        assert error <= FLOAT16_ERROR, name
    assert 0 < read.largest_error <= FLOAT16_ERROR


def test_logits_are_the_originals(original_and_read) -> None:
    original, read = original_and_read
    tokens = torch.arange(3, 60)[None]
    model: LlamaForCausalLM = read.model.float().eval()
    with torch.no_grad():
        difference = (model(tokens).logits - original(tokens).logits).abs().max()
    # fp16 weights bring 2e-4 of the logits' size (about 10 here); a wrong row order brings 10 and more.
    assert difference < 0.05


def test_quantisation_marks_are_off(original_and_read, tmp_path: Path) -> None:
    _, read = original_and_read
    assert not hasattr(read.model.config, "quantization_config")
    read.model.save_pretrained(tmp_path)
    assert LlamaForCausalLM.from_pretrained(tmp_path, dtype=torch.float32).config.vocab_size == 300


def test_text_is_cut_as_in_training(original_and_read) -> None:
    _, read = original_and_read
    for text in (TEXT, "1851\n\n12 men   \n  3", "x  12\n\n3. y"):
        expected = tiny_tokenizer()(text).input_ids
        assert read.tokenizer(text).input_ids == expected
        assert read.tokenizer.decode(expected) == text
    assert read.tokenizer.chat_template == TEMPLATE
    assert read.tokenizer.eos_token == "<|im_end|>"


def header(pre_tokenizer: str, kind: str = "gpt2") -> GgufHeader:
    return GgufHeader(
        {"tokenizer.ggml.pre": pre_tokenizer, "tokenizer.ggml.model": kind}, tensors=0, nbytes=0
    )


def plain() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


@pytest.mark.parametrize("name", ["smollm", "starcoder", "command-r"])
def test_digits_are_cut_first_where_they_were(name: str) -> None:
    tokenizer = plain()
    cut_as_trained(tokenizer, header(name))
    pieces = [piece for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str("a  12\n\n3")]
    assert pieces == ["a", "ĠĠ", "1", "2", "ĊĊ", "3"]


@pytest.mark.parametrize(("name", "kind"), [("gpt-2", "gpt2"), ("olmo", "gpt2"), ("anything", "llama")])
def test_cutting_that_is_right_is_left_alone(name: str, kind: str) -> None:
    tokenizer = plain()
    cut_as_trained(tokenizer, header(name, kind))
    assert isinstance(tokenizer.pre_tokenizer, pre_tokenizers.ByteLevel)


@pytest.mark.parametrize("name", ["never-heard-of", ""])
def test_cutting_that_nobody_knows_is_warned_of(name: str) -> None:
    with pytest.warns(UserWarning, match="is not known here"):
        cut_as_trained(plain(), header(name))


def test_matrix_that_fp16_cannot_hold_is_kept() -> None:
    fits = torch.randn(8, 8)
    too_large, too_small = fits * 1e5, fits * 1e-7
    assert narrowed(fits)[0].dtype == torch.float16
    for matrix in (too_large, too_small):
        kept, error = narrowed(matrix)
        assert kept is matrix
        assert error == 0.0
    assert narrowed(torch.zeros(2, 2))[1] == 0.0


def test_unknown_architecture_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "new.gguf"
    writer = gguf.GGUFWriter(path, "never-heard-of")
    writer.add_tensor("token_embd.weight", torch.zeros(4, 32).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ModelError, match=r"never-heard-of.*hub layout"):
        dequantise(path)
