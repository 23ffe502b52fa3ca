"""Turns a head on its neck: skin and hair above the jaw follow rigidly, shoulders stay.

A point x moves to p + R(w·angle)·(x - p): the same axis and pivot everywhere, and a share w of the
angle that grows from the collar bones (0) to a slanted line from throat to nape (1). w belongs to
the place on the mean head, so chins of every length turn as one piece. Renderers go the other way,
from the turned head to the straight one that the fields know: at the mesh by the weight that its
vertices carry, in hair by a coarse grid of where its nodes came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import radians

import torch
from torch import Tensor

from head360.model.planes import HAIR_BOX, cell_centres, sample_vectors
from head360.model.seating import Seating
from head360.params import POSE_LIMITS, FloatArray

#: Middle of the neck of the mean head, metres: what it turns about.
_PIVOT = (0.0, -0.075, -0.010)
#: w grows from 0 to 1 where y + slope · z grows from the first to the second, metres.
_FIXED, _FREE, _SLOPE = -0.137, -0.064, 0.32
#: Nodes of the grid of hair along x, y, z.
GRID_SIZE = (28, 32, 28)
#: Steps of searching where a node came from, and the share of each that is taken.
_ROUNDS, _STRIDE = 9, 0.8
#: Turns below this are none, radians.
_LEAST = 1e-4
#: The same by name, for who turns heads elsewhere.
CONSTANTS = {
    "fixed": _FIXED, "free": _FREE, "slope": _SLOPE, "grid": GRID_SIZE, "rounds": _ROUNDS,
    "stride": _STRIDE, "least": _LEAST,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """A rotation about an axis through a pivot, of which each point makes a share."""

    pivot: Tensor  # (3,) metres
    axis: Tensor  # (3,) unit
    angle: float  # radians

    def rotated(self, vectors: Tensor, shares: Tensor | float) -> Tensor:
        """Directions (N, 3) turned by shares (N,) or one share of the angle."""
        angles = torch.as_tensor(shares, dtype=vectors.dtype, device=vectors.device) * self.angle
        cosine, sine = angles.cos()[..., None], angles.sin()[..., None]
        axis = self.axis.to(vectors).expand_as(vectors)
        along = (vectors * axis).sum(-1, keepdim=True) * axis
        across: Tensor = torch.linalg.cross(axis, vectors)
        return vectors * cosine + across * sine + along * (1 - cosine)

    def moved(self, points: Tensor, shares: Tensor | float) -> Tensor:
        """Points (N, 3) metres turned about the pivot."""
        pivot = self.pivot.to(points)
        return pivot + self.rotated(points - pivot, shares)


@dataclass(frozen=True, slots=True, eq=False)
class TurnedMesh:
    """A head that looks elsewhere than its shoulders."""

    turn: Turn
    vertices: Tensor  # (V, 3) metres, turned
    shares: Tensor  # (V,) of the turn that each vertex makes


class Neck:
    """Turns heads of one topology."""

    def __init__(self, mean: Tensor) -> None:
        self._shares = turn_shares(mean)
        ring = self._shares * (1 - self._shares)
        self._ring = ring / ring.sum()
        self._pivot = mean.new_tensor(_PIVOT) - self._ring @ mean

    def turn(self, neutral: Tensor, pose: FloatArray) -> Turn | None:
        """The turn of a pose (3,) degrees for a neutral face (V, 3) metres; None if it is none."""
        axis, angle = axis_angle(pose)
        if angle < _LEAST:
            return None
        return Turn(self.pivot(neutral), axis, angle)

    def pivot(self, neutral: Tensor) -> Tensor:
        """(3,) metres: what a neutral face (V, 3) metres turns about."""
        return self._ring @ neutral + self._pivot

    def turned(self, turn: Turn, vertices: Tensor) -> TurnedMesh:
        """A posed face (V, 3) metres, turned."""
        return TurnedMesh(turn, turn.moved(vertices, self._shares), self._shares)


def turn_shares(points: Tensor) -> Tensor:
    """(N,) share of the turn at points (N, 3) metres of the mean head: 0 shoulders … 1 head."""
    ramp = (points[..., 1] + _SLOPE * points[..., 2] - _FIXED) / (_FREE - _FIXED)
    ramp = ramp.clamp(0, 1)
    return ramp * ramp * (3 - 2 * ramp)


def straightened(turn: Turn, seating: Seating) -> Tensor:
    """(z, y, x, 4) over the hair box: where on the straight head its nodes are, and their share."""
    turned = cell_centres(HAIR_BOX, GRID_SIZE)
    shares = torch.ones(len(turned))
    for _ in range(_ROUNDS):
        straight = turn.moved(turned, -shares)
        canonical = straight @ seating.matrix.T + seating.offset
        shares = shares + _STRIDE * (turn_shares(canonical) - shares)
    straight = turn.moved(turned, -shares)
    return torch.cat([straight, shares[:, None]], 1).view(*GRID_SIZE[::-1], 4)


def straight_points(grid: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """Where points (N, 3) of the turned head are on the straight one, and their shares (N,)."""
    found = sample_vectors(grid, points, HAIR_BOX)
    return found[:, :3], found[:, 3]


@dataclass(frozen=True, slots=True, eq=False)
class TurnedSeating:
    """Where hair sits on a turned head; takes (N, 3) points of it to the canonical frame."""

    seating: Seating
    turn: Turn
    straight: Tensor  # (z, y, x, 4), see `straightened`

    def __call__(self, points: Tensor) -> Tensor:
        return self.seating(straight_points(self.straight, points)[0])

    def turned(self, points: Tensor, directions: Tensor) -> Tensor:
        """Directions (N, 3) of straight hair as they are at points (N, 3) of the turned head."""
        return self.turn.rotated(directions, straight_points(self.straight, points)[1])


def axis_angle(pose: FloatArray) -> tuple[Tensor, float]:
    """Unit axis (3,) and angle in radians of yaw after pitch after roll."""
    yaw, pitch, roll = (
        radians(max(-limit, min(limit, float(angle))))
        for angle, limit in zip(pose, POSE_LIMITS, strict=True)
    )
    about = [
        (torch.tensor([0.0, 1.0, 0.0]), yaw),
        (torch.tensor([1.0, 0.0, 0.0]), pitch),
        (torch.tensor([0.0, 0.0, 1.0]), -roll),
    ]
    whole = torch.tensor([1.0, 0.0, 0.0, 0.0])
    for axis, angle in about:
        half = torch.tensor(angle / 2)
        whole = _product(whole, torch.cat([half.cos()[None], axis * half.sin()]))
    size = float(whole[1:].norm())
    angle = 2 * float(torch.atan2(whole[1:].norm(), whole[0]))
    return (whole[1:] / size if size > 0 else about[0][0]), angle


def _product(first: Tensor, second: Tensor) -> Tensor:
    """Quaternions (4,), real part first, multiplied."""
    a, u = first[0], first[1:]
    b, v = second[0], second[1:]
    return torch.cat([(a * b - u @ v)[None], a * v + b * u + torch.linalg.cross(u, v)])
