"""Quotes that are weighed beside a lesson: judged as a reading judges them, in forks of the memory."""

from pathlib import Path

import pytest
import torch
from smoothread_kernels.window_attention.reference import window_attention_naive

from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from smoothread_agent.model.window import PinnedWindowModel
from smoothread_agent.reading.codec import TextCodec
from tools.train.lesson import study
from tools.train.one_pass import Branched, logits_of
from tools.train.render import Rendered, render
from tools.train.row import Row
from tools.train.score import Score, Weighing
from tools.train.trajectory import NOT_IN_TEXT, Find, Part, Trajectory

TASK = "Where was Ann born?"
TOLD = Part(
    "It rained. Ann was born in Troyford. Bob was born in Wells. Troyford is a town.",
    (Find("It rained.", keep=False), Find("Ann was born in Troyford.")),
    "It says so.",
    stop=True,
)
ELSEWHERE = Part("Bob was born in Wells. They met.", (Find("They met.", keep=False),), "It does not help.")
FOUND = Trajectory(TASK, (ELSEWHERE, TOLD), "Troyford")
NOTHING = Trajectory(TASK, (ELSEWHERE,), NOT_IN_TEXT)


@pytest.fixture(scope="module")
def opened(tiny_folder: Path) -> tuple[PinnedWindowModel, TextCodec]:
    loaded = load_model(resolve(str(tiny_folder)), dtype="fp32")
    return PinnedWindowModel(loaded.model, fingerprint="", window=512), TextCodec(loaded.tokenizer)


def forked(model: PinnedWindowModel, lesson: Rendered) -> list[float]:
    """The margin of each quote, in a fork of the memory, as a reading has it."""
    margins = []
    for aside in lesson.asides:
        memory = model.pin([lesson.pinned])
        model.read(memory, [lesson.tokens[: aside.at]])
        (logits,) = model.read(model.fork(memory), [aside.tokens])
        no, yes = aside.options
        margins.append(float(logits[yes] - logits[no]))
    return margins


def flat(weighings: list[Weighing]) -> list[float]:
    return [margin for each in weighings for margin in each.margins]


def test_what_is_weighed_is_every_quote_that_may_be_judged(
    opened: tuple[PinnedWindowModel, TextCodec],
) -> None:
    _, codec = opened
    lesson = render(codec, FOUND)
    quotes = [codec.decode(aside.tokens).split('"')[0] for aside in lesson.asides]
    # "Troyford is a town." holds the answer and is no find: it is left out.
    assert quotes == [
        "Bob was born in Wells.", "They met.", "It rained.", "Ann was born in Troyford.", "Bob was born in Wells.",
    ]  # fmt: skip
    assert [aside.right for aside in lesson.asides] == [False, False, False, True, False]
    assert all(codec.decode(aside.tokens).rstrip().endswith('"\nKeep:') for aside in lesson.asides)
    before = codec.tokenizer.decode(lesson.tokens[: lesson.asides[-1].at])
    assert before.endswith(
        f'{TOLD.text}<|im_end|>\n<|im_start|>assistant\nTarget: {TASK}\nClues: none\nNew: "'
    )


def test_they_are_judged_as_in_forks_of_the_memory(opened: tuple[PinnedWindowModel, TextCodec]) -> None:
    model, codec = opened
    lesson, score = render(codec, FOUND), Score()
    with torch.no_grad():
        study(model, [lesson], score)
    assert [len(each.margins) for each in score.weighings] == [2, 3]
    torch.testing.assert_close(flat(score.weighings), forked(model, lesson), rtol=1e-3, atol=1e-4)


def test_lessons_in_one_pass_are_read_as_each_by_itself(opened: tuple[PinnedWindowModel, TextCodec]) -> None:
    model, codec = opened
    streams = [Row.of(render(codec, each)).stream for each in (NOTHING, FOUND, NOTHING)]
    with torch.no_grad():
        together = logits_of(model, streams)
        alone = [logits_of(model, [stream])[0] for stream in streams]
    assert len(streams[0].tokens) != len(streams[1].tokens)
    torch.testing.assert_close(together, alone, rtol=1e-3, atol=1e-4)


def test_they_see_no_more_than_the_window_does(tiny_folder: Path) -> None:
    loaded = load_model(resolve(str(tiny_folder)), dtype="fp32")
    codec = TextCodec(loaded.tokenizer)
    lesson, score = render(codec, NOTHING), Score()
    longest = max(len(lesson.tokens), *(aside.at + len(aside.tokens) for aside in lesson.asides))
    model = PinnedWindowModel(loaded.model, fingerprint="", window=longest // 2 + 1)
    with torch.no_grad():
        study(model, [lesson], score)
    margins = flat(score.weighings)
    torch.testing.assert_close(margins, forked(model, lesson), rtol=1e-3, atol=1e-4)
    wide = PinnedWindowModel(loaded.model, fingerprint="", window=longest)
    assert margins != pytest.approx(forked(wide, lesson), abs=1e-3)


def test_a_lesson_in_which_the_memory_moves_is_studied_without_them(tiny_folder: Path) -> None:
    loaded = load_model(resolve(str(tiny_folder)), dtype="fp32")
    model = PinnedWindowModel(loaded.model, fingerprint="", window=64)
    lesson, score = render(TextCodec(loaded.tokenizer), FOUND), Score()
    with torch.no_grad():
        study(model, [lesson], score)
    assert score.weighings == []
    assert score.tokens == len(lesson.pinned) + len(lesson.tokens)


def test_a_right_quote_among_others_stands_out_after_a_few_steps(
    tiny_folder: Path,
) -> None:
    loaded = load_model(resolve(str(tiny_folder)), dtype="fp32")
    model, codec = PinnedWindowModel(loaded.model, fingerprint="", window=512), TextCodec(loaded.tokenizer)
    lesson = render(codec, FOUND)
    optimizer = torch.optim.AdamW(model.model.parameters(), lr=3e-3)
    for _ in range(12):
        score = Score()
        study(model, [lesson], score, backward_share=1.0)
        optimizer.step()
        optimizer.zero_grad()
    told = score.weighings[-1]
    assert told.best.right
    assert told.best.margin > 0 > max(score.weighings[0].margins)


def test_a_model_with_sinks_or_capped_scores_weighs_by_them_too() -> None:
    tokens = torch.arange(6)[None]
    call = Branched(tokens, tokens, torch.zeros_like(tokens), torch.tensor([1]), 3, torch.float32)
    query, key, value = torch.randn(3, 1, 4, 6, 8, generator=torch.Generator().manual_seed(0))
    sinks = torch.randn(4, generator=torch.Generator().manual_seed(1))
    options = {"scale": 0.3, "sliding_window": 2, "sinks": sinks, "softcap": 1.5}
    where = {"start": torch.tensor([0]), "lengths": torch.tensor([6]), "pinned": torch.tensor([1])}
    expected = window_attention_naive(
        query, key, value, window=2, scale=0.3, sinks=sinks, softcap=1.5, **where
    )
    torch.testing.assert_close(call.attend(0, query, key, value, **options), expected)
