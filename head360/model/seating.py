"""Seats hair on a head: a smooth map from head space to the canonical frame, the mean head's.

    x' = A·x + b        x_canonical = x' + D(x')

The affine part is fitted to the skin of both heads; what it leaves is spread from some hundred
skin points by Gaussian kernels of shrinking width, each pass correcting the rest of the one before.
Kernels are centred on the mean head, so D takes six matrix products for any head.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.model.planes import HAIR_BOX, cell_centres, sample_vectors
from head360.model.topology import SKIN, Topology

#: Nodes of the displacement grid along x, y, z.
GRID_SIZE = (18, 22, 20)
#: Widths of the kernels, metres, pass by pass; how fast displacement fades without skin nearby.
_WIDTHS, _FADE = (0.040, 0.022, 0.013), 0.05
#: Skin is thinned to one point in a cell of this size, metres.
_SPACING = 0.018
#: Points of the scalp count this much more.
_SCALP_WEIGHT = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Seating:
    """Where hair sits on one head; call it with (N, 3) points in head space, metres."""

    matrix: Tensor  # (3, 3)
    offset: Tensor  # (3,) metres
    displacement: Tensor  # (z, y, x, 3) metres, over the hair box

    def __call__(self, points: Tensor) -> Tensor:
        moved = points @ self.matrix.T + self.offset
        return moved + sample_vectors(self.displacement, moved, HAIR_BOX)


class Seat:
    """Fits seatings to heads."""

    def __init__(self, topology: Topology, mean: Tensor) -> None:
        self._chosen = thinned_skin(topology, mean)
        self._mean = mean[self._chosen]
        scalp = torch.from_numpy(topology.scalp)[self._chosen]
        self._weights = 1 + (_SCALP_WEIGHT - 1) * scalp

    def fit(self, neutral: Tensor) -> Seating:
        """Seat hair on a neutral face (V, 3) metres."""
        points = neutral[self._chosen]
        ones = torch.ones_like(points[:, :1])
        left = torch.cat([points, ones], 1) * self._weights[:, None]
        solution = torch.linalg.lstsq(left, self._mean * self._weights[:, None]).solution
        matrix, offset = solution[:3].T, solution[3]
        rest = self._mean - (points @ matrix.T + offset)
        grid = rest.new_zeros(len(cell_centres(HAIR_BOX, GRID_SIZE)), 3)
        for to_nodes, to_points in self._kernels:
            grid = grid + to_nodes @ rest
            rest = rest - to_points @ rest
        return Seating(matrix.contiguous(), offset, grid.view(*GRID_SIZE[::-1], 3))

    @cached_property
    def _kernels(self) -> list[tuple[Tensor, Tensor]]:
        """For each width (nodes, points) and (points, points): what spreads a displacement."""
        to_nodes = torch.cdist(cell_centres(HAIR_BOX, GRID_SIZE), self._mean).square_()
        to_points = torch.cdist(self._mean, self._mean).square_()
        return [(_kernel(to_nodes, width), _kernel(to_points, width)) for width in _WIDTHS]


def _kernel(squared: Tensor, width: float) -> Tensor:
    """(N, M) normalised weights of points (M) at places (N), fading far from all of them.

    In place, because there are millions; `squared` are the distances, m².
    """
    weights = (squared * (-0.5 / width**2)).exp_()
    return weights.div_(weights.sum(1, keepdim=True) + _FADE)


def thinned_skin(topology: Topology, mean: Tensor) -> Tensor:
    """Indices of about evenly spread vertices of the outer skin."""
    skin = np.unique(topology.triangles[topology.triangle_material == SKIN])
    outer = skin[topology.occlusion[skin] > 0.25]
    cells: npt.NDArray[np.int64] = np.floor(mean.numpy()[outer] / _SPACING).astype(np.int64)
    _, first = np.unique(cells, axis=0, return_index=True)
    return torch.from_numpy(outer[np.sort(first)].astype(np.int64))
