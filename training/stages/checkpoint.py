"""Checkpoints of a training loop: weights, optimizer, random numbers, and the step they belong to.

Written whole or not at all, once a minute by default, so that a killed run loses no more than that.
Safetensors, like every file of ours: reading one never runs code.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from head360.files import replacing

_STEP, _RANDOM = "step", "random"


@dataclass(slots=True)
class Checkpoint:
    """One loop's file."""

    path: Path
    every: float = 60.0  # seconds
    _last: float = field(default_factory=time.monotonic)

    @property
    def due(self) -> bool:
        """Whether the last one is old enough to write the next."""
        return time.monotonic() - self._last >= self.every

    def save(self, step: int, state: State) -> None:
        """Write what belongs to the moment after `step` steps."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self.path) as partial:
            save_file({_STEP: torch.tensor(step), **state.tensors()}, partial)
        self._last = time.monotonic()

    def load(self, state: State) -> int:
        """Restore; returns the steps done, 0 if there is no file."""
        if not self.path.exists():
            return 0
        tensors = load_file(self.path)
        step = int(tensors.pop(_STEP))
        state.restore(tensors)
        return step

    def remove(self) -> None:
        """The loop is finished."""
        self.path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What a loop changes."""

    modules: Mapping[str, nn.Module]
    optimizer: torch.optim.Optimizer
    generator: torch.Generator

    def tensors(self) -> dict[str, Tensor]:
        """Everything by name, on the processor."""
        found = {_RANDOM: self.generator.get_state()}
        for name, module in self.modules.items():
            found |= {f"module.{name}.{key}": value for key, value in module.state_dict().items()}
        for number, state in self.optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{number}.{key}": value for key, value in state.items()}
        return {name: value.detach().cpu().contiguous() for name, value in found.items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Undo `tensors`."""
        self.generator.set_state(tensors[_RANDOM])
        for name, module in self.modules.items():
            prefix = f"module.{name}."
            module.load_state_dict(
                {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            )
        described = self.optimizer.state_dict()
        described["state"] = _optimizer_state(tensors)
        self.optimizer.load_state_dict(described)


def _optimizer_state(tensors: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        kind, _, rest = name.partition(".")
        if kind == "optimizer":
            number, _, key = rest.partition(".")
            state.setdefault(int(number), {})[key] = value
    return state
