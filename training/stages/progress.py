"""What every stage of training tells while it runs, and how its learning rate goes."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of training done."""

    step: int
    steps: int
    loss: float  # running mean


def set_rates(optimizer: torch.optim.Optimizer, step: int, steps: int) -> None:
    """Warm up over 20 steps, then fall linearly to a tenth."""
    share = min(1.0, (step + 1) / 20) * (1 - 0.9 * step / steps)
    for group in optimizer.param_groups:
        group.setdefault("initial_lr", group["lr"])
        group["lr"] = group["initial_lr"] * share


def running_mean(mean: float, value: float, step: int) -> float:
    """A mean over about the last 30 steps."""
    return value if step == 0 else 0.97 * mean + 0.03 * value
