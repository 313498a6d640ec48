import pytest

from smoothread_agent.reading.codec import TextCodec
from tests.model.saved import tiny_tokenizer


@pytest.fixture(scope="session")
def codec() -> TextCodec:
    return TextCodec(tiny_tokenizer())
