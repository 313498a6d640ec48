"""The trainer of recall: a curve, and a checkpoint that any step goes on from."""

import json
import random
import time
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from smoothread_agent.model.rwkv7 import RWKV7Model
from smoothread_agent.model.rwkv7_initial import initialise
from smoothread_agent.model.rwkv7_network import RWKV7
from smoothread_agent.model.rwkv7_weights import MODEL_TYPE
from tools.train.checkpoint import read_checkpoint, write_checkpoint
from tools.train.recall.settings import Settings
from tools.train.recall.task import ASK, Case, draw

CURVE, CHECKPOINT = "curve.jsonl", "checkpoint.safetensors"
CHUNK = 64
"""Tokens a call when a long text is read to be examined: as a source is, its memory carried from chunk to chunk."""


class RecallTrainer:
    """Trains one network. Everything that a run needs to go on lies in `folder`; a step's texts depend on it alone."""

    def __init__(self, settings: Settings, folder: Path, device: str = "cpu") -> None:
        self.settings, self.folder = settings, folder
        self.network = initialise(RWKV7(settings.network), settings.seed).to(device)
        self.weights = list(self.network.parameters())
        self.reader = RWKV7Model(self.network, fingerprint="training", window=4 * settings.longest)
        self.optimizer = torch.optim.AdamW(self.weights, betas=(0.9, 0.99), weight_decay=0.0)
        self.step = 0

    def run(self, progress: Callable[[dict[str, float]], None]) -> None:
        """Train to the last step, writing curve, checkpoints and at last the network on the way."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings.save(self.folder)
        while self.step < self.settings.steps:
            began = time.monotonic()
            figures = {"loss": self._one_step()}
            self.step += 1
            last = self.step == self.settings.steps
            figures |= {"step": self.step, "seconds": round(time.monotonic() - began, 3)}
            if last or self.step % self.settings.evaluate_every == 0:
                figures |= {f"recalled_{n}": self.recalled(n) for n in self.settings.evaluated_lengths}
            with (self.folder / CURVE).open("a") as curve:
                curve.write(json.dumps(figures) + "\n")
            progress(figures)
            if last or self.step % self.settings.checkpoint_every == 0:
                write_checkpoint(self.folder / CHECKPOINT, self.weights, self.optimizer, self.step)
        self.export()

    def resume(self) -> bool:
        """Go on from the folder's checkpoint, if it has one."""
        path = self.folder / CHECKPOINT
        if not path.exists():
            return False
        self.step = read_checkpoint(path, self.weights, self.optimizer)
        return True

    def export(self) -> None:
        """Write the network in the HF layout, as `load_network` opens it."""
        folder = self.folder / "model"
        folder.mkdir(exist_ok=True)
        save_file(self.network.state_dict(), folder / "model.safetensors")
        settings = {"model_type": MODEL_TYPE, "head_dim": self.settings.head_dim, "norm_eps": 1e-5}
        (folder / "config.json").write_text(json.dumps(settings))

    @torch.no_grad()
    def recalled(self, length: int) -> float:
        """Share of the questions answered right, on texts of that length that no step has seen."""
        cases = self._cases("held out", self.settings.evaluated, length, self.settings.pairs)
        memory = self.reader.pin([case.text[:CHUNK] for case in cases])
        for first in range(CHUNK, length, CHUNK):
            self.reader.read(memory, [case.text[first : first + CHUNK] for case in cases])
        right = 0
        for asked in zip(*(case.questions for case in cases), strict=True):
            logits = self.reader.read(memory, [[ASK, key] for key, _ in asked])
            answers = torch.tensor([value for _, value in asked], device=logits.device)
            right += int((logits.argmax(-1) == answers).sum())
            self.reader.read(memory, [[value] for _, value in asked])
        return right / (len(cases) * self.settings.pairs)

    def _one_step(self) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings.rate(self.step)
        cases = self._cases(f"step {self.step}", self.settings.batch, *self.settings.grown(self.step))
        memory = self.reader.new_memory([1] * len(cases))
        keep = [case.decisive for case in cases]
        (logits,) = self.reader.read_with_grad(memory, [case.tokens for case in cases], keep)
        values = torch.tensor(
            [[value for _, value in case.questions] for case in cases], device=logits[0].device
        )
        loss = F.cross_entropy(torch.cat(logits), values.flatten())
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.weights, self.settings.clip)
        self.optimizer.step()
        return loss.item()

    def _cases(self, occasion: str, count: int, length: int, pairs: int) -> list[Case]:
        rng = random.Random(f"{self.settings.seed}/{occasion}/{length}")
        return [draw(rng, self.settings.vocabulary, length, pairs) for _ in range(count)]
