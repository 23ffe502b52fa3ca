"""Where a baked volume has no hair: the box around what it has, and how far rays may skip.

In numpy alone: scipy's distance transform is no quicker on such a volume, and importing it takes
longer than baking the hair.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from head360.model.planes import HAIR_BOX, PlaneBox

Floats: TypeAlias = npt.NDArray[np.float32]
Point: TypeAlias = npt.NDArray[np.float64]  # (3,) metres

#: Roots of extinctions (1/m) up to this are taken for no hair; length of a step, metres.
_FAINTEST, _STEP = 0.6, 0.003
#: No ray skips more steps than this.
_FURTHEST = 100


def bounds(density: Floats, box: PlaneBox = HAIR_BOX) -> tuple[Point, Point]:
    """Corners (metres) of what is not faint in (z, y, x) voxels of a box, a voxel wider."""
    occupied = density > _FAINTEST
    low, high = np.zeros(3), np.zeros(3)
    for axis in range(3):  # z, y, x
        met = np.flatnonzero(occupied.any(tuple(k for k in range(3) if k != axis)))
        size = density.shape[axis]
        first, last = (met[0] - 1, met[-1] + 2) if len(met) else (size // 2, size // 2)
        half, centre = box.half[2 - axis], box.centre[2 - axis]
        low[2 - axis] = (2 * first / size - 1) * half + centre
        high[2 - axis] = (2 * last / size - 1) * half + centre
    return low, high


def with_empty_space(density: Floats, box: PlaneBox = HAIR_BOX) -> Floats:
    """(z, y, x) roots of extinctions; where there is no hair, minus the steps free of it for sure.

    Distances are measured between blocks of 2 x 2 x 2 voxels, which is eight times quicker.
    """
    blocks = _in_blocks(density)  # (z, 2, y, 2, x, 2)
    occupied = _most(blocks) > _FAINTEST
    block = 4 * np.array(box.half)[::-1] / np.array(density.shape)  # metres
    free = np.full(occupied.shape, 1.0)
    if occupied.any():
        free = distances(occupied, block) - np.linalg.norm(block)
    steps = np.floor(np.clip(free / _STEP, 0, _FURTHEST)).astype(np.float32)
    spread = steps[:, None, :, None, :, None]
    marked = np.where(spread > 0, -spread, blocks)
    return _out_of_blocks(marked, density.shape)


def distances(occupied: npt.NDArray[np.bool_], cell: npt.NDArray[np.floating]) -> Floats:
    """Metres from the centre of each cell (z, y, x) to that of the nearest occupied one.

    Axis by axis, as in Felzenszwalb and Huttenlocher, “Distance Transforms of Sampled Functions”
    (2012), eq. 2, though by trying every offset: numpy does whole volumes at once.

    Args:
        occupied: at least one cell is.
        cell: (3,) metres along z, y and x.
    """
    squares = np.square(_along_rows(occupied) * np.float32(cell[2]))
    for axis in (1, 0):
        lines = squares.swapaxes(axis, 0)
        squares = squares.copy()
        nearest = squares.swapaxes(axis, 0)
        for offset in range(1, len(lines)):
            across = np.float32((offset * cell[axis]) ** 2)
            np.minimum(nearest[offset:], lines[:-offset] + across, out=nearest[offset:])
            np.minimum(nearest[:-offset], lines[offset:] + across, out=nearest[:-offset])
    found: Floats = np.sqrt(squares)
    return found


def _along_rows(occupied: npt.NDArray[np.bool_]) -> Floats:
    """Cells to the nearest occupied one in the same row; thousands where there is none."""
    places = np.arange(occupied.shape[-1], dtype=np.float32)
    behind = places - np.maximum.accumulate(np.where(occupied, places, np.float32(-1e4)), -1)
    later = np.where(occupied, places, np.float32(1e4))[..., ::-1]
    ahead = np.minimum.accumulate(later, -1)[..., ::-1] - places
    nearest: Floats = np.minimum(behind, ahead)
    return nearest


def _in_blocks(density: Floats) -> Floats:
    """(z, 2, y, 2, x, 2) voxels; odd sides are filled up with nothing."""
    z, y, x = (n + n % 2 for n in density.shape)
    padded = density
    if padded.shape != (z, y, x):
        fill = [(0, even - n) for even, n in zip((z, y, x), density.shape, strict=True)]
        padded = np.pad(density, fill)
    return padded.reshape(z // 2, 2, y // 2, 2, x // 2, 2)


def _out_of_blocks(blocks: Floats, shape: tuple[int, ...]) -> Floats:
    z, _, y, _, x, _ = blocks.shape
    whole = blocks.reshape(2 * z, 2 * y, 2 * x)
    return whole[: shape[0], : shape[1], : shape[2]]


def _most(blocks: Floats) -> Floats:
    """(z, y, x) the largest of each block, plane by plane: numpy is slow along axes of two."""
    by_planes = np.maximum(blocks[:, 0], blocks[:, 1])
    by_rows = np.maximum(by_planes[:, :, 0], by_planes[:, :, 1])
    most: Floats = np.maximum(by_rows[..., 0], by_rows[..., 1])
    return most
