"""Completes skin that a photo shows in part: mirrored, then joined to generated skin without seams.

The seam is closed as in Poisson image editing (Pérez et al., 2003), in its membrane form: of the
difference between photo and generated skin (logarithms of albedo), a smooth continuation is found
that is the difference where the photo is trusted and bends least elsewhere. It is solved on the
mesh, not on the atlas, so that edges of the atlas do not show.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse import diags_array
from scipy.sparse.linalg import splu
from torch import Tensor

from head360.fitting.atlas import SkinAtlas

#: How strongly the membrane follows the photo, keeps its shape, and tends to what is usual.
_FOLLOW, _STIFF, _PULL = 3.0, 0.35, 0.015
#: A mirrored texel is worth so much of a seen one.
_MIRRORED = 0.85
#: Texels over which the difference is smoothed before the membrane follows it.
_SOFT = 6.0


def mirrored(atlas: SkinAtlas, logs: Tensor, trust: Tensor) -> tuple[Tensor, Tensor]:
    """Values (N, 3) and trust (N,), with the other half of the face where it is seen better."""
    other, there = logs[atlas.mirrored], trust[atlas.mirrored]
    own = torch.nonzero(atlas.mirrored == torch.arange(len(trust)))[:, 0]
    there = there.index_fill(0, own, 0.0)
    borrowed = there * (1 - trust) * _MIRRORED
    total = (trust + borrowed).clamp(min=1e-3)[:, None]
    return (logs * trust[:, None] + other * borrowed[:, None]) / total, (trust + borrowed).clamp(
        max=1
    )


def joined(
    atlas: SkinAtlas, logs: Tensor, trust: Tensor, template: Tensor, plain: Tensor
) -> Tensor:
    """(N, 3) logarithms of a whole skin.

    Args:
        atlas: whose texels these are.
        logs: (N, 3) logarithms of the albedo, right where trusted.
        trust: (N,) 0 … 1.
        template: (N, 3) logarithms of the generated albedo.
        plain: (N,) where the skin is so even that what differs there differs everywhere.
    """
    difference = logs - template
    usual = usual_difference(difference, trust * plain)
    base = template + usual + membrane(atlas, difference - usual, trust)
    return base + trust[:, None] * (logs - base)


def usual_difference(difference: Tensor, weight: Tensor) -> Tensor:
    """(3,) the median of differences (N, 3) where weights (N,) 0 … 1 are sure; 0 where none is."""
    sure = torch.nonzero(weight > 0.7)[:, 0]
    return difference[sure].median(0).values if len(sure) else difference.new_zeros(3)


def membrane(atlas: SkinAtlas, difference: Tensor, trust: Tensor) -> Tensor:
    """(N, C) a smooth surface through differences (N, C) where they are trusted (N,), 0 far off."""
    weighed = torch.cat([difference * trust[:, None], trust[:, None]], 1)
    soft = atlas.blurred(weighed, _SOFT)
    smooth = soft[:, :-1] / soft[:, -1:].clamp(min=1e-3)
    values, weight = atlas.at_vertices(smooth, soft[:, -1])
    skin = atlas.skin
    target, sure = values.numpy()[skin].astype(np.float64), weight.numpy()[skin] ** 2
    matrix = diags_array(_FOLLOW * sure + _PULL) + _STIFF * atlas.laplacian[skin][:, skin]
    solved = splu(matrix.tocsc()).solve((_FOLLOW * sure)[:, None] * target)
    whole = np.zeros((values.shape[0], values.shape[1]), np.float32)
    whole[skin] = solved
    return atlas.at_texels(torch.from_numpy(whole))
