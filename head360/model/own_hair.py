"""A person's own hair as a field: one more displacement of its seating, and gains on its light.

At each node of a lattice three numbers say where hair is asked for: nearer to the skin (it stands
off further), further up (it ends lower), and further around the head (it is swept).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from head360.model.planes import HAIR_BOX, cell_centres
from head360.model.seating import GRID_SIZE

#: Hair stands off at most so much further, or less: natural logarithm.
FURTHEST_OFF = 1.0
#: Nodes are too far from each other to say where skin is. Flattened more than this, or asked for
#: further out, hair above this height (over this way) would leave a bald crown. Up to half of the
#: last distance from the skin it may not be pushed at all, from 1.5 of it on it may; metres.
_CROWN_OFF, _CROWN_FROM, _CROWN_FADE, _NEAR = -0.08, 0.07, 0.05, 0.03
#: The skull's middle, metres.
_MIDDLE = (0.0, 0.05, -0.01)
#: From where to where up is no longer along the skull, but away from it: heights on a unit ball.
_TOP_FROM, _TOP_TO = 0.75, 0.95
#: Before the forehead, below this height, behind this depth and within this half width, over these
#: ways, hair hangs: it stands off no further than its style; metres.
_HANGS_BELOW, _HANGS_FRONT, _HANGS_WIDE, _HANGS_FADE = 0.14, 0.045, 0.06, 0.03
#: Metres behind the ears that around means around.
_AXIS = 0.02
#: Nearer to its axis hair is moved around ever less, metres: it would be a whorl.
_WHORL = 0.05


def bent(points: Tensor, away: Tensor, ways: Tensor) -> Tensor:
    """(N, 3) metres from where hair is to where its style is asked.

    Args:
        points: (N, 3) metres, canonical frame.
        away: (N, 3) metres from the nearest skin.
        ways: (N, 3) off (natural logarithm), up and around (metres).
    """
    crown = ((points[:, 1:2] - _CROWN_FROM) / _CROWN_FADE).clamp(0, 1)
    least = -FURTHEST_OFF + crown * (_CROWN_OFF + FURTHEST_OFF)
    most = FURTHEST_OFF * (1 - _hangs(points))
    off = torch.exp(-torch.minimum(torch.maximum(ways[:, :1], least), most)) - 1
    along = ways[:, 1:2] * upwards(points) + ways[:, 2:] * around(points)
    outward = functional.normalize(points - points.new_tensor(_MIDDLE), dim=-1, eps=1e-4)
    near = crown * (1.5 - away.norm(dim=-1, keepdim=True) / _NEAR).clamp(0, 1)
    pushed = (along * outward).sum(-1, keepdim=True).clamp(min=0)
    moved: Tensor = off * away + along - near * pushed * outward
    return moved


def _hangs(points: Tensor) -> Tensor:
    """(N, 1) how far (N, 3) metres are before the forehead, 0 … 1."""
    x, y, z = points[:, :1], points[:, 1:2], points[:, 2:]
    below = ((_HANGS_BELOW - y) / _HANGS_FADE).clamp(0, 1)
    before = ((z - _HANGS_FRONT) / _HANGS_FADE).clamp(0, 1)
    within = ((_HANGS_WIDE - x.abs()) / _HANGS_FADE + 1).clamp(0, 1)
    return below * before * within


def upwards(points: Tensor) -> Tensor:
    """(N, 3) ways up along the skull at (N, 3) metres; from its top on straight up."""
    middle = points.new_tensor(_MIDDLE)
    away = points - middle
    level = torch.cat([away[:, :1], away[:, 1:2].clamp(min=0), away[:, 2:]], 1)
    outward = functional.normalize(level, dim=-1, eps=1e-4)
    steep = outward[:, 1:2]
    leant = ((_TOP_TO - steep) / (_TOP_TO - _TOP_FROM)).clamp(0, 1)
    ways: Tensor = points.new_tensor([0.0, 1.0, 0.0]) - leant * steep * outward
    return ways


def around(points: Tensor) -> Tensor:
    """(N, 3) ways around the head at (N, 3) metres, from front to right: 1, less over its top."""
    flat = torch.stack([points[:, 2] + _AXIS, 0 * points[:, 0], -points[:, 0]], -1)
    ways: Tensor = flat / flat.norm(dim=-1, keepdim=True).clamp(min=_WHORL)
    return ways


def at_points(lattice: Tensor, points: Tensor) -> Tensor:
    """(N, C) of a lattice (C, z, y, x) with nodes on the box's faces, at (N, 3) metres."""
    unit = (points - points.new_tensor(HAIR_BOX.centre)) / points.new_tensor(HAIR_BOX.half)
    sampled = functional.grid_sample(
        lattice[None], unit[None, None, None], padding_mode="border", align_corners=True
    )
    return sampled[0, :, 0, 0].T


def displacement(away: Tensor, ways: Tensor) -> Tensor:
    """(z, y, x, 3) metres on a seating's grid; differentiable.

    Args:
        away: (N, 3) metres from the skin to the grid's nodes.
        ways: (3, z, y, x) a lattice of off (natural logarithm), up and around (metres).
    """
    nodes = cell_centres(HAIR_BOX, GRID_SIZE)
    moved = bent(nodes, away, at_points(ways, nodes))
    return moved.view(*GRID_SIZE[::-1], 3)
