"""How far pixels are from the edge of a mask, worked out no further off than anybody asks."""

from __future__ import annotations

from math import ceil

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

Mask = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]


def depth_inside(mask: Mask) -> Doubles:
    """(H, W) pixels to the nearest one outside of a mask; 0 outside. A picture's edge is none."""
    found = np.zeros(mask.shape)
    here = _around(mask, 1)
    found[here] = distance_transform_edt(mask[here])
    return found


def edge_distance(mask: Mask, reach: float) -> Doubles:
    """(H, W) pixels from the edge of a mask, negative outside: right as far outside as `reach`."""
    found = np.full(mask.shape, -np.inf)
    here = _around(mask, ceil(reach) + 1)
    near = mask[here]
    if near.any():
        inside, outside = distance_transform_edt(near), distance_transform_edt(~near)
        found[here] = np.where(near, inside - 0.5, 0.5 - outside)
    return found


def _around(mask: Mask, margin: int) -> tuple[slice, slice]:
    """The smallest rectangle with all of a mask, and a margin as far as the picture has one."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    first, second = (
        slice(max(int(at[0]) - margin, 0), int(at[-1]) + 1 + margin) for at in (rows, columns)
    )
    return first, second
