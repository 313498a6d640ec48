from pathlib import Path

import gguf
import pytest

from smoothread_agent.errors import ModelError
from smoothread_agent.model.gguf_header import is_gguf, read_gguf_header
from tests.model.saved import save_gguf


@pytest.fixture(scope="module")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("gguf") / "tiny.gguf"
    save_gguf(path, quantised=gguf.GGMLQuantizationType.Q4_1)
    return path


def test_tells_what_the_file_holds(tiny_gguf: Path) -> None:
    header = read_gguf_header(tiny_gguf)
    assert (header.architecture, header.tokenizer_kind, header.pre_tokenizer) == ("llama", "gpt2", "smollm")
    assert header.metadata["llama.context_length"] == 256
    assert header.tensors == 2 * 9 + 2
    assert tiny_gguf.stat().st_size - 32 < header.nbytes <= tiny_gguf.stat().st_size  # but for padding


def test_agrees_with_the_reference_reader(tiny_gguf: Path) -> None:
    reference = gguf.GGUFReader(tiny_gguf)
    header = read_gguf_header(tiny_gguf)
    scalars = {
        name: field.contents()
        for name, field in reference.fields.items()
        if field.types[0] != gguf.GGUFValueType.ARRAY and not name.startswith("GGUF.")
    }
    assert header.metadata == scalars


@pytest.mark.parametrize("kept", [0.999, 0.5, 0.01])
def test_file_cut_short_is_refused(tiny_gguf: Path, tmp_path: Path, kept: float) -> None:
    content = tiny_gguf.read_bytes()
    path = tmp_path / "cut.gguf"
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ModelError, match="get it again"):
        read_gguf_header(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"GGUF", b"GGUF\x01\0\0\0" + bytes(16), b"PK\x03\x04" + bytes(100), b"GGUF" + b"\xff" * 99],
)
def test_other_content_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="no readable GGUF file"):
        read_gguf_header(path)


def test_part_of_a_split_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "part.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_uint16("split.count", 3)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ModelError, match="join"):
        read_gguf_header(path)


def test_is_gguf_looks_at_the_content(tiny_gguf: Path, tmp_path: Path) -> None:
    other = tmp_path / "text.gguf"
    other.write_text("not at all")
    assert is_gguf(tiny_gguf)
    assert not is_gguf(other)
    assert not is_gguf(tmp_path / "none")
