"""ModelFiles: a model as files on this machine, in hub layout, checked before anything is opened."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from safetensors import SafetensorError, safe_open

from smoothread_agent.errors import ModelError

Kind = Literal["folder", "gguf", "package", "hub"]

CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
VOCABULARY_FILES = "rwkv_vocab*.txt"
"""How the RWKV World tokenizer's vocabulary is called in a model's folder."""
_WEIGHTS, _INDEX = "model.safetensors", "model.safetensors.index.json"


@dataclass(frozen=True)
class ModelFiles:
    """A model that lies on this machine and can be opened.

    Attributes:
        folder: config.json, safetensors and tokenizer.json; for a GGUF file, its conversion in the cache.
        name: what to call it: the folder's, the file's or the hub's name.
        kind: where it came from.
        weights_digest: digest of weights and configuration, in hex.
    """

    folder: Path
    name: str
    kind: Kind
    weights_digest: str


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model, shards in order.

    Raises:
        ModelError: none there, some missing, or only weights that would have to be unpickled.
    """
    index = folder / _INDEX
    if (folder / _WEIGHTS).is_file():
        return [folder / _WEIGHTS]
    if index.is_file():
        try:
            shards = sorted(set(read_json(index)["weight_map"].values()))
        except (KeyError, AttributeError, TypeError) as error:
            raise ModelError(f"{index} lists no shards: get the model again") from error
        if strange := [name for name in shards if Path(name).name != name]:
            raise ModelError(f"{index} names files outside its folder: {strange}")
        if missing := [name for name in shards if not (folder / name).is_file()]:
            raise ModelError(f"{folder} lacks {', '.join(missing)}: get the model again")
        return [folder / name for name in shards]
    single = sorted(folder.glob("*.safetensors"))
    if len(single) == 1 and not (folder / "adapter_config.json").is_file():
        raise ModelError(f"{folder} holds {single[0].name}, where {_WEIGHTS} is expected: rename it")
    if any(folder.glob("*.bin")) or any(folder.glob("*.pth")) or any(folder.glob("*.pt")):
        raise ModelError(
            f"{folder} holds pickled weights alone, which are never opened: save the model as safetensors"
        )
    raise ModelError(f"{folder} holds no weights: {_WEIGHTS} or its shards are expected")


@dataclass(frozen=True)
class StoredTensor:
    """One tensor of a model's files: its name there, its dtype as safetensors calls it, and its shape."""

    name: str
    dtype: str
    shape: tuple[int, ...]


def stored_tensors(folder: Path) -> Iterator[StoredTensor]:
    """Every tensor that a model's files hold, from their headers alone.

    Raises:
        ModelError: a file is damaged, or as for `weight_files`.
    """
    for path in weight_files(folder):
        try:
            with safe_open(path, framework="np") as weights:
                for name in weights.keys():  # noqa: SIM118 - no mapping: it has keys() alone
                    tensor = weights.get_slice(name)
                    yield StoredTensor(name, tensor.get_dtype(), tuple(tensor.get_shape()))
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{path} is damaged ({error}): get the model again") from error


def check_layout(folder: Path) -> None:
    """Check that a folder has all that a model is opened from.

    Raises:
        ModelError: says what is missing, and what the folder seems to be instead.
    """
    if not (folder / CONFIG).is_file():
        if (folder / "adapter_config.json").is_file():
            raise ModelError(f"{folder} is an adapter: give its base as the model, and this as the adapter")
        raise ModelError(f"{folder} is no model: it has no {CONFIG}")
    weight_files(folder)
    tokenizer_file(folder)


def tokenizer_file(folder: Path) -> Path:
    """The file that a model's tokenizer is opened from: tokenizer.json, or the only RWKV vocabulary.

    Raises:
        ModelError: there is none.
    """
    vocabularies = sorted(folder.glob(VOCABULARY_FILES))
    if not (folder / TOKENIZER).is_file() and len(vocabularies) == 1:
        return vocabularies[0]
    if not (folder / TOKENIZER).is_file():
        raise ModelError(
            f"{folder} has no {TOKENIZER}: save its tokenizer there (save_pretrained of a fast tokenizer)"
        )
    return folder / TOKENIZER


def read_json(path: Path) -> dict[str, Any]:
    """An object from a JSON file.

    Raises:
        ModelError: the file is missing, damaged, or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path} holds no JSON object")
    return content
