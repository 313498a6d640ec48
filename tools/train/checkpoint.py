"""A training run's checkpoint: the weights that are trained and what the optimizer knows of them, in one file."""

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.optim import Optimizer


def write_checkpoint(path: Path, weights: Sequence[Tensor], optimizer: Optimizer, step: int) -> None:
    """Write one; a crash in the middle leaves the checkpoint before."""
    state = {
        f"{index}.{name}": value if value.dim() else value.reshape(1)
        for index, weight in enumerate(weights)
        for name, value in {**optimizer.state[weight], "weight": weight.detach()}.items()
    }
    temporary = path.with_suffix(".tmp")
    save_file({**state, "step": torch.tensor([step])}, temporary)
    temporary.replace(path)


@torch.no_grad()
def read_checkpoint(path: Path, weights: Sequence[Tensor], optimizer: Optimizer) -> int:
    """Give weights and optimizer what a checkpoint holds; returns its step."""
    stored = load_file(path)
    step = int(stored.pop("step"))
    for index, weight in enumerate(weights):
        names = [name for name in stored if name.split(".", 1)[0] == str(index)]
        kept = {name.split(".", 1)[1]: stored[name] for name in names}
        weight.copy_(kept.pop("weight"))
        optimizer.state[weight] = {
            name: value.reshape(()) if name == "step" else value for name, value in kept.items()
        }
    return step
