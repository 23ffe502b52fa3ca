"""Finds strands that hang alone.

Where hair divides, at the shoulders or beside the face, the fields that comb it leave single
strands in the gap. Nobody's hair looks like that for long: they are dropped. Flyaways, which are
wanted, are made later.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from training.synhead.grooms_scalp import Bools, Floats

_CELL = 0.007  # metres
_BLUR_CELLS = 0.9
#: Of so many strands, fewer than this together are alone; one may be for this share of its length.
_COMPANY, _OF = 30.0, 16000
_ALONE_SHARE = 0.08
#: Near the scalp no strand is alone, whatever the count says.
_ROOT_SHARE = 0.25


def in_company(strands: Floats) -> Bools:
    """(N,) whether each of (N, S, 3) metres runs among others."""
    low = strands.min((0, 1)) - 2 * _CELL
    at = (strands - low) / _CELL
    shape = tuple(int(n) for n in np.ceil(at.max((0, 1))) + 3)
    cell = np.ravel_multi_index(tuple(np.rint(at).astype(np.int64).reshape(-1, 3).T), shape)
    # Counted by length, so that it matters little how finely strands are sampled.
    steps = np.linalg.norm(np.diff(strands, axis=1, append=strands[:, -1:]), axis=2) / _CELL
    crowd = np.bincount(cell, steps.reshape(-1), int(np.prod(shape))).reshape(shape)
    crowd = gaussian_filter(crowd, _BLUR_CELLS, output=np.float64)
    far = int(strands.shape[1] * _ROOT_SHARE)
    met = map_coordinates(crowd, at[:, far:].reshape(-1, 3).T, order=1)
    needed = _COMPANY * len(strands) / _OF
    alone = met.reshape(len(strands), -1) < needed / _peak()
    company: Bools = (alone.mean(1) < _ALONE_SHARE) & ~_on_the_shoulder(strands[:, -1])
    return company


def _on_the_shoulder(tips: Floats) -> Bools:
    """(N,) tips that neither fell to the front nor to the back."""
    x, y, z = tips.T
    caught: Bools = (y < -0.130) & (np.abs(x) > 0.075) & (z > -0.045) & (z < 0.028)
    return caught


def _peak() -> float:
    """What a line of strands through the middle of a cell is divided by when it is blurred."""
    return 2 * np.pi * _BLUR_CELLS**2
