"""A whole reading by a scripted model, of a text that answers in two places, and what it was made of."""

import threading
from collections.abc import Iterator

from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.engine import Engine
from smoothread_agent.reading.planning import Method
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds
from smoothread_agent.reading.session import sessions
from smoothread_agent.schema import Arm, ReadingResult, ReadingStep, ReadRequest
from smoothread_agent.sources import Source
from tests.reading.scripted import Mind, Script, scripted_engine

FILLER = "The wind was mild and the sea was calm that day. " * 4
PARTS = [
    FILLER,
    "Ann was born in Troyford. " + FILLER,
    FILLER,
    "Troyford has 4200 people. " + FILLER,
    FILLER,
]
TEXT = "\n\n\n".join(PARTS)
TASK = "How many people live where Ann was born?"
SCRIPT = Script(
    {"Ann was born": ["Ann was born in Troyford."], "4200": ["Troyford has 4200 people."]}, answer="4200"
)
CHUNK = 230
LIMITS = Limits(clue_tokens_in_stream=64)
NO_LOOK = Limits(clue_tokens_in_stream=64, looks_again=0)


class Reading:
    """One reading of `TEXT`, run to its end."""

    def __init__(
        self, codec: TextCodec, script: Mind = SCRIPT, arm: Arm = "smooth", *, text: str = TEXT,
        stop: StopPolicy | None = None, cancelled: threading.Event | None = None, cancel_after: int | None = None,
        limits: Limits = LIMITS, thresholds: Thresholds | None = None, **request: object,
    ) -> None:  # fmt: skip
        engine, self.model = scripted_engine(codec, script)
        method = Method(arm=arm, chunk=CHUNK, stop=stop or StopPolicy(), limits=limits, thresholds=thresholds)
        asked = ReadRequest(task=TASK, source=text, **request)  # type: ignore[arg-type]  # pydantic checks
        self.steps: list[ReadingStep] = []
        for step in self._run(engine, method, asked, text, cancelled):
            self.steps.append(step)
            if cancelled is not None and cancel_after == len(self.steps):
                cancelled.set()

    @staticmethod
    def _run(
        engine: Engine, method: Method, asked: ReadRequest, text: str, cancelled: threading.Event | None
    ) -> Iterator[ReadingStep]:
        return sessions(engine, method, asked, Source(text), cancelled=cancelled)

    @property
    def result(self) -> ReadingResult:
        last = self.steps[-1]
        assert isinstance(last, ReadingResult)
        return last

    @property
    def fed(self) -> str:
        """The stream behind what was pinned, without what was only tried."""
        return "".join(
            self.model.codec.tokenizer.decode(feed, skip_special_tokens=False)
            for feed, memory in zip(self.model.feeds, self.model.into, strict=True)
            if memory == self.model.into[-1]
        )
