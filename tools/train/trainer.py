"""The trainer of reading: LoRA on every linear layer, a curriculum of trajectories."""

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model, set_peft_model_state_dict
from safetensors.torch import load_file
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from smoothread_agent.errors import ModelError
from smoothread_agent.model.adapter import WEIGHTS, Adapter, read_adapter
from smoothread_agent.model.choosing import attending, recurrent_model
from smoothread_agent.model.rwkv7_network import RWKV7
from smoothread_agent.model.window import PinnedWindowModel
from smoothread_agent.reading.codec import TextCodec
from tools.train.lesson import study
from tools.train.lessons import lessons_of
from tools.train.prepared import made_for, prepared
from tools.train.render import Rendered
from tools.train.run import EXAMINED, Figures, Run
from tools.train.score import Score
from tools.train.settings import Settings
from tools.train.trajectory import Split


class Trainer(Run):
    """Teaches one model to read.

    A step's trajectories are drawn by (seed, step, number) alone, so a resumed run sees what an uninterrupted
    one would have seen.

    Raises:
        ModelError: the model is read with in another way than by a pinned window, or cannot be; or the adapter to
            begin with is of other modules, or of another rank than the settings say.
    """

    settings: Settings

    def __init__(
        self,
        model: PreTrainedModel | RWKV7,
        tokenizer: PreTrainedTokenizerFast,
        settings: Settings,
        folder: Path,
        begin_with: Path | None = None,
    ) -> None:
        model = attending(model)
        if not isinstance(recurrent_model(model, fingerprint="", window=settings.window), PinnedWindowModel):
            raise ModelError(
                f"{type(model).__name__} keeps states of its own, and adapters are trained for models that are read "
                "with a pinned window: use a rotary transformer without them"
            )
        self.settings, self.folder = settings, folder
        torch.manual_seed(settings.seed)
        config = LoraConfig(
            r=settings.rank,
            lora_alpha=settings.alpha,
            lora_dropout=settings.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of transformers to peft
            self.peft: PeftModel = get_peft_model(model, config)
        if begin_with is not None:
            self._begin_with(read_adapter(begin_with))
        self.trained = [p for p in self.peft.parameters() if p.requires_grad]
        self.weights = [p.detach().float().clone() for p in self.trained]
        for parameter in self.trained:
            parameter.data = parameter.data.to(model.dtype)
        # peft put its layers into the model itself.
        self.reader = PinnedWindowModel(model, fingerprint="training", window=settings.window)
        self.codec = TextCodec(tokenizer)
        self._made_for = made_for(self.codec, settings)
        self.optimizer = torch.optim.AdamW(self.weights, lr=settings.learning_rate, weight_decay=0.0)

    def _begin_with(self, adapter: Adapter) -> None:
        """Take over the weights of an adapter that was trained before."""
        wanted, given = (self.settings.rank, self.settings.alpha), adapter.settings
        if (given.r, given.lora_alpha) != wanted:
            raise ModelError(
                f"the adapter {adapter.folder} has rank {given.r} and alpha {given.lora_alpha:g}, the settings rank "
                f"{wanted[0]} and alpha {wanted[1]}: give settings that agree"
            )
        found: Any = set_peft_model_state_dict(self.peft, load_file(adapter.folder / WEIGHTS))
        missing = [name for name in found.missing_keys if "lora_" in name]
        if missing or found.unexpected_keys:
            other = (missing or found.unexpected_keys)[0]
            raise ModelError(f"the adapter {adapter.folder} is of another model: it differs in {other}")

    def learn(self) -> Figures:
        """One step on the trajectories of its number."""
        self.peft.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate(self.step)
        score = Score()
        count = self.settings.trajectories_per_step
        for lessons in self._batches(self.step, count, "train"):
            study(self.reader, lessons, score, backward_share=1 / count)
        self.update()
        return {**score.summary(), "tokens": score.tokens}

    def update(self) -> None:
        """Take one step with the gradients that are there, and clear them."""
        for weight, parameter in zip(self.weights, self.trained, strict=True):
            weight.grad = None if parameter.grad is None else parameter.grad.float()
            parameter.grad = None
        torch.nn.utils.clip_grad_norm_(self.weights, self.settings.clip)
        self.optimizer.step()
        self._round()

    @torch.no_grad()
    def _round(self) -> None:
        """The model computes in its own dtype; the steps are taken on weights in fp32."""
        for weight, parameter in zip(self.weights, self.trained, strict=True):
            parameter.copy_(weight)

    def _batches(self, step: int, count: int, split: Split) -> Iterator[list[Rendered]]:
        """The step's lessons, those of like length together."""
        lessons = sorted(self._lessons(step, count, split), key=lambda lesson: lesson.size)
        for first in range(0, count, self.settings.batch):
            yield lessons[first : first + self.settings.batch]

    def _lessons(self, step: int, count: int, split: Split) -> Iterable[Rendered]:
        """Those that were prepared, else as they are drawn."""
        found = prepared(self.folder, self._made_for, split, step)
        return lessons_of(self.codec, self.settings, split, step, count) if found is None else found

    @torch.no_grad()
    def examine(self) -> Figures:
        """The figures on held-out trajectories of the stage that the run is in: the same ones each time."""
        self.peft.eval()
        score = Score()
        for lessons in self._batches(self.settings.steps, self.settings.held_out, "held_out"):
            study(self.reader, lessons, score)
        return {f"{EXAMINED}{name}": value for name, value in score.summary().items()}

    def save(self) -> None:
        """Write the adapter, and a checkpoint."""
        self.peft.save_pretrained(str(self.folder / "adapter"))
        super().save()

    def resume(self) -> bool:
        """Go on from the folder's checkpoint, if it has one."""
        resumed = super().resume()
        self._round()
        return resumed
