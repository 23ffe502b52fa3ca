"""Cuts, blows up and waves a hairstyle, and moves its hairline, without new strands.

Hair is a field in a canonical frame; what changes is the way there. A point of the head asks the
style at a place nearer to the skin (more volume), further up (longer hair), further up before
the forehead (a longer fringe), further forward over the brow (a higher hairline), or to one side
and the other by turns (waves). All of that is one more displacement on the seating's own grid, so
renderers need not know of it.
"""

from __future__ import annotations

from functools import cached_property
from math import pi

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from head360.model.own_hair import displacement as own_displacement
from head360.model.own_hair import upwards
from head360.model.planes import HAIR_BOX, cell_centres
from head360.model.scalp import CRANIUM
from head360.model.seating import GRID_SIZE, Seating
from head360.model.topology import SKIN, Topology
from head360.own_hair import OwnHair
from head360.params import HairShape

#: Factors that -1 and 1 mean the inverse and the value of: from the skin, below, before.
VOLUME, LENGTH, FRINGE = 1.7, 1.6, 1.5
#: Hair grows longer below this height and over this way, metres; mean head.
_LENGTH_FROM, _LENGTH_FADE = 0.015, 0.06
#: A fringe hangs from this height, before this depth, within this half width; metres.
_FRINGE_FROM, _FRINGE_FRONT, _FRINGE_WIDE, _FRINGE_FADE = 0.125, 0.035, 0.065, 0.03
#: How far hair before the crown turns over the skull for a hairline of 1 and of -1, radians. Styles
#: that rise from the brow tear if they are pulled down further.
HAIRLINE, LOWERED = 0.2, 0.1
#: What of it turns: above this height, before this depth, over these ways; metres.
_LINE_FROM, _LINE_FADE, _LINE_FRONT, _LINE_DEPTH = 0.055, 0.03, -0.02, 0.09
#: Waves of curl 1: from crest to crest down the hair; how far to the side; over which distance
#: from the skin they grow; metres. How many crests lie round the head between one and the next.
_WAVE, _SWING, _WAVE_FADE, _CRESTS = 0.052, 0.0065, 0.03, 5.0
#: The grid is this much finer where hair is waved.
_FINER = 3
#: Skin is thinned to one point in a cell of this size; hair further away moves no further; metres.
_SPACING, _FURTHEST = 0.008, 0.08


def shares_of_ways(codes: Tensor) -> Tensor:
    """(3,) how far `HairShaper.ways` are gone for (3,) length, volume, fringe, -1 … 1."""
    return torch.stack([LENGTH ** -codes[0], VOLUME ** -codes[1], FRINGE ** -codes[2]]) - 1


class HairShaper:
    """Changes seatings; made once for the mean head."""

    def __init__(self, topology: Topology, mean: Tensor) -> None:
        self._topology, self._mean = topology, mean

    def shaped(self, seating: Seating, shape: HairShape | None) -> Seating:
        """Where hair of another length, volume and fringe sits."""
        if shape is None or shape == HairShape(mirrored=shape.mirrored):
            return seating
        codes = seating.displacement.new_tensor([shape.length, shape.volume, shape.fringe])
        moved = seating.displacement + self.displacement(codes)
        if shape.hairline:
            moved = moved + self._receded(shape.hairline)
        if shape.curl:
            moved = _refined(moved) + self._waves * shape.curl
        return Seating(seating.matrix, seating.offset, moved)

    def own(
        self, seating: Seating, own: OwnHair, shape: HairShape | None, share: float = 1.0
    ) -> Seating:
        """Where somebody's own hair sits, as far as a share 0 … 1 of it is that.

        `seating` is that of the style in its shape, from `shaped`.
        """
        ways, _ = own.worn(mirrored=shape is not None and shape.mirrored)
        away = self._away * VOLUME ** -(shape.volume if shape else 0.0)
        moved = share * own_displacement(away, torch.from_numpy(ways))
        if moved.shape != seating.displacement.shape:  # it is waved as well
            moved = _refined(moved)
        return Seating(seating.matrix, seating.offset, seating.displacement + moved)

    def displacement(self, codes: Tensor) -> Tensor:
        """(z, y, x, 3) metres for (3,) length, volume, fringe, -1 … 1; differentiable."""
        moved: Tensor = torch.tensordot(shares_of_ways(codes), self.ways, 1)
        return moved

    @cached_property
    def ways(self) -> Tensor:
        """(3, z, y, x, 3) metres: where length, volume and fringe ask, times `shares_of_ways`."""
        nodes = cell_centres(HAIR_BOX, GRID_SIZE)
        x, y, z = nodes.unbind(-1)
        below = _smooth((_LENGTH_FROM - y) / _LENGTH_FADE)
        before = (
            _smooth((z - _FRINGE_FRONT) / _FRINGE_FADE)
            * _smooth((_FRINGE_WIDE - x.abs()) / _FRINGE_FADE + 1)
            * _smooth((y + 0.05) / _FRINGE_FADE)
        )
        up = torch.tensor([0.0, 1.0, 0.0])
        length = (below * (y - _LENGTH_FROM))[:, None] * up
        fringe = (before * (y - _FRINGE_FROM).clamp(max=0))[:, None] * upwards(nodes)
        return torch.stack([length, self._away, fringe]).view(3, *GRID_SIZE[::-1], 3)

    def _receded(self, hairline: float) -> Tensor:
        """(z, y, x, 3) metres: places over the brow, turned forward about the skull's centre."""
        nodes = cell_centres(HAIR_BOX, GRID_SIZE)
        x, y, z = nodes.unbind(-1)
        share = _smooth((y - _LINE_FROM) / _LINE_FADE) * _smooth((z - _LINE_FRONT) / _LINE_DEPTH)
        angle = (HAIRLINE if hairline > 0 else LOWERED) * hairline * share
        up, out = y - float(CRANIUM[1]), z - float(CRANIUM[2])
        sine, cosine = angle.sin(), angle.cos()
        turned = torch.stack([x, cosine * up - sine * out, sine * up + cosine * out], -1)
        moved = turned - torch.stack([x, up, out], -1)
        return moved.view(*GRID_SIZE[::-1], 3)

    @cached_property
    def _waves(self) -> Tensor:
        """(z, y, x, 3) metres on the finer grid, of curl 1: round the head, to and fro."""
        size = (GRID_SIZE[0] * _FINER, GRID_SIZE[1] * _FINER, GRID_SIZE[2] * _FINER)
        nodes = cell_centres(HAIR_BOX, size)
        x, y, z = nodes.unbind(-1)
        round_ = torch.atan2(x, z)
        phase = 2 * pi * y / _WAVE + 1.3 * torch.sin(_CRESTS * round_ + 0.7) + 2 * round_
        far = self._away.norm(dim=-1).view(1, 1, *GRID_SIZE[::-1])
        fade = _smooth(_refined(far[0, 0, ..., None]).flatten() / _WAVE_FADE)
        swing = _SWING * fade * torch.sin(phase)
        sideways = torch.stack([z, 0 * y, -x], -1)
        sideways = sideways / sideways.norm(dim=-1, keepdim=True).clamp(min=1e-6)
        waves: Tensor = (sideways * swing[:, None]).view(*size[::-1], 3)
        return waves

    @cached_property
    def _away(self) -> Tensor:
        """(N, 3) metres from the nearest skin to each node, shortened where that is far."""
        skin = np.unique(self._topology.triangles[self._topology.triangle_material == SKIN])
        cells = np.floor(self._mean.numpy()[skin] / _SPACING).astype(np.int64)
        _, first = np.unique(cells, axis=0, return_index=True)
        points = self._mean[torch.from_numpy(skin[np.sort(first)].astype(np.int64))]
        nodes = cell_centres(HAIR_BOX, GRID_SIZE)
        way = nodes - points[torch.cdist(nodes, points).argmin(1)]
        shorter: Tensor = (_FURTHEST / way.norm(dim=1, keepdim=True).clamp(min=1e-6)).clamp(max=1)
        return way * shorter


def _refined(grid: Tensor) -> Tensor:
    """A grid (z, y, x, C) with `_FINER` times the cells along each axis."""
    channels = grid.permute(3, 0, 1, 2)[None]
    finer: Tensor = functional.interpolate(
        channels, scale_factor=_FINER, mode="trilinear", align_corners=False
    )
    return finer[0].permute(1, 2, 3, 0).contiguous()


def _smooth(x: Tensor) -> Tensor:
    t = x.clamp(0, 1)
    return t * t * (3 - 2 * t)
