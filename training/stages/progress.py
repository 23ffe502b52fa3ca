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
    set_rates_at(optimizer, step, step / steps)


def set_rates_at(optimizer: torch.optim.Optimizer, step: int, done: float) -> None:
    """The same for a loop of which a share is `done`, by steps or by time."""
    share = min(1.0, (step + 1) / 20) * (1 - 0.9 * done)
    for group in optimizer.param_groups:
        group.setdefault("initial_lr", group["lr"])
        group["lr"] = group["initial_lr"] * share


#: Loops tell their loss every so many steps: asking a graphics card more often would stall it.
TOLD_EVERY = 10


def running_mean(mean: float, value: float, step: int, every: int = 1) -> float:
    """A mean over about the last 30 values, or fewer where only every so-many-th is looked at."""
    kept = 0.97**every
    return value if step == 0 else kept * mean + (1 - kept) * value
