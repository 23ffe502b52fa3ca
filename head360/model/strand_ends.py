"""Where strands of hair end: cut by a share of their length, and each a little elsewhere.

A cut is a small texture over the scalp's coordinates, so that what is cut off a strand is all that
lies beyond: no hole opens in the middle of hair, and nothing floats before it. Ragged ends vary
with the noise that tells one strand from the next.

The same function exists in GLSL (`rendering/shaders/field_hair.glsl`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from head360.model.planes import HAIR_BOX, cell_centres
from head360.model.strand_noise import noise_at

if TYPE_CHECKING:
    from head360.model.field import HairField, HairPlanes

#: Cut ends fade over so much of a strand at least; ragged ones over so much of what is left more,
#: and vary so much from strand to strand; none is longer than by so much of that.
_SHARP, _FADE, _VARY, _LONGER = 0.04, 0.3, 0.1, 0.4
#: Where less than this share is cut off, ends fray less, and not at all where nothing is.
_CUT_WHOLLY = 0.08
#: Metres over which ends fray, of strands that are longer than that allows; styles reach down by so
#: much more than their strands are long, and hair is where extinction is so far above none.
_FRAYED, _ABOVE, _THERE = 0.045, 0.1, 1.0
#: What they vary with: noise of locks, and of strands, finer by a factor.
_LOCKS, _STRANDS, _FINER = 0.7, 0.7, 4.0
#: Of what is left so little keeps no light away, natural logarithm.
_NOTHING = -12.0


def trimmed(along: Tensor, root: Tensor, cut: Tensor, ragged: float) -> tuple[Tensor, Tensor]:
    """(N,) what is left of hair, and (N,) shares of what is left of strands.

    Args:
        along: (N,) 0 root … 1 tip, of whole strands.
        root: (N, 2) scalp coordinates.
        cut: (v, u) shares cut off, over scalp coordinates.
        ragged: how far ends are, 0 … 1.
    """
    noise = _LOCKS * noise_at(root)[:, 0] + _STRANDS * noise_at(root * _FINER)[:, 0]
    off = at_roots(cut, root)
    shorter = _frayed(off, ragged) * _VARY * noise.clamp(min=-_LONGER) * (1 - off)
    left = left_of_strands(along + shorter, off, ragged)
    return left, (along / (1 - off)).clamp(max=1)


def _frayed(off: Tensor, ragged: float) -> Tensor:
    """(N,) how ragged ends are of which shares (N,) are cut off."""
    return ragged * (off / _CUT_WHOLLY).clamp(max=1)


def raggedness(grid: Tensor) -> float:
    """0 … 1: how ragged a style's ends may be, (z, y, x) of its grid, so as to fray over as much.

    Shares of long strands are long: a blunt end of long hair would be a veil.
    """
    rows = torch.nonzero((grid > grid.min() + _THERE).any(2).any(0))[:, 0]
    if len(rows) == 0:
        return 1.0
    reach = float(rows.max() - rows.min() + 1) / grid.shape[1] * 2 * HAIR_BOX.half[1]
    return min(1.0, _FRAYED / (_FADE * max(reach - _ABOVE, 0.01)))


def left_of_strands(along: Tensor, off: Tensor, ragged: float) -> Tensor:
    """(N,) what is left of hair at shares (N,) of strands, of which shares (N,) are cut off."""
    length = 1 - off
    start = length * (1 - _FADE * _frayed(off, ragged))
    end = ((along - start) / (length + _SHARP - start)).clamp(0, 1)
    left: Tensor = 1 - end * end * (3 - 2 * end)
    return left


def at_roots(texture: Tensor, root: Tensor) -> Tensor:
    """(N,) bilinear samples of (v, u) at scalp coordinates (N, 2)."""
    found = functional.grid_sample(
        texture[None, None].to(root), root[None, None] * 2 - 1,
        padding_mode="border", align_corners=False,
    )  # fmt: skip
    return found[0, 0, 0]


@torch.no_grad()
def strands_volume(field: HairField, style: HairPlanes) -> Tensor:
    """(z, y, x, 3) along and root of a style's whole strands, at the cells of its grid.

    Where no hair is near, the root of a strand from the middle of the scalp.
    """
    size = style.grid.shape
    near = functional.max_pool3d(style.grid[None, None], 3, stride=1, padding=1)[0, 0]
    there = (near > style.grid.min()).flatten()
    points = cell_centres(HAIR_BOX, (size[2], size[1], size[0]))[there]
    sample = field(replace(style, cut=None, gains=None), points)
    found = torch.tensor([0.0, 0.5, 0.5]).repeat(len(there), 1)
    found[there] = torch.cat([sample.along[:, None], sample.root], 1)
    return found.view(*size, 3)


@torch.no_grad()
def thinned(field: HairField, style: HairPlanes) -> Tensor:
    """(z, y, x) log(extinction in 1/m) of what keeps light away once a style is cut."""
    if style.cut is None:
        return style.shading
    strands = strands_volume(field, style)
    along, *root = strands.view(-1, 3).unbind(1)
    left = left_of_strands(along, at_roots(style.cut, torch.stack(root, 1)), style.ragged)
    kept = left.log().clamp(min=_NOTHING).view(1, 1, *strands.shape[:3])
    finer = functional.interpolate(kept, style.shading.shape, mode="trilinear", align_corners=False)
    return style.shading + finer[0, 0]
