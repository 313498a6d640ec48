"""The arm `refine`: answer from the first part, then better the answer with every further part.

The pattern of LangChain's and LlamaIndex's refine chains, in words of our own, by plain generation over the
same
weights: nothing but the answer's text is carried from part to part, and every part is read to the end.
"""

import time

from smoothread_agent.model.choosing import attending
from smoothread_agent.model.loading import LoadedModel
from smoothread_agent.reading.chunker import Chunk, Chunker
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.schema import Coverage, StopSignal, Usage
from tools.evaluate.arms.arm import BuiltArm, Settings
from tools.evaluate.arms.attention import FullAttention
from tools.evaluate.case import Case
from tools.evaluate.outcome import Outcome

_SYSTEM = "You answer questions from a text that is given part by part."
_FIRST = ("The first part of the text:\n\n", "\n\nWith this part alone, answer the question: ")
_NEXT = (
    "The question: ",
    "\nThe answer so far: ",
    "\nThe next part of the text:\n\n",
    "\n\nIf this part helps, give a better answer. If it does not, repeat the answer so far.",
)


class RefineArm(BuiltArm):
    """Answers by refining, one generation a chunk.

    Raises:
        ModelError: the model has no attention.
    """

    name = "refine"

    def __init__(self, loaded: LoadedModel, settings: Settings) -> None:
        self.model = attending(loaded.model)
        self.settings = settings
        self.fingerprint = loaded.fingerprint
        self.codec = TextCodec(loaded.tokenizer)
        self.chunker = Chunker(self.codec, settings.chunk)

    def run(self, case: Case) -> Outcome:
        """Answer a case."""
        began = time.monotonic()
        chunks = tuple(self.chunker.chunks(case.text))
        answer, read, forced, decoded = "", 0, 0, 0
        for chunk in chunks:
            prompt = self.prompt(case.question, answer if chunk.index else None, chunk)
            generated = self._generate(prompt)
            answer = self.codec.decode(generated).strip()
            read += len(chunk.tokens)
            forced += len(prompt) - len(chunk.tokens)
            decoded += len(generated)
        return Outcome(
            answer=answer,
            stop=StopSignal(reason="end_of_source"),
            coverage=Coverage(
                chunks_read=len(chunks),
                chunks_total=len(chunks),
                tokens_read=read,
                tokens_total=read,
                truncated=False,
            ),
            usage=Usage(
                rounds=len(chunks),
                tokens_read=read,
                tokens_forced=forced,
                tokens_decoded=decoded,
                seconds=time.monotonic() - began,
            ),
        )

    def prompt(self, question: str, answer: str | None, chunk: Chunk) -> list[int]:
        """The tokens of one turn: the first part, or a further one with the answer so far."""
        chat, markup, plain = self.codec.chat, self.codec.markup, self.codec.plain
        tokens = markup(chat.opening + _SYSTEM + chat.to_user)
        if answer is None:
            tokens += markup(_FIRST[0]) + list(chunk.tokens) + markup(_FIRST[1]) + plain(question)
        else:
            for ours, theirs in zip(
                _NEXT, (plain(question), plain(answer), list(chunk.tokens), []), strict=True
            ):
                tokens += markup(ours) + theirs
        return tokens + markup(chat.to_assistant)

    def _generate(self, prompt: list[int]) -> list[int]:
        """The likeliest tokens after the prompt, up to the end of the turn."""
        reading = FullAttention(self.model)
        logits = reading.read(prompt)
        tokens: list[int] = []
        while len(tokens) < self.settings.answer_tokens:
            token = int(logits.argmax())
            tokens.append(token)
            if token == self.codec.end_of_turn:
                break
            logits = reading.read([token])
        return tokens
