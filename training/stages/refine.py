"""Trains RefineNet against pairs: pixels and edges first, discriminators once it has learnt them.

Steps are the same for the same seed and pairs, whether or not a run was stopped in between: what
is random in a step depends on its number alone.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from head360.model.refine import (
    ALIGNED,
    CHANNELS,
    OUTPUTS,
    RefineNet,
    RefineShape,
    in_place,
    prepared,
)
from training.config import ConfigError
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

_WARM_UP = 200  # steps
_LAST_RATE = 0.02  # of the first one
#: A short memory of how large gradients are lets one odd batch make many large steps.
_BETAS, _CRITIC_BETAS = (0.9, 0.99), (0.5, 0.99)
#: Several times what is usual, so that only odd batches are held back.
_LARGEST_GRADIENT = 1.0
#: Share of the run in which the discriminators' word grows to its full weight.
_PERSUADED = 0.1
#: A crop shows at least this much of a head, else another is tried, so many times.
_LEAST_COVER, _TRIES = 0.2, 4
_ALPHA, _MIDDLE = 3, ALIGNED // 2


class PairStore:
    """Pairs in the memory of a device, as they come."""

    def __init__(self, capacity: int, size: int, device: torch.device) -> None:
        self._pairs = torch.empty(
            capacity, PAIR_CHANNELS, size, size, dtype=torch.uint8, device=device
        )
        #: Opacity of each cell, where the processor can look without waiting for a device.
        self._cover = np.empty((capacity, size // ALIGNED, size // ALIGNED), np.uint8)
        self._known: set[Path] = set()
        self.count = 0

    def take(self, files: list[Path]) -> int:
        """Read files that are new, as long as there is room; returns how many pairs there are."""
        for path in files:
            if path not in self._known:
                pairs = np.load(path)[: len(self._pairs) - self.count]
                rows = slice(self.count, self.count + len(pairs))
                self._pairs[rows] = torch.from_numpy(pairs)
                self._cover[rows] = pairs[:, _ALPHA, _MIDDLE::ALIGNED, _MIDDLE::ALIGNED]
                self.count += len(pairs)
                self._known.add(path)
        return self.count

    def crops(self, count: int, side: int, rng: np.random.Generator) -> Tensor:
        """(N, 17, side, side) uint8: random places of random pairs, most of them on a head."""
        return torch.stack([self._crop(side, rng) for _ in range(count)])

    def all(self) -> Tensor:
        """(N, 17, size, size) uint8."""
        return self._pairs[: self.count]

    def _crop(self, side: int, rng: np.random.Generator) -> Tensor:
        number, cells = rng.integers(self.count), side // ALIGNED
        places = self._cover.shape[1] - cells + 1  # crops begin at whole cells, as pictures do
        for _ in range(_TRIES):
            row, column = rng.integers(places, size=2)
            if self._cover[number, row:, column:][:cells, :cells].mean() > _LEAST_COVER * 255:
                break
        top, left = row * ALIGNED, column * ALIGNED
        return self._pairs[number, :, top : top + side, left : left + side]


#: Losses of one step by name, still on the device; discriminators' only once they have joined.
Losses: TypeAlias = dict[str, Tensor]


class Learner:
    """Generator, its running average, discriminators, and their optimizers."""

    def __init__(self, config: RefineConfig, device: torch.device) -> None:
        self.config, self.device, self.step = config, device, 0
        torch.manual_seed(config.seed)
        shape = RefineShape(fine=config.fine, deep=config.deep)
        self.net = in_place(RefineNet(shape), device)
        self.average = copy.deepcopy(self.net).requires_grad_(False).eval()
        self.critics = in_place(Critics(config.scales, config.width), device)
        #: Of the rates; falls whenever the generator had to go back.
        self.ease = 1.0
        self._net_steps = self._adam(self.net)
        self._critic_steps = torch.optim.Adam(
            self.critics.parameters(), config.critic_rate, _CRITIC_BETAS
        )

    def learn(self, pairs: Tensor, share: float, rng: np.random.Generator) -> Losses:
        """One step.

        Args:
            pairs: (N, 17, side, side) uint8.
            share: of the run that is over, 0 … 1.
            rng: of random backgrounds.
        """
        x, truth = unpacked(pairs)
        behind = torch.from_numpy(rng.random((len(x), 3, 1, 1), np.float32))
        background = behind.to(self.device, non_blocking=True)
        heard = min(1.0, max(0.0, (share - self.config.alone) / _PERSUADED))
        joined = share >= self.config.alone
        self._set_rates(share)
        with mixed_precision(self.device, wanted=True):
            made = x[:, :OUTPUTS] + self.net(x)
            total, parts = self._judged(made, x, truth, background, heard if joined else None)
        self._advance(self._net_steps, self.net, total)
        if joined:
            parts["critics"] = self._teach(made.detach(), x, truth, background)
        self._follow()
        self.step += 1
        return {name: part.detach() for name, part in parts.items()}

    def begin_with(self, net: RefineNet) -> None:
        """Be `net`, and forget which way the former one went.

        Raises:
            ConfigError: it is of another size.
        """
        if net.shape != self.net.shape:
            raise ConfigError(f"RefineNet to begin with has {net.shape}, not {self.net.shape}.")
        self.net.load_state_dict(net.state_dict())
        self.average.load_state_dict(net.state_dict())
        self._net_steps = self._adam(self.net)

    def go_back(self, net: RefineNet) -> None:
        """Be `net` again, and take steps of half the length."""
        self.begin_with(net)
        self.ease *= 0.5

    def state(self) -> dict[str, Any]:
        """Everything that a run needs to go on."""
        return {
            "step": self.step,
            "ease": self.ease,
            "net": self.net.state_dict(),
            "average": self.average.state_dict(),
            "critics": self.critics.state_dict(),
            "net_steps": self._net_steps.state_dict(),
            "critic_steps": self._critic_steps.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.step, self.ease = state["step"], state["ease"]
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.critics.load_state_dict(state["critics"])
        self._net_steps.load_state_dict(state["net_steps"])
        self._critic_steps.load_state_dict(state["critic_steps"])

    def _adam(self, net: RefineNet) -> torch.optim.Adam:
        return torch.optim.Adam(net.parameters(), self.config.rate, _BETAS)

    def _judged(
        self, made: Tensor, x: Tensor, truth: Tensor, background: Tensor, heard: float | None
    ) -> tuple[Tensor, Losses]:
        """The sum that the generator lowers, and its parts; discriminators are `heard` 0 … 1."""
        config = self.config
        where = ((x[:, 3:4] > 0) | (truth[:, 3:4] > 0)).float()
        pixels = pixel_distance(made.float(), truth, where)
        edges = gradient_distance(made.float(), truth, where)
        parts = {"pixels": pixels, "edges": edges}
        total = config.pixel_weight * pixels + config.gradient_weight * edges
        if heard is None:
            return total, parts
        known = told(x, background)
        self.critics.requires_grad_(False)
        fake = self.critics(known, before(made, background))
        with torch.no_grad():
            real = self.critics(known, before(truth, background))
        self.critics.requires_grad_(True)
        features, persuaded = feature_distance(real, fake), persuasion(fake)
        word = persuaded + config.feature_weight * features
        total = total + heard * config.adversarial * word
        return total, {**parts, "features": features, "persuasion": persuaded}

    def _teach(self, made: Tensor, x: Tensor, truth: Tensor, background: Tensor) -> Tensor:
        """One step of the discriminators."""
        with mixed_precision(self.device, wanted=True):
            known = told(x, background)
            real = self.critics(known, before(truth, background))
            fake = self.critics(known, before(made, background))
            loss = critic_loss(real, fake)
        self._advance(self._critic_steps, self.critics, loss)
        return loss

    @staticmethod
    def _advance(steps: torch.optim.Optimizer, module: torch.nn.Module, loss: Tensor) -> None:
        """Follow the gradient, where half-precision numbers have not run over."""
        steps.zero_grad(set_to_none=True)
        loss.backward()
        for values in module.parameters():
            if values.grad is not None:  # without asking the device, which would wait for it
                torch.nan_to_num_(values.grad, 0.0, 0.0, 0.0)
        torch.nn.utils.clip_grad_norm_(module.parameters(), _LARGEST_GRADIENT)
        steps.step()

    def _set_rates(self, share: float) -> None:
        """Warm up, stay for half of the run, then fall to nearly nothing."""
        gain = min(1.0, (self.step + 1) / _WARM_UP) * max(_LAST_RATE, min(1.0, 2 * (1 - share)))
        gain *= self.ease
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
        averaged: list[Tensor] = list(self.average.parameters())
        current: list[Tensor] = list(self.net.parameters())
        torch._foreach_lerp_(averaged, current, 1 - keep)


def unpacked(pairs: Tensor) -> tuple[Tensor, Tensor]:
    """(N, 13, H, W) inputs, and the true (N, 4, H, W) RGB times opacity and opacity."""
    truth = pairs[:, CHANNELS:].float() / 255
    alpha = truth[:, 3:]
    return prepared(pairs[:, :CHANNELS]), torch.cat([truth[:, :3] * alpha, alpha], 1)
