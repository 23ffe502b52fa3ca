"""Checkpoints of a run: weights, optimizers, random state and step in one safetensors file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from head360.errors import Head360Error
from head360.files import replacing


class SnapshotError(Head360Error):
    """A checkpoint cannot be gone on from."""

    hint = "Delete it to begin again, or give back the settings it was made with."


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What a checkpoint is of."""

    modules: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]

    def save(self, path: Path, step: int, minutes: float) -> None:
        """Write a checkpoint after `step` steps; a reader meets the old one or the new one."""
        tensors = {"step": torch.tensor(step), "minutes": torch.tensor(minutes)}
        tensors["random"] = torch.get_rng_state()
        for name, module in self.modules.items():
            tensors |= {f"{name}/{key}": value for key, value in module.state_dict().items()}
        for name, optimizer in self.optimizers.items():
            for number, state in optimizer.state_dict()["state"].items():
                tensors |= {f"{name}/{number}/{key}": value for key, value in state.items()}
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as partial:
            save_file({name: value.contiguous().cpu() for name, value in tensors.items()}, partial)

    def resume(self, path: Path) -> tuple[int, float]:
        """Go on from a checkpoint: steps and minutes done; (0, 0) if there is none.

        Raises:
            SnapshotError: it is damaged, or of another model.
        """
        if not path.exists():
            return 0, 0.0
        try:
            tensors = load_file(path)
            for name, module in self.modules.items():
                module.load_state_dict(_under(tensors, name))
            for name, optimizer in self.optimizers.items():
                _restore(optimizer, _under(tensors, name))
            torch.set_rng_state(tensors["random"])
            return int(tensors["step"]), float(tensors["minutes"])
        except (OSError, SafetensorError, KeyError, RuntimeError, ValueError) as error:
            raise SnapshotError(f"“{path}” is damaged, or of another model.") from error


def _under(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    prefix = f"{name}/"
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }


def _restore(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        number, _, name = key.partition("/")
        state.setdefault(int(number), {})[name] = value
    groups = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict({"state": state, "param_groups": groups})
