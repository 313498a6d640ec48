"""From a GGUF file to a model and a tokenizer in transformers' own form, through transformers' reader.

Two things that the reader leaves to be done are done here. Its quantisation marks are taken off, so that
the model can be saved. And where it does not know how a model's text is cut before merging, it takes
GPT-2's way: SmolLM2 then sees blank space before digits as it never did in training, and a numbered list
costs it a fifth more nats.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from smoothread_agent.errors import ModelError
from smoothread_agent.model.gguf_header import GgufHeader, read_gguf_header
from smoothread_agent.model.quiet import quiet_transformers
from smoothread_agent.model.startup import collector_paused

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import Tensor
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

FLOAT16_ERROR = 2.0**-11
"""Bound on the error of storing a weight matrix in fp16, relative to its norm: half a unit in the last place.

Dequantised blocks (fp16 scales) stay under it: 1.9e-4 to 2.1e-4 for the default model, against 1.3e-3 in
bf16, with the loss the same to five digits. It halves the file. A matrix that fp16 cannot hold stays in
fp32.
"""

_DIGITS_FIRST = {"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"}
"""llama.cpp's names for: every digit by itself, then GPT-2's way."""

_AS_GPT2 = {"gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling"}


@dataclass(frozen=True)
class DequantisedModel:
    """What a GGUF file held: dense weights (fp32, or fp16 where nothing is lost by it) and the tokenizer."""

    model: "PreTrainedModel"
    tokenizer: "PreTrainedTokenizerFast"
    header: GgufHeader
    largest_error: float
    """Largest relative error that fp16 brought into a weight matrix."""


def dequantise(path: Path) -> DequantisedModel:
    """Read a GGUF file whole. Some 25 s for 135M parameters on one core, most of it for the header.

    Raises:
        ModelError: the file is damaged, or of an architecture or a tokenizer that transformers cannot read.
    """
    header = read_gguf_header(path)
    with collector_paused():
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    place: dict[str, Any] = {"gguf_file": path.name, "local_files_only": True, "trust_remote_code": False}
    try:
        with quiet_transformers(), _no_bar_of_its_own(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # numpy's memory maps are read-only, which torch remarks on
            model = AutoModelForCausalLM.from_pretrained(
                path.parent, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True), **place
            )
            tokenizer = cast("PreTrainedTokenizerFast", AutoTokenizer.from_pretrained(path.parent, **place))
    except Exception as error:  # of many kinds: an unknown architecture, a damaged block, ...
        raise ModelError(
            f"transformers cannot read {path} (architecture {header.architecture!r}): {error}. "
            "Give a folder in hub layout (config.json, *.safetensors, tokenizer.json) instead"
        ) from error
    _unmark(model)
    cut_as_trained(tokenizer.backend_tokenizer, header)
    return DequantisedModel(model, tokenizer, header, largest_error=_narrow(model))


def cut_as_trained(tokenizer: "Tokenizer", header: GgufHeader) -> None:
    """Set how the tokenizer cuts text before merging, in place, where transformers' reader did not know it.

    Warns where nobody here knows either: the text would be cut otherwise than in training.
    """
    from tokenizers import pre_tokenizers

    taken_for_gpt2 = isinstance(tokenizer.pre_tokenizer, pre_tokenizers.ByteLevel)
    if header.tokenizer_kind != "gpt2" or not taken_for_gpt2 or header.pre_tokenizer in _AS_GPT2:
        return
    if header.pre_tokenizer in _DIGITS_FIRST:
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
        return
    warnings.warn(
        f"how this model's text is to be cut ({header.pre_tokenizer or 'not said in the file'}) is not known "
        "here: it is cut as for GPT-2, which may cost quality. A folder in hub layout leaves no such doubt",
        UserWarning,
        stacklevel=2,
    )


def _unmark(model: "PreTrainedModel") -> None:
    """Take off what says that the weights are quantised: they are dense now, and would not be saved else."""
    with suppress(AttributeError):
        del model.config.quantization_config
    for mark in ("hf_quantizer", "quantization_method", "is_quantized"):
        with suppress(AttributeError):
            delattr(model, mark)


def _narrow(model: "PreTrainedModel") -> float:
    """Store weight matrices in fp16 where it holds them; vectors (norms, biases) stay as they are."""
    largest = 0.0
    for name, parameter in model.named_parameters():
        if not parameter.dtype.is_floating_point:
            raise ModelError(f"transformers left {name} packed: upgrade it, or give a folder in hub layout")
        if parameter.dim() >= 2:
            parameter.data, error = narrowed(parameter.data)
            largest = max(largest, error)
    return largest


def narrowed(matrix: "Tensor") -> tuple["Tensor", float]:
    """The matrix in fp16 and the relative error of that; the matrix and 0 where fp16 cannot hold it."""
    import torch

    narrow = matrix.to(torch.float16)
    error = float((narrow.float() - matrix).norm() / matrix.norm().clamp_min(torch.finfo(torch.float32).tiny))
    return (narrow, error) if error <= FLOAT16_ERROR else (matrix, 0.0)


@contextmanager
def _no_bar_of_its_own() -> Iterator[None]:
    """Keep the GGUF reader's progress bar off the terminal: transformers' switch does not reach it."""
    reader = import_module("transformers.modeling_gguf_pytorch_utils")
    bar = getattr(reader, "tqdm", None)
    if bar is None:
        yield
        return
    reader.tqdm = lambda tensors, **_: tensors  # type: ignore[attr-defined]
    try:
        yield
    finally:
        reader.tqdm = bar  # type: ignore[attr-defined]
