"""One round, driven effect by effect: what is said, what is asked, what comes of the answers."""

from typing import cast

import pytest

from smoothread_agent.reading.chunker import Chunk
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.effects import Choice, Choose, Effect, Say, Weigh, Write
from smoothread_agent.reading.policy import Limits, StopPolicy, Thresholds
from smoothread_agent.reading.round import Notes, bounded, read_chunk
from smoothread_agent.reading.rules import Rules
from smoothread_agent.schema import Clue, ClueKind

TEXT = "Ann was born in a house by the river, at\nTroyford. Bob was born in Wells."
HEAD = "Target: Where was Ann born?\nClues: none\n"


def rules(codec: TextCodec, kind: ClueKind = "quote", **more: object) -> Rules:
    settings: dict[str, object] = {
        "thresholds": Thresholds(),
        "stop": StopPolicy(),
        "limits": Limits(),
        **more,
    }
    return Rules(
        chat=codec.chat, page_of=lambda position: 7 if position > 100 else None, target="Where was Ann born?",
        kind=kind, **settings,  # type: ignore[arg-type]
    )  # fmt: skip


def chunk(codec: TextCodec, text: str = TEXT) -> Chunk:
    return Chunk(3, 90, 90 + len(text), text, tuple(codec.plain(text)))


class Played:
    """A round with given answers: the stream as text, the effects that asked for an answer, the notes."""

    def __init__(
        self, codec: TextCodec, rules: Rules, answers: list[object], chunk: Chunk, notes: Notes
    ) -> None:
        self.asked: list[Effect] = []
        self.stream = ""
        reading, answer = read_chunk(rules, chunk, notes), None
        while True:
            try:
                effect = reading.send(answer)
            except StopIteration as end:
                self.notes: Notes = end.value
                break
            answer = None
            if isinstance(effect, Say):
                self.stream += codec.decode(effect.tokens) or effect.text
                continue
            self.asked.append(effect)
            given = answers.pop(0)
            if isinstance(effect, Choose):
                answer = Choice(float(given) >= effect.threshold, float(given))  # type: ignore[arg-type]
                self.stream += effect.options[answer.taken]
            elif isinstance(effect, Weigh):
                answer = dict(zip(effect.quotes, cast("tuple[float, ...]", given), strict=True))
            elif isinstance(effect, Write):
                answer = given
                self.stream += f" {given}\n"
        assert not answers, "not every answer was asked for"
        self.stream = self.stream.split("assistant\n", 1)[1]

    @property
    def fields(self) -> list[str]:
        return [
            effect.field if isinstance(effect, Choose | Write) else "weigh"
            for effect in self.asked
            if isinstance(effect, Choose | Weigh | Write)
        ]


def play(
    codec: TextCodec, *answers: object, notes: Notes | None = None, text: str = TEXT, **more: object
) -> Played:
    return Played(codec, rules(codec, **more), list(answers), chunk(codec, text), notes or Notes())  # type: ignore[arg-type]


def clue(text: str, start: int, confidence: float = 0.9) -> Clue:
    return Clue(text=text, start=start, end=start + len(text), chunk=0, confidence=confidence)


def test_a_round_without_evidence_asks_one_thing(codec: TextCodec) -> None:
    played = play(codec, 0.2)
    assert played.fields == ["new"]
    assert played.stream == HEAD + "New: none\nReason: nothing new.\nAction: READ"
    assert played.notes.clues == ()
    summary = played.notes.summary
    assert summary is not None
    assert (summary.action, summary.stop_confidence, summary.reason) == ("READ", None, "nothing new.")
    assert (summary.chunk, summary.start, summary.end) == (3, 90, 90 + len(TEXT))


ANN, BOB = "Ann was born in a house by the river, at Troyford.", "Bob was born in Wells."


def test_a_clue_is_quoted_judged_and_carries_its_place(codec: TextCodec) -> None:
    played = play(codec, 0.8, (0.6, 0.02), 0.5, 0.1, "It names it.", 0.9)
    assert played.fields == ["new", "weigh", "keep", "new", "reason", "action"]
    assert played.stream == HEAD + (f'New: "{ANN}"\nKeep: yes\nNew: none\nReason: It names it.\nAction: STOP')
    (found,) = played.notes.clues
    assert found.text == ANN.replace(" Troy", "\nTroy") == TEXT[found.start - 90 : found.end - 90]
    assert (found.kind, found.chunk, found.page) == ("quote", 3, None)
    assert found.confidence == pytest.approx(2 / 3)  # four to one, one to one, and one of two
    assert played.notes.summary is not None
    assert played.notes.summary.action == "STOP"
    assert played.notes.summary.stop_confidence == pytest.approx(0.6), "as much as the clue is worth, of 0.9"


@pytest.mark.parametrize(("before", "action"), [(0.1, "READ"), (0.9, "STOP")])
def test_a_stop_is_worth_as_much_as_the_surest_clue(codec: TextCodec, before: float, action: str) -> None:
    notes = Notes(clues=(clue("It was cold.", 0, before),))
    played = play(codec, 0.8, (0.6, 0.02), 0.5, 0.1, "r", 0.7, notes=notes)
    surest = max(clue.confidence for clue in played.notes.clues)
    assert surest == pytest.approx(max(before, 2 / 3))
    assert played.notes.summary is not None
    assert played.notes.summary.action == action
    assert played.notes.summary.stop_confidence == pytest.approx(0.7 * surest)


def test_a_note_of_no_confidence_at_all_ends_nothing(codec: TextCodec) -> None:
    limits = Limits(clues_per_chunk=1)
    played = play(
        codec, 0.0, "It may be so.", "r", 0.9, kind="note", thresholds=Thresholds(new=0.0), limits=limits
    )
    assert [found.confidence for found in played.notes.clues] == [0.0]
    assert played.notes.summary is not None
    assert (played.notes.summary.action, played.notes.summary.stop_confidence) == ("READ", 0.0)


def test_the_page_is_that_of_the_quotes_first_character(codec: TextCodec) -> None:
    played = play(codec, 0.8, (0.01, 0.6), 0.9, 0.1, "r", 0.1)
    assert played.notes.clues[0].page == 7


def test_all_that_may_be_quoted_is_weighed_at_once_and_the_best_comes_first(codec: TextCodec) -> None:
    played = play(codec, 0.8, (0.3, 0.99), 0.99, 0.8, 0.6, "r", 0.1)
    (weighed,) = (effect for effect in played.asked if isinstance(effect, Weigh))
    assert weighed.quotes == (ANN, BOB)
    assert f'New: "{BOB}"\nKeep: yes\nNew: "{ANN}"\nKeep: yes\n' in played.stream
    assert [found.start - 90 for found in played.notes.clues] == [51, 0]


def test_of_those_about_as_sure_as_the_best_the_first_comes_first(codec: TextCodec) -> None:
    played = play(codec, 0.8, (0.95, 0.99), 0.95, 0.8, 0.99, "r", 0.1)
    assert [found.start - 90 for found in played.notes.clues] == [0, 51]


def test_what_is_left_counts_as_much_as_whether_more_is_announced(codec: TextCodec) -> None:
    quoted = play(codec, 0.8, (0.98, 0.98), 0.98, 0.05, 0.98, "r", 0.1)
    assert len(quoted.notes.clues) == 2
    unlikely = play(codec, 0.8, (0.98, 0.1), 0.98, 0.8, "r", 0.1)
    assert len(unlikely.notes.clues) == 1


def test_what_is_not_kept_is_no_clue(codec: TextCodec) -> None:
    limits = Limits(drops_per_chunk=2)
    played = play(codec, 0.6, (0.01, 0.3), 0.3, 0.999, 0.9, "r", 0.1, limits=limits)
    assert f'New: "{BOB}"\nKeep: no\nNew: "{ANN}"\nKeep: yes\n' in played.stream
    assert [found.start - 90 for found in played.notes.clues] == [0]


def test_a_quote_is_kept_by_what_both_choices_say_together(codec: TextCodec) -> None:
    assert play(codec, 0.8, (0.4, 0.01), 0.4, 0.1, "r", 0.1).notes.clues
    assert not play(codec, 0.7, (0.4, 0.01), 0.4).notes.clues


def test_where_the_best_was_dropped_nothing_is_new_and_stop_is_not_asked(codec: TextCodec) -> None:
    played = play(codec, 0.6, (0.2, 0.01), 0.2)
    assert played.fields == ["new", "weigh", "keep"]
    assert played.stream.endswith("Keep: no\nNew: none\nReason: nothing new.\nAction: READ")


def test_quotes_that_are_dropped_end_the_asking_at_their_limit(codec: TextCodec) -> None:
    limits = Limits(drops_per_chunk=2)
    played = play(codec, 0.6, (0.01, 0.3), 0.3, 0.999, 0.0001, limits=limits)
    assert played.fields == ["new", "weigh", "keep", "new", "keep"]
    assert played.stream.endswith("Keep: no\nNew: none\nReason: nothing new.\nAction: READ")


def test_where_all_was_quoted_nothing_more_is_asked(codec: TextCodec) -> None:
    played = play(codec, 0.8, (0.9,), 0.9, "r", 0.1, text="Ann was born")
    assert played.fields == ["new", "weigh", "keep", "reason", "action"]
    assert played.stream.endswith("Keep: yes\nNew: none\nReason: r\nAction: READ")


def test_a_note_that_repeats_ends_the_asking(codec: TextCodec) -> None:
    played = play(codec, 0.8, "Ann came.", 0.8, "Bob came.", 0.8, "Ann came.", "r", 0.1, kind="note")
    assert played.stream.count("New:") == 4
    assert "New: - Ann came.\nNew: none\nReason: r" in played.stream
    assert [found.text for found in played.notes.clues] == ["Ann came.", "Bob came."]


def test_clues_of_a_chunk_are_bounded(codec: TextCodec) -> None:
    played = play(codec, 0.8, (0.6, 0.7), 0.9, "r", 0.1, limits=Limits(clues_per_chunk=1))
    assert played.stream.count("New:") == 2
    assert len(played.notes.clues) == 1


def test_a_note_is_free_and_carries_the_chunks_span(codec: TextCodec) -> None:
    played = play(codec, 0.8, "Ann is from Troyford", 0.1, "r", 0.1, kind="note")
    assert played.fields == ["new", "note", "new", "reason", "action"]
    assert "New: - Ann is from Troyford\nNew: none\n" in played.stream
    (found,) = played.notes.clues
    assert (found.kind, found.start, found.end, found.confidence) == ("note", 90, 90 + len(TEXT), 0.8)


def test_a_note_of_nothing_is_none(codec: TextCodec) -> None:
    assert play(codec, 0.8, " ", kind="note").notes.clues == ()


def test_a_blank_chunk_is_asked_nothing(codec: TextCodec) -> None:
    played = play(codec, text=" \n\n\t\n")
    assert played.fields == []
    assert played.stream == HEAD + "New: none\nReason: nothing new.\nAction: READ"


@pytest.mark.parametrize(
    ("policy", "chunks_read", "found", "asked"),
    [
        (StopPolicy(), 0, True, True),
        (StopPolicy(), 0, False, False),
        (StopPolicy(needs_new_clue=False), 0, False, True),
        (StopPolicy(min_chunks=3), 1, True, False),
        (StopPolicy(min_chunks=3), 2, True, True),
        (StopPolicy(when="never", needs_new_clue=False), 9, True, False),
    ],
)
def test_stop_is_asked_for_only_where_the_policy_allows_it(
    codec: TextCodec, policy: StopPolicy, chunks_read: int, found: bool, asked: bool
) -> None:
    answers: list[object] = [0.9, (0.9, 0.1), 0.9, 0.1, "r"] if found else [0.1]
    notes = Notes(chunks_read=chunks_read)
    played = play(codec, *answers, *([0.9] if asked else []), notes=notes, stop=policy)
    assert ("action" in played.fields) == asked
    assert played.stream.endswith(" STOP" if asked else " READ")
    summary = played.notes.summary
    assert summary is not None
    assert (summary.stop_confidence is not None) == asked


def test_what_is_known_is_restated_and_what_is_new_is_added(codec: TextCodec) -> None:
    before = clue("Ann  lived\nthere", 5)
    notes = Notes(clues=(before,), in_stream=(before,), chunks_read=1)
    played = play(codec, 0.8, (0.1, 0.9), 0.9, 0.1, "r", 0.1, notes=notes)
    assert played.stream.startswith('Target: Where was Ann born?\nClues:\n- "Ann lived there"\nNew: "Bob')
    assert [found.text for found in played.notes.clues] == ["Ann  lived\nthere", BOB]
    assert played.notes.summary is not None
    assert played.notes.summary.clues == played.notes.clues
    assert [found.text for found in played.notes.summary.new_clues] == [BOB]


def test_past_the_bound_the_least_confident_leaves_the_stream_and_never_the_result(codec: TextCodec) -> None:
    held = (clue("sure", 0, 0.9), clue("unsure", 10, 0.1))
    notes = Notes(clues=held, in_stream=held, chunks_read=1)
    played = play(codec, 0.8, (0.1, 0.9), 0.9, 0.1, "r", 0.1, notes=notes, limits=Limits(clues_in_stream=2))
    assert [found.text for found in played.notes.in_stream] == ["sure", BOB]
    assert [found.text for found in played.notes.clues] == ["sure", "unsure", BOB]


def test_the_stream_is_bounded_by_tokens_too() -> None:
    clues = tuple(clue("word " * 20, index * 100, 0.5 + index / 10) for index in range(4))
    stay = bounded(clues, Limits(clue_tokens_in_stream=80))
    assert stay == clues[-2:]
    assert bounded(clues, Limits(clue_tokens_in_stream=16)) == ()
    assert bounded(clues, Limits()) == clues
