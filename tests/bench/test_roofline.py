"""Roofline on paper: counts that can be checked by hand, and a document that cannot go stale."""

from pathlib import Path

import pytest

from tools.bench.roofline import CHIPS, QWEN, Chip, Work, advance, attention, full_attention, markdown


def test_attention_is_counted():
    one = attention(QWEN, 1, 4352, "decode")
    assert one.flops == 4 * 4352 * 16 * 128  # two products, a multiplication and an addition each
    assert one.bytes == 2 * 16 * 128 * 2 + 4352 * 2 * 2 * 128 * 2  # query and result; keys and values
    assert attention(QWEN, 2, 4352, "").bytes - one.bytes == 2 * 16 * 128 * 2 + 2 * 2 * 128 * 2


def test_advance_moves_a_window_only_when_it_shifts():
    token = 2 * 2 * 128 * 2
    assert advance(QWEN, 1, False, "").bytes == 2 * token
    assert advance(QWEN, 1, True, "").bytes == 2 * token * (1 + 4096)


def test_the_slower_of_memory_and_arithmetic_counts():
    chip = Chip("made up", bandwidth=100.0, peak=1000.0)
    assert (chip.seconds(Work("", 200, 10)), chip.bound(Work("", 200, 10))) == (2.0, "memory")
    assert (chip.seconds(Work("", 1, 5000)), chip.bound(Work("", 1, 5000))) == (5.0, "compute")
    decode = attention(QWEN, 1, 4352, "")
    assert all(chip.bound(decode) == "memory" for chip in CHIPS)


def test_full_attention_grows_with_length_and_the_window_does_not():
    short, long = full_attention(QWEN, 4096), full_attention(QWEN, 1024 * 1024)
    assert long.cache_bytes == 256 * short.cache_bytes
    assert long.window_bytes == short.window_bytes
    assert short.chunk_ratio == pytest.approx(1.0)
    assert long.token_ratio > 200


def test_the_document_shows_what_the_script_prints():
    document = Path(__file__).parents[2] / "docs" / "kernels.md"
    assert markdown() in document.read_text(encoding="utf-8")
