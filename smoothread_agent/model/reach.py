"""Reach: how far positions go in a window, and in the range that a model was trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from smoothread_agent.errors import ModelError, RequestError


@dataclass(frozen=True)
class Reach:
    """A window, beside the positions that a model knows. A row's positions stay below `pinned + 2 window`.

    Attributes:
        window: tokens in sight beside the pinned ones.
        trained_length: positions that the model was trained on; None if it has none, or does not say.
    """

    window: int
    trained_length: int | None

    @classmethod
    def of(cls, config: Any, window: int) -> "Reach":
        """The reach of a window in a model with this configuration (that of its text part).

        Raises:
            ModelError: there is no window, or it asks for positions that the model was not trained on.
        """
        if window < 1:
            raise ModelError(f"a window of {window} tokens cannot be read with: give at least 1")
        trained = trained_length(config)
        if trained is not None and 2 * window >= trained:
            raise ModelError(
                f"a window of {window} tokens needs positions up to {2 * window}, and this model was trained to "
                f"{trained}: choose a window below {trained // 2}"
            )
        return cls(window, trained)

    @property
    def max_pinned(self) -> int | None:
        """Tokens that can be pinned before positions leave the range the model was trained on."""
        return None if self.trained_length is None else self.trained_length - 2 * self.window

    def check_prefixes(self, lengths: Sequence[int]) -> None:
        """Check that prefixes of these lengths can be pinned.

        Raises:
            RequestError: there is none, one is empty, or one is too long.
        """
        if not lengths or min(lengths) < 1:
            raise RequestError("there is nothing to pin: give every row at least one token")
        if self.max_pinned is not None and max(lengths) > self.max_pinned:
            raise RequestError(
                f"the instructions and the task take {max(lengths)} tokens, and beside a window of {self.window} at "
                f"most {self.max_pinned} can be pinned: shorten the task, or choose a smaller window"
            )


def trained_length(config: Any) -> int | None:
    """Positions a model can be given without its rotary frequencies changing under the keys that are kept.

    Under `longrope` they do, once a text is longer than the model was trained on at first: a key that was turned
    with the one set would meet queries that are turned with the other.
    """
    most = int(getattr(config, "max_position_embeddings", 0) or 0) or None
    rope = getattr(config, "rope_parameters", None) or {}
    for each in (rope, *(part for part in rope.values() if isinstance(part, dict))):
        if each.get("rope_type") == "longrope":
            first = int(each["original_max_position_embeddings"])
            most = min(most or first, first)
    return most
