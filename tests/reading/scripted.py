"""A model that does as it is told: it sees the stream as text and is given what it wishes to write next.

What it reads is kept, token by token, in memories that fork as real ones do, so that tests can say what a model
really had before it at every decision.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from smoothread_agent.model.memory import HiddenMemory
from smoothread_agent.model.protocol import RecurrentModel, TokenRows
from smoothread_agent.reading import wording
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.engine import AdapterNotes, Engine, EngineSpec, Ready
from smoothread_agent.reading.quotes import quotes

LENGTH = 60_000


@dataclass(frozen=True)
class Wish:
    """What the model would write next, and how sure it is of its first token."""

    text: str
    probability: float = 0.999


Mind = Callable[[str], Wish]
"""From the stream so far, special tokens included, to what comes next."""


class ScriptedModel(RecurrentModel):
    """A recurrent model with a mind of its own and no weights."""

    def __init__(self, codec: TextCodec, mind: Mind, *, window: int = 1024, extra_logits: int = 0) -> None:
        self.codec, self.mind, self.window = codec, mind, window
        self.fingerprint, self.device, self.dtype = "scripted", torch.device("cpu"), torch.float32
        self.vocab_size = len(codec.tokenizer) + extra_logits
        self.feeds: list[list[int]] = []
        """Every forward pass after pinning, in order."""
        self.into: list[int] = []
        """For each of them, the identity of the memory that read it."""

    def pin(self, prefix: TokenRows) -> HiddenMemory:
        tensors = {"stream": torch.zeros(len(prefix), LENGTH, dtype=torch.int64)}
        memory = HiddenMemory(tensors, torch.zeros(len(prefix), dtype=torch.int64))
        self._take(memory, prefix)
        return memory

    def read(self, memory: HiddenMemory, tokens: TokenRows) -> Tensor:
        assert all(tokens), "a forward pass of nothing"
        self.feeds.extend([list(row) for row in tokens])
        self.into.extend([id(memory)] * len(tokens))
        self.last = memory
        self._take(memory, tokens)
        return torch.stack([self._logits(self.stream(memory, row)) for row in range(memory.batch)])

    def stream(self, memory: HiddenMemory, row: int = 0) -> str:
        """All that a memory has read, as text."""
        tokens = memory.tensors["stream"][row, : int(memory.tokens_read[row])].tolist()
        return str(self.codec.tokenizer.decode(tokens, skip_special_tokens=False))

    def _take(self, memory: HiddenMemory, tokens: TokenRows) -> None:
        for row, line in enumerate(tokens):
            at = int(memory.tokens_read[row])
            memory.tensors["stream"][row, at : at + len(line)] = torch.tensor(line)
            memory.tokens_read[row] += len(line)

    def _logits(self, stream: str) -> Tensor:
        wish = self.mind(stream)
        logits = torch.zeros(self.vocab_size)
        token = self.codec.markup(wish.text)[0]
        logits[token] = math.log(wish.probability / (1 - wish.probability))
        return logits


@dataclass
class Script:
    """A mind for readings: which quotes it takes from which part, how sure it is, and when it stops.

    Attributes:
        quotes: words in a part -> what it quotes of it, by the words that the quoted piece holds (or the notes that it
            takes), in order.
        new, keep, stop: its probability of a new clue where it has one, of keeping it, of STOP.
        answer: what it answers.
    """

    quotes: dict[str, list[str]]
    new: float = 0.9
    keep: float = 0.9
    stop: float = 0.1
    reason: str = "it says so."
    answer: str = "The answer."
    end_of_turn: str = "<|im_end|>"

    def __call__(self, stream: str) -> Wish:
        if (asked := stream.rfind("Answer the task:")) > stream.rfind("\nAction:"):
            reply = re.split(r"assistant\n|### Summary\n", stream[asked:], maxsplit=1)[-1]
            return Wish(self._rest(self.answer + self.end_of_turn, reply))
        summary = stream[stream.rfind("Target:") :]
        line = summary[summary.rfind("\n") + 1 :]
        if line.startswith("New:"):
            return self._new(stream, summary, line)
        if line.startswith("Keep:"):
            quoted = summary[: -len(line) - 1].rsplit("\nNew: ", 1)[-1]
            wanted = any(quoted == f'"{quote}"' for quote in self._wanted(stream, summary))
            return self._choice(line[5:], " no", " yes", self.keep if wanted else self.keep / 10)
        if line.startswith("Reason:"):
            return Wish(self._rest(f" {self.reason}\n", line[7:]))
        if line.startswith("Action:"):
            return self._choice(line[7:], " READ", " STOP", self.stop)
        return Wish("?")

    def _new(self, stream: str, summary: str, line: str) -> Wish:
        opening = ' "' if "quote" in stream.split("\nTask:")[0] else " -"
        wanted = self._wanted(stream, summary)
        taken = len(re.findall(r"^New:", summary, re.MULTILINE)) - 1
        if line == 'New: "':
            return Wish("?")  # what is quoted is weighed, not written
        if line.startswith("New: -"):
            return Wish(self._rest(f" {wanted[taken]}\n", line[6:]))
        return self._choice(line[4:], " none", opening, self.new if taken < len(wanted) else 1 - self.new)

    def _wanted(self, stream: str, summary: str) -> list[str]:
        """What it quotes, or notes, of the part before a summary."""
        part = stream[: len(stream) - len(summary)].rsplit("user\n", 1)[-1]
        part = (
            part.split("\n\n", 1)[1] if part.startswith("Clues:") else part
        )  # the arm `reset` is told of earlier ones
        wanted = [quote for words, chosen in self.quotes.items() if words in part for quote in chosen]
        if "quote" not in stream.split("\nTask:")[0]:
            return wanted
        pieces = quotes(part.rsplit("<|im_end|>", 1)[0])
        return [next((piece for piece in pieces if words in piece), words) for words in wanted]

    @staticmethod
    def _choice(begun: str, first: str, second: str, probability: float) -> Wish:
        if probability >= 0.5:
            return Wish(second[len(begun) :], probability)
        return Wish(first[len(begun) :], 1 - probability)

    @staticmethod
    def _rest(text: str, written: str) -> str:
        return text[len(written) :] if text.startswith(written) and text != written else "?"


def scripted_engine(codec: TextCodec, mind: Mind, **more: int) -> tuple[Engine, ScriptedModel]:
    """An engine that lends out a scripted model."""
    model = ScriptedModel(codec, mind, **more)
    engine = Engine(EngineSpec(model="scripted"))
    engine._ready = Ready(model, codec, AdapterNotes(wording=wording.VERSION), "scripted", "scripted")  # type: ignore[arg-type]
    return engine, model
