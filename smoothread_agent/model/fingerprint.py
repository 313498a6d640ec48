"""Fingerprints: digests of everything that gives a hidden memory its meaning, taken from files alone.

Two folders with the same content have the same fingerprint, wherever they lie and whatever they are called.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from smoothread_agent.errors import ModelError
from smoothread_agent.model.cache import file_digests
from smoothread_agent.model.files import CONFIG, read_json, tokenizer_file, weight_files

_PASSING = {"_name_or_path", "architectures", "dtype", "torch_dtype", "transformers_version", "use_cache"}
"""Entries of a configuration that say who saved it, not what the model computes."""

_TELLING = ("bos_token", "eos_token", "unk_token", "pad_token", "add_bos_token", "add_eos_token")
"""Entries of a tokenizer's configuration that change the tokens of a text."""


def weights_digest(folder: Path) -> str:
    """Digest of a model's weights and of its configuration.

    Raises:
        ModelError: a file is missing or unreadable.
    """
    config = {key: value for key, value in read_json(folder / CONFIG).items() if key not in _PASSING}
    return _digest({"config": config, "weights": _file_digests(weight_files(folder))})


def tokenizer_digest(folder: Path) -> str:
    """Digest of a model's tokenizer and its chat format.

    Raises:
        ModelError: a file is missing or unreadable.
    """
    settings, template = _tokenizer_settings(folder), chat_template(folder)
    telling = {key: _token_text(settings[key]) for key in _TELLING if settings.get(key) is not None}
    words = _file_digests([tokenizer_file(folder)])
    return _digest({"tokenizer": words, "template": template, "settings": telling})


def chat_template(folder: Path) -> Any:
    """A model's chat format as its folder has it, or None.

    Raises:
        ModelError: a file is unreadable.
    """
    template_file = folder / "chat_template.jinja"
    if template_file.is_file():
        return template_file.read_text("utf-8")
    return _tokenizer_settings(folder).get("chat_template")


def _tokenizer_settings(folder: Path) -> dict[str, Any]:
    settings_file = folder / "tokenizer_config.json"
    return read_json(settings_file) if settings_file.is_file() else {}


def fingerprint(*, weights: str, tokenizer: str, adapter: str | None) -> str:
    """One digest of a model as it reads: weights, adapter and tokenizer, 64 hex digits."""
    return _digest({"weights": weights, "tokenizer": tokenizer, "adapter": adapter})


def adapter_digest(settings: dict[str, Any], weights: Path) -> str:
    """Digest of an adapter: its weights, and those of its settings that decide what they do."""
    return _digest({"settings": settings, "weights": _file_digests([weights])})


def _file_digests(paths: list[Path]) -> list[str]:
    try:
        digests = file_digests(paths)
    except OSError as error:
        raise ModelError(f"a file of the model cannot be read: {error}") from error
    return [digests[path] for path in paths]


def _token_text(token: Any) -> Any:
    """A special token's text, whichever way it was saved."""
    return token.get("content") if isinstance(token, dict) else token


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
