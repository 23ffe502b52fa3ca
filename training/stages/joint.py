"""The joint stage: head, hair and skin learn together from pictures, with a critic beside them.

    L1 + λ1 · (dual discriminator + λ2 · density regularisation),    λ1 = 0.01, λ2 = 0.25

Adam at 0.0025 · R / (R + 1) for lazy regularisation every R steps (R = 4 for the generator's side,
16 for the discriminator's), its betas raised to the same ratio, as StyleGAN2 and EG3D do: a
regularised step is a step of its own, weighing R times as much.

Density regularisation is EG3D's: density at a point and a little beside it should not differ. Ours
compares opacities over one step of the march, so that neither branch's steepness decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from head360.model.planes import HAIR_BOX, HEAD_BOX, PlaneBox
from head360.rendering.march import HAIR_STEP, HEAD_EXTINCTION, HEAD_SOFTNESS
from training.device import mixed_precision
from training.stages.detach import layers_of
from training.stages.discriminator import (
    Discriminator,
    discriminator_loss,
    generator_loss,
    gradient_penalty,
)
from training.stages.distributed import Workers, all_parameters
from training.stages.gallery import Gallery
from training.stages.joint_config import PictureConfig
from training.stages.photometric import (
    Dressed,
    condition,
    draw_all,
    dress,
    random_patch,
    truth,
)
from training.stages.trainable import Trainable, parameter_groups

_BETA2 = 0.99
_WARM_UP = 20  # steps
#: EG3D looks this far beside a point: 0.4 % of the box.
_BESIDE = 0.004
_DENSITY_STREAM = 99


@dataclass(slots=True, eq=False)
class PictureTrainer:
    """Everything that changes during a run."""

    model: Trainable
    discriminator: Discriminator | None
    generator_steps: torch.optim.Adam
    discriminator_steps: torch.optim.Adam | None
    config: PictureConfig
    workers: Workers

    @classmethod
    def begin(cls, model: Trainable, config: PictureConfig, workers: Workers) -> PictureTrainer:
        """Start with fresh optimizers, and a discriminator that knows nothing."""
        stage = config.stage
        rate, betas = lazy_adam(stage.base_rate, stage.beta1, stage.lazy_generator)
        groups = parameter_groups(model, rate, stage.shared_maps)
        generator_steps = torch.optim.Adam(groups, lr=rate, betas=betas)
        if stage.discriminator_width == 0:
            return cls(model, None, generator_steps, None, config, workers)
        with torch.random.fork_rng([]):
            torch.manual_seed(config.seed)
            critic = Discriminator(stage.patch, stage.discriminator_width).to(workers.device)
        rate, betas = lazy_adam(stage.base_rate, stage.beta1, stage.lazy_discriminator)
        groups = [{"params": list(critic.parameters()), "initial_lr": rate}]
        critic_steps = torch.optim.Adam(groups, lr=rate, betas=betas)
        return cls(model, critic, generator_steps, critic_steps, config, workers)

    def step(self, number: int, gallery: Gallery, share: float) -> dict[str, float]:
        """Learn from one batch; `share` of the run is over. Returns losses by name."""
        self._set_rates(number, share)
        heads = self.workers.share(self.config.stage.heads)
        batch = _Batch([], [], [])
        losses = {"picture": 0.0, "adversarial": 0.0}
        dressed = []
        for head in heads:
            rng = np.random.default_rng([self.config.seed, number, head])
            dressed.append(self._learn_head(gallery, number, rng, batch, losses, len(heads)))
        self._move(self.generator_steps)
        self._keep_legal(dressed)
        if number % self.config.stage.lazy_generator == 0:
            losses["density"] = self._learn_density(dressed, number, heads)
        if self.discriminator is not None:
            losses |= self._learn_critic(batch, number)
        return self.workers.average(losses)

    def _learn_head(
        self,
        gallery: Gallery,
        number: int,
        rng: np.random.Generator,
        batch: _Batch,
        losses: dict[str, float],
        heads: int,
    ) -> Dressed:
        """Gradients of one head's patches; notes patches and losses."""
        stage = self.config.stage
        ready = gallery.pick(number, rng)
        layers = layers_of(ready.sitting, stage)
        dressed = dress(self.model, ready, bald_too="bald" in layers)
        picture = torch.zeros((), device=self.workers.device)
        own = _Batch([], [], [])
        patches = [random_patch(ready, stage.patch, rng) for _ in range(stage.patches)]
        for layer in layers:
            made = draw_all(self.model, dressed, patches, layer, stage.supersamples)
            for patch, drawn in zip(patches, made, strict=True):
                true = truth(ready, patch, layer)
                picture = picture + (drawn - true).abs().mean() / (stage.patches * len(layers))
                if layer == "whole":
                    own.add(drawn, true, condition(ready, patch))
        total, adversarial = picture + self._smoothness(ready.sitting.params.hairstyle, number), 0.0
        if self.discriminator is not None:
            fooled = generator_loss(self._judge(torch.stack(own.drawn), own))
            total, adversarial = total + stage.adversarial * fooled, float(fooled.detach())
        (total / heads).backward()
        losses["picture"] += float(picture.detach()) / heads
        losses["adversarial"] += adversarial / heads
        batch.take(own)
        bald = None if dressed.bald_planes is None else dressed.bald_planes.detach()
        return Dressed(ready, dressed.planes.detach(), bald, None)

    def _judge(self, patches: Tensor, batch: _Batch) -> Tensor:
        assert self.discriminator is not None
        wanted = self.config.stage.mixed_precision
        with mixed_precision(self.workers.device, wanted=wanted):
            logits = self.discriminator(patches, torch.stack(batch.conditions))
        judged: Tensor = logits.float()
        return judged

    def _smoothness(self, style: str | None, number: int) -> Tensor | float:
        if style is None:
            return 0.0
        return self.config.stage.smoothness * self.model.style(style).roughness(number % 6)

    def _learn_density(self, dressed: Sequence[Dressed], number: int, heads: range) -> float:
        stage = self.config.stage
        weight = stage.adversarial * stage.density * stage.lazy_generator / len(heads)
        total = 0.0
        for head, each in zip(heads, dressed, strict=True):
            rng = np.random.default_rng([self.config.seed, number, head, _DENSITY_STREAM])
            change = density_change(self.model, each, stage.density_points, rng)
            (weight * change).backward()
            total += float(change.detach()) / len(heads)
        self._move(self.generator_steps)
        self._keep_legal(dressed)
        return total

    def _learn_critic(self, batch: _Batch, number: int) -> dict[str, float]:
        """The discriminator's step on the patches that were just drawn, and its lazy R1."""
        assert self.discriminator is not None
        assert self.discriminator_steps is not None
        stage = self.config.stage
        self.discriminator_steps.zero_grad(set_to_none=True)  # of the generator's step
        drawn = self._judge(torch.stack(batch.drawn).detach(), batch)
        loss = discriminator_loss(drawn, self._judge(torch.stack(batch.true), batch))
        loss.backward()
        self._move(self.discriminator_steps)
        losses = {"discriminator": float(loss.detach())}
        if number % stage.lazy_discriminator == 0:
            true, conditions = torch.stack(batch.true), torch.stack(batch.conditions)
            penalty = gradient_penalty(self.discriminator, true, conditions)
            (penalty * stage.gradient_weight * stage.lazy_discriminator).backward()
            self._move(self.discriminator_steps)
            losses["penalty"] = float(penalty.detach())
        return losses

    def _move(self, optimizer: torch.optim.Adam) -> None:
        self.workers.average_gradients(all_parameters(optimizer))
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    def _keep_legal(self, dressed: Sequence[Dressed]) -> None:
        """All styles that any process moved stay within bounds."""
        worn = {each.ready.sitting.params.hairstyle for each in dressed}
        names = sorted(self.model.styles) if self.workers.count > 1 else worn - {None}
        for name in names:
            self.model.style(str(name)).keep_legal()

    def _set_rates(self, number: int, share: float) -> None:
        fading = 1 - 0.9 * min(share, 1.0) if self.config.stage.decay else 1.0
        for optimizer in (self.generator_steps, self.discriminator_steps):
            for group in optimizer.param_groups if optimizer else ():
                group["lr"] = group["initial_lr"] * fading * min(1.0, (number + 1) / _WARM_UP)


@dataclass(slots=True, eq=False)
class _Batch:
    """Patches for the discriminator."""

    drawn: list[Tensor]  # (4, P, P)
    true: list[Tensor]  # (4, P, P)
    conditions: list[Tensor]

    def add(self, drawn: Tensor, true: Tensor, told: Tensor) -> None:
        self.drawn.append(drawn)
        self.true.append(true)
        self.conditions.append(told)

    def take(self, other: _Batch) -> None:
        """Keep another's patches, without their history."""
        self.drawn += [patch.detach() for patch in other.drawn]
        self.true += other.true
        self.conditions += other.conditions


def lazy_adam(rate: float, beta1: float, every: int) -> tuple[float, tuple[float, float]]:
    """Adam's rate and betas where every `every`-th step is followed by one that regularises."""
    ratio = every / (every + 1)
    return rate * ratio, (beta1**ratio if beta1 > 0 else 0.0, _BETA2**ratio)


def density_change(
    model: Trainable, dressed: Dressed, points: int, rng: np.random.Generator
) -> Tensor:
    """Mean difference of opacity between random points and points beside them; scalar."""
    places, beside = _pairs(HEAD_BOX, points, rng, dressed.planes)
    distance = model.head(dressed.planes, torch.cat([places, beside])).distance
    opacity = torch.sigmoid(distance / HEAD_SOFTNESS)
    density = 1 - torch.exp(-HEAD_EXTINCTION * opacity * HAIR_STEP)
    change = _step(density)
    hair = model.seated(dressed.ready)
    if hair is not None:
        places, beside = _pairs(HAIR_BOX, points, rng, dressed.planes)
        extinction = model.hair(hair.planes, torch.cat([places, beside])).extinction
        change = change + _step(1 - torch.exp(-extinction * HAIR_STEP))
    return change


def _step(density: Tensor) -> Tensor:
    one, other = density.chunk(2)
    return functional.l1_loss(one, other)


def _pairs(
    box: PlaneBox, count: int, rng: np.random.Generator, like: Tensor
) -> tuple[Tensor, Tensor]:
    """(N, 3) points in a box and beside them, metres."""
    half = np.array(box.half)
    places = rng.uniform(-1, 1, (count, 3)) * half + np.array(box.centre)
    beside = places + rng.normal(0, _BESIDE, (count, 3)) * 2 * half
    return like.new_tensor(places), like.new_tensor(beside)
