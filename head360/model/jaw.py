"""Lets hair beside the face follow the jaw: it neither sinks into a cheek nor tears off it.

Skin that the jaw moves takes the hair near it along: how far, is spread from points of the skin by
a Gaussian kernel that fades away from them. The result is a coarse grid over the hair box that
says, for each place on the head as it is seen, how far the hair there has moved. Hair is looked up
where it came from, so nothing has to be baked again while somebody speaks.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from head360.model.bilinear import Identity
from head360.model.neck import TurnedSeating, straight_points
from head360.model.planes import HAIR_BOX, cell_centres, sample_vectors
from head360.model.seating import GRID_SIZE, Seating, thinned_skin
from head360.model.topology import Topology
from head360.params import EXPRESSIONS

_SHAPES = tuple(index for index, name in enumerate(EXPRESSIONS) if name.startswith("jaw"))
#: Width of the kernel, metres, and how fast it fades without skin nearby.
_WIDTH, _FADE = 0.022, 0.08
#: No hair moves further, metres.
FURTHEST = 0.010
#: Skin above this does not move with any jaw, metres.
_TOP = 0.05
#: Steps of searching where hair came from.
_ROUNDS = 4
#: Less than this is no movement, metres.
_LEAST = 2e-4
#: The same by name, for who moves hair elsewhere.
CONSTANTS = {
    "shapes": _SHAPES, "furthest": FURTHEST, "rounds": _ROUNDS, "least": _LEAST, "grid": GRID_SIZE,
}  # fmt: skip


class Jaw:
    """Moves hair with the jaws of one topology."""

    def __init__(self, topology: Topology, mean: Tensor) -> None:
        chosen = thinned_skin(topology, mean)
        self._chosen = chosen[mean[chosen, 1] < _TOP]
        nodes = cell_centres(HAIR_BOX, GRID_SIZE)
        distance = torch.cdist(nodes, mean[self._chosen])
        self._near = torch.nonzero(distance.amin(1) < 3 * _WIDTH)[:, 0]
        weights = torch.exp(distance[self._near].square() * (-0.5 / _WIDTH**2))
        self._spread = weights / (weights.sum(1, keepdim=True) + _FADE)
        self._nodes = nodes
        self._spread_for: tuple[Identity, Tensor] | None = None

    def shift(self, identity: Identity, expression: Tensor) -> Tensor | None:
        """(z, y, x, 3) metres that hair has moved on a straight head; None for none.

        `expression` holds (52,) weights.
        """
        weights = expression[list(_SHAPES)]
        if not bool((weights != 0).any()):
            return None
        moved = torch.einsum("j,jnc->nc", weights, self._moves(identity))
        length = moved.norm(dim=1, keepdim=True)
        if float(length.max()) < _LEAST:
            return None
        moved = moved * (FURTHEST * torch.tanh(length / FURTHEST) / length.clamp(min=1e-9))
        forward = torch.zeros_like(self._nodes).index_put((self._near,), moved)
        grid = forward.view(*GRID_SIZE[::-1], 3)
        near = self._nodes[self._near]
        for _ in range(_ROUNDS):
            moved = sample_vectors(grid, near - moved, HAIR_BOX)
        back = forward.index_put((self._near,), moved)
        return back.view(*GRID_SIZE[::-1], 3)

    def moves(self, identity: Identity) -> tuple[Tensor, Tensor]:
        """(N,) nodes near the jaw, and (4, N, 3) metres that each of its shapes moves them."""
        return self._near, self._moves(identity)

    def _moves(self, identity: Identity) -> Tensor:
        """The moves of one person; kept until another one's are asked for."""
        if self._spread_for is None or self._spread_for[0] is not identity:
            deltas = identity.deltas[list(_SHAPES)][:, self._chosen]
            self._spread_for = (identity, self._spread @ deltas)
        return self._spread_for[1]

    def turned(self, shift: Tensor, hair: TurnedSeating) -> Tensor:
        """The same on a turned head: (z, y, x, 3) metres at places of it."""
        straight, shares = straight_points(hair.straight, self._nodes)
        moved = hair.turn.rotated(sample_vectors(shift, straight, HAIR_BOX), shares)
        return moved.view(*GRID_SIZE[::-1], 3)


@dataclass(frozen=True, slots=True, eq=False)
class FollowingSeating:
    """Where hair sits that has moved with the jaw; takes (N, 3) points to the canonical frame."""

    seating: Seating | TurnedSeating
    shift: Tensor  # (z, y, x, 3) metres, see `Jaw`

    def __call__(self, points: Tensor) -> Tensor:
        return self.seating(self._before(points))

    def turned(self, points: Tensor, directions: Tensor) -> Tensor:
        """Directions (N, 3) of straight hair as they are at points (N, 3)."""
        if isinstance(self.seating, TurnedSeating):
            return self.seating.turned(self._before(points), directions)
        return directions

    def _before(self, points: Tensor) -> Tensor:
        return points - sample_vectors(self.shift, points, HAIR_BOX)
