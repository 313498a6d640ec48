"""The examples of docs/memory.md, run as they stand, with a tiny model in place of the embedded one."""

import re
from pathlib import Path
from typing import Any

import pytest

from smoothread_agent import SmoothReader
from smoothread_agent.reading.engine import EngineSpec
from tests.readers import LIMITS
from tests.sources.pdf_writer import text_pdf

pytest.importorskip("chromadb")
pytest.importorskip("pypdf")

DOC = Path(__file__).parent.parent / "docs" / "memory.md"


def test_the_examples_run(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = re.findall(r"^```python\n(.*?)^```", DOC.read_text(), re.MULTILINE | re.DOTALL)
    assert len(examples) == 8
    spec = EngineSpec(model=str(tiny_folder), window=1024)
    opened = SmoothReader(spec=spec)

    def from_pretrained(**options: Any) -> SmoothReader:
        return SmoothReader(spec=spec, engine=opened.engine, chunk=200, limits=LIMITS, **options)

    monkeypatch.setattr(SmoothReader, "from_pretrained", from_pretrained)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    Path("manual.pdf").write_bytes(text_pdf(*["The server uses port 8080.\nAnn may sign.\n" * 6] * 2))
    names: dict[str, Any] = {"digest": "0" * 64}
    for example in examples:
        exec(compile(example, str(DOC), "exec"), names)
    assert names["again"].reuse.tokens_from_result > 0
    assert [result.task for result in names["done"].results] == ["Who may sign?", "List every fee."]
    assert (tmp_path / "reading" / "smoothread-store.json").exists()
    names["store"].catalogue.index.close()
