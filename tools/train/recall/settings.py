"""What a recall run can be told."""

from pydantic import Field

from smoothread_agent.model.rwkv7_network import RWKV7Config
from tools.train.recall.task import Vocabulary
from tools.train.run import RunSettings


class Settings(RunSettings):
    """A run. Texts grow from `shortest` to `longest` tokens and from 1 to `pairs` pairs over the first half of it."""

    steps: int = Field(default=2000, ge=1)
    batch: int = Field(default=32, ge=1, description="texts a step")
    pairs: int = Field(default=8, ge=1, description="pairs a text at the most")
    shortest: int = Field(default=24, ge=8, description="tokens of a text, questions left out")
    longest: int = Field(default=128, ge=8)
    noise: int = Field(default=32, ge=1)
    keys: int = Field(default=32, ge=1)
    values: int = Field(default=32, ge=1)
    layers: int = Field(default=2, ge=1)
    hidden: int = Field(default=64, ge=32)
    head_dim: int = 64
    learning_rate: float = 3e-3
    warmup: int = 30
    clip: float = 1.0
    evaluate_every: int = Field(default=200, ge=1)
    evaluated: int = Field(default=32, description="texts of each length")
    evaluated_lengths: tuple[int, ...] = (128, 256, 512, 1024, 2048)
    checkpoint_every: int = Field(default=200, ge=1)

    @property
    def vocabulary(self) -> Vocabulary:
        """The tokens of the task."""
        return Vocabulary(self.noise, self.keys, self.values)

    @property
    def network(self) -> RWKV7Config:
        """Sizes of the network."""
        return RWKV7Config(
            vocab_size=self.vocabulary.size,
            hidden_size=self.hidden,
            num_layers=self.layers,
            num_heads=self.hidden // self.head_dim,
            head_dim=self.head_dim,
            ffn_size=2 * self.hidden,
            decay_rank=32,
            rate_rank=32,
            value_rank=16,
            gate_rank=32,
            head_norm_eps=self.head_dim * 1e-5,
        )

    def grown(self, step: int) -> tuple[int, int]:
        """Tokens and pairs of the texts of a step."""
        share = min(1.0, 2 * step / self.steps)
        length = round(self.shortest + share * (self.longest - self.shortest))
        return length, max(1, round(share * self.pairs))

    def rate(self, step: int) -> float:
        """Learning rate of a step: a warm-up, then a line that ends at a tenth."""
        return self.learning_rate * min(1.0, (step + 1) / self.warmup) * (1 - 0.9 * step / self.steps)
