"""The direct stage for hair: a decoder shared by all styles, and each style's planes and grid.

Planes and grid start as the strands' own captures, so that training only has to learn what six
pictures and a coarse grid cannot know. First decoder and styles learn together; then each style
is finished with the decoder as it is, which is also how a new style joins the library later.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping

import torch
from torch import Tensor, nn

from head360.model.field import HAIR_CHANNELS, HairField, HairPlanes
from head360.rendering.march import march_hair
from training.config import HairStage
from training.stages.hair_data import HairData, RayTargets
from training.stages.progress import Progress, running_mean, set_rates

#: Learning rates of plane channels relative to `HairStage.plane_rate`: their natural sizes.
_CHANNEL_SCALES = {"depth": 0.03, "spread": 0.0, "feature_0": 2.0, "feature_1": 2.0,
                   "root_u": 0.4, "root_v": 0.4}  # fmt: skip
#: Weights of the columns in the loss: alpha, tone, along, depth, tangent (3), root (2).
_COLUMN_WEIGHTS = (1.0, 0.3, 0.5, 2.0, 0.4, 0.4, 0.4, 1.0, 1.0)
_DEPTH_COLUMN = 3
#: Depth is compared from here, so that a little transparency is no large error, metres.
_DEPTH_ORIGIN = 1.25
_MIN_LOG_EXTINCTION = -2.0


class StyleWeights(nn.Module):
    """A style's planes and grid while they are learned."""

    def __init__(self, start: HairPlanes) -> None:
        super().__init__()
        scales = [_CHANNEL_SCALES.get(name, 1.0) for name in HAIR_CHANNELS]
        self.start: Tensor
        self.scales: Tensor
        self.register_buffer("start", start.planes)
        self.register_buffer("scales", torch.tensor(scales)[:, None, None])
        self.change = nn.Parameter(torch.zeros_like(start.planes))
        self.grid = nn.Parameter(start.grid.clone())

    def forward(self) -> HairPlanes:
        """The style as it is now."""
        return HairPlanes(self.start + self.change * self.scales, self.grid)

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
    field: HairField, data: Mapping[str, HairData], stage: HairStage, seed: int
) -> Generator[Progress, None, None]:
    """Train the field's decoder on several styles at once, in place."""
    generator = torch.Generator().manual_seed(seed)
    styles = {name: StyleWeights(item.start) for name, item in data.items()}
    optimizer = torch.optim.Adam(
        [
            {"params": list(field.parameters()), "lr": stage.decoder_rate},
            *(group for style in styles.values() for group in _groups(style, stage)),
        ],
        betas=(0.9, 0.98),
    )
    names = sorted(styles)
    mean = 0.0
    for step in range(stage.decoder_steps):
        name = names[step % len(names)]
        set_rates(optimizer, step, stage.decoder_steps)
        loss = _step(field, styles[name], data[name], stage, generator, step, optimizer)
        mean = running_mean(mean, loss, step)
        yield Progress(step + 1, stage.decoder_steps, mean)


def train_style(
    field: HairField, data: HairData, stage: HairStage, seed: int
) -> Generator[Progress, None, HairPlanes]:
    """Fit one style's planes and grid to its rays, with the field's decoder as it is."""
    generator = torch.Generator().manual_seed(seed)
    style = StyleWeights(data.start)
    field.requires_grad_(False)
    optimizer = torch.optim.Adam(_groups(style, stage), betas=(0.9, 0.98))
    mean = 0.0
    for step in range(stage.style_steps):
        set_rates(optimizer, step, stage.style_steps)
        loss = _step(field, style, data, stage, generator, step, optimizer)
        mean = running_mean(mean, loss, step)
        yield Progress(step + 1, stage.style_steps, mean)
    final = style()
    return HairPlanes(final.planes.detach(), final.grid.detach())


def hair_loss(found: Tensor, target: Tensor) -> Tensor:
    """L1 + L2 of columns (N, 9) times alpha, weighted; scalar. `found` holds means."""
    alpha, expected = found[:, :1], target.clone()
    seen = torch.cat([alpha, found[:, 1:] * alpha], -1)
    shift = torch.zeros_like(target[0])
    shift[_DEPTH_COLUMN] = _DEPTH_ORIGIN
    difference = (seen - shift * alpha) - (expected - shift * expected[:, :1])
    weights = difference.new_tensor(_COLUMN_WEIGHTS)
    return ((difference.abs() + 0.5 * difference.square()) * weights).sum(-1).mean()


def _step(
    field: HairField,
    style: StyleWeights,
    data: HairData,
    stage: HairStage,
    generator: torch.Generator,
    step: int,
    optimizer: torch.optim.Optimizer,
) -> float:
    batch = _batch(data.targets, stage.rays, generator)
    jitter = torch.rand(len(batch), 1, generator=generator)
    found = march_hair(field, style(), batch.rays, batch.limit, jitter=jitter)
    loss = hair_loss(found, batch.columns)
    prior = stage.smoothness * style.roughness(step % 6)
    optimizer.zero_grad(set_to_none=True)
    (loss + prior).backward()
    optimizer.step()
    style.keep_legal()
    return float(loss.detach())


def _batch(targets: RayTargets, count: int, generator: torch.Generator) -> RayTargets:
    return targets[torch.randint(len(targets), (count,), generator=generator)]


def _groups(style: StyleWeights, stage: HairStage) -> list[dict[str, object]]:
    return [
        {"params": [style.change], "lr": stage.plane_rate},
        {"params": [style.grid], "lr": stage.grid_rate},
    ]
