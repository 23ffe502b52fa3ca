"""What a run did, as JSON: its parts with their steps, seconds and losses, and the machine."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from head360.files import replacing
from training.device import described


@dataclass(frozen=True, slots=True)
class Part:
    """One training loop."""

    name: str
    steps: int
    seconds: float
    loss: float  # running mean at the end
    check_before: float | None = None  # loss on what was not learned from
    check_after: float | None = None

    def checked(self, before: float, after: float) -> Part:
        """The same with its check."""
        return replace(self, check_before=before, check_after=after)


def write_report(path: Path, device: torch.device, parts: Sequence[Part]) -> None:
    """Write the parts; those of an earlier run into the same folder are kept."""
    known: dict[str, object] = {}
    if path.exists():
        known = {part["name"]: part for part in json.loads(path.read_text("utf-8"))["parts"]}
    known |= {part.name: asdict(part) for part in parts}
    content = {
        "device": described(device),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "parts": list(known.values()),
    }
    with replacing(path) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
