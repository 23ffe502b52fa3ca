"""Root coordinates that strands lying together share.

Strands from all over the scalp lie side by side further down. Whoever reads a root coordinate off
a picture of them, a few strands to a pixel, gets noise, and patterns keyed to it look like marble
instead of hair. So roots are shifted towards those of a strand's neighbours, all along its length:
the result is still one coordinate a strand, near its true root, but smooth from strand to strand.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, map_coordinates

from training.synhead.grooms_scalp import Floats

#: Neighbours share a cell of this size, metres, or the one beside it.
_CELL = 0.006
_BLUR_CELLS = 0.8
_ROUNDS = 12
#: How much of its own root a strand keeps in every round.
_KEPT = 0.06
#: Where roots spread more than this, as in a tail, neighbours count less.
_TRUSTED_SPREAD = 0.03
_SAMPLES = 24


def shared_roots(strands: Floats, roots: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Scalp coordinates (N, 2), 0 … 1, smooth among the neighbours of (N, S, 3) metres."""
    chosen = np.linspace(0, strands.shape[1] - 1, _SAMPLES).astype(np.int64)
    cells = _Cells(strands[:, chosen])
    shared = np.asarray(roots, np.float64)
    mean, squared = cells.means(shared), cells.means(shared**2)
    trust = 1 / (np.maximum(squared - mean**2, 0).sum(-1) + _TRUSTED_SPREAD**2)  # (N, S)
    trust /= trust.sum(1, keepdims=True)
    for _ in range(_ROUNDS):
        around = np.einsum("ns,nsc->nc", trust, cells.means(shared))
        shared = _KEPT * roots + (1 - _KEPT) * around
    return np.clip(shared, 0, 1).astype(np.float32)


class _Cells:
    """Cubes of space and the strand points in them."""

    def __init__(self, points: Floats) -> None:
        low = points.min((0, 1)) - 2 * _CELL
        self._at = (points - low) / _CELL  # (N, S, 3) cells
        self._shape = tuple(int(n) for n in np.ceil(self._at.max((0, 1))) + 3)
        nearest = np.rint(self._at).astype(np.int64).reshape(-1, 3)
        self._number = np.ravel_multi_index(tuple(nearest.T), self._shape)
        self._count = self._spread(np.ones(points.shape[0]))

    def means(self, values: Floats) -> Floats:
        """Means (N, S, C) around each point of the strands' values (N, C)."""
        columns = []
        for value in values.T:
            field = self._spread(value) / np.maximum(self._count, 1e-9)
            at = self._at.reshape(-1, 3).T
            columns.append(map_coordinates(field, at, order=1).reshape(self._at.shape[:2]))
        return np.stack(columns, -1)

    def _spread(self, value: Floats) -> Floats:
        """Sums of a strand's value (N,) over the cells around its points."""
        weights = np.repeat(value, self._at.shape[1])
        sums = np.bincount(self._number, weights, int(np.prod(self._shape)))
        blurred: Floats = gaussian_filter(
            sums.reshape(self._shape).astype(np.float64), _BLUR_CELLS, output=np.float64
        )
        return blurred
