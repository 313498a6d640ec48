"""The registry of compiled kernels: each variant that a launch can ask for, to compile all ahead of time.

An operation is a folder of this package. Where it has Triton kernels, its `triton.py` exports

    def variants(capability: int) -> Iterator[KernelVariant]

which yields, for a GPU of compute capability `capability` (80, 86, 90, 100, ...), one `KernelVariant` for
each specialisation that its launch functions can request. Launches and `variants` take block sizes, warps and
stages from one settings function, so what is checked is what runs. For the list to be complete, kernels leave
nothing to Triton's own specialisation: integer arguments are `constexpr` or named in `do_not_specialize`, and
every pointer is aligned to 16 bytes (`launch.aligned`).
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class KernelVariant:
    """One specialisation of one kernel.

    Attributes:
        name: unique among all variants, `operation/kernel key=value ...`, such as
            `window_attention/forward dtype=bf16 dim=128 softcap=0`.
        function: the `triton.jit` function.
        signature: Triton type of each argument that is not a constexpr, by name: `*bf16`, `*fp32`, `*i32`,
            `i32`, `fp32`.
        constexprs: value of each constexpr argument, by name. Together with `signature` it names every
            argument.
        num_warps: warps of a program, 32 threads each.
        num_stages: depth of the software pipeline of loads.
        fp_fusion: whether a product and a sum may be fused (one rounding instead of two).
    """

    name: str
    function: Any
    signature: Mapping[str, str]
    constexprs: Mapping[str, Any]
    num_warps: int
    num_stages: int
    fp_fusion: bool = True


def operations() -> list[str]:
    """Names of the operations that have Triton kernels, sorted. Imports none of them."""
    root = Path(__file__).parent
    return sorted(
        found.name
        for found in pkgutil.iter_modules([str(root)])
        if found.ispkg and (root / found.name / "triton.py").is_file()
    )


def operation_variants(operation: str, capability: int) -> Iterator[KernelVariant]:
    """Every variant of one operation for a compute capability. Needs Triton, not a GPU."""
    module = importlib.import_module(f"smoothread_kernels.{operation}.triton")
    yield from module.variants(capability)
