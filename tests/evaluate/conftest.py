import re

import pytest

from tools.evaluate.case import TokenCounter


@pytest.fixture(scope="session")
def count() -> TokenCounter:
    """A tokenizer's stand-in: words and single marks, as many as byte-pair tokens by and large."""
    token = re.compile(r"\w{1,6}|[^\w\s]")
    return lambda text: len(token.findall(text))
