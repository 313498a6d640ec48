"""The header of a GGUF file, read without torch: which model, how its text is cut, whether it is whole."""

import mmap
import struct
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from smoothread_agent.errors import ModelError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_ALIGNMENT = 32
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


@dataclass(frozen=True)
class GgufHeader:
    """What a GGUF file says of itself.

    Attributes:
        metadata: scalar and text values by key; arrays are left out.
        tensors: number of tensors.
        nbytes: bytes that the whole file must have for its last tensor to be in it.
    """

    metadata: dict[str, Any]
    tensors: int
    nbytes: int

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the architecture: llama, qwen2, ..."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def tokenizer_kind(self) -> str:
        """`gpt2` for byte-level BPE, `llama` for sentencepiece, ..."""
        return str(self.metadata.get("tokenizer.ggml.model", ""))

    @property
    def pre_tokenizer(self) -> str:
        """llama.cpp's name for how text is cut before merging; empty if the file does not say."""
        return str(self.metadata.get("tokenizer.ggml.pre", ""))


def is_gguf(path: Path) -> bool:
    """Whether a file begins as GGUF files do. A file that cannot be read is none."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def read_gguf_header(path: Path) -> GgufHeader:
    """Read the header and check that the file holds all the tensors it lists.

    Raises:
        ModelError: no GGUF file, a version nobody writes any more, damaged, or cut short.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            header = _Reader(content).header()
            size = len(content)
    except (OSError, ValueError, ArithmeticError, LookupError, struct.error) as error:
        raise ModelError(f"{path} is no readable GGUF file ({error}): get it again") from error
    if size < header.nbytes:
        raise ModelError(f"{path} is cut short: it has {size:,} of {header.nbytes:,} bytes; get it again")
    if int(header.metadata.get("split.count", 1)) > 1:
        raise ModelError(f"{path} is one part of a split model: join them first (llama-gguf-split --merge)")
    return header


class _Reader:
    """A cursor over the bytes of a header."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content
        self._at = 0

    def header(self) -> GgufHeader:
        if self._content[:4] != _MAGIC:
            raise ValueError("it does not begin with the letters GGUF")
        self._at = 4
        if (version := self._number("I")) not in _VERSIONS:
            raise ValueError(f"version {version} is not among {_VERSIONS}")
        tensors, entries = self._number("Q"), self._number("Q")
        metadata = {}
        for _ in range(entries):
            key = self._text()
            value = self._value(self._number("I"))
            if value is not None:
                metadata[key] = value
        data_end = max((self._tensor_end() for _ in range(tensors)), default=0)
        alignment = int(metadata.get("general.alignment", _ALIGNMENT))
        data_start = -(-self._at // alignment) * alignment
        return GgufHeader(metadata, tensors, data_start + data_end)

    def _number(self, code: str) -> Any:
        (value,) = struct.unpack_from(f"<{code}", self._content, self._at)
        self._at += struct.calcsize(f"<{code}")
        return value

    def _skip(self, nbytes: int) -> None:
        self._at += nbytes
        if self._at > len(self._content):
            raise ValueError("the header ends too soon")

    def _text(self) -> str:
        length = self._number("Q")
        start = self._at
        self._skip(length)
        return self._content[start : self._at].decode("utf-8", errors="replace")

    def _value(self, kind: int) -> Any:
        """One value; None for an array, which is passed over."""
        if kind == _STRING:
            return self._text()
        if kind != _ARRAY:
            return self._number(_SCALARS[kind])
        item, count = self._number("I"), self._number("Q")
        if item in _SCALARS:
            self._skip(count * struct.calcsize(f"<{_SCALARS[item]}"))
        elif item == _STRING:
            for _ in range(count):
                self._skip(self._number("Q"))
        else:
            for _ in range(count):
                self._value(item)
        return None

    def _tensor_end(self) -> int:
        """Where a listed tensor ends, in bytes from the start of the tensors."""
        from gguf import GGML_QUANT_SIZES, GGMLQuantizationType  # brings numpy: only when a file is opened

        self._text()
        dims = [self._number("Q") for _ in range(self._number("I"))]
        block, nbytes = GGML_QUANT_SIZES[GGMLQuantizationType(self._number("I"))]
        start: int = self._number("Q")
        size: int = prod(dims) // block * nbytes
        return start + size
