"""Where a model runs and in what precision, when nobody says."""

import torch

from smoothread_agent.errors import ModelError

_DTYPES = {
    "float32": torch.float32,
    "fp32": torch.float32,
    "bfloat16": torch.bfloat16,
    "bf16": torch.bfloat16,
    "float16": torch.float16,
    "fp16": torch.float16,
}


def choose_device(device: torch.device | str | None) -> torch.device:
    """The device asked for; else CUDA where there is one, else the CPU. Apple's `mps` only when asked for.

    Raises:
        ModelError: no such device here.
    """
    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ModelError(f"{device!r} is no device: give cpu, cuda, cuda:1, mps, ...") from error
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise ModelError(f"there is no device {chosen}: {torch.cuda.device_count()} CUDA devices are visible")
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise ModelError("there is no mps device: it needs an Apple GPU, and a torch built for it")
    return chosen


def choose_dtype(dtype: torch.dtype | str | None, device: torch.device) -> torch.dtype:
    """The dtype asked for; else bf16 where the device multiplies it fast, else fp32.

    Raises:
        ModelError: no dtype that models run in here.
    """
    if dtype is None:
        fast = device.type == "cuda" or (device.type == "cpu" and cpu_multiplies_bf16())
        return torch.bfloat16 if fast else torch.float32
    chosen = _DTYPES.get(dtype) if isinstance(dtype, str) else dtype
    if chosen is None or chosen not in _DTYPES.values():
        raise ModelError(f"{dtype} is no dtype to read in: give one of {', '.join(sorted(_DTYPES))}")
    return chosen


def cpu_multiplies_bf16() -> bool:
    """Whether this CPU has instructions for bf16 products (AVX-512 BF16 or AMX); it is slower without."""
    capabilities = getattr(torch.cpu, "get_capabilities", None)  # torch 2.11 and later
    return capabilities is not None and any(capabilities().get(name) for name in ("avx512_bf16", "amx_bf16"))
