"""Trains the small network that reads faces beside the sum of shapes.

The sum explains a face by as few shapes as it can, and knows nothing of what comes together or of
what is not a sum. The network does, but sees what usually comes with a shape where that shape is
alone. So single shapes are shown to it more often, and what is read lies between both (`reading`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from head360.driving.reading import Network

Doubles = npt.NDArray[np.float64]

HIDDEN = 160
_EPOCHS, _BATCH, _RATE = 25, 256, 4e-3
_DROPOUT, _DECAY = 0.3, 0.05
_NOISE = 0.3  # of each input's own scale
#: How much oftener faces of so few shapes are shown, and from which weight on a shape is one.
_SINGLE, _SINGLE_SHAPES, _MOVED = 3.0, 2, 0.1
#: Rare shapes count more, by their variance to this power.
_RARITY = 0.5


def trained(inputs: Doubles, weights: Doubles, seed: int = 0) -> Network:
    """A network that tells (N, 51) weights from (N, D) inputs, as `reading.network_inputs`."""
    torch.manual_seed(seed)
    scale = input_scale(inputs)
    shown = torch.tensor(inputs / scale, dtype=torch.float32)
    wanted = torch.tensor(weights, dtype=torch.float32)
    worth = (wanted.var(0) + 1e-4) ** -_RARITY
    net = nn.Sequential(
        nn.Linear(shown.shape[1], HIDDEN), nn.ReLU(), nn.Dropout(_DROPOUT),
        nn.Linear(HIDDEN, wanted.shape[1]),
    )  # fmt: skip
    _fit(net, shown, wanted, worth / worth.mean())
    first, _, _, last = net
    arrays = [
        array.detach().double().numpy() for array in (*first.parameters(), *last.parameters())
    ]
    return Network(scale, *arrays)


def input_scale(inputs: Doubles) -> Doubles:
    """(D,) what each input is divided by: halfway between its own spread and that of all."""
    spread = inputs.std(0) + 1e-4
    scale: Doubles = np.sqrt(spread * spread.mean())
    return scale


def _fit(net: nn.Module, shown: torch.Tensor, wanted: torch.Tensor, worth: torch.Tensor) -> None:
    count = len(shown)
    steps = _EPOCHS * -(-count // _BATCH)
    optimiser = torch.optim.AdamW(net.parameters(), _RATE, weight_decay=_DECAY)
    pace = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    often = _often(wanted)
    for _ in range(_EPOCHS):
        for batch in torch.multinomial(often, count, replacement=True).split(_BATCH):
            faces = shown[batch] + _NOISE * torch.randn(len(batch), shown.shape[1])
            loss = (worth * (net(faces) - wanted[batch]).square()).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            pace.step()


def _often(wanted: torch.Tensor) -> torch.Tensor:
    moved = (wanted > _MOVED).sum(1)
    single = (moved > 0) & (moved <= _SINGLE_SHAPES)
    return torch.where(single, _SINGLE, 1.0)
