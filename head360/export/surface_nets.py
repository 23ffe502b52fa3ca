"""The surface of a volume as a mesh: naive surface nets (Gibson, 1998), smooth and without tables.

Each cell that the surface crosses gets one vertex, the mean of where it cuts the cell's edges; each
grid edge that it crosses gets a quadrilateral between the four cells around it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from head360.export.bust import Floats, Indices

_CORNERS = np.array([[z, y, x] for z in (0, 1) for y in (0, 1) for x in (0, 1)])
_EDGES = [
    (a, b) for a in range(8) for b in range(a) if np.abs(_CORNERS[a] - _CORNERS[b]).sum() == 1
]


def surface_nets(values: Floats, level: float) -> tuple[Floats, Indices]:
    """Vertices (N, 3) as x, y, z in cells of the grid and triangles (F, 3), outside first.

    `values` (z, y, x) are above `level` inside; the outermost layer must be outside.
    """
    inside = values > level
    cells, places = _crossed_cells(values, inside, level)
    number = np.full(cells.shape, -1, np.int64)
    number[cells] = np.arange(len(places))
    quads = np.concatenate([_quads(inside, number, axis) for axis in range(3)])
    triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return places[:, ::-1].astype(np.float32), triangles.astype(np.uint32)


def _crossed_cells(
    values: Floats, inside: npt.NDArray[np.bool_], level: float
) -> tuple[npt.NDArray[np.bool_], Floats]:
    """Which cells the surface crosses, and where their vertices are (N, 3) as z, y, x."""
    shape = tuple(n - 1 for n in values.shape)

    def corner(array: npt.NDArray[np.generic], index: int) -> npt.NDArray[np.generic]:
        z, y, x = _CORNERS[index]
        return array[z : z + shape[0], y : y + shape[1], x : x + shape[2]]

    inner = np.stack([corner(inside, index) for index in range(8)])
    count = inner.sum(0)
    cells: npt.NDArray[np.bool_] = (count > 0) & (count < 8)
    at = np.argwhere(cells)
    corners = np.stack([corner(values, index)[cells] for index in range(8)], 1)
    total, hits = np.zeros((len(at), 3)), np.zeros(len(at))
    for a, b in _EDGES:
        first, second = corners[:, a], corners[:, b]
        cut = (first > level) != (second > level)
        share = np.where(cut, (level - first) / np.where(cut, second - first, 1), 0)
        place = _CORNERS[a] + share[:, None] * (_CORNERS[b] - _CORNERS[a])
        total += np.where(cut[:, None], place, 0)
        hits += cut
    return cells, at + total / hits[:, None]


def _quads(
    inside: npt.NDArray[np.bool_], number: npt.NDArray[np.int64], axis: int
) -> npt.NDArray[np.int64]:
    """(Q, 4) cells around the crossed edges along one axis, counter-clockwise from outside."""
    low = np.moveaxis(inside, axis, 0)[:-1, 1:-1, 1:-1]
    high = np.moveaxis(inside, axis, 0)[1:, 1:-1, 1:-1]
    cells = np.moveaxis(number, axis, 0)
    along, first, second = np.nonzero(low != high)
    around = [cells[along, first + i, second + j] for i, j in ((0, 0), (1, 0), (1, 1), (0, 1))]
    quads = np.stack(around, 1)
    # Axes are z, y, x: moving y to the front mirrors the other two.
    outwards = low[along, first, second] != (axis == 1)
    quads[outwards] = quads[outwards, ::-1]
    return quads
