"""What the commands share: where output goes, options that several take, JSON."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console

progress = Console(stderr=True)
output = Console()

ModelName = Annotated[
    str | None,
    typer.Option("--model", "-m", help="Folder in hub layout, GGUF file or hub id. [default: embedded]"),
]
Adapter = Annotated[str, typer.Option(help="LoRA folder in PEFT layout, 'auto' (the shipped one) or 'none'.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on stdout; progress stays on stderr.")]


def dump(value: Any) -> None:
    """Print plain values as JSON."""
    print(json.dumps(value, indent=2, default=str))


def one_of(option: str, value: str, allowed: tuple[str, ...]) -> Any:
    """`value`, if it is one of those that `option` takes."""
    if value not in allowed:
        raise typer.BadParameter(f"--{option} is one of {', '.join(allowed)}, not {value!r}")
    return value
