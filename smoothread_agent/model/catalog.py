"""What models there are on this machine, and what one of them is: from headers alone, without torch."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from smoothread_agent.errors import ModelError
from smoothread_agent.model.adapter import read_adapter
from smoothread_agent.model.conversion import Progress, conversions_folder, damage, read_manifest
from smoothread_agent.model.files import CONFIG, Kind, check_layout, read_json, stored_tensors
from smoothread_agent.model.fingerprint import fingerprint, tokenizer_digest
from smoothread_agent.model.resolve import DEFAULT_MODEL, default_gguf, resolve


@dataclass(frozen=True)
class ModelEntry:
    """One model in the list.

    Attributes:
        name: what to call it in `resolve`; for a conversion, the name of the GGUF file it was made from.
        kind: package (the default model), gguf (a conversion in the cache) or hub.
        path: its file or folder.
        nbytes: bytes on disk.
        fault: why it cannot be opened, in words; None if it can.
    """

    name: str
    kind: Kind
    path: Path
    nbytes: int
    fault: str | None = None


@dataclass(frozen=True)
class ModelInfo:
    """What a model is. A size that its configuration does not tell is None.

    Attributes:
        name, kind, folder: as in `ModelFiles`.
        architecture: transformers' class, or its type where the class is not named.
        parameters: numbers stored; tied weights count once.
        layers, heads, kv_heads, hidden: sizes of the network.
        vocabulary: tokens that it knows.
        trained_length: tokens that its positions were trained to.
        dtype: in which most of the weights are stored.
        nbytes: bytes of the files it is opened from.
        fingerprint: as `LoadedModel.fingerprint`.
    """

    name: str
    kind: Kind
    folder: Path
    architecture: str
    parameters: int
    layers: int | None
    heads: int | None
    kv_heads: int | None
    hidden: int | None
    vocabulary: int | None
    trained_length: int | None
    dtype: str
    nbytes: int
    fingerprint: str


def list_models(*, cache_dir: str | os.PathLike[str] | None = None) -> list[ModelEntry]:
    """The default model, the conversions in the cache and the models in the hub's local cache."""
    return [*_default(), *_conversions(), *_from_hub(cache_dir)]


def model_info(
    name: str | os.PathLike[str] | None,
    *,
    adapter: str | os.PathLike[str] | None = None,
    allow_download: bool = False,
    revision: str | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> ModelInfo:
    """What a model is, found as `resolve` finds it. A GGUF file is converted first, if it was not yet.

    Raises:
        ModelError: as `resolve` and `read_adapter` do.
    """
    files = resolve(
        name, allow_download=allow_download, revision=revision, cache_dir=cache_dir, progress=progress
    )
    lora = read_adapter(adapter, base_digest=files.weights_digest) if adapter is not None else None
    config = read_json(files.folder / CONFIG)
    text = config.get("text_config") or config
    heads = _number(text, "num_attention_heads", "n_head", "num_heads")
    dtypes = _stored(files.folder)
    return ModelInfo(
        name=files.name if lora is None else f"{files.name}+{lora.name}",
        kind=files.kind,
        folder=files.folder,
        architecture=str((config.get("architectures") or [config.get("model_type", "unknown")])[0]),
        parameters=dtypes.total(),
        layers=_number(text, "num_hidden_layers", "n_layer", "num_layers"),
        heads=heads,
        kv_heads=_number(text, "num_key_value_heads") or heads,
        hidden=_number(text, "hidden_size", "n_embd", "d_model"),
        vocabulary=_number(text, "vocab_size"),
        trained_length=_number(text, "max_position_embeddings", "n_positions"),
        dtype=dtypes.most_common(1)[0][0],
        nbytes=_nbytes(files.folder),
        fingerprint=fingerprint(
            weights=files.weights_digest,
            tokenizer=tokenizer_digest(files.folder),
            adapter=lora.digest if lora is not None else None,
        ),
    )


def _default() -> Iterator[ModelEntry]:
    try:
        path = default_gguf()
    except ModelError:
        return
    yield ModelEntry(DEFAULT_MODEL, "package", path, path.stat().st_size)


def _conversions() -> Iterator[ModelEntry]:
    for folder in sorted(conversions_folder().glob("*")):
        manifest = read_manifest(folder)
        if manifest is not None and not folder.suffix:  # no half-written one, and none that was set aside
            yield ModelEntry(manifest.name, "gguf", folder, _nbytes(folder), damage(folder))


def _from_hub(cache_dir: str | os.PathLike[str] | None) -> Iterator[ModelEntry]:
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        repositories = scan_cache_dir(Path(cache_dir) if cache_dir is not None else None).repos
    except CacheNotFound:
        return
    for repository in sorted(repositories, key=lambda found: found.repo_id):
        for revision in sorted(repository.revisions, key=lambda found: found.commit_hash):
            if repository.repo_type == "model" and (revision.snapshot_path / CONFIG).is_file():
                fault = _fault(revision.snapshot_path)
                yield ModelEntry(
                    repository.repo_id, "hub", revision.snapshot_path, revision.size_on_disk, fault
                )


def _fault(folder: Path) -> str | None:
    try:
        check_layout(folder)
    except ModelError as error:
        return str(error)
    return None


def _stored(folder: Path) -> Counter[str]:
    """How many numbers of each dtype the weights are made of, from the headers of their files."""
    counts: Counter[str] = Counter()
    for tensor in stored_tensors(folder):
        counts[tensor.dtype] += prod(tensor.shape)
    if not counts:
        raise ModelError(f"{folder} holds no weights: get the model again")
    return counts


def _nbytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.is_file())


def _number(config: dict[str, Any], *names: str) -> int | None:
    """The first of these entries that the configuration has: families name the same size differently."""
    return next((int(config[name]) for name in names if config.get(name) is not None), None)
