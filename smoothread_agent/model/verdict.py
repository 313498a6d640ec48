"""Whether a model can be read with, and how, without loading its weights."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from smoothread_agent.errors import ModelError
from smoothread_agent.model.choosing import recurrent_model
from smoothread_agent.model.hollow import hollow
from smoothread_agent.model.linear_state import LinearStateModel
from smoothread_agent.model.placement import choose_device, choose_dtype
from smoothread_agent.model.protocol import RecurrentModel
from smoothread_agent.model.reach import trained_length
from smoothread_agent.model.rwkv7 import RWKV7Model
from smoothread_agent.model.rwkv7_network import RWKV7
from smoothread_agent.model.window import PinnedWindowModel

Support = Literal["supported", "supported by windowing", "refused"]

WINDOWED = (
    "it was trained to see all of its text; behind a window it forgets what it did not write down, and how well it "
    "reads then is a matter of teaching it (docs/training.md)"
)
ONE_BY_ONE = "transformers reads this family on from a state one token at a time only, which is slow"


@dataclass(frozen=True)
class Verdict:
    """How a model reads here.

    Attributes:
        support: supported, supported by windowing (layers that saw everything see a window), or refused.
        memory: what it keeps, in words; None if it is refused.
        windowed: layers that see a window of `window` tokens, of all; None if it is refused.
        window: tokens; None if nothing is windowed.
        state_bytes: bytes of a row's memory in the dtype that is chosen here, pinned tokens left out.
        note: a warning on quality or speed, or why it is refused; None where there is nothing to say.
    """

    support: Support
    memory: str | None = None
    windowed: str | None = None
    window: int | None = None
    state_bytes: int | None = None
    note: str | None = None


def judge(folder: Path, window: int = 1024) -> Verdict:
    """The verdict on the model in a folder in hub layout. Its weights are not read.

    Args:
        folder: as `ModelFiles.folder`.
        window: tokens; less where the model was not trained far enough for it.
    """
    try:
        model = hollow(folder, choose_dtype(None, choose_device(None)))
        if not isinstance(model, RWKV7):
            trained = trained_length(model.config.get_text_config())
            window = min(window, trained // 4) if trained is not None else window
        return describe(recurrent_model(model, fingerprint="", window=window))
    except ModelError as error:
        return Verdict("refused", note=str(error))


def describe(model: RecurrentModel) -> Verdict:
    """The verdict on a model that can be read with."""
    if isinstance(model, PinnedWindowModel):
        every = len(model.shapes)
        full = every - len(model.own_windows)
        return Verdict(
            "supported by windowing" if full else "supported",
            memory="pinned window"
            + (f"; {every - full} layers keep a smaller one of their own" if full < every else ""),
            windowed=f"{full} of {every} layers",
            window=model.window,
            state_bytes=model.memory_bytes(pinned=0),
            note=WINDOWED if full else None,
        )
    if isinstance(model, LinearStateModel):
        some = bool(model.attending)
        return Verdict(
            "supported by windowing" if some else "supported",
            memory="linear state" + (" and pinned window" if some else ""),
            windowed=f"{len(model.attending)} of {len(model.layers)} layers",
            window=model.window if some else None,
            state_bytes=model.memory_bytes(pinned=0),
            note="; ".join([ONE_BY_ONE] * (model.longest == 1) + [WINDOWED] * some) or None,
        )
    if isinstance(model, RWKV7Model):
        layers = model.network.config.num_layers
        return Verdict(
            "supported",
            memory="linear state",
            windowed=f"0 of {layers} layers",
            state_bytes=model.memory_bytes(),
        )
    raise TypeError(f"{type(model).__name__} is no recurrent model of this package")
