"""LoRA adapters in PEFT's folder layout, merged into a model's weights as it is loaded: W += scale * B A.

PEFT itself is needed for training alone. What a merge cannot express, or what nobody has looked at here, is
refused: an adapter that is half applied reads worse than none, and nothing would say so.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from smoothread_agent.errors import ModelError
from smoothread_agent.model.files import read_json
from smoothread_agent.model.fingerprint import adapter_digest

if TYPE_CHECKING:
    from torch import Tensor

SETTINGS, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
BASE_DIGEST = "base_weights_digest"
"""Entry of the weights file's metadata that names the one base it fits. Optional; PEFT passes over it."""

_Number = TypeVar("_Number", int, float)

_WEIGHT_NAME = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<half>[AB])\.weight")

_HARMLESS = {
    "arrow_config",
    "auto_mapping",
    "base_model_name_or_path",
    "corda_config",
    "ensure_weight_tying",
    "eva_config",
    "exclude_modules",
    "inference_mode",
    "layers_pattern",
    "layers_to_transform",
    "loftq_config",
    "lora_dropout",
    "megatron_core",
    "peft_version",
    "qalora_group_size",
    "revision",
    "runtime_config",
    "target_modules",
    "task_type",
}
"""Settings that say how an adapter was trained, or that only matter beside another that is refused."""

_PLAIN_STARTS = {True, False, None, "gaussian", "orthogonal", "eva"}
"""Ways to begin training that leave the base as it is. The others (PiSSA, OLoRA, LoftQ, ...) change it."""


class LoraSettings(BaseModel):
    """The settings of adapter_config.json that decide what a merge does."""

    model_config = ConfigDict(frozen=True, extra="allow")

    peft_type: str
    r: int
    lora_alpha: float
    use_rslora: bool = False
    rank_pattern: dict[str, int] = {}
    alpha_pattern: dict[str, float] = {}
    fan_in_fan_out: bool = False
    bias: str = "none"
    init_lora_weights: bool | str | None = True

    def rank(self, module: str) -> int:
        """The rank of B A in a module."""
        return _for_module(module, self.rank_pattern, self.r)

    def scale(self, module: str) -> float:
        """What B A is multiplied by in a module."""
        rank, alpha = self.rank(module), _for_module(module, self.alpha_pattern, self.lora_alpha)
        return alpha / math.sqrt(rank) if self.use_rslora else alpha / rank

    def objections(self) -> list[str]:
        """The settings that a merge here cannot honour, in words."""
        found = [] if self.peft_type == "LORA" else [f"peft_type is {self.peft_type}, not LORA"]
        if self.bias != "none":
            found.append(f"bias is {self.bias!r}, not 'none'")
        if self.init_lora_weights not in _PLAIN_STARTS:
            found.append(f"init_lora_weights is {self.init_lora_weights!r}, which changes the base as well")
        return found + [
            f"{key} is set"
            for key, value in (self.model_extra or {}).items()
            if value and key not in _HARMLESS
        ]


@dataclass(frozen=True)
class Adapter:
    """A LoRA adapter that can be merged.

    Attributes:
        folder: where it lies.
        name: the folder's name.
        settings: what decides the merge.
        digest: digest of its weights and of those settings, in hex.
    """

    folder: Path
    name: str
    settings: LoraSettings
    digest: str

    def pairs(self) -> Iterator[tuple[str, "Tensor", "Tensor"]]:
        """Every module it changes, by name, with A `[rank, in]` and B `[out, rank]` in fp32.

        Raises:
            ModelError: the file is damaged, or holds other weights than pairs of A and B.
        """
        from safetensors import SafetensorError, safe_open

        path = self.folder / WEIGHTS
        try:
            with safe_open(path, framework="pt") as weights:
                names = list(weights.keys())
                for module in _paired_modules(names, path):
                    a, b = (
                        weights.get_tensor(f"base_model.model.{module}.lora_{half}.weight").float()
                        for half in "AB"
                    )
                    rank = self.settings.rank(module)
                    if a.dim() != 2 or b.dim() != 2 or a.shape[0] != rank or b.shape[1] != rank:
                        raise ModelError(
                            f"{path} contradicts {SETTINGS}: rank {rank} is expected for {module}, and its "
                            f"weights are {list(a.shape)} and {list(b.shape)}"
                        )
                    yield module, a, b
        except (OSError, SafetensorError) as error:
            raise ModelError(f"{path} cannot be read: {error}") from error


def read_adapter(folder: str | PathLike[str], *, base_digest: str | None = None) -> Adapter:
    """Look at an adapter folder and check that it can be merged here.

    Args:
        folder: with adapter_config.json and adapter_model.safetensors.
        base_digest: weights digest of the model it is meant for; checked if the adapter names its base.

    Raises:
        ModelError: a file is missing or damaged, or the adapter is of a kind or for a base that does not fit.
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise ModelError(f"there is no adapter at {path}: no such folder")
    try:
        settings = LoraSettings.model_validate(read_json(path / SETTINGS))
    except ValidationError as error:
        raise ModelError(f"{path / SETTINGS} is no LoRA configuration: {error}") from error
    if objections := settings.objections():
        raise ModelError(f"the adapter {path} cannot be merged: {'; '.join(objections)}")
    if not (path / WEIGHTS).is_file():
        pickled = " (pickled weights are never opened)" if any(path.glob("*.bin")) else ""
        raise ModelError(f"{path} has no {WEIGHTS}{pickled}: save the adapter as safetensors")
    base = _named_base(path / WEIGHTS)
    if base is not None and base_digest is not None and base != base_digest:
        raise ModelError(
            f"the adapter {path} was trained on other weights (digest {base[:12]}, not {base_digest[:12]}): "
            "give it the model it was made for"
        )
    deciding = settings.model_dump(include=set(LoraSettings.model_fields) - {"init_lora_weights"})
    return Adapter(path, path.resolve().name, settings, adapter_digest(deciding, path / WEIGHTS))


def _for_module(module: str, patterns: dict[str, _Number], default: _Number) -> _Number:
    """The value for a module: of the first pattern that fits the end of its name, as PEFT reads patterns."""
    fits = (value for pattern, value in patterns.items() if re.match(rf"(.*\.)?({pattern})$", module))
    return next(fits, default)


def _named_base(weights: Path) -> str | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, framework="pt") as content:
            return (content.metadata() or {}).get(BASE_DIGEST)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{weights} cannot be read: {error}") from error


def _paired_modules(names: list[str], path: Path) -> list[str]:
    """Modules that have both A and B, in a fixed order. Raises where anything else is in the file."""
    matches = {name: _WEIGHT_NAME.fullmatch(name) for name in names}
    if strange := [name for name, match in matches.items() if match is None]:
        raise ModelError(f"{path} holds more than LoRA pairs of linear layers, such as {strange[0]}")
    halves: dict[str, set[str]] = {}
    for match in matches.values():
        if match is not None:
            halves.setdefault(match["module"], set()).add(match["half"])
    if lonely := [module for module, found in halves.items() if found != {"A", "B"}]:
        raise ModelError(f"{path} is incomplete: only one half of the pair of {lonely[0]}")
    if not halves:
        raise ModelError(f"{path} holds no LoRA weights")
    return sorted(halves)
