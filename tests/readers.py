"""What the tests of the reader share: a text, a request, a reader with a mind of its own."""

from typing import Any

from smoothread_agent import Limits, ReadingStep, SmoothReader, Thresholds
from smoothread_agent.reading.codec import TextCodec
from tests.reading.scripted import Mind, Script, scripted_engine

TEXT = "Ann was born in Troyford. " * 3 + "\n\n" + "The sea was calm that day. " * 12
TASK = "Where was Ann born?"
REQUEST = {"task": TASK, "source": TEXT}
LIMITS = Limits(clue_tokens_in_stream=32, target_tokens=16, answer_tokens=8, reason_tokens=8)
SETTINGS: dict[str, Any] = {"chunk": 80, "limits": LIMITS, "thresholds": Thresholds(new=1.0)}


def scripted(codec: TextCodec, mind: Mind | None = None, **settings: Any) -> SmoothReader:
    """A reader whose model finds where Ann was born, or has a mind of its own."""
    script = Script({"Ann": ["Ann was born in Troyford."]}, answer="Troyford")
    engine, _ = scripted_engine(codec, mind or script)
    return SmoothReader(spec=engine.spec, engine=engine, chunk=120, limits=LIMITS, **settings)


def same(one: ReadingStep, other: ReadingStep) -> bool:
    """Whether two readings came to the same, whatever time they took."""
    left, right = (
        step.model_dump() | {"usage": step.usage.model_dump() | {"seconds": 0}} for step in (one, other)
    )
    return left == right
