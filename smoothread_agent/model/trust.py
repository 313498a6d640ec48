"""What a model's configuration may not ask for: code that comes with the model, or is fetched for it."""

from collections.abc import Iterator
from typing import Any

from smoothread_agent.errors import ModelError

_IMPLEMENTATIONS = ("attn_implementation", "experts_implementation")


def check_asks_for_no_code(name: str, config: dict[str, Any], known_types: Any) -> None:
    """Refuse a configuration under which transformers would run code from elsewhere.

    Not trusting remote code does not cover all of it: an attention named in config.json as `owner/repository` is
    fetched from the hub as a compiled kernel, even where another attention is asked for as an argument.

    Args:
        name: the model's name, for the message.
        config: content of config.json.
        known_types: the model types that transformers has code of its own for.

    Raises:
        ModelError: it would, or the type is unknown.
    """
    kind = config.get("model_type")
    if kind not in known_types:
        wants = ", and it would run code that comes with the model" if "auto_map" in config else ""
        raise ModelError(
            f"{name} is of type {kind!r}, which transformers does not know{wants}: not supported"
        )
    for value in _implementations(config):
        check_is_no_repository(name, value)


def check_is_no_repository(name: str, implementation: Any) -> None:
    """Refuse an implementation that would be fetched from the hub.

    Raises:
        ModelError: it names a repository.
    """
    if "/" in str(implementation):
        raise ModelError(
            f"{name} asks for {implementation!r}, which would be fetched and run from the hub: not supported"
        )


def _implementations(config: Any) -> Iterator[Any]:
    """The implementations that a configuration names, in its nested ones as well."""
    if isinstance(config, dict):
        for key, value in config.items():
            if key.lstrip("_").startswith(_IMPLEMENTATIONS):
                yield value
            else:
                yield from _implementations(value)
    elif isinstance(config, list):
        for item in config:
            yield from _implementations(item)
