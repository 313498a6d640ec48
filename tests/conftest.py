from pathlib import Path

import pytest
import torch
from hypothesis import settings

from smoothread_agent import SmoothReader
from smoothread_agent.reading.codec import TextCodec
from tests.model.saved import save_model, tiny_tokenizer
from tests.readers import SETTINGS

torch.set_num_threads(1)  # the models are tiny: more threads would only wait for each other

settings.register_profile("tests", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random model in hub layout that can be read with windows below 2,048 tokens."""
    folder = tmp_path_factory.mktemp("tiny")
    save_model(folder, max_position_embeddings=4096)
    return folder


@pytest.fixture(scope="session")
def codec() -> TextCodec:
    """The tiny model's tokens."""
    return TextCodec(tiny_tokenizer())


@pytest.fixture(scope="session")
def reader(tiny_folder: Path) -> SmoothReader:
    """A reader with the tiny model."""
    return SmoothReader.from_pretrained(tiny_folder, window=400, **SETTINGS)
