"""The engine: a model made ready to read, opened when first needed, shared by every reading that uses it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from smoothread_agent.errors import ModelError
from smoothread_agent.model.attention import NAME
from smoothread_agent.model.choosing import recurrent_model
from smoothread_agent.model.loading import load_model
from smoothread_agent.model.protocol import RecurrentModel
from smoothread_agent.model.resolve import DEFAULT_MODEL, resolve
from smoothread_agent.reading import wording
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.policy import Calibrations, Thresholds
from smoothread_agent.schema import Value

SHIPPED_ADAPTER = Path(__file__).parent.parent / "adapters" / DEFAULT_MODEL
"""The adapter that teaches the default model to read, as package data."""
READING = "reading.json"
"""What an adapter folder says of reading: the wording it was trained on, its calibration and its thresholds."""


class EngineSpec(Value):
    """Everything that decides which model reads. Two equal specs read alike."""

    model: str | None = Field(default=None, description="see `resolve`; none: the embedded default model")
    adapter: str | None = Field(
        default="auto", description="a LoRA folder, none, or `auto`: the shipped one for the default model"
    )
    window: int = Field(default=1024, ge=16, description="tokens in sight beside the pinned ones")
    device: str | None = None
    dtype: str | None = None
    allow_download: bool = False


class AdapterNotes(Value):
    """The contents of an adapter's `reading.json`."""

    wording: str
    calibration: Calibrations = Calibrations()
    thresholds: Thresholds = Thresholds()


@dataclass(frozen=True, eq=False)
class Ready:
    """An opened engine: model, tokens, and what its adapter says of reading."""

    model: RecurrentModel
    codec: TextCodec
    notes: AdapterNotes
    fingerprint: str
    name: str


class Engine:
    """Opens a model once and lends it out. A copy shares the model; a pickle carries the spec and opens it anew."""

    def __init__(self, spec: EngineSpec) -> None:
        self.spec = spec
        self._ready: Ready | None = None
        self._opening = threading.Lock()
        self.turn = threading.Lock()

    def ready(self, progress: Callable[[str], None] | None = None) -> Ready:
        """The opened model; `progress` is told what is done when it takes longer than a moment.

        Raises:
            ModelError: it cannot be found, opened, or read with.
        """
        with self._opening:
            if self._ready is None:
                self._ready = _open(self.spec, progress)
            return self._ready

    def __copy__(self) -> "Engine":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Engine":
        return self

    def __reduce__(self) -> tuple[type["Engine"], tuple[EngineSpec]]:
        return Engine, (self.spec,)


def _open(spec: EngineSpec, progress: Callable[[str], None] | None) -> Ready:
    files = resolve(spec.model, allow_download=spec.allow_download, progress=progress)
    adapter = spec.adapter
    if adapter == "auto":
        adapter = shipped_adapter(files.name)
    notes = _notes(Path(adapter)) if adapter is not None else AdapterNotes(wording=wording.VERSION)
    loaded = load_model(
        files, device=spec.device, dtype=spec.dtype, adapter=adapter, attn_implementation=NAME
    )
    model = recurrent_model(loaded.model, fingerprint=loaded.fingerprint, window=spec.window)
    return Ready(model, TextCodec(loaded.tokenizer), notes, loaded.fingerprint, loaded.name)


def shipped_adapter(model: str) -> str | None:
    """The folder of the adapter that comes with this package for `model`, if there is one."""
    return str(SHIPPED_ADAPTER) if model == DEFAULT_MODEL and SHIPPED_ADAPTER.is_dir() else None


def _notes(adapter: Path) -> AdapterNotes:
    path = adapter / READING
    if not path.is_file():
        return AdapterNotes(wording=wording.VERSION)
    try:
        notes = AdapterNotes.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ModelError(f"{path} does not say how its adapter reads: {error}") from error
    if notes.wording != wording.VERSION:
        raise ModelError(
            f"the adapter {adapter} was trained on wording {notes.wording}, and this version of the package reads in "
            f"wording {wording.VERSION}: use the version it was trained with, or train it again"
        )
    return notes
