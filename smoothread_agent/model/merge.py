"""Merging a LoRA adapter into a loaded model: W += scale * B A, in fp32, module by module."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors import safe_open
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from smoothread_agent.errors import ModelError
from smoothread_agent.model.adapter import Adapter

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def merge(model: "PreTrainedModel", adapter: Adapter, stored: "StoredWeights") -> None:
    """Merge an adapter into a model's weights, in place.

    The sum is taken in fp32 on the weights as they are stored, then rounded once to the model's dtype:
    merged into weights already rounded to bf16, a small adapter would be lost in the second rounding.

    Raises:
        ModelError: the adapter was made for another model, or holds values that are no numbers. The model
            may be merged in part then, and is of no more use.
    """
    embeddings = model.get_input_embeddings()
    tied = {id(weight) for weight in embeddings.parameters()} if embeddings is not None else set()
    for name, a, b in adapter.pairs():
        layer = _linear_layer(model, name, adapter)
        if id(layer.weight) in tied:
            raise ModelError(
                f"the adapter {adapter.folder} changes {name}, which shares its weights with the embeddings: "
                "not supported"
            )
        change = adapter.settings.scale(name) * (b @ a)
        if isinstance(layer, Conv1D):
            change = change.T
        weight = layer.weight
        if change.shape != weight.shape or not torch.isfinite(change).all():
            reason = "no numbers" if change.shape == weight.shape else f"shape {list(change.shape)}"
            raise ModelError(
                f"the adapter {adapter.folder} does not fit: it has {reason} for {name}, whose weights are "
                f"{list(weight.shape)}"
            )
        with torch.no_grad():
            weight.copy_(stored.exact(f"{name}.weight", weight) + change.to(weight.device))


def _linear_layer(model: "PreTrainedModel", name: str, adapter: Adapter) -> nn.Linear | Conv1D:
    try:
        layer = model.get_submodule(name)
    except AttributeError as error:
        raise ModelError(
            f"the adapter {adapter.folder} was made for another model: there is no {name} in this one"
        ) from error
    if not isinstance(layer, nn.Linear | Conv1D):
        raise ModelError(
            f"the adapter {adapter.folder} changes {name}, which is no linear layer: not supported"
        )
    return layer


class StoredWeights:
    """A model's weights as its files hold them, in the precision they were saved in."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._file_of: dict[str, Path] = {}
        for path in files:
            with safe_open(path, framework="pt") as weights:
                self._file_of.update(dict.fromkeys(weights.keys(), path))

    def exact(self, name: str, loaded: Tensor) -> Tensor:
        """A weight in fp32 on its device: as stored, or as loaded where the files hold it in another form."""
        if name in self._file_of:
            with safe_open(self._file_of[name], framework="pt") as weights:
                stored: Tensor = weights.get_tensor(name).to(loaded.device)
            if stored.shape == loaded.shape and torch.equal(stored.to(loaded.dtype), loaded):
                return stored.float()
        return loaded.detach().float()
