"""The recall run: what it asks, and that it trains, goes on where it was, and leaves a network that opens."""

import json
import random

import pytest
import torch

from smoothread_agent.model.rwkv7_weights import load_network
from tools.train.recall.settings import Settings
from tools.train.recall.task import ASK, Vocabulary, draw
from tools.train.recall.trainer import RecallTrainer
from tools.train.run import CHECKPOINT, CURVE

TINY = Settings(
    steps=6,
    batch=4,
    pairs=2,
    shortest=12,
    longest=20,
    hidden=32,
    head_dim=32,
    evaluate_every=3,
    evaluated=2,
    evaluated_lengths=(20, 90),
    checkpoint_every=3,
)


def quiet(_):
    """For runs that nobody watches."""


@pytest.mark.parametrize("seed", range(5))
def test_a_case_holds_its_pairs_and_asks_for_each(seed):
    words = Vocabulary(noise=5, keys=6, values=7)
    case = draw(random.Random(seed), words, length=30, pairs=6)
    assert len(case.text) == 30
    assert max(case.tokens) < words.size
    for key, value in case.questions:
        assert case.text[case.text.index(key) + 1] == value
        assert case.text.count(key) == 1
    asked = [case.tokens[at - 1 : at + 2] for at in case.decisive]
    assert asked == [[ASK, key, value] for key, value in case.questions]
    assert len({key for key, _ in case.questions}) == 6


def test_texts_grow():
    assert TINY.grown(0) == (12, 1)
    assert TINY.grown(3) == TINY.grown(5) == (20, 2)


def test_a_run_that_was_cut_off_ends_as_one_that_was_not(tmp_path):
    whole = RecallTrainer(TINY, tmp_path / "whole")
    whole.run(quiet)
    cut = RecallTrainer(TINY, tmp_path / "cut")
    with pytest.raises(KeyboardInterrupt):
        cut.run(interrupt)
    again = RecallTrainer(TINY, tmp_path / "cut")
    assert again.resume()
    assert again.step == 3
    again.run(quiet)
    for mine, theirs in zip(again.weights, whole.weights, strict=True):
        assert torch.equal(mine, theirs)
    curves = [
        [json.loads(line) | {"seconds": 0} for line in (tmp_path / name / CURVE).read_text().splitlines()]
        for name in ("whole", "cut")
    ]
    assert [line["step"] for line in curves[0]] == [1, 2, 3, 4, 5, 6]
    assert [line["step"] for line in curves[1]] == [1, 2, 3, 4, 4, 5, 6]
    assert curves[1][-1] == curves[0][-1]
    assert {"held_out_recalled_20", "held_out_recalled_90"} <= curves[0][2].keys() & curves[0][5].keys()


def interrupt(figures):
    if figures["step"] == 4:
        raise KeyboardInterrupt


def test_the_network_it_leaves_opens_as_any_other(tmp_path):
    trainer = RecallTrainer(TINY.model_copy(update={"steps": 1, "evaluated_lengths": ()}), tmp_path)
    assert not trainer.resume()
    trainer.run(quiet)
    opened = load_network(tmp_path / "model", dtype=torch.float32, device=torch.device("cpu"))
    assert opened.config == trainer.network.config
    for name, tensor in opened.state_dict().items():
        assert torch.equal(tensor, trainer.network.state_dict()[name])
    assert (tmp_path / CHECKPOINT).exists()


def test_one_pair_is_learned_within_seconds(tmp_path):
    """Of 8 values one, by chance 12 % right: the shortest proof that gradients teach the matrix to recall."""
    settings = Settings(
        steps=60, batch=32, pairs=1, shortest=8, longest=8, noise=4, keys=8, values=8, layers=1, hidden=64,
        learning_rate=4e-3, warmup=10, evaluate_every=60, evaluated=64, evaluated_lengths=(8, 64),
    )  # fmt: skip
    trainer = RecallTrainer(settings, tmp_path)
    figures = []
    trainer.run(figures.append)
    assert figures[-1]["held_out_recalled_8"] > 0.9
    assert figures[-1]["held_out_recalled_64"] > 0.9  # eight times as long as any text it was trained on
