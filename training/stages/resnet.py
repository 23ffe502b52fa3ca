"""ResNet-50 (He et al., CVPR 2016), the paper's hairstyle classifier; too large to ship."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Pixels along each side of what it sees.
INPUT = 224
_EXPANSION = 4
#: Channels, blocks and stride of each stage.
_STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions beside a short cut."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * _EXPANSION
        self.inner = nn.Sequential(
            *_unit(inputs, width, 1, 1), nn.ReLU(inplace=True),
            *_unit(width, width, 3, stride), nn.ReLU(inplace=True),
            *_unit(width, outputs, 1, 1),
        )  # fmt: skip
        changed = stride > 1 or inputs != outputs
        self.short = nn.Sequential(*_unit(inputs, outputs, 1, stride)) if changed else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.short(x) + self.inner(x), inplace=True)


class ResNet50(nn.Module):
    """Pictures (B, 3, S, S), sRGB 0 … 1, to (B, classes) logits; 23.5 M parameters."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            *_unit(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        ]  # fmt: skip
        inputs = 64
        for width, count, stride in _STAGES:
            for number in range(count):
                layers.append(Bottleneck(inputs, width, 1 if number else stride))
                inputs = width * _EXPANSION
        self.features = nn.Sequential(*layers)
        self.told = nn.Linear(inputs, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        size = (INPUT, INPUT)
        seen = functional.interpolate(pictures, size=size, mode="bilinear", antialias=True)
        found: Tensor = self.told(self.features((seen - 0.45) / 0.25).mean((2, 3)))
        return found


def _unit(inputs: int, outputs: int, kernel: int, stride: int) -> tuple[nn.Module, nn.Module]:
    made = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    nn.init.kaiming_normal_(made.weight, mode="fan_out", nonlinearity="relu")
    return made, nn.BatchNorm2d(outputs)


@torch.no_grad()
def quiet_start(network: ResNet50) -> None:
    """Every block begins as its short cut (Goyal et al., 2017): deep networks then start well."""
    for module in network.modules():
        if isinstance(module, Bottleneck):
            last = module.inner[-1]
            assert isinstance(last, nn.BatchNorm2d)
            last.weight.zero_()
