"""Trains RefineNet against pairs: pixels and edges first, discriminators once it has learnt them.

Steps are the same for the same seed and pairs, whether or not a run was stopped in between: what
is random in a step depends on its number alone.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from head360.model.refine import ALIGNED, CHANNELS, RefineNet, RefineShape, prepared
from training.device import mixed_precision
from training.stages.refine_config import RefineConfig
from training.stages.refine_losses import (
    Critics,
    before,
    critic_loss,
    feature_distance,
    gradient_distance,
    persuasion,
    pixel_distance,
    told,
)
from training.stages.refine_pairs import PAIR_CHANNELS

_WARM_UP = 100  # steps
_LAST_RATE = 0.02  # of the first one
_BETAS = (0.5, 0.999)
_LARGEST_GRADIENT = 2.0
#: A crop shows at least this much of a head, else another is tried, so many times.
_LEAST_COVER, _TRIES = 0.2, 4


class PairStore:
    """Pairs in the memory of a device, as they come."""

    def __init__(self, capacity: int, size: int, device: torch.device) -> None:
        self._pairs = torch.empty(
            capacity, PAIR_CHANNELS, size, size, dtype=torch.uint8, device=device
        )
        self._known: set[Path] = set()
        self.count = 0

    def take(self, files: list[Path]) -> int:
        """Read files that are new, as long as there is room; returns how many pairs there are."""
        for path in files:
            if path not in self._known:
                pairs = torch.from_numpy(np.load(path))[: len(self._pairs) - self.count]
                self._pairs[self.count : self.count + len(pairs)] = pairs
                self.count += len(pairs)
                self._known.add(path)
        return self.count

    def crops(self, count: int, side: int, generator: torch.Generator) -> Tensor:
        """(N, 17, side, side) uint8: random places of random pairs, most of them on a head."""
        return torch.stack([self._crop(side, generator) for _ in range(count)])

    def all(self) -> Tensor:
        """(N, 17, size, size) uint8."""
        return self._pairs[: self.count]

    def _crop(self, side: int, generator: torch.Generator) -> Tensor:
        pair = self._pairs[_random(self.count, generator)]
        places = (pair.shape[1] - side) // ALIGNED + 1  # pictures begin at whole cells, too
        crop = pair[:, :side, :side]
        for _ in range(_TRIES):
            top, left = (_random(places, generator) * ALIGNED for _ in range(2))
            crop = pair[:, top : top + side, left : left + side]
            if crop[3, ::8, ::8].float().mean() > _LEAST_COVER * 255:
                break
        return crop


def _random(below: int, generator: torch.Generator) -> int:
    return int(torch.randint(below, (), generator=generator))


@dataclass(frozen=True, slots=True)
class Losses:
    """Of one step; what discriminators say is nought while they have not joined."""

    pixels: float
    edges: float
    features: float = 0.0
    persuasion: float = 0.0
    critics: float = 0.0


class Learner:
    """Generator, its running average, discriminators, and their optimizers."""

    def __init__(self, config: RefineConfig, device: torch.device) -> None:
        self.config, self.device, self.step = config, device, 0
        torch.manual_seed(config.seed)
        shape = RefineShape(fine=config.fine, deep=config.deep)
        self.net = _placed(RefineNet(shape), device)
        self.average = copy.deepcopy(self.net).requires_grad_(False).eval()
        self.critics = _placed(Critics(config.scales, config.width), device)
        self._net_steps = torch.optim.Adam(self.net.parameters(), config.rate, _BETAS)
        self._critic_steps = torch.optim.Adam(
            self.critics.parameters(), config.critic_rate, _BETAS
        )

    def learn(self, pairs: Tensor, share: float, generator: torch.Generator) -> Losses:
        """One step.

        Args:
            pairs: (N, 17, side, side) uint8.
            share: of the run that is over, 0 … 1.
            generator: of random backgrounds.
        """
        x, truth = unpacked(pairs)
        background = torch.rand(len(x), 3, 1, 1, generator=generator).to(self.device)
        joined = share >= self.config.alone
        self._set_rates(share)
        with mixed_precision(self.device, wanted=True):
            made = x[:, :OPEN] + self.net(x)
            losses, parts = self._judged(made, x, truth, background, joined=joined)
        self._advance(self._net_steps, self.net, losses)
        critics = self._teach(made.detach(), x, truth, background) if joined else 0.0
        self._follow()
        self.step += 1
        return Losses(*(float(part) for part in parts), critics=critics)

    def state(self) -> dict[str, Any]:
        """Everything that a run needs to go on."""
        return {
            "step": self.step,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "critics": self.critics.state_dict(),
            "net_steps": self._net_steps.state_dict(),
            "critic_steps": self._critic_steps.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.step = state["step"]
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.critics.load_state_dict(state["critics"])
        self._net_steps.load_state_dict(state["net_steps"])
        self._critic_steps.load_state_dict(state["critic_steps"])

    def _judged(
        self, made: Tensor, x: Tensor, truth: Tensor, background: Tensor, *, joined: bool
    ) -> tuple[Tensor, list[Tensor]]:
        """The sum that the generator lowers, and its parts."""
        config = self.config
        where = ((x[:, 3:4] > 0) | (truth[:, 3:4] > 0)).float()
        pixels = pixel_distance(made.float(), truth, where)
        edges = gradient_distance(made.float(), truth, where)
        total = config.pixel_weight * pixels + config.gradient_weight * edges
        if not joined:
            return total, [pixels, edges]
        known = told(x, background)
        self.critics.requires_grad_(False)
        fake = self.critics(known, before(made, background))
        with torch.no_grad():
            real = self.critics(known, before(truth, background))
        self.critics.requires_grad_(True)
        features, persuaded = feature_distance(real, fake), persuasion(fake)
        total = total + config.adversarial * (persuaded + config.feature_weight * features)
        return total, [pixels, edges, features, persuaded]

    def _teach(self, made: Tensor, x: Tensor, truth: Tensor, background: Tensor) -> float:
        """One step of the discriminators."""
        with mixed_precision(self.device, wanted=True):
            known = told(x, background)
            real = self.critics(known, before(truth, background))
            fake = self.critics(known, before(made, background))
            loss = critic_loss(real, fake)
        self._advance(self._critic_steps, self.critics, loss)
        return float(loss)

    @staticmethod
    def _advance(steps: torch.optim.Optimizer, module: torch.nn.Module, loss: Tensor) -> None:
        """Follow the gradient, unless half-precision numbers have run over."""
        steps.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(module.parameters(), _LARGEST_GRADIENT)
        if torch.isfinite(norm):
            steps.step()

    def _set_rates(self, share: float) -> None:
        """Warm up, stay for half of the run, then fall to nearly nothing."""
        gain = min(1.0, (self.step + 1) / _WARM_UP) * max(_LAST_RATE, min(1.0, 2 * (1 - share)))
        for steps, rate in (
            (self._net_steps, self.config.rate),
            (self._critic_steps, self.config.critic_rate),
        ):
            for group in steps.param_groups:
                group["lr"] = rate * gain

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average towards the generator; quickly at first."""
        keep = min(self.config.averaging, (1 + self.step) / (10 + self.step))
        averaged, current = list(self.average.parameters()), list(self.net.parameters())
        torch._foreach_lerp_(averaged, current, 1 - keep)


OPEN = 4  # channels of colour and opacity


def _placed(module: Any, device: torch.device) -> Any:
    return module.to(device, memory_format=torch.channels_last)


def unpacked(pairs: Tensor) -> tuple[Tensor, Tensor]:
    """(N, 13, H, W) inputs, and the true (N, 4, H, W) RGB times opacity and opacity."""
    truth = pairs[:, CHANNELS:].float() / 255
    alpha = truth[:, 3:]
    return prepared(pairs[:, :CHANNELS]), torch.cat([truth[:, :3] * alpha, alpha], 1)
