"""The arm `full`: the whole text under full attention, in the same stream as the reader's arm `whole`."""

import time

from smoothread_agent.model.choosing import attending
from smoothread_agent.model.loading import LoadedModel
from smoothread_agent.reading import loop
from smoothread_agent.reading.chunker import Chunker
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.decoder import Decoder, Feed
from smoothread_agent.reading.plan import Plan, pinned_text
from smoothread_agent.reading.policy import Budget, Limits, StopPolicy, Thresholds
from smoothread_agent.reading.rules import Rules
from tools.evaluate.arms.arm import BuiltArm, Settings
from tools.evaluate.arms.attention import FullAttention
from tools.evaluate.case import Case
from tools.evaluate.outcome import Outcome


class FullArm(BuiltArm):
    """Reads in one round, with every token in sight of every later one.

    Raises:
        ModelError: the model has no attention.
    """

    name = "full"

    def __init__(self, loaded: LoadedModel, settings: Settings) -> None:
        self.model = attending(loaded.model)
        self.settings = settings
        self.fingerprint = loaded.fingerprint
        self.codec = TextCodec(loaded.tokenizer)
        self.chunker = Chunker(self.codec, settings.chunk)

    def run(self, case: Case) -> Outcome:
        """Answer a case. Time grows with the square of the text's length, memory with the length."""
        began = time.monotonic()
        plan = self._plan(case)
        opening, task, to_user = pinned_text(plan)
        head = self.codec.markup(opening) + self.codec.plain(task) + self.codec.markup(to_user)
        reading = FullAttention(self.model)
        reading.read(head)
        decoder = Decoder(self.codec, int(self.model.config.get_text_config().vocab_size))
        requests = decoder.run(loop.read(plan))
        logits = None
        while True:
            try:
                request = requests.send(logits)
            except StopIteration as end:
                ended: loop.Outcome = end.value
                break
            # Steps are of no interest here, and nothing is forgotten in one round.
            logits = reading.read(request.tokens) if isinstance(request, Feed) else None
        usage = decoder.usage.model_copy(
            update={
                "tokens_forced": decoder.usage.tokens_forced + len(head),
                "rounds": 1,
                "seconds": time.monotonic() - began,
            }
        )
        return Outcome(
            answer=ended.answer,
            stop=ended.stop,
            coverage=ended.coverage,
            usage=usage,
            peak_bytes=reading.nbytes,
        )

    def _plan(self, case: Case) -> Plan:
        rules = Rules(
            chat=self.codec.chat,
            page_of=lambda _: None,
            target=case.question,
            kind=case.clues,
            thresholds=Thresholds(),
            stop=StopPolicy(when="never"),
            limits=Limits(answer_tokens=self.settings.answer_tokens),
        )
        chunks = tuple(self.chunker.chunks(case.text))
        return Plan(task=case.question, arm="whole", rules=rules, chunks=chunks, budget=Budget())
