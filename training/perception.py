"""LPIPS (Zhang et al., CVPR 2018), when the weights of its AlexNet are at hand as a local file.

The packages on PyPI carry only the linear heads; the backbone comes from a hub. Who has it saves
it as safetensors once and gives its path; nothing is downloaded, no pickle is read here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from head360.errors import Head360Error

Picture = npt.NDArray[np.uint8]

#: AlexNet's convolutions: inputs, outputs, kernel, stride, padding; pooling before the 2nd and 3rd.
_CONVOLUTIONS = ((3, 64, 11, 4, 2), (64, 192, 5, 1, 2), (192, 384, 3, 1, 1), (384, 256, 3, 1, 1),
                 (256, 256, 3, 1, 1))  # fmt: skip
_POOLED = (1, 2)
#: The paper's normalisation of pictures in -1 … 1.
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)


class LpipsError(Head360Error):
    """LPIPS' weights cannot be used."""

    hint = (
        "Save a safetensors file with the tensors conv0.weight, conv0.bias … conv4.bias of "
        "AlexNet and head0 … head4 of LPIPS 0.1, each head as one weight a channel."
    )


class Lpips(nn.Module):
    """The distance; higher = less alike."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(i, o, k, s, p) for i, o, k, s, p in _CONVOLUTIONS
        )
        self.heads = nn.ParameterList(nn.Parameter(torch.ones(c[1])) for c in _CONVOLUTIONS)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """(B,) from pictures (B, 3, H, W) in -1 … 1."""
        total = one.new_zeros(len(one))
        for head, a, b in zip(self.heads, self._features(one), self._features(other), strict=True):
            difference = (_unit(a) - _unit(b)).square()
            total = total + torch.einsum("bchw,c->bhw", difference, head).mean((1, 2))
        return total

    def _features(self, picture: Tensor) -> list[Tensor]:
        shift, scale = (picture.new_tensor(v).view(1, 3, 1, 1) for v in (_SHIFT, _SCALE))
        x, found = (picture - shift) / scale, []
        for number, layer in enumerate(self.convolutions):
            if number in _POOLED:
                x = nn.functional.max_pool2d(x, 3, 2)
            x = torch.relu(layer(x))
            found.append(x)
        return found


def load_lpips(path: Path) -> Callable[[Picture, Picture], float]:
    """The distance of two (H, W, 3) pictures.

    Raises:
        LpipsError: the file is missing, damaged or of another network.
    """
    network = Lpips().eval().requires_grad_(False)
    try:
        tensors = load_file(path)
        for number, layer in enumerate(network.convolutions):
            layer.load_state_dict(
                {name: tensors[f"conv{number}.{name}"] for name in ("weight", "bias")}
            )
            network.heads[number].copy_(tensors[f"head{number}"].flatten())
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        raise LpipsError(f"“{path}” holds no LPIPS network.") from error

    def distance(one: Picture, other: Picture) -> float:
        return float(network(_tensor(one), _tensor(other)))

    return distance


def _tensor(picture: Picture) -> Tensor:
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1


def _unit(features: Tensor) -> Tensor:
    return features / (features.square().sum(1, keepdim=True).sqrt() + 1e-10)
