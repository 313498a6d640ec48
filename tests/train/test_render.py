"""What is trained is what is read: a trajectory's stream against the stream of a real reading."""

from dataclasses import replace

import torch

from smoothread_agent.reading import wording
from smoothread_agent.reading.codec import TextCodec
from smoothread_agent.reading.decoder import Decoder, Feed, Try
from smoothread_agent.reading.loop import read
from tests.model.saved import tiny_tokenizer
from tools.train.render import plan_of, render, render_source_first
from tools.train.tasks import sample
from tools.train.trajectory import Find, Part, Trajectory

EXAMPLE = Trajectory(
    task="Where was Ann born?",
    parts=(
        Part("Nothing of it here.\n\nOr there."),
        Part(
            "Ann was born in a cottage by a river, at\nTroyford. Bob was born in Wells. They met.",
            (
                Find("Ann was born in a cottage by a river, at\nTroyford."),
                Find("Bob was born in Wells.", keep=False),
            ),
            "It names her birthplace.",
            stop=True,
        ),
    ),
    answer="Troyford",
)


def codec():
    return TextCodec(tiny_tokenizer())


def test_the_stream_reads_as_the_docs_show_it():
    rendered = render(codec(), EXAMPLE)
    text = codec().tokenizer.decode(rendered.tokens)
    assert text == (
        "Nothing of it here.\n\nOr there. <|im_end|>\n<|im_start|>assistant\n"
        "Target: Where was Ann born?\nClues: none\nNew: none\nReason: nothing new.\nAction: READ<|im_end|>\n"
        "<|im_start|>user\nAnn was born in a cottage by a river, at\nTroyford. "
        "Bob was born in Wells. They met.<|im_end|>\n"
        "<|im_start|>assistant\n"
        "Target: Where was Ann born?\nClues: none\n"
        'New: "Ann was born in a cottage by a river, at Troyford."\nKeep: yes\n'
        'New: "Bob was born in Wells."\nKeep: no\nNew: none\n'
        "Reason: It names her birthplace.\nAction: STOP<|im_end|>\n"
        "<|im_start|>user\nAnswer the task: Where was Ann born?<|im_end|>\n<|im_start|>assistant\nTroyford<|im_end|>"
    )


def roomy(plan):
    """The tiny tokenizer takes many tokens for a word."""
    room = {"reason_tokens": 400, "note_tokens": 400, "answer_tokens": 2000}
    return replace(plan, rules=replace(plan.rules, limits=plan.rules.limits.model_copy(update=room)))


def place(row: list[int], tokens: list[int]) -> int:
    """Where a quote, the judging behind it left out, stands in `tokens`; far away if it does not."""
    quote = row[: -len(codec().markup(wording.KEPT + " "))]
    places = (at for at in range(len(tokens)) if tokens[at : at + len(quote)] == quote)
    return next(places, 10_000)


def test_a_model_that_knows_the_stream_by_heart_reads_it_token_for_token():
    """A model that always predicts the trajectory's next token is fed, by a real reading, exactly the trajectory."""
    tokens = codec()
    keep = tokens.branch((wording.DROP, wording.KEEP))[2][0]
    for seed in range(12):
        trajectory = EXAMPLE if seed == 0 else sample(seed, part_characters=(150, 600), parts=(2, 5))
        if any(len(part.finds) > 7 for part in trajectory.parts):
            continue
        rendered = render(tokens, trajectory)
        fed: list[int] = []
        reading = Decoder(tokens, 300).run(read(roomy(plan_of(tokens, trajectory))))
        answer = None
        while True:
            try:
                request = reading.send(answer)
            except StopIteration as end:
                outcome = end.value
                break
            answer = None
            if isinstance(request, Try):
                answer = torch.zeros(len(request.rows), 300)
                places = [place(row, rendered.tokens[len(fed) :]) for row in request.rows]
                answer[:, keep] = torch.tensor([20.0 - 4 * sorted(places).index(at) for at in places])
            elif isinstance(request, Feed):
                fed.extend(request.tokens)
                answer = torch.full((300,), -50.0)
                answer[rendered.tokens[len(fed)]] = 50.0
        assert outcome.answer == trajectory.answer
        assert fed == rendered.tokens[: len(fed)], trajectory.family
        assert len(rendered.tokens) - len(fed) <= 1  # the end of the last turn is never read


def test_only_what_the_model_decides_is_in_the_loss():
    rendered = render(codec(), EXAMPLE)
    learned = [token for token, weight in zip(rendered.tokens, rendered.weights, strict=True) if weight]
    text = codec().tokenizer.decode(learned)
    assert "Nothing of it" not in text
    assert "Target" not in text
    assert text.endswith("Troyford<|im_end|>")
    assert "Ann" not in text  # a quote is chosen by how it would be judged, and not decoded
    assert "Bob" not in text  # nor is quoting a distractor a lesson; judging it is
    names = [name for _, name, _, _, _ in rendered.decisions]
    assert names == ["new", "new", "keep", "new", "keep", "new", "action"]


def test_source_first_each_round_stands_behind_the_source_up_to_it():
    tokens = codec()
    first, second = (
        (tokens.tokenizer.decode(lesson.pinned), tokens.tokenizer.decode(lesson.tokens), lesson)
        for lesson in render_source_first(tokens, EXAMPLE)
    )
    assert first[0] == second[0] == f"<|im_start|>system\n{wording.SOURCE}<|im_end|>\n<|im_start|>user\n"
    aside = f"{wording.aside('quote')} Where was Ann born?<|im_end|>\n<|im_start|>assistant\n"
    assert first[1] == (
        f"Nothing of it here.\n\nOr there. {aside}"
        "Target: Where was Ann born?\nClues: none\nNew: none\nReason: nothing new.\nAction: READ"
    )
    assert second[1].startswith(
        "Nothing of it here.\n\nOr there. Ann was born in a cottage by a river, at\nTroyford. "
        "Bob was born in Wells. They met."
    )
    assert second[1].count(aside) == second[1].count("Target:") == 1
    assert second[1].endswith("<|im_start|>assistant\nTroyford<|im_end|>")
    assert [name for _, name, *_ in second[2].decisions] == ["new", "keep", "new", "keep", "new", "action"]
    learned = [token for token, weight in zip(second[2].tokens, second[2].weights, strict=True) if weight]
    assert "Nothing" not in tokens.tokenizer.decode(learned)
