"""Between two hairstyles: solid hair of in-between length and volume, not two ghosts.

Adding two densities leaves half-transparent long hair around short hair. Here shapes move instead.
Where only one style has hair, it stays as far from the other's as the share allows (`_kept`): long
hair is cut shorter and shorter, an afro shrinks onto a bob. Where both have hair, densities and
looks blend. Distances are measured in the coarse grids, once a pair; how far a part has to go is
measured in its own vertical column, so that all parts arrive together.

The six planes must show the new shape. Their depth and coverage follow those of the new grid seen
from the same sides, plus the fine detail by which each style's planes differ from its own grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from head360.model.field import EMPTY_LOG_EXTINCTION, HairPlanes
from head360.model.planes import HAIR_BOX, PLANES

Floats: TypeAlias = npt.NDArray[np.float32]

#: Hair is where its extinction is above this, 1/m.
_SOLID = 33.0
#: The end of hair that is cut fades over this, metres.
_SOFT = 0.007
#: Locks of hair that is cut differ in length by this, metres.
_LOCKS = 0.007
#: Where they have at least so far to go, metres.
_FAR = 0.03
#: Distances are smoothed over so many cells, and what a column has to go over so many.
_SMOOTH, _NEIGHBOURS = 0.8, 1.5
#: Log extinction where there is nothing.
_EMPTY = EMPTY_LOG_EXTINCTION - 1
#: Fine detail of depth beyond this belongs to hair that is no longer there, metres.
_DETAIL = 0.015


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One style of a pair; grids are (z, y, x)."""

    hair: HairPlanes
    beyond: Tensor  # metres from the other style's hair, 0 inside it
    way: Tensor  # the furthest that hair of this column is from the other's, metres
    views: tuple[Tensor, Tensor]  # (6, R, R) depth and coverage of its own grid


class HairMorph:
    """A pair of styles; `at` gives what lies between them."""

    def __init__(self, first: HairPlanes, second: HairPlanes) -> None:
        first, second = _of_one_size(first, second)
        distances = [_distance(hair) for hair in (first, second)]
        self._sides = [
            _Side(hair, torch.from_numpy(far), torch.from_numpy(_way(near, far)), _views(hair))
            for hair, near, far in (
                (first, distances[0], distances[1]),
                (second, distances[1], distances[0]),
            )
        ]

    def at(self, share: float) -> HairPlanes:
        """The style at 0 (the first) … 1 (the second)."""
        if share in (0, 1):
            return self._sides[int(share)].hair
        first, second = self._sides
        kept = (_kept(first, share), _kept(second, 1 - share))
        near, far = kept[0] * first.hair.grid.exp(), kept[1] * second.hair.grid.exp()
        grid, belongs = _logarithm(near + far), near / (near + far).clamp(min=1e-6)
        counts = [
            left * _resized(side.hair.shading, len(left)).exp()
            for left, side in zip(kept, self._sides, strict=True)
        ]
        counted = _logarithm(counts[0] + counts[1])
        return HairPlanes(self._planes(grid, belongs, share), grid, counted)

    def _planes(self, grid: Tensor, belongs: Tensor, share: float) -> Tensor:
        first, second = self._sides
        size = first.hair.planes.shape[-1]
        depth, coverage, own = (_enlarged(v, size) for v in _seen(_solid(grid), belongs))
        own = torch.where(coverage > 0.02, own, own.new_tensor(1 - share))
        shares = (own, 1 - own)
        for side, part in zip(self._sides, shares, strict=True):
            planes = side.hair.planes
            seen_depth, seen_coverage = side.views
            detail = (planes[:, 1] - seen_depth).clamp(-_DETAIL, _DETAIL)
            depth = depth + part * planes[:, 0].clamp(0, 1) * detail
            coverage = coverage + part * (planes[:, 0] - seen_coverage)
        weights = [
            (part * (side.hair.planes[:, 0].clamp(0, 1) + 1e-3))[:, None]
            for side, part in zip(self._sides, shares, strict=True)
        ]
        looks = weights[0] * first.hair.planes + weights[1] * second.hair.planes
        looks = looks / (weights[0] + weights[1])
        looks[:, 0], looks[:, 1] = coverage.clamp(0, 1), depth
        return looks


def _of_one_size(first: HairPlanes, second: HairPlanes) -> tuple[HairPlanes, HairPlanes]:
    """Both as fine as the finer one."""
    texels = max(first.planes.shape[-1], second.planes.shape[-1])
    cells = max(len(first.grid), len(second.grid))

    def sized(hair: HairPlanes) -> HairPlanes:
        if (hair.planes.shape[-1], len(hair.grid)) == (texels, cells):
            return hair
        return HairPlanes(_enlarged(hair.planes, texels), _resized(hair.grid, cells), hair.counted)

    return sized(first), sized(second)


def _resized(grid: Tensor, cells: int) -> Tensor:
    """(cells, cells, cells) the same numbers on finer or coarser cells."""
    if len(grid) == cells:
        return grid
    return functional.interpolate(grid[None, None], (cells,) * 3, mode="trilinear")[0, 0]


def _logarithm(extinction: Tensor) -> Tensor:
    """Log extinction, empty where there is none."""
    return extinction.clamp(min=float(np.exp(_EMPTY))).log()


def _kept(side: _Side, share: float) -> Tensor:
    """(z, y, x) how much of a style's hair is left at a share 0 … 1 of the way to the other."""
    limit = (1 - share) * (side.way + _SOFT) - _SOFT
    ragged = _ragged(len(limit))[:, None] * (side.way / _FAR).clamp(0, 1)
    limit = limit + 4 * share * (1 - share) * ragged
    left = ((limit + _SOFT - side.beyond) / _SOFT).clamp(0, 1)
    inside = (1 - side.beyond / _SOFT).clamp(0, 1)
    return inside * (1 - share) + (1 - inside) * left


@cache
def _ragged(size: int) -> Tensor:
    """(z, x) metres by which locks of cut hair are longer or shorter than others."""
    noise = np.random.default_rng(360).uniform(-_LOCKS, _LOCKS, (size, size))
    return torch.from_numpy(noise.astype(np.float32))


def _solid(grid: Tensor) -> Tensor:
    """Extinction in 1/m of log extinction, as the field fades it in."""
    return (grid - EMPTY_LOG_EXTINCTION).clamp(0, 1) * grid.exp()


def _cell(size: int) -> npt.NDArray[np.float64]:
    """(3,) metres along z, y, x."""
    return 2 * np.array(HAIR_BOX.half)[::-1] / size


def _distance(hair: HairPlanes) -> Floats:
    """(z, y, x) metres from hair, 0 in it."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter  # only a mix needs to wait

    solid = _solid(hair.grid).numpy() > _SOLID
    cell = _cell(len(solid))
    distance = np.maximum(distance_transform_edt(~solid, sampling=cell) - 0.5 * cell.mean(), 0)
    smooth = gaussian_filter(distance, _SMOOTH) - 0.4 * cell.mean()  # none in the outermost cell
    found: Floats = np.maximum(smooth, 0).astype(np.float32)
    return found


def _way(near: Floats, far: Floats) -> Floats:
    """(z, y, x) metres: how far hair (where `near` is 0) is from the other, at most, by columns."""
    from scipy.ndimage import gaussian_filter, maximum_filter

    furthest = np.where(near < 0.002, far, 0).max(1)  # (z, x)
    furthest = gaussian_filter(maximum_filter(furthest, 3), _NEIGHBOURS)
    way: Floats = np.maximum(furthest[:, None], far)
    return way


def _views(hair: HairPlanes) -> tuple[Tensor, Tensor]:
    size = hair.planes.shape[-1]
    depth, coverage, _ = _seen(_solid(hair.grid), torch.ones_like(hair.grid))
    return _enlarged(depth, size), _enlarged(coverage, size)


def _enlarged(images: Tensor, size: int) -> Tensor:
    """(6, [C,] size, size) of (6, [C,] R, R)."""
    four = images if images.dim() == 4 else images[None]
    return functional.interpolate(four, (size, size), mode="bilinear").view(
        *images.shape[:-2], size, size
    )


def _seen(extinction: Tensor, belongs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What six planes see of a grid (z, y, x): mean depth in metres, coverage, and mean share.

    Each is (6, D, D), bottom row first.
    """
    views = [_seen_from(k, extinction, belongs) for k in range(PLANES)]
    depth, coverage, share = (torch.stack(parts) for parts in zip(*views, strict=True))
    return _filled(depth, coverage), coverage, share


def _seen_from(plane: int, extinction: Tensor, belongs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    dense, share = (_towards_viewer(grid, plane) for grid in (extinction, belongs))
    half = HAIR_BOX.half_depth(plane)
    optical = dense * (2 * half / len(dense))
    before = optical.cumsum(0) - optical
    weights = torch.exp(-before) * (1 - torch.exp(-optical))
    coverage = weights.sum(0)
    heights = half * (1 - (torch.arange(len(dense)) + 0.5) * 2 / len(dense))
    scale = 1 / coverage.clamp(min=1e-6)
    depth = (weights * heights[:, None, None]).sum(0) * scale
    return depth, coverage, (weights * share).sum(0) * scale


def _filled(depth: Tensor, coverage: Tensor) -> Tensor:
    """Depths (6, D, D) spread a few texels outwards from where there is hair."""
    known = (coverage > 0.05).to(depth)
    total, weight = depth * known, known
    for _ in range(3):
        spread = functional.avg_pool2d(torch.stack([total, weight]), 3, 1, 1)
        fresh = (weight == 0) & (spread[1] > 0)
        total = torch.where(fresh, spread[0] / spread[1].clamp(min=1e-6), total)
        weight = torch.where(fresh, 1.0, weight)
    return total


def _towards_viewer(grid: Tensor, plane: int) -> Tensor:
    """(depth, row, column) of a (z, y, x) grid as plane sees it, nearest slice first."""
    if plane == 0:
        return grid.flip(0)
    if plane == 1:
        return grid.flip(2)
    if plane == 2:  # right is -z
        return grid.permute(2, 1, 0).flip(0, 2)
    if plane == 3:  # right is +z
        return grid.permute(2, 1, 0)
    if plane == 4:  # up is -z
        return grid.permute(1, 0, 2).flip(0, 1)
    return grid.permute(1, 0, 2)
