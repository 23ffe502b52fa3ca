"""Paints a head by what a photo has shown of it: seen skin blue, invented skin orange."""

from __future__ import annotations

import torch
from torch import Tensor

from head360.likeness import Likeness

#: sRGB-encoded; told apart by every kind of colour vision.
SEEN, INVENTED = (0.16, 0.55, 0.93), (0.96, 0.56, 0.16)
#: Of the skin's own brightness, so much still shows: features stay readable.
_CONTRAST = 0.75
_LUMA = (0.299, 0.587, 0.114)


def observed_maps(maps: Tensor, likeness: Likeness | None) -> Tensor:
    """Texture maps (8, U, 2.5 U) whose skin tells what was seen; all else turns grey.

    Without a likeness everything was invented.
    """
    rows = maps.shape[1]
    painted = maps.clone()
    grey = torch.einsum("c,chw->hw", maps.new_tensor(_LUMA), maps[:3])
    painted[:3] = grey
    share = maps.new_zeros(rows, 2 * rows)
    if likeness is not None:
        share = torch.tensor(likeness.observed) / 255
    skin = grey[:, : 2 * rows]
    light = (1 - _CONTRAST) + _CONTRAST * (skin / skin.mean().clamp(min=1e-3))
    for channel, seen, invented in zip(painted[:3], SEEN, INVENTED, strict=True):
        color = invented + (seen - invented) * share
        channel[:, : 2 * rows] = (color * light).clamp(0, 1)
    return painted
