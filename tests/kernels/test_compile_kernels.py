"""The compile tool: what ships compiles without a GPU, spills nothing and fits; what does not is reported."""

import json
import re
from dataclasses import replace

import pytest
from smoothread_kernels.launch import shared_memory_limit
from smoothread_kernels.variants import operation_variants, operations
from typer.testing import CliRunner

from tools.compile_kernels import CHIPS, Compiled, assembler_figures, compile_all, compile_variant

pytest.importorskip("triton")


def variant(operation, name, capability=90):
    return next(v for v in operation_variants(operation, capability) if v.name == f"{operation}/{name}")


@pytest.mark.parametrize(
    ("operation", "name", "capability"),
    [
        ("window_attention", "forward dtype=bf16 dim=64", 80),
        ("window_attention", "split dtype=fp16 dim=128", 90),
        ("window_attention", "combine dtype=bf16 dim=64", 86),
        ("window_attention", "grad_memory dtype=fp32 dim=64", 86),
        ("window_advance", "advance dtype=bf16 dim=80", 100),
    ],
)
def test_a_variant_that_ships_fits_its_chip(operation, name, capability):
    compiled = compile_variant(variant(operation, name, capability), capability)
    assert compiled.error == ""
    assert 0 < compiled.registers <= 255
    assert compiled.spill_bytes == 0
    assert compiled.shared_bytes <= compiled.shared_limit == shared_memory_limit(capability)
    assert compiled.fits


def test_a_tile_too_large_for_the_registers_is_found_out():
    fine = variant("window_attention", "forward dtype=fp16 dim=256")
    large = replace(fine, constexprs={**fine.constexprs, "BLOCK_ROWS": 64, "BLOCK_SLOTS": 32}, num_warps=4)
    compiled = compile_variant(large, 80)
    assert compiled.error == ""
    assert compiled.spill_bytes > 0
    assert not compiled.fits


def test_a_kernel_that_does_not_compile_is_reported():
    fine = variant("window_advance", "advance dtype=bf16 dim=64")
    compiled = compile_variant(replace(fine, constexprs={**fine.constexprs, "BLOCK": 3}), 80)
    assert "power of 2" in compiled.error
    assert not compiled.fits


def test_shared_memory_above_the_limit_does_not_fit():
    assert Compiled("x", 86, registers=8, shared_bytes=99 * 1024, shared_limit=99 * 1024).fits
    assert not Compiled("x", 86, registers=8, shared_bytes=99 * 1024 + 1, shared_limit=99 * 1024).fits


def test_the_log_of_the_assembler_is_read():
    log = """ptxas info    : 0 bytes gmem
    8 bytes stack frame, 12 bytes spill stores, 16 bytes spill loads
    ptxas info    : Used 64 registers, used 1 barriers, 8 bytes cumulative stack size"""
    assert assembler_figures(log) == (64, 28)
    with pytest.raises(RuntimeError, match="names no registers"):
        assembler_figures("nothing")


def test_every_operation_lists_its_variants_for_every_chip():
    assert {"window_advance", "window_attention"} <= set(operations())
    for operation in operations():
        for capability in CHIPS:
            found = list(operation_variants(operation, capability))
            assert len({v.name for v in found}) == len(found) > 0
            for v in found:
                assert re.match(rf"{operation}/\w+ ", v.name)
                assert set(v.signature) | set(v.constexprs) == set(v.function.arg_names)


def test_the_command_prints_json_and_fails_when_nothing_is_compiled():
    import typer

    from tools.compile_kernels import main

    app = typer.Typer()
    app.command()(main)
    options = ["--operation", "window_advance", "--chip", "80", "--jobs", "1", "--json", "--match"]
    run = CliRunner().invoke(app, [*options, "dtype=fp32 dim=64"])
    assert run.exit_code == 0, run.output
    found = json.loads(run.stdout)
    assert (found["variants"], found["misfits"]) == (1, 0)
    assert found["compiled"][0]["variant"] == "window_advance/advance dtype=fp32 dim=64"
    assert CliRunner().invoke(app, [*options, "no such variant"]).exit_code == 1


def test_two_processes_find_what_one_does():
    def figures(jobs):
        found = compile_all(["window_advance"], [80, 90], "dtype=bf16 dim=(64|80)", jobs)
        return sorted((one.capability, one.variant, one.registers, one.shared_bytes) for one in found)

    assert figures(2) == figures(1)
