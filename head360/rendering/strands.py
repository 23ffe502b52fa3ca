"""Which colour strands of hair have before they are lit: roots, tips, paint, tones and grey.

The torch twin of `hair_color` and `strand_color` in shaders/shade.frag.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from head360.paint import LEAST_HAIR


def hair_colors(along: Tensor, color: Tensor, tones: Tensor | None) -> Tensor:
    """(N, 3) linear RGB at shares (N, 1) of strands' lengths.

    Args:
        along: 0 root … 1 tip.
        color: (3,) linear RGB.
        tones: (2, 4) of roots and tips, see `Scene`; None: all one colour.
    """
    own = color.expand(len(along), 3)
    if tones is None:
        return own
    roots, tips = tones
    at_root = 1 - smoothstep(0.6 * float(roots[3]), 1.4 * float(roots[3]) + 1e-3, along)
    at_tip = smoothstep(1 - 1.4 * float(tips[3]), 1 - 0.6 * float(tips[3]) + 1e-3, along)
    own = own + (roots[:3] - own) * at_root
    mixed: Tensor = own + (tips[:3] - own) * at_tip
    return mixed


def painted_hair(own: Tensor, root: Tensor, along: Tensor, paint: Tensor | None) -> Tensor:
    """(N, 3) linear RGB of hair whose strands are painted.

    Args:
        own: (N, 3) linear RGB without paint.
        root: (N, 2) scalp coordinates, 0 … 1.
        along: (N, 1) 0 root … 1 tip.
        paint: (3, along, v, u) logarithms of factors; None: none.
    """
    if paint is None:
        return own
    places = torch.cat([root, along], 1) * 2 - 1
    found = functional.grid_sample(
        paint[None].to(own), places[None, None, None], padding_mode="border", align_corners=False
    )
    factor = found[0, :, 0, 0].T.exp()
    painted: Tensor = own * factor + LEAST_HAIR * (factor - 1).clamp(min=0)
    return painted


def strand_color(hair: Tensor, noise: Tensor, color: Tensor) -> Tensor:
    """(N, 3) linear RGB of hair of (N, 3): roots in shadow, bleached tips, tones of strands.

    Args:
        hair: (N, 9) HAIR_COLUMNS.
        noise: (N, 4) of locks and strands.
        color: (N, 3) linear RGB.
    """
    along, grey = hair[:, 2:3], _greyness(color)
    fade = 0.60 + 0.40 * smoothstep(0.0, 0.3, along)
    tone = (0.11 - 0.08 * grey) * noise[:, :1] + (0.14 + 0.08 * grey) * noise[:, 2:3]
    gain = hair[:, 1:2] * fade * (1 + 0.3 * along**2)
    strands: Tensor = color * gain * torch.exp(tone)
    return strands


def smoothstep(low: float, high: float, x: Tensor) -> Tensor:
    """GLSL's smoothstep."""
    ramp = ((x - low) / (high - low)).clamp(0, 1)
    eased: Tensor = ramp**2 * (3 - 2 * ramp)
    return eased


def _greyness(color: Tensor) -> Tensor:
    """(N, 1): grey hair is a mixture of dark strands and white ones; 0 coloured … 1 grey."""
    high, low = color.amax(-1, keepdim=True), color.amin(-1, keepdim=True)
    neutral = 1 - smoothstep(0.15, 0.45, 1 - low / high.clamp(min=1e-4))
    return neutral * smoothstep(0.02, 0.10, high)
