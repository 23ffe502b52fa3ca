"""Trains the parser, and the hairstyle's classifier on its shoulders, on true portraits.

The loss of the parts is cross entropy, heavier
for small parts, and the overlap (Dice); only pictures that show the whole head tell hairstyles.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from head360.fitting.face_network import (
    BEARD,
    BROWS,
    GLASSES,
    LIPS,
    MOUTH,
    PARTS,
    FaceNetwork,
    FaceShape,
)
from training.stages.face_pictures import WORN
from training.stages.faces_config import FaceLearning, FacesConfig
from training.stages.progress import set_rates_at

Network = nn.Module

#: How much heavier small parts weigh: little, for what weighs twice as much is seen too large.
_WEIGHTS = {BROWS: 1.2, LIPS: 1.2, MOUTH: 1.5, BEARD: 1.5, GLASSES: 2.0}
_LARGEST_GRADIENT = 5.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step learns from."""

    pictures: Tensor  # (B, 3, S, S) 0 … 1
    parts: Tensor  # (B, S, S)
    styles: Tensor  # (B,) place in `WORN`; -1 where the picture does not show the whole head
    nearer: Tensor  # (B,) whether it shows features from near


class FaceLearner:
    """A network, its moving average, and how they learn."""

    def __init__(self, config: FacesConfig, device: torch.device) -> None:
        torch.manual_seed(config.seed)
        self.config, self._device = config, device
        self.net = FaceNetwork(FaceShape(styles=len(WORN))).to(device)
        self.average = copy.deepcopy(self.net).eval().requires_grad_(False)
        learning = config.learning
        self._optimizer = torch.optim.AdamW(
            self.net.parameters(), learning.rate, weight_decay=learning.decay
        )
        self.step = 0

    def learn(self, batch: Batch, done: float) -> dict[str, float]:
        """One step, when a share of the run is `done`; returns what it lost."""
        set_rates_at(self._optimizer, self.step, done)
        losses = self._losses(batch)
        total = losses["parts"] + losses["nearer"] + self.config.learning.style * losses["style"]
        self._optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), _LARGEST_GRADIENT)
        self._optimizer.step()
        self.step += 1
        kept = min(self.config.learning.average, (1 + self.step) / (10 + self.step))
        follow(self.average, self.net, kept)
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def _losses(self, batch: Batch) -> dict[str, Tensor]:
        """Each part of the loss, weighted by how many of the pictures it is about."""
        learning, net = self.config.learning, self.net
        pictures = batch.pictures.to(self._device, memory_format=torch.channels_last)
        truth, near = batch.parts.to(self._device), batch.nearer.to(self._device)
        share = float(batch.nearer.float().mean())
        losses = dict.fromkeys(("parts", "nearer", "style"), pictures.new_zeros(()))
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self.config.half):
            levels = net.levels(pictures)
            close = [level[near] for level in levels]
            levels = [level[~near] for level in levels]
            if share < 1:
                parts = net.up(levels)
            if share > 0:
                nearer = net.nearer(close)
        if share > 0:
            losses["nearer"] = share * parts_loss(nearer.float(), truth[near], learning.dice)
        if share < 1:
            losses["parts"] = (1 - share) * parts_loss(parts.float(), truth[~near], learning.dice)
            told = net.told(net.about_hair(levels, parts))
            worn = batch.styles.to(self._device)[~near]
            losses["style"] = style_loss(told.float(), worn, learning)
        return losses

    def begin(self, network: FaceNetwork) -> None:
        """Begin with what a network knows that learnt before; steps count anew."""
        for each in (self.net, self.average):
            each.load_state_dict(network.state_dict())


@torch.no_grad()
def follow(average: Network, network: Network, kept: float) -> None:
    """Move a network's average towards it, of which a share is kept."""
    pairs = zip(average.state_dict().values(), network.state_dict().values(), strict=True)
    for mean, now in pairs:
        if mean.dtype.is_floating_point:
            mean.lerp_(now, 1 - kept)
        else:
            mean.copy_(now)


def parts_loss(logits: Tensor, truth: Tensor, dice: float) -> Tensor:
    """Weighted cross entropy and overlap of (B, C, H, W) logits with (B, H, W) truth."""
    count = len(PARTS)
    weights = torch.ones(count, device=logits.device)
    for part, weight in _WEIGHTS.items():
        weights[part] = weight
    # Pixel by pixel: a third faster than masks of every part.
    logs = torch.log_softmax(logits.permute(0, 2, 3, 1).reshape(-1, count), 1)
    true = truth.reshape(-1)
    right, heavy = logs.gather(1, true[:, None])[:, 0], weights[true]
    plain = -(right * heavy).sum() / heavy.sum()
    pixels = torch.bincount(true, minlength=count).to(logs)
    both = logs.new_zeros(count).index_add(0, true, right.exp())
    either = logs.exp().sum(0) + pixels
    return plain + dice * (1 - (2 * both + 1) / (either + 1))[pixels > 0].mean()


def style_loss(told: Tensor, worn: Tensor, learning: FaceLearning) -> Tensor:
    """Cross entropy of (B, styles) logits where the style is known (not -1)."""
    known = worn >= 0
    if not known.any():
        return told.sum() * 0
    return functional.cross_entropy(told[known], worn[known], label_smoothing=learning.smoothing)
