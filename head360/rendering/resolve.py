"""From shaded samples to a picture: background and sRGB curve, the twin of shaders/resolve.frag."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.light import Background
from head360.rendering.shade import linear_from_srgb, srgb_from_linear


def resolve(color: Tensor, background: Background) -> npt.NDArray[np.uint8]:
    """(H, W, 4) sRGB, straight alpha, from (H, W, 4) display-linear RGB times alpha, and alpha."""
    alpha = color[..., 3:]
    if background.transparent:
        straight = srgb_from_linear(color[..., :3] / alpha.clamp(min=1e-4))
        return _bytes(torch.cat([straight, alpha], -1))
    behind = linear_from_srgb(backdrop(background, color.shape[1], color.shape[0]))
    mixed = srgb_from_linear(color[..., :3] + (1 - alpha) * behind)
    return _bytes(torch.cat([mixed, torch.ones_like(alpha)], -1))


def backdrop(background: Background, width: int, height: int, rows: slice = slice(None)) -> Tensor:
    """(H, W, 3) sRGB, or some rows of it: the inner colour fades into the outer at the corners."""
    x = (torch.arange(width) + 0.5) / width * 2 - 1
    y = 1 - (torch.arange(height)[rows] + 0.5) / height * 2
    radius = torch.hypot(x[None] * 0.8, y[:, None] * 0.9 - 0.1)
    share = ((radius - 0.1) / 1.3).clamp(0, 1)
    share = (share**2 * (3 - 2 * share))[..., None]
    inner, outer = torch.tensor(background.inner), torch.tensor(background.outer)
    return inner + (outer - inner) * share


def _bytes(color: Tensor) -> npt.NDArray[np.uint8]:
    picture: npt.NDArray[np.uint8] = (color.clamp(0, 1) * 255 + 0.5).to(torch.uint8).numpy()
    return picture
