"""The example in the kernels' README runs, and goes on running when the window is full."""

import re
from pathlib import Path

import torch

README = Path(__file__).parents[2] / "kernels" / "README.md"


def test_the_example_reads_a_text_of_any_length():
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL)
    names = {}
    exec(example, names)
    assert names["used"] == 10
    assert names["out"].shape == (1, 8, 10, 64)
    used = 10
    for tokens in (16, 9, 16, 16, 1):  # to the end of the buffer, then window after window
        out, used = names["read"](*(torch.randn(1, heads, tokens, 64) for heads in (8, 2, 2)), used=used)
        assert out.isfinite().all()
    assert used == 3 + 16 + 1
