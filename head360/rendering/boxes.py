"""Boxes in space: where a picture shows them, and which of them a moving mesh has changed.

Most expressions move a small part of the face. A picture of the mesh that is kept from frame to
frame is drawn again only where it shows the box of what has moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from head360.camera import NEAR_M

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Matrix = npt.NDArray[np.float64]
Box: TypeAlias = npt.NDArray[np.float64]  # (2, 3) lowest and highest corner, metres
Rectangle: TypeAlias = tuple[int, int, int, int]  # x, y, width, height; from the lower left corner

EVERYWHERE: Box = np.array([[-10.0] * 3, [10.0] * 3])
_CORNERS = np.array(list(product((0, 1), repeat=3)))  # (8, 3): lowest or highest along each axis
#: A vertex that has moved less (metres), and whose normal has turned less, stays as it was drawn.
_STILL_M, _STILL_NORMAL = 2e-5, 5e-3


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of a picture of samples; the origin is its lower left corner."""

    picture: tuple[int, int]  # width and height of the whole, samples
    origin: tuple[int, int]
    size: tuple[int, int]


def shown_part(box: Box, clip_from_head: Matrix, tile: Tile) -> Rectangle:
    """Samples of a tile that hold all of a box; all samples if the box comes near the eye."""
    clip = box[_CORNERS, (0, 1, 2)] @ clip_from_head[:, :3].T + clip_from_head[:, 3]
    if clip[:, 3].min() < NEAR_M:
        return (0, 0, *tile.size)
    places = (clip[:, :2] / clip[:, 3:] * 0.5 + 0.5) * tile.picture - tile.origin
    low = np.floor(places.min(0)).clip(0, tile.size).astype(int)
    high = np.ceil(places.max(0)).clip(0, tile.size).astype(int)
    return (int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


class Motion:
    """Remembers each vertex as it was when it last moved visibly."""

    def __init__(self, triangles: Ints) -> None:
        """Of a mesh with (F, 3) triangles."""
        self._triangles = np.ascontiguousarray(triangles.T)
        self._known: Floats | None = None

    def to(self, corners: Floats) -> Box | None:
        """The box of all triangles that look otherwise now, before and after; None if none do.

        `corners` are (V, 6) positions (metres) and normals. However slowly vertices move, none is
        further from what was said of it last than what counts as still.
        """
        known = self._known
        if known is None:
            self._known = corners.copy()
            return EVERYWHERE
        changed = _changed(known, corners)
        touched = np.zeros(len(corners), np.bool_)
        a, b, c = self._triangles
        chosen = np.flatnonzero(changed[a] | changed[b] | changed[c])
        for each in self._triangles:
            touched[each[chosen]] = True
        if not touched.any():
            return None
        near, moved = np.flatnonzero(touched), np.flatnonzero(changed)
        box = _united(_bounds(known, near), _bounds(corners, near))
        known[moved] = corners[moved]
        box[0] -= 2 * _STILL_M  # so far may a picture show what is still from where it is
        box[1] += 2 * _STILL_M
        return box


def _changed(known: Floats, corners: Floats) -> npt.NDArray[np.bool_]:
    """(V,) vertices that have moved or turned visibly."""
    limits = np.array([_STILL_M] * 3 + [_STILL_NORMAL] * 3, np.float32)
    numbers = np.flatnonzero(np.abs(corners - known) > limits)
    changed = np.zeros(len(corners), np.bool_)
    changed[numbers // corners.shape[1]] = True
    return changed


def _bounds(corners: Floats, chosen: npt.NDArray[np.intp]) -> Box:
    """The box of some vertices; numpy is slow along short rows, so one axis after another."""
    axes = [corners[:, axis].take(chosen) for axis in range(3)]
    return np.array([[each.min() for each in axes], [each.max() for each in axes]], np.float64)


def _united(one: Box, other: Box) -> Box:
    return np.stack([np.minimum(one[0], other[0]), np.maximum(one[1], other[1])])


class Stale:
    """What of a kept picture no longer shows the mesh: a box, at first everything."""

    def __init__(self) -> None:
        self._box: Box | None = EVERYWHERE

    def add(self, box: Box | None) -> None:
        """This has changed, too."""
        if box is not None:
            self._box = box if self._box is None else _united(self._box, box)

    def take(self) -> Box | None:
        """What is to be drawn now; nothing is stale afterwards."""
        box, self._box = self._box, None
        return box
