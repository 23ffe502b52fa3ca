"""A job for tests of the data pool that other processes can import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from training.stages.data_pool import Maker


@dataclass(frozen=True)
class Written:
    """Writes its word, the piece's name and the kind of device."""

    word: str

    def open(self, device: torch.device) -> Maker:
        def make(name: str, path: Path) -> None:
            if name == "broken":
                raise ValueError("broken")
            path.write_text(f"{self.word} {name} {device.type}", "utf-8")

        return make
