import gc
from pathlib import Path

import pytest
from transformers.utils import logging

from smoothread_agent.model.quiet import quiet_transformers
from smoothread_agent.model.startup import collector_paused, read_ahead


def test_collector_is_paused_and_restored() -> None:
    assert gc.isenabled()
    with collector_paused():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(RuntimeError), collector_paused():
        raise RuntimeError
    assert gc.isenabled()


def test_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_read_ahead_never_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    read_ahead([tmp_path / "file", tmp_path / "none", tmp_path])


def test_quiet_is_restored() -> None:
    before = logging.get_verbosity(), logging.is_progress_bar_enabled()
    with quiet_transformers():
        assert logging.get_verbosity() == logging.ERROR
        assert not logging.is_progress_bar_enabled()
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == before
