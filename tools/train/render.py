"""Rendering: a trajectory as the exact token stream that a reading of it produces, with a weight for each token.

The reading loop itself is run, with a teacher in the model's place: whatever the loop says, chooses or writes at
reading time is here said, dictated and copied, by the same code and the same tokenisation.
"""

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

from smoothread_agent.reading import wording
from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.decoder import weighed
from smoothread_agent.reading.effects import Choice, Choose, Effect, Recall, Report, Say, Weigh, Write
from smoothread_agent.reading.loop import read
from smoothread_agent.reading.plan import Plan, pinned_text, source_text
from smoothread_agent.reading.policy import Budget, Limits, StopPolicy, Thresholds
from smoothread_agent.reading.rules import Rules
from smoothread_agent.schema import Order
from tools.train.trajectory import MAX_DROPS, Part, Trajectory

BETWEEN = ("\n\n", "\n", " ", "")
"""What a part ends with, as a chunk of a text ends with what it was cut at."""


@dataclass(frozen=True)
class Weights:
    """What each kind of token counts for in the loss."""

    decision: float = 8.0
    """That there is no new clue: one token, and a hard one."""
    action: float = 20.0
    """READ or STOP after a clue: one that stops too soon is mended nowhere, and few parts ask for it."""
    found: float = 20.0
    """The decision that there is a new clue: one part in four has one, and a missed one cannot be mended later."""
    judged: float = 20.0
    """Whether a quote is kept: what was wrongly begun is mended here, or nowhere."""
    answered: float = 20.0
    """The first token of the answer: whether the text says it at all."""
    answer: float = 4.0
    """Every other token of the answer."""
    text: float = 1.0
    """Notes and reasons."""


@dataclass(frozen=True)
class Aside:
    """A quote that is weighed: read into a fork of the memory, and judged there."""

    at: int
    """The fork is of the memory after so many of the stream's tokens."""
    tokens: list[int]
    """The quote, up to where it is judged."""
    right: bool
    options: tuple[int, int]
    """First tokens of dropping and of keeping it."""


@dataclass(frozen=True)
class Rendered:
    """One trajectory as tokens: the pinned prefix, the stream after it, and the loss weight of each stream token."""

    pinned: list[int]
    tokens: list[int]
    weights: list[float]
    decisions: list[tuple[int, str, bool, int, int]] = field(default_factory=list)
    """Position in `tokens`, field, whether the second option is right, and the two options' first tokens."""
    asides: list[Aside] = field(default_factory=list)
    """What is weighed beside the stream, in order."""

    @property
    def size(self) -> int:
        """Tokens of the whole pass."""
        return len(self.pinned) + len(self.tokens) + sum(len(aside.tokens) for aside in self.asides)


@dataclass
class Teacher:
    """Answers a reading's effects as the trajectory has it, and writes the stream down."""

    codec: TextCodec
    trajectory: Trajectory
    weights: Weights
    plan: Plan
    pinned: list[int]
    lessons: list[Rendered] = field(default_factory=list)
    """The stream; source first, the stream of each round, which begins with the source up to there."""

    def run(self, reading: Generator[Effect, Any, Any]) -> None:
        """Drive the reading to its end."""
        if self.plan.order == "task_first":
            self._begin(0)
        parts = deque(self.trajectory.parts)
        self._enter(parts.popleft())
        answer: Any = None
        while True:
            try:
                effect = reading.send(answer)
            except StopIteration:
                return
            if isinstance(effect, Report) and parts:
                self._enter(parts.popleft())
            answer = self._answer(effect)

    def _enter(self, part: Part) -> None:
        self._part = part
        self._finds = deque(part.finds)

    def _begin(self, chunks: int) -> None:
        source = [token for chunk in self.plan.chunks[:chunks] for token in chunk.tokens]
        self.lessons.append(Rendered(self.pinned, source, [0.0] * len(source)))

    def _answer(self, effect: Effect) -> Any:
        match effect:
            case Recall():
                self._begin(effect.chunks)
            case Say():
                tokens = list(effect.tokens) or (
                    self.codec.plain(effect.text) if effect.plain else self.codec.markup(effect.text)
                )
                self._put(tokens, [0.0] * len(tokens))
            case Choose():
                return self._choose(effect)
            case Weigh():
                return self._weigh(effect)
            case Write():
                return self._write(effect)
        return None

    def _choose(self, effect: Choose) -> Choice:
        weight = self.weights.decision
        match effect.field:
            case "new":
                right = bool(self._finds)
                weight = self.weights.found if right else weight
                if right and not self._finds[0].keep:
                    weight = 0.0  # a distractor is quoted to be judged; to quote it is no lesson
            case "keep":
                right = self._finds.popleft().keep
                weight = self.weights.judged
            case _:
                right = self._part.stop
                weight = self.weights.action
        shared, no, yes = self.codec.branch(effect.options)
        self._put(shared, [0.0] * len(shared))
        chosen = yes if right else no
        self.lessons[-1].decisions.append((len(self.lessons[-1].tokens), effect.field, right, no[0], yes[0]))
        self._put(chosen, [weight] + [0.0] * (len(chosen) - 1))
        return Choice(right, 1.0)

    def _weigh(self, effect: Weigh) -> dict[str, float]:
        """Every quote is a lesson in judging; which one is then quoted is none: that is in the trajectory's order.

        Left out is a quote that holds the answer and was not quoted: it may say the same.
        """
        right = {wording.one_line(find.text) for find in self._finds if find.keep}
        answer = self.trajectory.answer.casefold()
        rows, (no, yes) = weighed(self.codec, effect)
        lesson = self.lessons[-1]
        for quote, tokens in zip(effect.quotes, rows, strict=True):
            if quote in right or answer not in quote.casefold():
                lesson.asides.append(Aside(len(lesson.tokens), tokens, quote in right, (no[0], yes[0])))
        return {wording.one_line(find.text): 1.0 for find in self._finds}

    def _write(self, effect: Write) -> str:
        match effect.field:
            case "note":
                text = self._finds.popleft().text
                closed = f" {text}{wording.CLOSE['note']}"
            case "reason":
                text = self._part.reason
                closed = f" {text}\n"
            case _:
                text = closed = self.trajectory.answer
        tokens = self.codec.plain(closed)
        weights = [self.weights.text] * len(tokens)
        if effect.field == "answer":
            weights = [self.weights.answered, *[self.weights.answer] * len(tokens)]
            tokens = [*tokens, self.codec.end_of_turn]
        self._put(tokens, weights)
        return text

    def _put(self, tokens: list[int], weights: list[float]) -> None:
        self.lessons[-1].tokens.extend(tokens)
        self.lessons[-1].weights.extend(weights)


def plan_of(codec: TextCodec, trajectory: Trajectory, order: Order = "task_first") -> Plan:
    """The reading that a trajectory describes: its parts are the chunks."""
    chunks, position = [], 0
    for index, part in enumerate(trajectory.parts):
        text = part.text + BETWEEN[len(part.text) % len(BETWEEN)]
        end = position + len(text)
        chunks.append(Chunk(index, position, end, text, tuple(codec.plain(text))))
        position = end
    rules = Rules(
        chat=codec.chat,
        page_of=lambda position: None,
        target=trajectory.task,
        kind=trajectory.kind,
        thresholds=Thresholds(),
        stop=StopPolicy(),
        limits=Limits(drops_per_chunk=MAX_DROPS + 1, looks_again=0),
    )
    return Plan(trajectory.task, "smooth", rules, chunks, Budget(), order=order)


def render(codec: TextCodec, trajectory: Trajectory, weights: Weights | None = None) -> Rendered:
    """The stream of `trajectory`, read task first."""
    plan = plan_of(codec, trajectory)
    opening, task, closing = pinned_text(plan)
    pinned = codec.markup(opening) + codec.plain(task) + codec.markup(closing)
    (lesson,) = _taught(codec, trajectory, plan, pinned, weights)
    return lesson


def render_source_first(
    codec: TextCodec, trajectory: Trajectory, weights: Weights | None = None
) -> list[Rendered]:
    """The streams of `trajectory`, read source first: one for each round, the answer in the last of them.

    Each is the fork that the round is read into: the source up to there, then the task, then the round.
    """
    pinned = codec.markup(source_text(codec.chat))
    return _taught(codec, trajectory, plan_of(codec, trajectory, "source_first"), pinned, weights)


def _taught(
    codec: TextCodec, trajectory: Trajectory, plan: Plan, pinned: list[int], weights: Weights | None
) -> list[Rendered]:
    teacher = Teacher(codec, trajectory, weights or Weights(), plan, pinned)
    teacher.run(read(plan))
    return teacher.lessons
