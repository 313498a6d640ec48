"""Compile every kernel variant that ships, ahead of time and without a GPU, and check what it asks of the
chip.

    python -m tools.compile_kernels --json

For each variant of each operation (`smoothread_kernels.variants`) and each chip: registers a thread, bytes of
spills, shared memory of a program against what the chip allows, seconds to compile. Exit status 1 if a
variant does not compile, spills a register, or asks for more shared memory than there is; else 0.
"""

import contextlib
import io
import json
import multiprocessing
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer
from smoothread_kernels.launch import shared_memory_limit
from smoothread_kernels.variants import KernelVariant, operation_variants, operations

CHIPS = {80: "A100", 86: "A10", 90: "H100", 100: "B200"}
"""A chip of each compute capability that kernels are compiled for."""


@dataclass(frozen=True)
class Compiled:
    """What one variant takes on one chip.

    Attributes:
        variant: its name.
        capability: compute capability, as 90.
        registers: a thread, of 255.
        spill_bytes: stores and loads of registers that did not fit; must be none.
        shared_bytes, shared_limit: shared memory of a program, and what the chip allows.
        seconds: to compile.
        error: why it did not compile, or an empty text.
    """

    variant: str
    capability: int
    registers: int = 0
    spill_bytes: int = 0
    shared_bytes: int = 0
    shared_limit: int = 0
    seconds: float = 0.0
    error: str = ""

    @property
    def fits(self) -> bool:
        """Whether it compiled, spills nothing and fits the chip's shared memory."""
        return not self.error and self.spill_bytes == 0 and self.shared_bytes <= self.shared_limit


def compile_variant(variant: KernelVariant, capability: int) -> Compiled:
    """Compile one variant to machine code for one chip. Never raises for what the compiler says."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    function = variant.function
    if not isinstance(function, triton.runtime.JITFunction):
        raise RuntimeError("kernels are interpreted in this process: unset TRITON_INTERPRET to compile them")
    types = {name: variant.signature.get(name, "constexpr") for name in function.arg_names}
    aligned: dict[tuple[int, ...], Any] = {
        (place,): [["tt.divisibility", 16]] for place, name in enumerate(types) if types[name].startswith("*")
    }
    source = ASTSource(function, types, dict(variant.constexprs), aligned)
    options = {
        "num_warps": variant.num_warps,
        "num_stages": variant.num_stages,
        "enable_fp_fusion": variant.fp_fusion,
    }
    limit = shared_memory_limit(capability)
    log = io.StringIO()
    began = time.perf_counter()
    try:
        with (
            tempfile.TemporaryDirectory() as cache,
            triton.knobs.cache.scope(),
            triton.knobs.nvidia.scope(),
            contextlib.redirect_stdout(log),
        ):
            triton.knobs.cache.dir = cache  # a variant found in a cache would leave no log of the assembler
            triton.knobs.nvidia.dump_ptxas_log = True
            kernel = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)
    except Exception as error:  # the compiler raises many kinds, and each is a finding
        return Compiled(
            variant.name, capability, shared_limit=limit, error=f"{type(error).__name__}: {error}"
        )
    registers, spill_bytes = assembler_figures(log.getvalue())
    return Compiled(
        variant.name,
        capability,
        registers=registers,
        spill_bytes=spill_bytes,
        shared_bytes=int(kernel.metadata.shared),
        shared_limit=limit,
        seconds=round(time.perf_counter() - began, 3),
    )


def assembler_figures(log: str) -> tuple[int, int]:
    """Registers a thread, and bytes of spill stores and loads, from the log of `ptxas -v`."""
    registers = [int(n) for n in re.findall(r"Used (\d+) registers", log)]
    spills = [int(n) for n in re.findall(r"(\d+) bytes spill (?:stores|loads)", log)]
    if not registers or not spills:
        raise RuntimeError(f"the assembler's log names no registers or spills: {log!r}")
    return max(registers), sum(spills)


def _compile_named(operation: str, capability: int, names: Sequence[str]) -> list[Compiled]:
    chosen = set(names)
    found = [v for v in operation_variants(operation, capability) if v.name in chosen]
    return [compile_variant(variant, capability) for variant in found]


def _work(
    chosen: Sequence[str], chips: Sequence[int], pattern: str
) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """Pieces of work in the order of operations and chips, a few variants each."""
    for operation in chosen:
        for capability in chips:
            names = [v.name for v in operation_variants(operation, capability)]
            if len(set(names)) < len(names):
                raise RuntimeError(f"{operation} has two variants of one name")
            names = [name for name in names if re.search(pattern, name)]
            for first in range(0, len(names), 4):
                yield operation, capability, tuple(names[first : first + 4])


def compile_all(
    chosen: Sequence[str] | None = None, chips: Sequence[int] = tuple(CHIPS), pattern: str = "", jobs: int = 1
) -> list[Compiled]:
    """Compile, for each chip, the variants whose name matches `pattern`; of all operations by default."""
    work = list(_work(operations() if chosen is None else chosen, chips, pattern))
    if jobs == 1:
        return [one for piece in work for one in _compile_named(*piece)]
    results: list[Compiled] = []
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(_compile_named, *piece) for piece in work]):
            results += future.result()
    return sorted(results, key=lambda one: (one.capability, one.variant))


def main(
    operation: Annotated[list[str] | None, typer.Option(help="Operation to compile; all by default.")] = None,
    chip: Annotated[
        list[int] | None, typer.Option(help="Compute capability; 80, 86, 90, 100 by default.")
    ] = None,
    match: Annotated[str, typer.Option(help="Only variants whose name matches this pattern.")] = "",
    jobs: Annotated[int, typer.Option(help="Processes to compile in.")] = os.cpu_count() or 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print every variant as JSON.")] = False,
) -> None:
    """Compile every kernel variant for every chip, without a GPU, and check registers and shared memory."""
    began = time.perf_counter()
    results = compile_all(operation, chip or tuple(CHIPS), match, jobs)
    seconds = time.perf_counter() - began
    misfits = [one for one in results if not one.fits]
    if as_json:
        summary = {"variants": len(results), "misfits": len(misfits), "seconds": round(seconds, 1)}
        print(json.dumps({**summary, "compiled": [{**asdict(one), "fits": one.fits} for one in results]}))
    else:
        for one in misfits:
            print(f"sm_{one.capability} {one.variant}: {one.error or asdict(one)}")
        print(f"{len(results)} kernels compiled in {seconds:.0f} s, {len(misfits)} do not fit their chip")
    if misfits or not results:
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
