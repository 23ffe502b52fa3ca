"""The direct stage for hair: a decoder shared by all styles, and each style's planes and grid.

Planes and grid start as the strands' own captures, so that training only has to learn what six
pictures and a coarse grid cannot know. First decoder and styles learn together; then each style
is finished with the decoder as it is, which is also how a new style joins the library later.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from head360.model.field import HAIR_CHANNELS, HairField, HairPlanes
from head360.rendering.march import march_hair
from training.config import HairStage
from training.stages.checkpoint import Checkpoint, State
from training.stages.hair_data import CheckView, HairData, RayTargets
from training.stages.pace import Pace
from training.stages.progress import TOLD_EVERY, Progress, running_mean, set_rates_at

Floats: TypeAlias = npt.NDArray[np.float32]

#: Learning rates of plane channels relative to `HairStage.plane_rate`: their natural sizes.
_CHANNEL_SCALES = {"depth": 0.03, "spread": 0.0, "feature_0": 2.0, "feature_1": 2.0,
                   "root_u": 0.4, "root_v": 0.4}  # fmt: skip
#: Weights of the columns in the loss: alpha, tone, along, depth, tangent (3), root (2).
_COLUMN_WEIGHTS = (1.0, 0.3, 0.5, 2.0, 0.4, 0.4, 0.4, 1.0, 1.0)
_DEPTH_COLUMN = 3
#: Depth is compared from here, so that a little transparency is no large error, metres.
_DEPTH_ORIGIN = 1.25
_MIN_LOG_EXTINCTION = -2.0
#: Rays of a check view marched at once; bounds memory.
_CHECK_RAYS = 16384


class StyleWeights(nn.Module):
    """A style's planes and grid while they are learned."""

    def __init__(self, start: HairPlanes) -> None:
        super().__init__()
        scales = [_CHANNEL_SCALES.get(name, 1.0) for name in HAIR_CHANNELS]
        self.start: Tensor
        self.scales: Tensor
        self.counted: Tensor | None
        self.register_buffer("start", start.planes)
        self.register_buffer("counted", start.counted, persistent=False)
        self.register_buffer("scales", start.planes.new_tensor(scales)[:, None, None])
        self.change = nn.Parameter(torch.zeros_like(start.planes))
        self.grid = nn.Parameter(start.grid.clone())

    def forward(self) -> HairPlanes:
        """The style as it is now."""
        return HairPlanes(self.start + self.change * self.scales, self.grid, self.counted)

    def roughness(self, plane: int) -> Tensor:
        """Mean squared step between neighbouring texels' changes, one plane; scalar."""
        change = self.change[plane]
        across = (change[:, :, 1:] - change[:, :, :-1]).square().mean()
        return across + (change[:, 1:] - change[:, :-1]).square().mean()

    @torch.no_grad()
    def keep_legal(self) -> None:
        """Coverage, along and roots stay within 0 … 1, the grid above empty."""
        for name in ("coverage", "along", "root_u", "root_v"):
            channel = HAIR_CHANNELS.index(name)
            scale, start = self.scales[channel], self.start[:, channel]
            change = self.change[:, channel]
            change.copy_(((start + change * scale).clamp(0, 1) - start) / scale)
        self.grid.clamp_(min=_MIN_LOG_EXTINCTION)


def train_decoder(
    field: HairField,
    data: Mapping[str, HairData],
    stage: HairStage,
    seed: int,
    pace: Pace | None = None,
    checkpoint: Checkpoint | None = None,
) -> Generator[Progress, None, None]:
    """Train the field's decoder on several styles at once, in place."""
    styles = {name: StyleWeights(item.start) for name, item in data.items()}
    groups = [group for style in styles.values() for group in _groups(style, stage)]
    decoder: dict[str, object] = {"params": list(field.parameters()), "lr": stage.decoder_rate}
    optimizer = torch.optim.Adam([decoder, *groups], betas=(0.9, 0.98))
    modules = {"field": field, **{f"style_{name}": style for name, style in styles.items()}}
    lesson = _Lesson(field, stage, State(modules, optimizer, _generator(data, seed)))
    names = sorted(styles)

    def one(step: int) -> tuple[StyleWeights, HairData]:
        name = names[step % len(names)]
        return styles[name], data[name]

    yield from lesson.run(one, pace or Pace(stage.decoder_steps), checkpoint)


def train_style(
    field: HairField,
    data: HairData,
    stage: HairStage,
    seed: int,
    pace: Pace | None = None,
    checkpoint: Checkpoint | None = None,
) -> Generator[Progress, None, HairPlanes]:
    """Fit one style's planes and grid to its rays, with the field's decoder as it is."""
    style = StyleWeights(data.start)
    field.requires_grad_(False)
    optimizer = torch.optim.Adam(_groups(style, stage), betas=(0.9, 0.98))
    state = State({"style": style}, optimizer, _generator({"": data}, seed))
    lesson = _Lesson(field, stage, state)
    yield from lesson.run(lambda _: (style, data), pace or Pace(stage.style_steps), checkpoint)
    final = style()
    return HairPlanes(final.planes.detach(), final.grid.detach(), final.counted)


@torch.no_grad()
def check(field: HairField, hair: HairPlanes, view: CheckView) -> tuple[float, Floats]:
    """The loss on a picture that nothing was learned from, and the picture: (H, 2 H, 3) 0 … 1.

    Left the strands, right the field: direction as colour, times coverage.
    """
    targets, chunk = view.targets, _CHECK_RAYS
    found = torch.cat(
        [
            march_hair(field, hair, targets.rays[at], targets.limit[at])
            for at in (slice(i, i + chunk) for i in range(0, len(targets), chunk))
        ]
    )
    loss = float(hair_loss(found, targets.columns))
    expected = targets.columns[:, 4:7] + targets.columns[:, :1]
    shown = (found[:, 4:7] + 1) * found[:, :1]
    picture = found.new_zeros(2, view.size**2, 3)
    picture[0, view.pixels], picture[1, view.pixels] = expected / 2, shown / 2
    halves = picture.view(2, view.size, view.size, 3).cpu().numpy()
    return loss, np.concatenate(list(halves), 1)


def hair_loss(found: Tensor, target: Tensor) -> Tensor:
    """L1 + L2 of columns (N, 9) times alpha, weighted; scalar. `found` holds means."""
    alpha, expected = found[:, :1], target.clone()
    seen = torch.cat([alpha, found[:, 1:] * alpha], -1)
    shift = torch.zeros_like(target[0])
    shift[_DEPTH_COLUMN] = _DEPTH_ORIGIN
    difference = (seen - shift * alpha) - (expected - shift * expected[:, :1])
    weights = difference.new_tensor(_COLUMN_WEIGHTS)
    return ((difference.abs() + 0.5 * difference.square()) * weights).sum(-1).mean()


@dataclass(frozen=True, slots=True, eq=False)
class _Lesson:
    """A loop over batches of rays."""

    field: HairField
    stage: HairStage
    state: State

    def run(
        self,
        one: Callable[[int], tuple[StyleWeights, HairData]],
        pace: Pace,
        checkpoint: Checkpoint | None,
    ) -> Generator[Progress, None, None]:
        """Learn from the style that `one` gives for each step; goes on from the checkpoint."""
        first = checkpoint.load(self.state) if checkpoint else 0
        mean = 0.0
        for step, done in pace.run(first):
            set_rates_at(self.state.optimizer, step, done)
            style, data = one(step)
            loss = self._step(style, data, step)
            if step % TOLD_EVERY == 0 or step + 1 == pace.steps:
                mean = running_mean(mean, float(loss), step - first, TOLD_EVERY)
                yield Progress(step + 1, pace.steps, mean)
            if checkpoint and checkpoint.due:
                checkpoint.save(step + 1, self.state)

    def _step(self, style: StyleWeights, data: HairData, step: int) -> Tensor:
        generator, stage = self.state.generator, self.stage
        batch = _batch(data.targets, stage.rays, generator)
        device = batch.limit.device
        jitter = torch.rand(len(batch), 1, generator=generator, device=device)
        found = march_hair(self.field, style(), batch.rays, batch.limit, jitter=jitter)
        loss = hair_loss(found, batch.columns)
        prior = stage.smoothness * style.roughness(step % 6)
        self.state.optimizer.zero_grad(set_to_none=True)
        (loss + prior).backward()
        self.state.optimizer.step()
        style.keep_legal()
        return loss.detach()


def _generator(data: Mapping[str, HairData], seed: int) -> torch.Generator:
    """Random numbers on the device of the data."""
    device = next(iter(data.values())).targets.limit.device
    return torch.Generator(device).manual_seed(seed)


def _batch(targets: RayTargets, count: int, generator: torch.Generator) -> RayTargets:
    device = targets.limit.device
    return targets[torch.randint(len(targets), (count,), generator=generator, device=device)]


def _groups(style: StyleWeights, stage: HairStage) -> list[dict[str, object]]:
    return [
        {"params": [style.change], "lr": stage.plane_rate},
        {"params": [style.grid], "lr": stage.grid_rate},
    ]
