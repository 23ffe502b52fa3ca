"""The parametric mesh at a few chosen points of its surface: small, fast, and in numpy.

What a solver needs that looks at landmarks only: the same identity modes and identity-dependent
expressions as `head360.model.bilinear`, sampled once at points given by triangle corners and
weights. Turning eyeballs is left out; the lids' correction at full blink is that of the mean head.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.model.bilinear import SHOWN_MODES, BilinearModel
from head360.model.topology import Indices

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PointModel:
    """L points of the mesh as linear functions of the codes."""

    mean: Doubles  # (L, 3) metres
    modes: Doubles  # (120, L, 3) metres per standard deviation
    factor: Doubles  # (50, r) from the shown modes to what changes the expressions
    moves: Doubles  # (1 + r, 52, L, 3) metres at full weight: mean person's, then per factor

    @classmethod
    def of(
        cls, mesh: BilinearModel, corners: Indices, weights: npt.NDArray[np.floating[Any]]
    ) -> PointModel:
        """Sample a mesh at points with corners (L, 3) and barycentric weights (L, 3)."""
        chosen = torch.from_numpy(corners.astype(np.int64))
        shares = torch.from_numpy(np.asarray(weights, np.float32))

        def sampled(field: Tensor) -> Doubles:
            """(…, L, 3) of a field (…, V, 3)."""
            picked = field[..., chosen, :]  # (…, L, 3 corners, 3)
            found = torch.einsum("...lkc,lk->...lc", picked, shares).double()
            points: Doubles = found.contiguous().numpy()  # or each sum would copy it first
            return points

        parts = mesh.parts
        basis = sampled(parts.basis.view(len(parts.basis), -1, 3))  # (R, L, 3)
        moves = np.tensordot(parts.core.double().numpy(), basis, 1)
        # The lids' correction is not linear in who one is: that of the mean head is near enough.
        person = mesh.identity(torch.zeros(SHOWN_MODES))
        moves[0] = sampled(person.deltas)
        return cls(
            sampled(mesh.mean),
            sampled(parts.modes.view(len(parts.modes), -1, 3)),
            parts.factor.double().numpy(),
            moves,
        )

    def neutral(self, shape: Doubles) -> Doubles:
        """The points (L, 3) metres at rest of a code of up to 120 numbers."""
        points: Doubles = self.mean + np.tensordot(shape, self.modes[: len(shape)], 1)
        return points

    def expressions(self, shape: Doubles) -> Doubles:
        """(52, L, 3) metres that each shape at full weight moves this person's points."""
        own = shape[: len(self.factor)] @ self.factor[: len(shape)]
        moves: Doubles = self.moves[0] + np.tensordot(own, self.moves[1:], 1)
        return moves
