"""The decoder: answers a reading's effects from a model's logits, and counts what that costs.

Text that is said waits, and is fed with what follows as one prefill when a decision needs logits. So a round without
evidence is a single forward pass: chunk, turn and restated summary together.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from torch import Tensor

from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.effects import (
    Choice,
    Choose,
    Effect,
    Forget,
    Recall,
    Report,
    Say,
    Weigh,
    Write,
)
from smoothread_agent.reading.grammar import Guide, line_grammar, schema_grammar
from smoothread_agent.reading.policy import Calibration, Calibrations
from smoothread_agent.reading.wording import CLOSE, KEPT, NOT_IN_TEXT
from smoothread_agent.schema import ReadingStep, Usage

Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Feed:
    """A request to the model: read these tokens. Answer: logits `[vocab]` after the last."""

    tokens: list[int]


@dataclass(frozen=True)
class Try:
    """A request to the model: what would follow, if these were read? The memory stays as it is. Answer: logits
    `[row, vocab]` after the last token of each row."""

    rows: list[list[int]]


Options = tuple[list[int], list[int]]
"""The tokens of two continuations, which differ in the first."""


def weighed(codec: TextCodec, weigh: Weigh) -> tuple[list[list[int]], Options]:
    """For each quote that is weighed the tokens that are read for it, up to where it is judged; and both judgements."""
    shared, *options = codec.branch(weigh.keep.options)
    before, behind = codec.markup(weigh.opening), [*codec.markup(KEPT), *shared]
    rows = [[*before, *codec.plain(quote + CLOSE["quote"]), *behind] for quote in weigh.quotes]
    return rows, (options[0], options[1])


Request = Feed | Try | Forget | Recall | ReadingStep
"""`Recall` is answered with the number of source tokens that had to be read for it, those behind it with none."""


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
            case Weigh():
                return (yield from self._weigh(effect))
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
        confidence = self._confidence(choose, logits, options)
        taken = confidence >= choose.threshold
        chosen = options[int(taken)]
        self.pending.extend(chosen)
        self._count(tokens_decoded=1, tokens_forced=len(chosen) - 1)
        return Choice(taken, confidence)

    def _confidence(self, choose: Choose, logits: Tensor, options: Sequence[Sequence[int]]) -> float:
        """The confidence in the second of two options, by `logits` `[vocab]` before their first tokens."""
        no, yes = (float(logits[option[0]]) for option in options)
        calibration: Calibration = getattr(self.calibration, choose.field)
        return calibration.confidence(yes - no)

    def _weigh(self, weigh: Weigh) -> Generator[Request, Any, dict[str, float]]:
        yield from self._flush()
        rows, options = weighed(self.codec, weigh)
        logits: Tensor = yield Try(rows)
        self._count(tokens_weighed=sum(map(len, rows)))
        return {
            quote: self._confidence(weigh.keep, after, options)
            for quote, after in zip(weigh.quotes, logits, strict=True)
        }

    def _write(self, write: Write) -> Generator[Request, Any, str]:
        guide = self._guide(write)
        tokens: list[int] = []
        for _ in range(write.max_tokens):
            logits = yield from self._flush()
            if write.known and not tokens:
                logits = yield from self._unless_known(logits, write.known)
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

    def _unless_known(self, logits: Tensor, known: float) -> Generator[Request, Any, Tensor]:
        """The logits of an answer's first token, without that of `NOT_IN_TEXT` where it is less sure than `known`."""
        nothing = self.codec.plain(NOT_IN_TEXT)
        if int(logits.argmax()) != nothing[0] or float(logits.softmax(-1)[nothing[0]]) >= known:
            return logits
        begun = [nothing[:count] for count in range(1, len(nothing))]
        behind: Tensor = yield Try(begun)
        self._count(tokens_weighed=sum(map(len, begun)))
        if behind.argmax(-1).tolist() != nothing[1:]:
            return logits  # another answer that begins alike
        others = logits.clone()
        others[nothing[0]] = float("-inf")
        return others

    def _close(self, write: Write, text: str) -> str:
        """The text without its closing; a line that was cut short by its limit gets the closing that it lacks."""
        if write.field == "answer":
            if self.pending and self.codec.ends_turn(self.pending[-1]):
                self.pending.pop()  # the turn's end belongs to the format, which says it
            return text
        closing = CLOSE["note"]
        if text.endswith(closing):
            return text.removesuffix(closing).strip()
        self._say(Say(closing))
        return text.strip()

    def _guide(self, write: Write) -> Guide | None:
        tokenizer, size = self.codec.grammar_tokenizer, self.vocab_size
        match write.field:
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
