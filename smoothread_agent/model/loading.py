"""From a model's files to a model that reads: weights, adapter and tokenizer, with one fingerprint."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from smoothread_agent.errors import ModelError
from smoothread_agent.model.adapter import Adapter, read_adapter
from smoothread_agent.model.files import (
    CONFIG,
    TOKENIZER,
    ModelFiles,
    read_json,
    tokenizer_file,
    weight_files,
)
from smoothread_agent.model.fingerprint import chat_template, fingerprint, tokenizer_digest
from smoothread_agent.model.quiet import quiet_transformers
from smoothread_agent.model.startup import collector_paused, read_ahead
from smoothread_agent.model.trust import check_asks_for_no_code, check_is_no_repository

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

    from smoothread_agent.model.rwkv7_network import RWKV7

_NO_LIMIT = 10**30
"""What transformers itself takes for a tokenizer that knows no longest text."""


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A causal LM in eval mode with its tokenizer.

    Attributes:
        model: on its device, in its dtype, adapter merged.
        tokenizer: exactly as tokenizer.json has it.
        fingerprint: digest of weights, configuration, adapter, tokenizer and chat format: 64 hex digits.
        name: the model's name, and the adapter's.
        config: the model's configuration, a `PreTrainedConfig` or a `RWKV7Config`.
        files: what it was loaded from.
    """

    model: "PreTrainedModel | RWKV7"
    tokenizer: "PreTrainedTokenizerFast"
    fingerprint: str
    name: str
    config: Any
    files: ModelFiles

    @property
    def short_fingerprint(self) -> str:
        """The first 12 digits of the fingerprint: for people, and for file names."""
        return self.fingerprint[:12]


def load_model(
    files: ModelFiles,
    *,
    device: "torch.device | str | None" = None,
    dtype: "torch.dtype | str | None" = None,
    adapter: str | PathLike[str] | None = None,
    attn_implementation: str = "sdpa",
) -> LoadedModel:
    """Open a model. Nothing is fetched, nothing is unpickled, and no code that comes with a model is run.

    Args:
        files: from `resolve`.
        device: if None, CUDA where there is one, else the CPU.
        dtype: if None, bf16 on CUDA and on CPUs that multiply it fast, else fp32; also as text, "fp32".
        adapter: folder of a LoRA adapter, merged into the weights.
        attn_implementation: name of an attention function that transformers has or was given.

    Raises:
        ModelError: the files are damaged or incomplete, the architecture is unknown or asks for code of its
            own, the adapter does not fit, or the device lacks the memory.
    """
    check_is_no_repository("the caller", attn_implementation)
    with collector_paused():
        return _load(files, device, dtype, adapter, attn_implementation)


def _load(
    files: ModelFiles,
    device: "torch.device | str | None",
    dtype: "torch.dtype | str | None",
    adapter: str | PathLike[str] | None,
    attn_implementation: str,
) -> LoadedModel:
    lora = read_adapter(adapter, base_digest=files.weights_digest) if adapter is not None else None
    read_ahead(weight_files(files.folder))
    import torch

    from smoothread_agent.model.placement import choose_device, choose_dtype
    from smoothread_agent.model.rwkv7_weights import MODEL_TYPE, load_network

    place = choose_device(device)
    precision = choose_dtype(dtype, place)
    try:
        model: PreTrainedModel | RWKV7
        if read_json(files.folder / CONFIG).get("model_type") == MODEL_TYPE:
            if lora is not None:
                raise ModelError(f"{files.name} is RWKV-7, which takes no adapter: open it without")
            model = load_network(files.folder, dtype=precision, device=place)
            vocabulary = model.config.vocab_size
        else:
            opened = _open(files, precision, attn_implementation)
            if lora is not None:
                _merge(opened, lora, files)
            model = opened.to(place).eval()  # type: ignore[arg-type]
            vocabulary = int(opened.config.get_text_config().vocab_size)
    except torch.OutOfMemoryError as error:
        raise ModelError(f"{files.name} does not fit into the memory of {place}: {error}") from error
    tokenizer = _open_tokenizer(files, vocabulary)
    digest = fingerprint(
        weights=files.weights_digest,
        tokenizer=tokenizer_digest(files.folder),
        adapter=lora.digest if lora is not None else None,
    )
    name = files.name if lora is None else f"{files.name}+{lora.name}"
    return LoadedModel(model, tokenizer, digest, name, model.config, files)


def _open(files: ModelFiles, dtype: "torch.dtype", attn_implementation: str) -> "PreTrainedModel":
    from transformers import AutoModelForCausalLM
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    check_asks_for_no_code(files.name, read_json(files.folder / CONFIG), CONFIG_MAPPING)
    if (files.folder / "adapter_config.json").is_file():
        raise ModelError(
            f"{files.folder} mixes a model with an adapter: move the adapter to a folder of its own"
        )
    try:
        with quiet_transformers():
            opened: Any = AutoModelForCausalLM.from_pretrained(
                files.folder,
                dtype=dtype,
                attn_implementation=attn_implementation,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                output_loading_info=True,
            )
            model, report = opened
            if model.config._attn_implementation != attn_implementation:  # config.json named one, which won
                model.set_attn_implementation(attn_implementation)
    except Exception as error:  # of many kinds: damaged weights, an attention it does not know, ...
        raise ModelError(f"{files.name} cannot be opened from {files.folder}: {error}") from error
    _check_complete(files, report)
    return cast("PreTrainedModel", model)


def _check_complete(files: ModelFiles, report: dict[str, Any]) -> None:
    """transformers fills what is missing with random numbers, and logs it: here it is an error."""
    for fault in ("missing_keys", "mismatched_keys"):
        if keys := sorted(str(key) for key in report.get(fault) or ()):
            raise ModelError(
                f"the weights of {files.name} in {files.folder} are incomplete ({fault.replace('_', ' ')}: "
                f"{', '.join(keys[:3])}{', ...' if len(keys) > 3 else ''}): get the model again"
            )


def _merge(model: "PreTrainedModel", lora: Adapter, files: ModelFiles) -> None:
    from smoothread_agent.model.merge import StoredWeights, merge

    merge(model, lora, StoredWeights(weight_files(files.folder)))


def _open_tokenizer(files: ModelFiles, vocabulary: int) -> "PreTrainedTokenizerFast":
    """The tokenizer of tokenizer.json, or of an RWKV vocabulary, and of nothing else.

    `AutoTokenizer` rebuilds it for some classes (GPT2Tokenizer, Qwen2Tokenizer) and drops what the file
    says on how to cut text before merging. A longest text is of no meaning to a model that reads on without
    end. A vocabulary has no chat format of its own; the folder may.
    """
    from transformers import PreTrainedTokenizerFast

    path = tokenizer_file(files.folder)
    if path.name != TOKENIZER:
        return _open_vocabulary(files, path, vocabulary)
    try:
        with quiet_transformers():
            tokenizer = PreTrainedTokenizerFast.from_pretrained(
                files.folder, local_files_only=True, model_max_length=_NO_LIMIT
            )
    except Exception as error:  # the Rust tokenizer raises bare Exceptions for a damaged file
        raise ModelError(f"the tokenizer in {files.folder} cannot be opened: {error}") from error
    _check_fits(files, tokenizer, vocabulary, tokenizer.vocab_size - 1)
    return cast("PreTrainedTokenizerFast", tokenizer)


def _open_vocabulary(files: ModelFiles, path: Path, vocabulary: int) -> "PreTrainedTokenizerFast":
    from smoothread_agent.model.world_tokenizer import world_tokenizer

    tokenizer = world_tokenizer(path)
    tokenizer.chat_template = chat_template(files.folder)
    _check_fits(files, tokenizer, vocabulary, max(tokenizer.get_vocab().values()))
    return tokenizer


def _check_fits(files: ModelFiles, tokenizer: "PreTrainedTokenizerFast", rows: int, largest: int) -> None:
    """Check that every word of the tokenizer, up to `largest`, has its row in the embeddings.

    Tokens that were added to a tokenizer later may lack one: Gemma's for images does, and no text contains it.
    """
    needed = max([largest, tokenizer.bos_token_id or 0, tokenizer.eos_token_id or 0])
    if needed >= rows:
        raise ModelError(
            f"{files.name} knows tokens up to {rows - 1:,}, and its tokenizer makes {needed:,}: they do not belong "
            "together"
        )
