"""The trainer: what a step is made of, and that a run which was cut off ends as one that was not."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

pytest.importorskip("peft")

from smoothread_agent.errors import ModelError
from smoothread_agent.model.loading import load_model
from smoothread_agent.model.resolve import resolve
from smoothread_agent.model.window import PinnedWindowModel
from tests.model.linear_models import tiny_linear
from tests.model.saved import save_rwkv7, tiny_tokenizer
from tools.train.lesson import study
from tools.train.run import CURVE
from tools.train.score import Score
from tools.train.settings import Settings, Stage
from tools.train.trainer import Trainer

pytestmark = pytest.mark.usefixtures("small_corpora")

SETTINGS = Settings(
    steps=4,
    trajectories_per_step=3,
    batch=2,
    warmup=1,
    rank=4,
    alpha=8,
    window=512,
    max_tokens=6000,
    families={"needle.*": 1.0, "facts.single": 1.0},
    curriculum=(
        Stage(until=0.5, part_characters=(80, 160), parts=(2, 3), families={"needle.single": 1.0}),
        Stage(until=1.0, part_characters=(80, 200), parts=(2, 3)),
    ),
    evaluate_every=2,
    held_out=2,
    checkpoint_every=2,
)


class CutOffError(Exception):
    """Stands for the end of a process."""


def trainer(model: Path, folder: Path, settings: Settings = SETTINGS) -> Trainer:
    loaded = load_model(resolve(str(model)), dtype="fp32")
    return Trainer(loaded.model, loaded.tokenizer, settings, folder)


def curve(folder: Path) -> list[dict[str, float]]:
    rows = [json.loads(line) for line in (folder / CURVE).read_text().splitlines()]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def whole(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Trainer, Path]:
    """A run that nothing interrupted."""
    folder = tmp_path_factory.mktemp("whole")
    run = trainer(tiny_folder, folder)
    run.run(lambda figures: None)
    return run, folder


def test_a_run_that_was_cut_off_ends_as_one_that_was_not(
    whole: tuple[Trainer, Path], tiny_folder: Path, tmp_path: Path
) -> None:
    def cut_off(figures: dict[str, float]) -> None:
        if figures["step"] == 3:  # after the checkpoint of step 2, before the next
            raise CutOffError

    with pytest.raises(CutOffError):
        trainer(tiny_folder, tmp_path).run(cut_off)
    again = trainer(tiny_folder, tmp_path)
    assert again.resume()
    assert again.step == 2
    again.run(lambda figures: None)
    for one, other in zip(again.weights, whole[0].weights, strict=True):
        assert torch.equal(one, other)
    assert [row for row in curve(tmp_path) if row["step"] != 3] == [
        row for row in curve(whole[1]) if row["step"] != 3
    ]
    assert curve(tmp_path)[-1] == curve(whole[1])[-1]


def test_the_curve_says_how_each_step_went(whole: tuple[Trainer, Path]) -> None:
    rows = curve(whole[1])
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    assert all({"loss", "text", "new_yes", "new_no", "tokens"} <= set(row) for row in rows)
    assert ["held_out_loss" in row for row in rows] == [False, True, False, True]


def test_the_adapter_reads_as_the_trained_model_does(whole: tuple[Trainer, Path], tiny_folder: Path) -> None:
    run, folder = whole
    plain, merged = (
        load_model(resolve(str(tiny_folder)), dtype="fp32", adapter=adapter)
        for adapter in (None, str(folder / "adapter"))
    )
    assert plain.fingerprint != merged.fingerprint
    tokens = torch.tensor([run.codec.plain("The ship left the harbour with 12 men.")])
    readers = [PinnedWindowModel(each.model, fingerprint="", window=512) for each in (plain, merged)]
    run.peft.eval()
    before, read, taught = (
        reader.read(reader.new_memory([4]), tokens.tolist()) for reader in (*readers, run.reader)
    )
    torch.testing.assert_close(read, taught, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(before, taught, atol=1e-4)


def test_lessons_side_by_side_teach_what_they_teach_one_by_one(tiny_folder: Path, tmp_path: Path) -> None:
    run = trainer(tiny_folder, tmp_path)
    with torch.no_grad():
        for weight in run.trained:  # a fresh adapter's first half gets no gradient
            weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(0)) * 0.02)
    lessons = list(run._lessons(0, 3, "train"))
    assert len({len(lesson.tokens) for lesson in lessons}) > 1
    gradients, scores = [], []
    for batches in ([lessons], [[lesson] for lesson in lessons]):
        score = Score()
        for batch in batches:
            study(run.reader, batch, score, backward_share=1 / 3)
        gradients.append([parameter.grad.clone() for parameter in run.trained])
        scores.append(score)
        run.peft.zero_grad()
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)
        assert one.abs().sum() > 0
    assert scores[0].summary() == pytest.approx(scores[1].summary(), abs=1e-3)


def test_a_lesson_longer_than_the_memory_is_studied_stretch_by_stretch(
    tiny_folder: Path, tmp_path: Path
) -> None:
    run = trainer(tiny_folder, tmp_path, SETTINGS.model_copy(update={"window": 64}))
    (lesson,) = run._lessons(0, 1, "train")
    assert len(lesson.tokens) > 3 * 64
    score = Score()
    study(run.reader, [lesson], score, backward_share=1.0)
    assert score.tokens == len(lesson.pinned) + len(lesson.tokens)
    counted = [at for at, *_ in lesson.decisions if lesson.weights[at]]
    assert len(score.decisions) == len(counted)
    assert score.weight == pytest.approx(sum(lesson.weights))


def test_what_is_studied_again_and_again_is_learned(tiny_folder: Path, tmp_path: Path) -> None:
    run = trainer(tiny_folder, tmp_path, SETTINGS.model_copy(update={"steps": 12, "learning_rate": 0.02}))
    run._lessons = lambda step, count, split: iter(lessons)  # type: ignore[method-assign]
    lessons = list(trainer(tiny_folder, tmp_path)._lessons(0, 3, "train"))
    losses: list[float] = []
    run.run(lambda figures: losses.append(figures["loss"]))
    assert losses[-1] < 0.7 * losses[0]


def test_a_checkpoint_is_whole_or_not_there(whole: tuple[Trainer, Path]) -> None:
    assert int(load_file(whole[1] / "checkpoint.safetensors")["step"]) == 4
    assert not (whole[1] / "checkpoint.tmp").exists()


def test_a_run_may_begin_with_an_adapter(
    whole: tuple[Trainer, Path], tiny_folder: Path, tmp_path: Path
) -> None:
    loaded = load_model(resolve(str(tiny_folder)), dtype="fp32")
    run = Trainer(loaded.model, loaded.tokenizer, SETTINGS, tmp_path, whole[1] / "adapter")
    for one, other in zip(run.weights, whole[0].weights, strict=True):
        assert torch.equal(one, other)
    assert run.step == 0


@pytest.mark.parametrize(("more", "reason"), [({"rank": 8}, "rank 4 and alpha 8"), ({}, "of another model")])
def test_an_adapter_that_does_not_fit_is_refused(
    whole: tuple[Trainer, Path], tiny_folder: Path, tmp_path: Path, more: dict[str, int], reason: str
) -> None:
    adapter = tmp_path / "adapter"
    shutil.copytree(whole[1] / "adapter", adapter)
    weights = load_file(adapter / "adapter_model.safetensors")
    name = next(iter(weights))
    weights[name.replace("layers.0", "layers.9")] = weights.pop(name)
    save_file(weights, adapter / "adapter_model.safetensors")
    loaded = load_model(resolve(str(tiny_folder)), dtype="fp32")
    with pytest.raises(ModelError, match=reason):
        Trainer(loaded.model, loaded.tokenizer, SETTINGS.model_copy(update=more), tmp_path, adapter)


def test_a_model_that_keeps_other_states_is_refused_with_the_reason(tmp_path: Path) -> None:
    model = tiny_linear("mamba2", vocab_size=300)
    with pytest.raises(ModelError, match="Mamba2ForCausalLM keeps states of its own"):
        Trainer(model, tiny_tokenizer(), SETTINGS, tmp_path)


def test_a_model_without_attention_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="RWKV-7 has no attention"):
        trainer(save_rwkv7(tmp_path / "rwkv"), tmp_path)
