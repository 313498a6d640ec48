"""The workbench: builds arms on one set of weights, and opens these only when they are needed."""

from functools import cached_property

from smoothread_agent.model.loading import LoadedModel, load_model
from smoothread_agent.model.resolve import resolve
from smoothread_agent.reading.engine import Engine, EngineSpec, shipped_adapter
from tools.evaluate.arms.arm import ARMS, READER_ARMS, BuiltArm, Settings
from tools.evaluate.arms.full import FullArm
from tools.evaluate.arms.reading import ReadingArm
from tools.evaluate.arms.refine import RefineArm


class Workbench:
    """The arms of one run."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def build(self, name: str) -> BuiltArm:
        """An arm, ready to run.

        Raises:
            ModelError: the model cannot be opened, or the arm cannot read with it.
            ValueError: there is no such arm.
        """
        if name in READER_ARMS:
            return ReadingArm(name, self.engine, self.settings)
        if name == "full":
            return FullArm(self.plain, self.settings)
        if name == "refine":
            return RefineArm(self.plain, self.settings)
        raise ValueError(f"no arm is called {name!r}: choose among {', '.join(ARMS)}")

    def count(self, text: str) -> int:
        """Tokens of a text, as the model reads it."""
        return len(self.engine.ready().codec.plain(text))

    @cached_property
    def engine(self) -> Engine:
        """The engine that the reader's arms share."""
        adapter = None if self.settings.adapter == "none" else self.settings.adapter
        return Engine(
            EngineSpec(
                model=self.settings.model,
                adapter=adapter,
                window=self.settings.window,
                device=self.settings.device,
                dtype=self.settings.dtype,
            )
        )

    @cached_property
    def plain(self) -> LoadedModel:
        """The same weights and adapter once more, with transformers' own attention: the engine changes its copy."""
        files = resolve(self.settings.model)
        adapter = {"none": None, "auto": shipped_adapter(files.name)}.get(
            self.settings.adapter, self.settings.adapter
        )
        return load_model(files, device=self.settings.device, dtype=self.settings.dtype, adapter=adapter)
