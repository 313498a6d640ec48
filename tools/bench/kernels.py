"""The kernels on a GPU: right first, then how fast beside PyTorch's, and what share of the memory's bandwidth.

    python -m tools.bench.kernels --json

Without a CUDA GPU it says so and exits with status 2. Exit status 1 if a kernel is wrong on this device.
"""

import importlib.util
import json
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import torch
import typer
from smoothread_kernels.wkv7 import wkv7, wkv7_step
from smoothread_kernels.wkv7.reference import LOG_DECAY
from torch import Tensor

from tools.bench import roofline
from tools.bench.kernel_checks import CHECKS, Check, difference, graph_check, wkv7_inputs
from tools.bench.kernel_contestants import CONTESTANTS, Run, Situation

DEVICE = "cuda"
BANDWIDTH_GOAL = 0.7
"""Share of the bandwidth to reach in decode."""

Timer = Callable[[Callable[[], Any]], float]


def gpu_seconds(run: Callable[[], Any]) -> float:
    """Median time of one run on the GPU; the L2 cache is flushed before each."""
    from triton.testing import do_bench

    return float(do_bench(run, warmup=50, rep=200, return_mode="median")) / 1e3


def copy_bandwidth(timer: Timer, count: int = 2**30) -> float:
    """Bytes a second of a large copy, read and written: what this GPU's memory gives in practice."""
    source = torch.zeros(count, dtype=torch.uint8, device=DEVICE)
    target = torch.empty_like(source)
    return 2 * count / timer(lambda: target.copy_(source))


def situations() -> Iterator[Situation]:
    """Chunks and decode steps of the roofline's models."""
    for reader in (roofline.QWEN, roofline.SMOL):
        for batch in (1, 8):
            yield Situation(reader, batch, reader.chunk, torch.bfloat16)
        for batch in (1, 8, 32):
            yield Situation(reader, batch, 1, torch.bfloat16)


def race(situation: Situation, device: str, timer: Timer, bandwidth: float) -> list[dict[str, Any]]:
    """Each contestant's time on one situation, and its speed against ours; all must agree before any is timed."""
    tensors = situation.tensors(device)
    runs: dict[str, Run] = {name: make(situation, *tensors) for name, make in CONTESTANTS.items()}
    expected = runs["sdpa"]()
    for name, run in runs.items():
        error = difference(run(), expected)
        if not error <= 3e-2:
            raise RuntimeError(
                f"{name} differs from sdpa by {error:.2g} in {situation.name}: its time means nothing"
            )
    reader = situation.reader
    seen = reader.pinned + reader.window
    work = roofline.attention(reader, situation.tokens, seen, situation.name)
    seconds = {name: timer(run) for name, run in runs.items()}
    return [
        {
            "situation": situation.name,
            "contestant": name,
            "microseconds": round(1e6 * taken, 2),
            "speed_against_ours": round(seconds["ours"] / taken, 3),
            "teraflops": round(situation.batch * work.flops / taken / 1e12, 1),
            "share_of_copy_bandwidth": round(situation.batch * work.bytes / taken / bandwidth, 3),
        }
        for name, taken in seconds.items()
    ]


def race_wkv7(timer: Timer) -> list[dict[str, Any]]:
    """wkv7 on a chunk and on one token, and flash-linear-attention on the chunk where it is installed."""
    rows = []
    for batch in (1, 8):
        inputs = wkv7_inputs(DEVICE, torch.bfloat16, batch, roofline.RWKV.chunk, roofline.RWKV.heads)
        runs: dict[str, Callable[[], Any]] = {"ours": partial(wkv7, *inputs)}
        if importlib.util.find_spec("fla"):
            runs["fla"] = fla_wkv7(inputs)
            error = difference(runs["fla"]()[0], runs["ours"]()[0])
            if not error <= 5e-2:
                raise RuntimeError(f"fla differs by {error:.2g}: its time means nothing")
        *tensors, state = inputs
        one_token = [*(t[:, 0].contiguous() for t in tensors), state]
        runs["ours, one token"] = partial(wkv7_step, *one_token)
        for name, run in runs.items():
            rows.append({"batch": batch, "contestant": name, "microseconds": round(1e6 * timer(run), 2)})
    return rows


def fla_wkv7(inputs: list[Tensor]) -> Callable[[], Any]:
    """Flash-linear-attention's chunked form of the same: log decays, and a state that is [key, value]."""
    from fla.ops.rwkv7 import chunk_rwkv7

    r, w, k, v, k_hat, a, state = inputs
    theirs = {"r": r, "w": LOG_DECAY * torch.sigmoid(w.float()), "k": k, "v": v, "a": -k_hat, "b": k_hat * a}
    return partial(chunk_rwkv7, **theirs, initial_state=state.mT.contiguous(), output_final_state=True)


def measure(timer: Timer = gpu_seconds, tell: Callable[[object], None] = lambda row: None) -> dict[str, Any]:
    """Everything, on the current GPU. Timings are left out where a check failed. `tell` is told of each row at once."""
    checks: list[Check] = [check for group in CHECKS for check in group(DEVICE)]
    checks.append(graph_check(DEVICE))
    tell(f"{len(checks)} checks, {sum(not check.passed for check in checks)} failed")
    failed = [asdict(check) for check in checks if not check.passed]
    found: dict[str, Any] = {
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "checks": len(checks),
        "failed": failed,
    }
    if failed:
        return found
    bandwidth = copy_bandwidth(timer)
    rows = []
    for situation in situations():
        rows += race(situation, DEVICE, timer, bandwidth)
        tell(rows[-len(CONTESTANTS) :])
    decode = [
        r["share_of_copy_bandwidth"] for r in rows if r["contestant"] == "ours" and "decode" in r["situation"]
    ]
    flex = [r["speed_against_ours"] for r in rows if r["contestant"] == "flex"]
    return {
        **found,
        "copy_gigabytes_a_second": round(bandwidth / 1e9),
        "attention": rows,
        "wkv7": race_wkv7(timer),
        "median_speed_of_flex_against_ours": statistics.median(flex),
        "best_share_of_bandwidth_in_decode": max(decode),
        "bandwidth_goal": BANDWIDTH_GOAL,
    }


def main(as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.")] = False) -> None:
    """The kernels on a GPU: correctness, speed beside SDPA, FlexAttention and flash-linear-attention, CUDA graphs."""
    if not torch.cuda.is_available():
        print(
            "no CUDA GPU here: the kernels cannot be timed. `make test` checks them without one.",
            file=sys.stderr,
        )
        raise typer.Exit(2)
    found = measure(tell=partial(print, file=sys.stderr, flush=True))
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        print(f"{found['device']}: {found['checks']} checks, {len(found['failed'])} failed")
        for row in [*found["failed"], *found.get("attention", []), *found.get("wkv7", [])]:
            print("  ".join(f"{key}={value}" for key, value in row.items()))
    if found["failed"]:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
