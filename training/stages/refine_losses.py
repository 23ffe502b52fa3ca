"""What the refine stage asks of a picture: true colours, true edges, and discriminators' word.

The discriminators are pix2pixHD's: the same small patch network at several resolutions, told what
the viewer drew beside the picture it judges; least squares, with matching of their features.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from head360.model.refine import CHANNELS

#: Told beside the picture: what the viewer drew before the same background, aspect and guide.
_TOLD = 9
_SLOPE = 0.2


class PatchCritic(nn.Module):
    """Judges overlapping patches of 70 pixels; answers with the outputs of all its layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        sizes = (width, width * 2, width * 4, width * 8)
        layers: list[nn.Module] = [_layer(_TOLD + 3, sizes[0], 2, normal=False)]
        layers += [_layer(sizes[i], sizes[i + 1], 2 if i < 2 else 1) for i in range(3)]
        layers.append(nn.Conv2d(sizes[-1], 1, 4, padding=2))
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> list[Tensor]:
        answers = []
        for layer in self.layers:
            x = layer(x)
            answers.append(x)
        return answers


def _layer(inputs: int, outputs: int, stride: int, *, normal: bool = True) -> nn.Module:
    parts: list[nn.Module] = [nn.Conv2d(inputs, outputs, 4, stride, padding=2)]
    if normal:
        parts.append(nn.InstanceNorm2d(outputs))
    return nn.Sequential(*parts, nn.LeakyReLU(_SLOPE))


class Critics(nn.Module):
    """One critic for each scale, each at half the resolution of the one before."""

    def __init__(self, scales: int, width: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchCritic(width) for _ in range(scales))

    def forward(self, told: Tensor, picture: Tensor) -> list[list[Tensor]]:
        """For each scale the outputs of all layers, the verdict last."""
        x = torch.cat([told, picture], 1)
        answers = []
        for critic in self.scales:
            answers.append(critic(x))
            x = functional.avg_pool2d(x, 2)
        return answers


def before(color: Tensor, background: Tensor) -> Tensor:
    """(N, 3, H, W) of (N, 4, H, W) RGB times opacity and opacity, before (N, 3, 1, 1)."""
    return color[:, :3] + (1 - color[:, 3:4]) * background


def told(x: Tensor, background: Tensor) -> Tensor:
    """What critics know of (N, 13, H, W) inputs."""
    assert x.shape[1] == CHANNELS
    return torch.cat([before(x[:, :4], background), x[:, 7:]], 1)


def critic_loss(real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """True pictures are 1, others 0."""
    losses = [
        (r[-1].float() - 1).square().mean() + f[-1].float().square().mean()
        for r, f in zip(real, fake, strict=True)
    ]
    return torch.stack(losses).mean() / 2


def persuasion(fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """How far the critics are from taking pictures for true."""
    return torch.stack([(f[-1].float() - 1).square().mean() for f in fake]).mean()


def feature_distance(real: Sequence[Sequence[Tensor]], fake: Sequence[Sequence[Tensor]]) -> Tensor:
    """How differently critics see two pictures, in all layers but the last."""
    losses = [
        (r.float().detach() - f.float()).abs().mean()
        for one, other in zip(real, fake, strict=True)
        for r, f in zip(one[:-1], other[:-1], strict=True)
    ]
    return torch.stack(losses).mean()


def pixel_distance(made: Tensor, truth: Tensor, where: Tensor) -> Tensor:
    """Mean absolute difference of (N, C, H, W) over pixels chosen by (N, 1, H, W)."""
    return ((made - truth).abs() * where).sum() / (where.sum() * made.shape[1] + 1)


def gradient_distance(made: Tensor, truth: Tensor, where: Tensor) -> Tensor:
    """The same of the steps from pixel to pixel, along rows and columns: edges and strands."""
    difference = made - truth
    across = (difference[..., 1:] - difference[..., :-1]).abs() * where[..., 1:]
    down = (difference[..., 1:, :] - difference[..., :-1, :]).abs() * where[..., 1:, :]
    return (across.sum() + down.sum()) / (2 * where.sum() * made.shape[1] + 1)
