"""Several processes that train one model: `torchrun` starts them, gradients are averaged.

Plain torch.distributed does: every process draws its own share of a step's heads and all average
their gradients, so N processes with a share each are one process with all of it. What they draw
depends on the step and the head's number only, never on who draws it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed, nn

from head360.errors import Head360Error
from training.device import chosen_device

_PROCESSOR = torch.device("cpu")
#: Gradients beyond are cut, as StyleGAN does; not a number becomes 0.
_HUGE = 1e5

#: How long the last one to finish is waited for.
_FAREWELL = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Workers:
    """Who trains: this process is number `rank` of `count`."""

    rank: int = 0
    count: int = 1
    device: torch.device = _PROCESSOR

    @classmethod
    def start(cls, device: str) -> Workers:
        """Join the others if `torchrun` started this process, else be the only one.

        Raises:
            DeviceError: there is no such device.
        """
        count = int(os.environ.get("WORLD_SIZE", "1"))
        chosen = chosen_device(device)
        if count == 1:
            return cls(device=chosen)
        if chosen.type == "cuda":
            chosen = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
            torch.cuda.set_device(chosen)
        distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
        return cls(distributed.get_rank(), count, chosen)

    def stop(self) -> None:
        """Leave the others, together: one that still talks would abort when its peer is gone."""
        if self.count > 1 and distributed.is_initialized():
            with suppress(RuntimeError):  # a peer failed: leave it behind
                if distributed.get_backend() == "gloo":
                    distributed.monitored_barrier(timeout=_FAREWELL)
            distributed.destroy_process_group()

    @property
    def leads(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def share(self, count: int) -> range:
        """This process's part of `count` things.

        Raises:
            Head360Error: they cannot be shared out evenly.
        """
        if count % self.count:
            raise Head360Error(
                f"{count} heads a step cannot be shared by {self.count} processes.",
                "Choose “heads” in the configuration as a multiple of the processes.",
            )
        each = count // self.count
        return range(self.rank * each, (self.rank + 1) * each)

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Make every process's gradients the mean over all; one that has none counts as zero.

        Parameters that no process has a gradient for keep none, so that Adam leaves them alone.
        """
        wanted = [parameter for parameter in parameters if parameter.requires_grad]
        if self.count > 1:
            wanted = self._touched(wanted)
        grads = [p.grad for p in wanted if p.grad is not None]
        if not grads:
            return
        if self.count == 1:
            for grad in grads:
                torch.nan_to_num_(grad, 0.0, _HUGE, -_HUGE)
            return
        flat = torch.cat([grad.flatten() for grad in grads])
        distributed.all_reduce(flat)
        torch.nan_to_num_(flat.div_(self.count), 0.0, _HUGE, -_HUGE)
        for grad, part in zip(grads, flat.split([g.numel() for g in grads]), strict=True):
            grad.copy_(part.view_as(grad))

    def average(self, values: Mapping[str, float]) -> dict[str, float]:
        """Means over all processes, which must know the same names."""
        if self.count == 1:
            return dict(values)
        names = sorted(values)
        row = torch.tensor([values[name] for name in names], device=self.device)
        distributed.all_reduce(row)
        return dict(zip(names, (row / self.count).tolist(), strict=True))

    def told(self, value: float) -> float:
        """The leading process's value, for all; whoever comes first waits."""
        if self.count == 1:
            return value
        row = torch.tensor([value if self.leads else 0.0], device=self.device)
        distributed.all_reduce(row)
        return float(row.item())

    def _touched(self, parameters: list[nn.Parameter]) -> list[nn.Parameter]:
        """Those that any process has a gradient for; missing ones become zero."""
        flags = torch.tensor([float(p.grad is not None) for p in parameters], device=self.device)
        distributed.all_reduce(flags)
        chosen = [p for p, flag in zip(parameters, flags.tolist(), strict=True) if flag > 0]
        for parameter in chosen:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        return chosen


def all_parameters(optimizer: torch.optim.Optimizer) -> list[nn.Parameter]:
    """What an optimizer moves."""
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
