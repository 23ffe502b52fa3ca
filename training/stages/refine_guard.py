"""Keeps the refine stage from harm: remembers its best network, and says when to go back to it.

Better is what errs less, in pixels and edges together, on people nobody trained on. The first
best is the network that changes nothing, so that what ships is never worse than no network.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor

from head360.model.refine import RefineNet, changed
from training.stages.refine import unpacked
from training.stages.refine_losses import gradient_distance, pixel_distance

_BATCH = 4
#: Times the best one's error, from where on a network is lost.
_LOST = 2.0


class Guard:
    """The best network so far."""

    def __init__(self, net: RefineNet) -> None:
        """Begin with an untrained `net`, which changes nothing."""
        self.best = copy.deepcopy(net).requires_grad_(False).eval()
        self.step = 0  # after which it was the best

    def check(self, net: RefineNet, step: int, pairs: Tensor) -> tuple[float, bool]:
        """Compare `net` with the best one, on `pairs` (N, 17, H, W) uint8.

        Returns:
            its error, a mean of colours 0 … 1; and whether it is lost: go back to the best.
        """
        # Both, every time: people to measure with are still coming in.
        error, least = held_out_error(net, pairs), held_out_error(self.best, pairs)
        if error < least:
            self.best.load_state_dict(net.state_dict())
            self.step = step
        return error, not error <= _LOST * least  # what is no number is lost, too

    def state(self) -> dict[str, Any]:
        """What a run needs to go on."""
        return {"step": self.step, "best": self.best.state_dict()}

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.step = state["step"]
        self.best.load_state_dict(state["best"])


@torch.no_grad()
def held_out_error(net: RefineNet, pairs: Tensor) -> float:
    """Mean difference of pixels and of edges, summed, of colours 0 … 1; as what ships would err."""
    found = []
    for start in range(0, len(pairs), _BATCH):
        x, truth = unpacked(pairs[start : start + _BATCH])
        made = changed(x, net(x))
        where = ((x[:, 3:4] > 0) | (truth[:, 3:4] > 0)).float()
        found.append(pixel_distance(made, truth, where) + gradient_distance(made, truth, where))
    return float(torch.stack(found).mean())
