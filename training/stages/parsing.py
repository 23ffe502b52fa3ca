"""Trains the parser, and the hairstyle's classifier on its shoulders, on true portraits.

Pictures are disturbed while they are loaded, so no two steps see the same; files that are drawn
while the run goes on are taken in as they come. The loss of the parts is cross entropy, heavier
for small parts, and the overlap (Dice); only pictures that show the whole head tell hairstyles.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from head360.files import replacing
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
from training.stages.backdrops import Backdrops
from training.stages.face_pictures import WORN, Bytes, Sheet, load_sheets, sheets
from training.stages.face_samples import FaceSample, Framing, face_sample
from training.stages.faces_config import FaceLearning, FacesConfig
from training.stages.progress import set_rates_at

Network = nn.Module

#: How much heavier small parts weigh: little, for what weighs twice as much is seen too large.
_WEIGHTS = {BROWS: 1.2, LIPS: 1.2, MOUTH: 1.5, BEARD: 1.5, GLASSES: 2.0}
#: Steps between two looks for new files.
_LOOK = 40
_LARGEST_GRADIENT = 5.0


@dataclass(frozen=True, slots=True)
class Batch:
    """What a step learns from."""

    pictures: Tensor  # (B, 3, S, S) 0 … 1
    parts: Tensor  # (B, S, S)
    styles: Tensor  # (B,) place in `WORN`; -1 where the picture does not show the whole head
    nearer: Tensor  # (B,) whether it shows features from near


class FaceBatches:
    """Random batches of what lies in a folder; more files may come."""

    def __init__(self, folder: Path, config: FacesConfig, backdrops: Backdrops) -> None:
        self._folder, self._config, self._backdrops = folder, config, backdrops
        self._known: dict[Sheet, Bytes] = {}
        self.look()

    def look(self) -> None:
        """Take new files in."""
        wanted = [s for s in sheets(self._config.pictures) if not s.held_out]
        self._known |= load_sheets(self._folder, [s for s in wanted if s not in self._known])

    @property
    def files(self) -> int:
        """How many there are."""
        return len(self._known)

    def batch(self, step: int, size: int) -> Batch:
        """The batch of a step; the same for the same step and the same files."""
        learning = self._config.learning
        rng = np.random.default_rng([self._config.seed, step])
        by_style: dict[int, list[Sheet]] = {}
        for sheet in self._known:
            by_style.setdefault(sheet.worn, []).append(sheet)
        styles = rng.choice(sorted(by_style), learning.batch)
        samples, told, nearer = [], [], []
        close = _from_near(learning)
        for number, style in enumerate(styles):
            stored = self._known[by_style[style][rng.integers(len(by_style[style]))]]
            picture = np.array(stored[rng.integers(len(stored))])
            near = number < close
            whole = not near and rng.random() < learning.portraits / (1 - learning.nearer)
            framing = _framing(picture, whole, near, rng)
            other = self._neighbour(rng) if rng.random() < learning.company else None
            samples.append(face_sample(picture, framing, self._backdrops, rng, size, other))
            told.append(int(style) if whole else -1)
            nearer.append(near)
        return batch_of(samples, told, nearer)

    def _neighbour(self, rng: np.random.Generator) -> Bytes:
        """Some other portrait."""
        stored = list(self._known.values())[rng.integers(len(self._known))]
        found: Bytes = stored[rng.integers(len(stored))]
        return found


def _from_near(learning: FaceLearning) -> int:
    """How many pictures of a batch are from near; normalising takes two of a kind at least."""
    count = int(learning.nearer * learning.batch)
    return count if 1 < count < learning.batch - 1 else 0


def _framing(picture: Bytes, whole: bool, near: bool, rng: np.random.Generator) -> Framing:
    if near:
        return Framing.nearer(picture, rng)
    return Framing.portrait(rng) if whole else Framing.anything(rng)


def batch_of(
    samples: list[FaceSample], styles: list[int], nearer: list[bool] | None = None
) -> Batch:
    """Samples as tensors; none is from near if nothing is said."""
    pictures = torch.from_numpy(np.stack([s.picture for s in samples]))
    parts = torch.from_numpy(np.stack([s.parts for s in samples])).long()
    near = torch.tensor(nearer or [False] * len(samples))
    return Batch(pictures.permute(0, 3, 1, 2).float() / 255, parts, torch.tensor(styles), near)


class FaceLearner:
    """A network, its moving average, and how they learn."""

    def __init__(
        self, config: FacesConfig, device: torch.device, teacher: Network | None = None
    ) -> None:
        torch.manual_seed(config.seed)
        self.config, self._device, self._teacher = config, device, teacher
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
        net.down.train(learning.encoder)
        share = float(batch.nearer.float().mean())
        losses = dict.fromkeys(("parts", "nearer", "style"), pictures.new_zeros(()))
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self.config.half):
            with torch.set_grad_enabled(learning.encoder):
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
            if learning.encoder:
                told = net.told(net.about_hair(levels, parts))
                worn = batch.styles.to(self._device)[~near]
                losses["style"] = self._style_loss(told.float(), worn, pictures[~near])
        return losses

    def _style_loss(self, told: Tensor, worn: Tensor, pictures: Tensor) -> Tensor:
        learning = self.config.learning
        loss = style_loss(told, worn, learning)
        if self._teacher is None:
            return loss
        with torch.no_grad():
            taught = torch.softmax(self._teacher(pictures), 1)
        copied = functional.kl_div(torch.log_softmax(told, 1), taught, reduction="batchmean")
        return (1 - learning.distillation) * loss + learning.distillation * copied

    def state(self) -> dict[str, Any]:
        """Everything that a run needs to go on."""
        return {
            "step": self.step, "net": self.net.state_dict(),
            "average": self.average.state_dict(), "optimizer": self._optimizer.state_dict(),
        }  # fmt: skip

    def begin(self, network: FaceNetwork) -> None:
        """Begin with what a network knows that learnt before; steps count anew."""
        for each in (self.net, self.average):
            each.load_state_dict(network.state_dict())

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.step = state["step"]
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])


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


def learn_faces(
    learner: FaceLearner, batches: FaceBatches, pace: Iterator[tuple[int, float]]
) -> Iterator[dict[str, float]]:
    """Train by a pace; yields what each step lost."""
    learning = learner.config.learning
    for step, done in pace:
        if step % _LOOK == 0:
            batches.look()
        yield learner.learn(batches.batch(step, learning.size(done, learner.net.shape.input)), done)


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write what `state` gave; a stop in between harms nothing."""
    with replacing(path) as partial:
        torch.save(state, partial)
