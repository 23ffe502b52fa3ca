"""The dual discriminator: tells patches of true pictures from drawn ones, at two scales at once.

EG3D shows its discriminator the finished picture and, stacked on its channels, the raw rendering
enlarged, so that the two cannot drift apart; true pictures are paired with a blurred copy of
themselves. We have no enlarging network. What could drift apart here are the hair's and the head's
low frequencies (density, shading, tone) and their texture: so the second picture is the patch at a
quarter of its resolution, drawn or true, enlarged again. With it on channels of its own, the first
convolution sees form and texture apart, and neither can be bought with the other.

A patch of hair looks like few patches of faces: the network is told where a patch was cut, by a
projection of its last features onto an embedding of camera and place (Miyato and Koyama, 2018).
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.stages.photometric import CONDITIONS

_COARSE = 4  # times fewer pixels along each side
_SLOPE = 0.2
_WIDEST = 256
_FEATURES = 128


class Discriminator(nn.Module):
    """Residual network from (B, 4, P, P) patches to (B,) logits, high for true ones."""

    def __init__(self, patch: int, width: int) -> None:
        super().__init__()
        widths = [min(width * 2**i, _WIDEST) for i in range(int(math.log2(patch // 4)) + 1)]
        self.start = nn.Conv2d(6, widths[0], 3, padding=1)
        self.blocks = nn.ModuleList(_Block(inputs, outputs) for inputs, outputs in pairwise(widths))
        last = widths[-1]
        self.features = nn.Sequential(
            nn.Conv2d(last, last, 3, padding=1), nn.LeakyReLU(_SLOPE),
            nn.Flatten(), nn.Linear(last * 16, _FEATURES), nn.LeakyReLU(_SLOPE),
        )  # fmt: skip
        self.embedding = nn.Sequential(
            nn.Linear(CONDITIONS, _FEATURES), nn.LeakyReLU(_SLOPE), nn.Linear(_FEATURES, _FEATURES)
        )
        self.verdict = nn.Linear(_FEATURES, 1)

    def forward(self, patches: Tensor, conditions: Tensor) -> Tensor:
        """`patches` (B, 4, P, P) sRGB 0 … 1 and alpha, which is not looked at."""
        x = functional.leaky_relu(self.start(dual(patches[:, :3] * 2 - 1)), _SLOPE)
        for block in self.blocks:
            x = block(x)
        features = self.features(x)
        told = (features * self.embedding(conditions)).sum(1) / math.sqrt(_FEATURES)
        logits: Tensor = self.verdict(features)[:, 0] + told
        return logits


class _Block(nn.Module):
    """Two convolutions and a shortcut, to half the resolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, inputs, 3, padding=1)
        self.second = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.leaky_relu(self.first(x), _SLOPE)
        y = functional.leaky_relu(functional.avg_pool2d(self.second(y), 2), _SLOPE)
        both: Tensor = (y + self.shortcut(functional.avg_pool2d(x, 2))) * math.sqrt(0.5)
        return both


def dual(colors: Tensor) -> Tensor:
    """(B, 6, P, P): patches (B, 3, P, P), and what a quarter of their resolution keeps of them."""
    coarse = functional.interpolate(
        functional.avg_pool2d(colors, _COARSE), size=colors.shape[-2:], mode="bilinear",
        align_corners=False,
    )  # fmt: skip
    return torch.cat([colors, coarse], 1)


def generator_loss(logits: Tensor) -> Tensor:
    """Non-saturating logistic loss of drawn patches; scalar."""
    return functional.softplus(-logits).mean()


def discriminator_loss(drawn: Tensor, true: Tensor) -> Tensor:
    """Logistic loss of both; scalar."""
    return functional.softplus(drawn).mean() + functional.softplus(-true).mean()


def gradient_penalty(network: Discriminator, patches: Tensor, conditions: Tensor) -> Tensor:
    """R1 (Mescheder et al., 2018): half the squared gradient at true patches; scalar."""
    patches = patches.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(
        network(patches, conditions).sum(), patches, create_graph=True
    )
    return gradient.square().sum((1, 2, 3)).mean() / 2
