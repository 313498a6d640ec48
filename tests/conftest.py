"""Fixtures that several parts share. What they need is imported when they are: a run of one part begins sooner."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from hypothesis import settings

if TYPE_CHECKING:
    from smoothread_agent import SmoothReader
    from smoothread_agent.reading.codec import TextCodec

torch.set_num_threads(1)  # the models are tiny: more threads would only wait for each other

settings.register_profile("tests", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random model in hub layout that can be read with windows below 2,048 tokens."""
    from tests.model.saved import save_model

    folder = tmp_path_factory.mktemp("tiny")
    save_model(folder, max_position_embeddings=4096)
    return folder


@pytest.fixture(scope="session")
def codec() -> TextCodec:
    """The tiny model's tokens."""
    from smoothread_agent.reading.codec import TextCodec
    from tests.model.saved import tiny_tokenizer

    return TextCodec(tiny_tokenizer())


@pytest.fixture(scope="session")
def reader(tiny_folder: Path) -> SmoothReader:
    """A reader with the tiny model."""
    from smoothread_agent import SmoothReader
    from tests.readers import SETTINGS

    return SmoothReader.from_pretrained(tiny_folder, window=400, **SETTINGS)
