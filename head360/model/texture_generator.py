"""From 64 numbers to the skin tile: a small modulated network, a linear basis, shared detail maps.

Low and middle frequencies (64 rows) are a basis found by principal components, weighted by a
mapping network, plus what a StyleGAN2-like convolution network adds. Fine detail is a mean map plus
shared full-resolution maps mixed into the channels with weights that depend on the code: pores,
specks and folds are sharp because nothing has to invent them texel by texel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from head360.model import texture_file

CHANNELS = texture_file.CHANNELS
#: Divides channels after the albedo: inside the network all vary about equally.
CHANNEL_SCALE = (1.0, 1.0, 1.0, 4.0, 4.0, 4.0, 4.0, 6.0)
_SLOPE, _GAIN = 0.2, 1.4  # leaky ReLU, and what keeps its output at unit size


@dataclass(frozen=True, slots=True)
class GeneratorShape:
    """Sizes of a generator."""

    code: int = 64
    hidden: int = 192
    rows: int = 512  # of the finished tile; it is twice as wide as high
    soft_rows: int = 64  # of what the networks make
    basis: int = 64
    details: int = 24
    convolution: tuple[int, ...] = (96, 96, 64, 48, 32)  # channels at 4, 8, 16, 32, 64 rows


class ModulatedConvolution(nn.Module):
    """StyleGAN2's modulated convolution: inputs scaled by the code, outputs normalised again."""

    def __init__(self, inputs: int, outputs: int, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.style = nn.Linear(hidden, inputs)
        nn.init.normal_(self.style.weight, std=0.3 / math.sqrt(hidden))
        nn.init.ones_(self.style.bias)

    def forward(self, x: Tensor, hidden: Tensor) -> Tensor:
        style = self.style(hidden)
        norm = torch.rsqrt(style.square() @ self.weight.square().sum((2, 3)).T + 1e-6)
        y = functional.conv2d(x * style[:, :, None, None], self.weight, padding=1)
        y = y * norm[:, :, None, None] + self.bias[None, :, None, None]
        return functional.leaky_relu(y, _SLOPE) * _GAIN


class SoftNetwork(nn.Module):
    """What the linear basis cannot say, at low resolution."""

    def __init__(self, shape: GeneratorShape) -> None:
        super().__init__()
        first = shape.convolution[0]
        self.start = nn.Parameter(torch.randn(1, first, 4, 8))
        self.first = ModulatedConvolution(first, first, shape.hidden)
        self.blocks = nn.ModuleList(
            ModulatedConvolution(inputs, outputs, shape.hidden)
            for inputs, outputs in pairwise(shape.convolution)
        )
        self.to_maps = nn.Conv2d(shape.convolution[-1], CHANNELS, 1)
        nn.init.normal_(self.to_maps.weight, std=0.01)
        nn.init.zeros_(self.to_maps.bias if self.to_maps.bias is not None else torch.empty(0))

    def forward(self, hidden: Tensor) -> Tensor:
        x = self.first(self.start.expand(len(hidden), -1, -1, -1), hidden)
        for block in self.blocks:
            x = block(_doubled(x), hidden)
        maps: Tensor = self.to_maps(x)
        return maps


class TextureGenerator(nn.Module):
    """Codes (B, 64) to skin tiles (B, 8, U, 2U) before `activate`."""

    def __init__(self, shape: GeneratorShape, *, filled: bool = True) -> None:
        """An untrained generator; not `filled`, its maps are left for weights that follow."""
        super().__init__()
        soft = (CHANNELS, shape.soft_rows, 2 * shape.soft_rows)
        self.shape = shape
        self.mapping = nn.Sequential(
            nn.Linear(shape.code, shape.hidden), nn.LeakyReLU(_SLOPE),
            nn.Linear(shape.hidden, shape.hidden), nn.LeakyReLU(_SLOPE),
        )  # fmt: skip
        self.weights = nn.Linear(shape.code + shape.hidden, shape.basis)
        self.mixing = nn.Linear(shape.code + shape.hidden, shape.details * CHANNELS)
        self.network = SoftNetwork(shape)
        made = torch.zeros if filled else torch.empty
        self.soft_mean = nn.Parameter(made(soft))
        self.basis = nn.Parameter(made((shape.basis, *soft)))
        self.mean = nn.Parameter(made((CHANNELS, shape.rows, 2 * shape.rows)))
        self.details = nn.Parameter(made((shape.details, shape.rows, 2 * shape.rows)))

    def soft(self, code: Tensor) -> Tensor:
        """(B, 8, 64, 128) low and middle frequencies."""
        linear = torch.einsum("bk,kchw->bchw", self.weighing(code), self.basis)
        maps: Tensor = self.soft_mean + linear + self.network(self.mapping(code))
        return maps

    def weighing(self, code: Tensor) -> Tensor:
        """(B, 64) weights of the linear basis."""
        found: Tensor = self.weights(torch.cat([code, self.mapping(code)], 1))
        return found

    def mixture(self, code: Tensor) -> Tensor:
        """(B, 8, K) weights of the detail maps."""
        mixed: Tensor = self.mixing(torch.cat([code, self.mapping(code)], 1))
        return mixed.view(len(code), CHANNELS, self.shape.details)

    def forward(self, code: Tensor) -> Tensor:
        size = (self.shape.rows, 2 * self.shape.rows)
        fine = self.mixture(code) @ self.details.flatten(1)
        tile = grown(self.soft(code), size)
        return tile.add_(self.mean).add_(fine.view(tile.shape))


def grown(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps at full resolution, smoothly."""
    return functional.interpolate(maps, size=size, mode="bilinear", align_corners=False)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def activate(maps: Tensor) -> Tensor:
    """Channels 0 … 1 of what the generator made; its albedo comes before a sigmoid."""
    scale = torch.tensor(CHANNEL_SCALE[3:], device=maps.device)[:, None, None]
    return torch.cat([maps[..., :3, :, :].sigmoid(), (maps[..., 3:, :, :] / scale).clamp(0, 1)], -3)


def deactivate(channels: Tensor) -> Tensor:
    """What `activate` should be given to yield these channels."""
    scale = torch.tensor(CHANNEL_SCALE[3:], device=channels.device)[:, None, None]
    albedo = torch.logit(channels[..., :3, :, :].clamp(0.015, 0.985))
    return torch.cat([albedo, channels[..., 3:, :, :] * scale], -3)
