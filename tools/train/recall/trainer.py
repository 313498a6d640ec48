"""The trainer of recall."""

import json
import random
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

from smoothread_agent.model.rwkv7 import RWKV7Model
from smoothread_agent.model.rwkv7_initial import initialise
from smoothread_agent.model.rwkv7_network import RWKV7
from smoothread_agent.model.rwkv7_weights import MODEL_TYPE
from tools.train.recall.settings import Settings
from tools.train.recall.task import ASK, Case, draw
from tools.train.run import EXAMINED, Figures, Run

CHUNK = 64
"""Tokens a call when a long text is read to be examined: as a source is, its memory carried from chunk to chunk."""


class RecallTrainer(Run):
    """Trains one network from scratch."""

    settings: Settings

    def __init__(self, settings: Settings, folder: Path, device: str = "cpu") -> None:
        self.settings, self.folder = settings, folder
        self.network = initialise(RWKV7(settings.network), settings.seed).to(device)
        self.weights = list(self.network.parameters())
        self.reader = RWKV7Model(self.network, fingerprint="training", window=4 * settings.longest)
        self.optimizer = torch.optim.AdamW(self.weights, betas=(0.9, 0.99), weight_decay=0.0)

    def examine(self) -> Figures:
        """The share recalled at each length."""
        return {f"{EXAMINED}recalled_{n}": self.recalled(n) for n in self.settings.evaluated_lengths}

    def save(self) -> None:
        """Write a checkpoint, and the network as it is opened."""
        super().save()
        self.export()

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

    def learn(self) -> Figures:
        """One step on the texts of its number."""
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
        return {"loss": loss.item()}

    def _cases(self, occasion: str, count: int, length: int, pairs: int) -> list[Case]:
        rng = random.Random(f"{self.settings.seed}/{occasion}/{length}")
        return [draw(rng, self.settings.vocabulary, length, pairs) for _ in range(count)]
