"""The trainer: LoRA on every linear layer, a curriculum of trajectories, a checkpoint that any step goes on from."""

import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from smoothread_agent.model.window import PinnedWindowModel
from smoothread_agent.reading.codec import TextCodec
from tools.train.lesson import Score, study
from tools.train.render import Rendered, render
from tools.train.settings import Settings
from tools.train.trajectory import Split, sample

CURVE = "curve.jsonl"


class Trainer:
    """Teaches one model to read. Everything that a run needs to go on lies in `folder`.

    A step's trajectories are drawn by (seed, step, number) alone, so a resumed run sees what an uninterrupted
    one would have seen.
    """

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, settings: Settings, folder: Path
    ) -> None:
        self.settings, self.folder = settings, folder
        torch.manual_seed(settings.seed)
        config = LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        self.peft: PeftModel = get_peft_model(model, config)
        for parameter in self.peft.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()
        self.reader = PinnedWindowModel(
            self.peft.base_model.model, fingerprint="training", window=settings.window
        )
        self.codec = TextCodec(tokenizer)
        self.trained = [p for p in self.peft.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.trained, lr=settings.learning_rate, weight_decay=0.0)
        self.step = 0

    def run(self, progress: Callable[[dict[str, float]], None]) -> None:
        """Train to the last step, writing the curve and checkpoints on the way."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings.save(self.folder)
        while self.step < self.settings.steps:
            began = time.monotonic()
            score = self._one_step()
            self.step += 1
            figures = {"step": self.step, **score.summary(), "tokens": score.tokens}
            figures["seconds"] = round(time.monotonic() - began, 2)
            if self.step % self.settings.evaluate_every == 0 or self.step == self.settings.steps:
                figures |= {f"held_out_{name}": value for name, value in self.evaluate().items()}
            with (self.folder / CURVE).open("a") as curve:
                curve.write(json.dumps(figures) + "\n")
            progress(figures)
            if self.step % self.settings.checkpoint_every == 0 or self.step == self.settings.steps:
                self.save()

    def _one_step(self) -> Score:
        self.peft.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate(self.step)
        score = Score()
        lessons = list(self._lessons(self.step, self.settings.trajectories_per_step, "train"))
        for lesson in lessons:
            study(self.reader, lesson, score, backward_share=1 / len(lessons))
        torch.nn.utils.clip_grad_norm_(self.trained, self.settings.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return score

    def _lessons(self, step: int, count: int, split: Split) -> Iterator[Rendered]:
        stage = self.settings.stage(step)
        for number in range(count):
            rng = random.Random(f"{self.settings.seed}/{split}/{step}/{number}")
            while True:
                trajectory = sample(
                    rng,
                    families=self.settings.families,
                    part_characters=stage.part_characters,
                    parts=stage.parts,
                    split=split,
                )
                lesson = render(self.codec, trajectory)
                if len(lesson.pinned) + len(lesson.tokens) <= self.settings.max_tokens:
                    break
            yield lesson

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """The figures on held-out trajectories of the stage that the run is in: the same ones each time."""
        self.peft.eval()
        score = Score()
        for lesson in self._lessons(self.settings.steps, self.settings.held_out, "held_out"):
            study(self.reader, lesson, score)
        return score.summary()

    def save(self) -> None:
        """Write adapter and optimizer; a crash in the middle leaves the checkpoint before."""
        adapter = self.folder / "adapter"
        self.peft.save_pretrained(str(adapter))
        state = {
            f"{index}.{name}": value if value.dim() else value.reshape(1)
            for index, parameter in enumerate(self.trained)
            for name, value in self.optimizer.state[parameter].items()
        }
        weights = {f"weights.{name}": value for name, value in get_peft_model_state_dict(self.peft).items()}
        temporary = self.folder / "checkpoint.tmp"
        save_file({**state, **weights, "step": torch.tensor([self.step])}, temporary)
        temporary.replace(self.folder / "checkpoint.safetensors")

    def resume(self) -> bool:
        """Go on from the folder's checkpoint, if it has one."""
        path = self.folder / "checkpoint.safetensors"
        if not path.exists():
            return False
        stored = load_file(path)
        self.step = int(stored.pop("step"))
        weights = {
            name.removeprefix("weights."): stored.pop(name)
            for name in [name for name in stored if name.startswith("weights.")]
        }
        set_peft_model_state_dict(self.peft, weights)
        for index, parameter in enumerate(self.trained):
            names = {name.split(".", 1)[1]: name for name in stored if name.split(".", 1)[0] == str(index)}
            self.optimizer.state[parameter] = {
                short: stored[name].reshape(()) if short == "step" else stored[name]
                for short, name in names.items()
            }
        return True
