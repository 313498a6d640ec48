"""A reader's settings: what it is made of, how it is opened, dumped and loaded again."""

from collections.abc import Callable
from os import PathLike, fspath
from typing import Any

from langchain_core.runnables import RunnableSerializable
from pydantic import BaseModel, ConfigDict, Field, field_validator
from typing_extensions import Self, override

from smoothread_agent.memory.protocol import Store
from smoothread_agent.memory.store import MemoryStore
from smoothread_agent.reading.engine import Engine, EngineSpec
from smoothread_agent.reading.planning import Method
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds
from smoothread_agent.reading.shelf import Shelf
from smoothread_agent.schema import Arm, ClueKind, Order, ReadingStep, Visit


class ReaderSettings(RunnableSerializable[Any, ReadingStep]):
    """The fields of a `SmoothReader`, and the engine that they call for."""

    model_config = ConfigDict(arbitrary_types_allowed=True, extra="forbid")

    spec: EngineSpec = Field(default_factory=EngineSpec, description="which model reads")
    task: str | None = Field(
        default=None, description="a task for every source, so that a bare source is input enough"
    )
    clues: ClueKind = Field(default="quote", description="`quote` to collect evidence, `note` to summarise")
    arm: Arm = Field(default="smooth", description="the method, or one of the two it is measured against")
    order: Order = Field(default="task_first", description="what the stream begins with")
    visit: Visit = Field(
        default="in_order", description="source first: as it stands, or the likeliest chunks first"
    )
    chunk: int = Field(default=512, ge=16, description="tokens a chunk at the most")
    thresholds: Thresholds | None = Field(default=None, description="none: those that the adapter ships")
    stop: StopPolicy = StopPolicy()
    limits: Limits = Limits()
    max_tokens: int | None = Field(default=None, gt=0, description="source tokens a reading at the most")
    max_chunks: int | None = Field(default=None, gt=0)
    max_seconds: float | None = Field(default=None, gt=0)
    answer_schema: type[BaseModel] | None = Field(
        default=None, description="decode the answer under this schema"
    )
    allowed_roots: tuple[str, ...] | None = Field(
        default=None,
        description="folders that paths must lie in; none allows all. Set it where an agent names paths",
    )
    store: Store | None = Field(
        default=None,
        exclude=True,
        description="keeps memory and results for later calls; a path or an fsspec URL opens a `MemoryStore`",
    )
    strict_store: bool = Field(
        default=False, description="a store that fails ends the reading; else it warns and reads on"
    )
    engine: Engine | None = Field(default=None, exclude=True, repr=False)

    @classmethod
    def from_pretrained(
        cls,
        model: str | PathLike[str] | None = None,
        *,
        adapter: str | PathLike[str] | None = "auto",
        window: int = 1024,
        device: str | None = None,
        dtype: str | None = None,
        allow_download: bool = False,
        progress: Callable[[str], None] | None = None,
        **options: Any,
    ) -> Self:
        """Open a model and make a reader of it.

        Args:
            model: a folder in hub layout, a GGUF file, or a hub id; none: the embedded default model.
            adapter: a LoRA folder in PEFT layout; `auto`: the shipped one, for the default model; none: no adapter.
            window: tokens that stay in sight beside the pinned ones. Larger recalls farther and reads slower.
            device: `cuda`, `cpu`, `mps`; none: CUDA where there is one, else the CPU.
            dtype: `bf16`, `fp16`, `fp32`; none: bf16 on CUDA and on CPUs that multiply it fast, else fp32.
            allow_download: fetch a hub id that is not on this machine. Without it nothing is ever fetched.
            progress: told what is done when opening takes longer than a moment.
            options: the reader's other fields (`task`, `store`, `chunk`, `limits`, ...).

        Raises:
            ModelError: the model or the adapter cannot be found, opened, or read with.
            MemoryStoreError: the store cannot be opened.
        """
        spec = EngineSpec(
            model=None if model is None else fspath(model),
            adapter=None if adapter is None else fspath(adapter),
            window=window,
            device=device,
            dtype=dtype,
            allow_download=allow_download,
        )
        reader = cls(spec=spec, **options)
        reader.opened().ready(progress)
        return reader

    @field_validator("store", mode="before")
    @classmethod
    def _open_store(cls, store: Any) -> Any:
        if isinstance(store, dict):  # what `lc_attributes` makes of one
            return MemoryStore.of_settings(store)
        return MemoryStore(store) if isinstance(store, str | PathLike) else store

    @override
    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self.opened()  # made here, so that whatever is derived from this reader shares it

    def opened(self) -> Engine:
        """The engine that `spec` calls for; the model itself is opened at its first use."""
        if self.engine is None or self.engine.spec != self.spec:
            self.engine = Engine(self.spec)
        return self.engine

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """A reader can be dumped: its settings are, its model and its `MemoryStore` are opened again (without index and
        credentials). One with an `answer_schema`, a class, cannot be loaded from JSON; a pickle carries it."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Where `langchain_core.load` finds the class."""
        return ["smoothread_agent", "reader"]

    @property
    @override
    def lc_attributes(self) -> dict[str, Any]:
        """The settings that are values of their own, in the plain form that JSON holds."""
        values = {name: getattr(self, name) for name in ("spec", "thresholds", "stop", "limits")}
        plain = {name: value.model_dump(mode="json") for name, value in values.items() if value is not None}
        return plain | ({"store": self.store.settings} if isinstance(self.store, MemoryStore) else {})

    @property
    def method(self) -> Method:
        """How this reader reads."""
        return Method(
            arm=self.arm, chunk=self.chunk, thresholds=self.thresholds, stop=self.stop, limits=self.limits
        )

    @property
    def shelf(self) -> Shelf | None:
        """Where its readings are kept, if anywhere."""
        return None if self.store is None else Shelf(self.store, self.strict_store)

    @property
    def defaults(self) -> dict[str, Any]:
        """What a request leaves open."""
        fields = ("clues", "order", "visit", "max_tokens", "max_chunks", "max_seconds")
        return {name: getattr(self, name) for name in fields} | (
            {} if self.task is None else {"task": self.task}
        )
