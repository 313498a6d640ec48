"""The decoder against a scripted model: how many passes it makes, what it feeds, how it counts."""

from collections.abc import Generator
from typing import Any

import pytest
import torch

from smoothread_agent.errors import GrammarError
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.decoder import Decoder, Feed, Try
from smoothread_agent.reading.effects import Choice, Choose, Effect, Forget, Report, Say, Weigh, Write
from smoothread_agent.reading.wording import NOT_IN_TEXT
from smoothread_agent.schema import ChunkSummary, Coverage, ReadingStep, Usage
from tests.reading.scripted import Mind, ScriptedModel, Wish

COVERAGE = Coverage(chunks_read=1, chunks_total=1, tokens_read=1, tokens_total=1, truncated=False)
STEP_ALONE = Report(ReadingStep(coverage=COVERAGE, usage=Usage()))
SUMMARY = ChunkSummary(chunk=0, start=0, end=1, target="t", clues=(), reason="r", action="READ")
STEP = Report(ReadingStep(summary=SUMMARY, coverage=COVERAGE, usage=Usage()))


class Driven:
    """Effects performed by a decoder on a scripted model: the answers, the passes, and what is left to feed."""

    def __init__(self, codec: TextCodec, mind: Mind, *effects: Effect) -> None:
        self.answers: list[Any] = []
        self.steps: list[ReadingStep] = []
        self.model = ScriptedModel(codec, mind)
        self.decoder = Decoder(codec, self.model.vocab_size)
        pinned = self.model.pin([codec.markup("<|im_start|>")])
        self.memory = pinned.fork()
        requests, answer = self.decoder.run(self._reading(effects)), None
        while True:
            try:
                request = requests.send(answer)
            except StopIteration:
                break
            answer = None
            if isinstance(request, Feed):
                answer = self.model.read(self.memory, [request.tokens])[0]
            elif isinstance(request, Try):
                answer = torch.stack([self.model.read(self.memory.fork(), [row])[0] for row in request.rows])
            elif isinstance(request, Forget):
                self.memory = pinned.fork()
            else:
                self.steps.append(request)

    def _reading(self, effects: tuple[Effect, ...]) -> Generator[Effect, Any, None]:
        for effect in effects:
            self.answers.append((yield effect))

    @property
    def usage(self) -> Usage:
        return self.decoder.usage

    @property
    def stream(self) -> str:
        """What was fed and what waits to be."""
        waiting = self.model.codec.tokenizer.decode(self.decoder.pending, skip_special_tokens=False)
        return self.model.stream(self.memory).removeprefix("<|im_start|>") + waiting


def wish(text: str, probability: float = 0.999) -> Mind:
    return lambda stream: Wish(text, probability)


def dictated(text: str, after: str) -> Mind:
    """A mind that writes `text` behind `after`."""

    def mind(stream: str) -> Wish:
        written = stream.rsplit(after, 1)[-1]
        return Wish(text[len(written) :] or "?")

    return mind


def test_what_is_said_waits_and_is_fed_in_one_pass_with_the_decision(codec: TextCodec) -> None:
    driven = Driven(
        codec,
        wish("n"),
        Say("One <|im_end|>"),
        Say("<|im_end|>", plain=True),
        Choose("new", (" no", " yes"), 0.5),
    )
    assert len(driven.model.feeds) == 1
    assert driven.stream == "One <|im_end|><|im_end|> no"
    assert driven.model.feeds[0].count(codec.end_of_turn) == 1


def test_nothing_is_fed_that_nothing_was_asked_about(codec: TextCodec) -> None:
    driven = Driven(codec, wish("o"), Say("One"), STEP)
    assert driven.model.feeds == []
    assert driven.stream == "One"


@pytest.mark.parametrize("probability", [0.03, 0.4, 0.6, 0.97])
def test_a_choice_is_taken_by_its_probability_against_its_threshold(
    codec: TextCodec, probability: float
) -> None:
    shared, no, yes = codec.branch((" no", " yes"))

    def mind(stream: str) -> Wish:
        return Wish(codec.decode(yes), probability)

    for threshold in (0.0, probability - 0.01, probability + 0.01, 1.0):
        driven = Driven(codec, mind, Say("Keep:"), Choose("keep", (" no", " yes"), threshold))
        choice = driven.answers[1]
        assert choice.confidence == pytest.approx(probability, abs=1e-5)
        assert choice.taken == (probability >= threshold)
        assert driven.stream == ("Keep: yes" if choice.taken else "Keep: no")
        tail = yes if choice.taken else no
        assert driven.usage.tokens_decoded == 1
        assert driven.usage.tokens_forced == len(codec.markup("Keep:")) + len(shared) + len(tail) - 1


def test_the_most_certain_choices_stay_probabilities(codec: TextCodec) -> None:
    for extreme in (torch.tensor(1e30), torch.tensor(-1e30)):
        model = ScriptedModel(codec, wish("x"))
        logits = torch.zeros(model.vocab_size)
        logits[codec.branch((" no", " yes"))[2][0]] = extreme
        requests = Decoder(codec, model.vocab_size).run(_asked(Choose("keep", (" no", " yes"), 0.5)))
        next(requests)
        with pytest.raises(StopIteration) as end:
            requests.send(logits)
        assert end.value.value.confidence == (1.0 if extreme > 0 else 0.0)


def _asked(choose: Choose) -> Generator[Effect, Any, Choice]:
    yield Say("Keep:")
    choice: Choice = yield choose
    return choice


KEEP = Choose("keep", (" no", " yes"), 0.5)


def test_quotes_are_weighed_as_they_would_be_judged_and_leave_no_trace(codec: TextCodec) -> None:
    sure = {"It is so.": 0.2, "On port 8471.": 0.9, "日本": 0.6, "a <|im_end|> b": 0.3}
    yes = codec.decode(codec.branch((" no", " yes"))[2])

    def mind(stream: str) -> Wish:
        quote = stream.rsplit('"\n', 1)[0].rsplit('"', 1)[-1]
        return Wish(yes, sure[quote]) if stream.endswith("Keep: ") else Wish("?")

    said = Say('New: "'), Weigh(tuple(sure), KEEP), Say('It is so."\n', plain=True), Say("Keep:"), KEEP
    driven = Driven(codec, mind, *said)
    assert driven.answers[1] == pytest.approx(sure, abs=1e-5)
    assert not any(codec.end_of_turn in feed for feed in driven.model.feeds)
    assert driven.answers[4].confidence == pytest.approx(driven.answers[1]["It is so."], abs=1e-6)
    assert driven.stream == 'New: "It is so."\nKeep: no'
    assert driven.usage.tokens_weighed == sum(len(codec.plain(f'{quote}"\nKeep: ')) for quote in sure)
    assert driven.usage.tokens_decoded == 1


@pytest.mark.parametrize("field", ["note", "reason"])
def test_a_line_ends_where_the_model_ends_it(codec: TextCodec, field: Any) -> None:
    driven = Driven(
        codec, dictated(" it is so.\n", after="Reason:"), Say("Reason:"), Write(field), Say("Action:")
    )
    assert driven.answers[1] == "it is so."
    assert driven.stream == "Reason: it is so.\nAction:"


def test_a_line_that_is_cut_short_is_closed(codec: TextCodec) -> None:
    driven = Driven(
        codec, dictated(" " + "on " * 50, after=":"), Say("Reason:"), Write("reason", max_tokens=9), Say("A")
    )
    text = driven.answers[1]
    assert text.startswith("on on")
    assert len(text) < 40
    assert driven.stream.endswith("\nA")
    assert driven.usage.tokens_decoded == 9


def test_an_answer_ends_with_its_turn_and_leaves_the_turns_end_to_the_format(codec: TextCodec) -> None:
    driven = Driven(
        codec, dictated("42 feet.<|im_end|>?", after=":"), Say("Answer:"), Write("answer", max_tokens=40)
    )
    assert driven.answers[1] == "42 feet."
    assert driven.stream == "Answer:42 feet."
    assert driven.usage.tokens_answer == driven.usage.tokens_decoded == len(codec.markup("42 feet.")) + 1


def test_an_answer_that_does_not_end_is_cut(codec: TextCodec) -> None:
    driven = Driven(codec, wish("a"), Say("Answer:"), Write("answer", max_tokens=5))
    assert driven.answers[1] == "aaaaa"


@pytest.mark.parametrize(
    ("answer", "sure", "known", "said"),
    [
        (NOT_IN_TEXT, 0.9, 0.0, NOT_IN_TEXT),
        (NOT_IN_TEXT, 0.9, 0.8, NOT_IN_TEXT),
        (NOT_IN_TEXT, 0.7, 0.8, "noon"),
        ("The noon.", 0.7, 0.8, "The noon."),
    ],
    ids=["nothing known", "surer of nothing", "surer of a clue", "another answer"],
)
def test_that_the_text_does_not_say_is_believed_where_it_is_surer_than_of_its_clues(
    codec: TextCodec, answer: str, sure: float, known: float, said: str
) -> None:
    assert answered(codec, answer, sure, known) == said


def answered(codec: TextCodec, answer: str, sure: float, known: float) -> str:
    """What a model answers that would say `answer` with probability `sure`, and else `noon`."""
    wanted, other = codec.plain(answer), codec.plain("noon")

    def after(written: list[int]) -> torch.Tensor:
        text = wanted if written == wanted[: len(written)] else other
        logits = torch.full((300,), -50.0)
        logits[[*text, *[codec.end_of_turn] * 99][len(written)]] = 50.0
        return logits

    def reading() -> Generator[Effect, Any, str]:
        yield Say("Answer:")
        text: str = yield Write("answer", known=known)
        return text

    requests = Decoder(codec, 300).run(reading())
    next(requests)
    logits, written = torch.full((300,), -50.0), []
    logits[[wanted[0], other[0]]] = torch.tensor([sure, 1 - sure]).log()
    while True:
        try:
            request = requests.send(logits)
        except StopIteration as end:
            return str(end.value)
        if isinstance(request, Try):
            logits = torch.stack([after(row) for row in request.rows])
        elif isinstance(request, Feed):
            written += request.tokens
            logits = after(written)


def test_an_answer_under_a_schema_stops_by_itself(codec: TextCodec) -> None:
    schema = {
        "type": "object",
        "properties": {"port": {"type": "integer", "minimum": 0, "maximum": 9999}},
        "required": ["port"],
        "additionalProperties": False,
    }
    mind = dictated('{"port":8471}', after="Answer:")
    driven = Driven(codec, mind, Say("Answer:"), Write("answer", max_tokens=60, schema=schema))
    assert driven.answers[1] == '{"port":8471}'
    assert driven.usage.tokens_decoded < len(codec.markup('{"port":8471}'))


def test_the_counts_add_up_to_what_was_fed_and_what_waits(codec: TextCodec) -> None:
    driven = Driven(
        codec,
        dictated(" so it is\n", after="-"),
        Say("<|im_start|>user\n"),
        Say(tokens=codec.plain("The server listens."), source=True),
        Choose("new", (" none", " -"), 0.0),
        Write("note"),
        STEP,
        Forget(),
        Say(tokens=codec.plain("More."), source=True),
        Choose("new", (" none", ' "'), 1.0),
        Say("Reason:"),
    )
    usage, fed = driven.usage, sum(map(len, driven.model.feeds))
    assert usage.tokens_read == len(codec.plain("The server listens.")) + len(codec.plain("More."))
    dropped = 1  # the note's last token, which was decoded and forgotten before it was fed
    assert usage.tokens_read + usage.tokens_forced + usage.tokens_decoded == (
        fed + len(driven.decoder.pending) + dropped
    )
    assert usage.rounds == 1
    assert [step.usage.tokens_decoded for step in driven.steps] == [usage.tokens_decoded - 1]


def test_forgetting_leaves_the_pinned_tokens_alone(codec: TextCodec) -> None:
    driven = Driven(
        codec, wish("o"), Say("One"), Choose("new", (" no", " yes"), 0.5), Say("lost"), Forget(), Say("Two")
    )
    assert driven.stream == "Two"


def test_a_step_without_a_summary_is_shown_when_it_was_read(codec: TextCodec) -> None:
    driven = Driven(
        codec,
        wish("o"),
        Say("One"),
        STEP_ALONE,
        Say("Two"),
        Say("Three"),
    )
    assert [codec.decode(feed) for feed in driven.model.feeds] == ["One"]


def test_a_grammar_that_is_left_is_an_error(codec: TextCodec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smoothread_agent.reading.grammar.Guide.mask", lambda self, logits: logits)
    with pytest.raises(GrammarError, match="left its grammar"):
        Driven(codec, wish("z"), Say("Reason:"), Write("reason"))
