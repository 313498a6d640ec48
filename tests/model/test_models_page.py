"""docs/models.md shows what these tests find. After a change, run this file with SMOOTHREAD_REWRITE=1."""

import os
from pathlib import Path

from smoothread_agent.model.linear_families import REFUSED
from smoothread_agent.model.linear_state import LinearStateModel
from smoothread_agent.model.rwkv7 import RWKV7Model
from smoothread_agent.model.rwkv7_weights import load_network
from smoothread_agent.model.verdict import Verdict, describe
from smoothread_agent.model.window import PinnedWindowModel
from tests.model.conftest import FAMILIES as ATTENDING
from tests.model.linear_models import FAMILIES as LINEAR
from tests.model.linear_models import tiny_linear
from tests.model.saved import save_rwkv7

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
BEGIN, END = "<!-- from tests/model/test_models_page.py -->", "<!-- end -->"
WINDOW = 32
MASKED = "transformers, and behind the window full attention, masked"


def test_the_page_shows_what_is_found(tiny, tmp_path):
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    _, after = rest.split(END)
    written = f"{before}{BEGIN}\n{table(tiny, tmp_path)}\n\n{refused()}\n{END}{after}"
    if os.environ.get("SMOOTHREAD_REWRITE"):
        PAGE.write_text(written, "utf-8")
    assert PAGE.read_text("utf-8") == written


def table(tiny, tmp_path):
    lines = ["| family | reads by | windowed | state bytes | checked against |", "|---|---|---|---|---|"]
    for family in sorted(ATTENDING):
        model = PinnedWindowModel(tiny(family), fingerprint="", window=WINDOW)
        lines.append(row(family, "stretches", describe(model), MASKED))
    for family in sorted(LINEAR):
        model = LinearStateModel(tiny_linear(family), fingerprint="", window=WINDOW)
        pace = "single tokens" if model.longest == 1 else "stretches"
        lines.append(row(family, pace, describe(model), "transformers"))
    network = load_network(save_rwkv7(tmp_path / "rwkv"), dtype=model.dtype, device=model.device)
    lines.append(
        row(
            "rwkv7",
            "stretches",
            describe(RWKV7Model(network, fingerprint="")),
            "the author's `rwkv`, and `rwkv7-hf`",
        )
    )
    return "\n".join(lines)


def row(family: str, pace: str, verdict: Verdict, against: str) -> str:
    return f"| {family} | {pace} | {verdict.windowed} | {verdict.state_bytes:,} | {against} |"


def refused():
    return "\n".join(f"- `{family}`: {reason}." for family, reason in sorted(REFUSED.items()))
