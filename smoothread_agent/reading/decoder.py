"""The decoder: answers a reading's effects from a model's logits, and counts what that costs.

Text that is said waits, and is fed with what follows as one prefill when a decision needs logits. So a round without
evidence is a single forward pass: chunk, turn and restated summary together.
"""

import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from torch import Tensor

from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.effects import Choice, Choose, Effect, Forget, Recall, Report, Say, Write
from smoothread_agent.reading.grammar import Guide, line_grammar, quote_grammar, schema_grammar
from smoothread_agent.reading.policy import Calibrations
from smoothread_agent.reading.wording import CLOSE
from smoothread_agent.schema import ReadingStep, Usage

Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Feed:
    """A request to the model: read these tokens. Answer: logits `[vocab]` after the last."""

    tokens: list[int]


Request = Feed | Forget | Recall | ReadingStep
"""`Recall` is answered with the number of source tokens that had to be read for it, the others but `Feed` with none."""


@dataclass
class Decoder:
    """Turns one reading into requests to a model.

    Attributes:
        codec: the model's tokens.
        vocab_size: width of the model's logits.
        pending: what was said and not fed yet.
        forced_pending: how much of it `usage` counts as forced.
        usage: what the reading cost so far. With these three as they were, a reading that broke off goes on.
    """

    codec: TextCodec
    vocab_size: int
    calibration: Calibrations = field(default_factory=Calibrations)
    pending: list[int] = field(default_factory=list)
    forced_pending: int = 0
    usage: Usage = field(default_factory=Usage)

    def __post_init__(self) -> None:
        self._began = time.monotonic() - self.usage.seconds
        self._logits: Tensor | None = None

    def run(self, reading: Generator[Effect, Any, Outcome]) -> Generator[Request, Any, Outcome]:
        """Drive `reading` to its end; yields what the model must do and the steps to show."""
        answer: Any = None
        while True:
            try:
                effect = reading.send(answer)
            except StopIteration as end:
                self._count()
                return end.value  # type: ignore[no-any-return]
            answer = yield from self._perform(effect)

    def _perform(self, effect: Effect) -> Generator[Request, Any, Any]:
        match effect:
            case Say():
                return self._say(effect)
            case Choose():
                return (yield from self._choose(effect))
            case Write():
                return (yield from self._write(effect))
            case Forget():
                self._drop()
                yield effect
            case Recall():
                self._drop()
                tokens: int = yield effect
                self._count(tokens_read=tokens)
            case Report():
                if effect.step.summary is None:
                    yield from self._flush()  # nothing was decided, so nothing was fed: what is shown must be read
                self._count(rounds=1)
                yield effect.step.model_copy(update={"usage": self.usage})
        return None

    def _say(self, say: Say) -> None:
        tokens = list(say.tokens) or (
            self.codec.plain(say.text) if say.plain else self.codec.markup(say.text)
        )
        self.pending.extend(tokens)
        self._count(**{"tokens_read" if say.source else "tokens_forced": len(tokens)})

    def _drop(self) -> None:
        """Leave the memory at hand: what was said and not fed will never be."""
        self._count(tokens_forced=-self.forced_pending)
        self.pending.clear()
        self._logits = None

    def _flush(self) -> Generator[Request, Any, Tensor]:
        """Logits after everything said so far."""
        if self.pending:
            tokens, self.pending, self.forced_pending = self.pending, [], 0
            self._logits = yield Feed(tokens)
        assert self._logits is not None, "nothing was said before the first decision"
        return self._logits

    def _choose(self, choose: Choose) -> Generator[Request, Any, Choice]:
        shared, *options = self.codec.branch(choose.options)
        self.pending.extend(shared)
        self._count(tokens_forced=len(shared))
        logits = yield from self._flush()
        no, yes = (float(logits[option[0]]) for option in options)
        confidence = getattr(self.calibration, choose.field).confidence(yes - no)
        taken = confidence >= choose.threshold
        chosen = options[int(taken)]
        self.pending.extend(chosen)
        self._count(tokens_decoded=1, tokens_forced=len(chosen) - 1)
        return Choice(taken, confidence)

    def _write(self, write: Write) -> Generator[Request, Any, str]:
        guide = self._guide(write)
        tokens: list[int] = []
        for _ in range(write.max_tokens):
            logits = yield from self._flush()
            token = int((logits if guide is None else guide.mask(logits)).argmax())
            forced = [] if guide is None else guide.take(token)
            self.pending.extend([token, *forced])
            self._count(
                tokens_decoded=1, tokens_answer=int(write.field == "answer"), tokens_forced=len(forced)
            )
            tokens.extend([token, *forced])
            if self.codec.ends_turn(token) or (guide is not None and guide.done):
                break
        return self._close(write, self.codec.decode(tokens))

    def _close(self, write: Write, text: str) -> str:
        """The text without its closing; a line that was cut short by its limit gets the closing that it lacks."""
        if write.field == "answer":
            if self.pending and self.codec.ends_turn(self.pending[-1]):
                self.pending.pop()  # the turn's end belongs to the format, which says it
            return text
        closing = CLOSE["quote" if write.field == "quote" else "note"]
        if text.endswith(closing):
            return text.removesuffix(closing).strip()
        self._say(Say(closing))
        if write.field == "quote":
            # Cut within a character or within its closing, it ends in what is not of the passage.
            passage = ["".join(stretch) for stretch in write.of]
            while not any(text in stretch for stretch in passage):
                text = text[:-1]
        return text.strip()

    def _guide(self, write: Write) -> Guide | None:
        tokenizer, size = self.codec.grammar_tokenizer, self.vocab_size
        match write.field:
            case "quote":
                return Guide(tokenizer, quote_grammar(write.of, write.characters), size)
            case "answer" if write.schema is None:
                return None
            case "answer":
                return Guide(tokenizer, schema_grammar(write.schema or {}), size)
            case _:
                return Guide(tokenizer, line_grammar(), size)

    def _count(self, **more: int) -> None:
        self.forced_pending += more.get("tokens_forced", 0)
        now = {name: getattr(self.usage, name) + count for name, count in more.items()}
        self.usage = self.usage.model_copy(update={**now, "seconds": time.monotonic() - self._began})
