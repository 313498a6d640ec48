"""Tiny models on disk: a folder in hub layout, and a GGUF file laid out as llama.cpp writes it."""

import json
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from smoothread_agent.model.rwkv7_initial import initialise
from smoothread_agent.model.rwkv7_network import RWKV7, RWKV7Config

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
)
TEXT = (
    "On the 3rd of May 1851 the ship left the harbour with 12 men.\n\n1. The first part.\n\n2. The second.\n"
)


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE as SmolLM2's: every digit by itself."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=SPECIAL, initial_alphabet=sorted(alphabet), show_progress=False
    )
    tokenizer.train_from_iterator([TEXT, "\n\n\n  \n\n    \n"] * 3, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
        chat_template=TEMPLATE,
    )


def tiny_config(**more: object) -> LlamaConfig:
    sizes = {
        "vocab_size": 300,
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 256,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": True,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "pad_token_id": 2,
    }
    return LlamaConfig(**{**sizes, **more})


def tiny_model(**more: object) -> LlamaForCausalLM:
    torch.manual_seed(0)
    model = LlamaForCausalLM(tiny_config(**more)).eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:
            torch.nn.init.normal_(parameter, std=0.2)
    return model


def save_model(folder: Path, *, shard_size: str = "50GB", **more: object) -> LlamaForCausalLM:
    """Save a tiny model and its tokenizer in hub layout; gives the model."""
    model = tiny_model(**more)
    model.save_pretrained(folder, max_shard_size=shard_size)
    tiny_tokenizer().save_pretrained(folder)
    return model


def save_rwkv7(folder: Path) -> Path:
    """Save a tiny RWKV-7 and its World vocabulary in the HF layout; gives the folder."""
    network = initialise(RWKV7(RWKV7Config(270, 32, 2, 1, 32, 64, 8, 8, 8, 8)))
    folder.mkdir()
    save_file(network.state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "rwkv7", "head_dim": 32, "norm_eps": 2e-5}))
    words = [bytes([byte]) for byte in range(256)] + [b" the", b" ship", b"ed", b"ing", b" of", b" in"]
    lines = [f"{index} {word!r} {len(word)}\n" for index, word in enumerate(words, 1)]
    (folder / "rwkv_vocab_tiny.txt").write_text("".join(lines))
    return folder


def save_gguf(
    path: Path,
    *,
    pre_tokenizer: str = "smollm",
    quantised: gguf.GGMLQuantizationType = gguf.GGMLQuantizationType.F32,
) -> LlamaForCausalLM:
    """Write a tiny model as a GGUF file; gives the model, with the values that quantising left."""
    model, tokenizer = tiny_model(), tiny_tokenizer()
    config = model.config
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Tiny")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)
    _add_tokenizer(writer, tokenizer, pre_tokenizer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, weight in model.named_parameters():
        stored = names.get_name(name, try_suffixes=(".weight",))
        values = weight.detach().numpy()
        if values.ndim > 1 and quantised != gguf.GGMLQuantizationType.F32:
            blocks = gguf.quantize(_as_llama_cpp(name, values, config), quantised)
            writer.add_tensor(stored, blocks, raw_dtype=quantised)
            left = gguf.dequantize(blocks, quantised)
            weight.data = torch.from_numpy(_as_transformers(name, left, config).copy())
        else:
            writer.add_tensor(stored, _as_llama_cpp(name, values, config))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return model


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: PreTrainedTokenizerFast, pre_tokenizer: str) -> None:
    words = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    tokens = sorted(words["vocab"], key=words["vocab"].get)
    kinds = [gguf.TokenType.CONTROL if token in SPECIAL else gguf.TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre_tokenizer)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(merge) for merge in words["merges"]])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


def _as_llama_cpp(name: str, values: np.ndarray, config: LlamaConfig) -> np.ndarray:
    """llama.cpp interleaves the halves of rotary pairs in the rows of queries and keys."""
    if heads := _rotary_heads(name, config):
        split = values.reshape(heads, 2, values.shape[0] // heads // 2, values.shape[1])
        return np.ascontiguousarray(split.swapaxes(1, 2).reshape(values.shape))
    return values


def _as_transformers(name: str, values: np.ndarray, config: LlamaConfig) -> np.ndarray:
    if heads := _rotary_heads(name, config):
        split = values.reshape(heads, values.shape[0] // heads // 2, 2, values.shape[1])
        return split.swapaxes(1, 2).reshape(values.shape)
    return values


def _rotary_heads(name: str, config: LlamaConfig) -> int:
    if "q_proj" in name:
        return config.num_attention_heads
    return config.num_key_value_heads if "k_proj" in name else 0
