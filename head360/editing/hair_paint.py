"""Learns paint in hair from pictures before and after an edit, strand by strand.

Each pixel of hair knows whose it is: where its strands grow on the scalp, and how far along they
are. Cells of that space gather the light that pixels had before and after the edit; its ratio is a
factor on the strands' colour. Gloss does not scale with colour, so rounds repeat on what is left.
Cells that no picture shows follow their neighbours, near ones before far ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import log, prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from head360.camera import OrbitCamera
from head360.paint import HAIR_CELLS, MAX_HAIR
from head360.rendering.shade import light_from_display, linear_from_srgb

Picture: TypeAlias = npt.NDArray[np.uint8]

#: Pixels with less hair than this say nothing.
_SURE = 0.75
#: Fewer such pixels are no hair to speak of.
_LEAST_PIXELS = 50
#: A factor may not go beyond this, nor below its inverse, in a round.
_FURTHEST = log(8.0)
#: Light of a cell below which factors mean little.
_DARKEST = 0.002
#: Widths, in cells, over which cells that know nothing ask their neighbours; the widest first.
_WIDTHS = (15, 7, 3)
#: Pixels that a cell must have for its own word to count half.
_HALF_SURE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class SaidOfHair:
    """What one view asks for."""

    logs: Tensor  # (3, along, v, u) logarithms of factors
    pixels: Tensor  # (along, v, u) how many have said so


class HairPainter:
    """The hair's paint by now, and what each view has said of it."""

    def __init__(self) -> None:
        self._logs = torch.zeros(3, *HAIR_CELLS)
        self.said: dict[float, SaidOfHair] = {}  # by the camera's yaw

    def learn(self, camera: OrbitCamera, before: Picture, after: Picture, hair: Strands) -> None:
        """Carry what an edit changed in a picture, (S, S, 3) sRGB, back to the hair."""
        sure = hair.share > _SURE
        if sure.sum() < _LEAST_PIXELS:
            return
        places = torch.from_numpy(hair.places[sure])
        old, new = (_light(picture[sure]) for picture in (before, after))
        ones = torch.ones(len(old), 1)
        sums = _blurred(_gathered(places, torch.cat([old, new, ones], 1)), 3)
        factor = (sums[3:6] + _DARKEST * sums[6]) / (sums[:3] + _DARKEST * sums[6]).clamp(min=1e-9)
        change = factor.clamp(min=1e-6).log().clamp(-_FURTHEST, _FURTHEST)
        known = sums[6] > 0
        logs = self._logs + torch.where(known, change, 0.0)
        self.said[camera.yaw_degrees] = SaidOfHair(logs, sums[6])
        self.fuse()

    def fuse(self) -> None:
        """Make of what the views have said one paint."""
        if not self.said:
            return
        weights = torch.stack([said.pixels for said in self.said.values()])
        wanted = torch.stack([said.logs for said in self.said.values()])
        total = weights.sum(0)
        weighed = torch.cat([(wanted * weights[:, None]).sum(0), total[None]])
        whole = (weighed[:3].sum((1, 2, 3)) / total.sum().clamp(min=1e-6))[:, None, None, None]
        for width in (*_WIDTHS, 1):
            near = _blurred(weighed, width)
            sure = near[3] / (near[3] + _HALF_SURE / width)
            whole = whole + sure * (near[:3] / near[3].clamp(min=1e-9) - whole)
        self._logs = whole.clamp(-MAX_HAIR, MAX_HAIR)

    def paint(self) -> npt.NDArray[np.float32] | None:
        """(3, along, v, u) logarithms of factors; None where no hair was seen."""
        return self._logs.numpy() if self.said else None


@dataclass(frozen=True, slots=True, eq=False)
class Strands:
    """Whose hair a picture shows."""

    share: npt.NDArray[np.float32]  # (S, S) how much of a pixel is hair, 0 … 1
    places: npt.NDArray[np.float32]  # (S, S, 3) scalp coordinates u, v, and how far along

    @classmethod
    def of(cls, guide: Picture, strands: Picture) -> Strands:
        """From pictures (S, S, 3 or 4) of the view modes `guide` and `strands` before black."""
        share = _linear(guide[..., :1])
        places = _linear(strands[..., :3]) / share.clamp(min=0.05)
        return cls(share[..., 0].numpy(), places.clamp(0, 1).numpy())


def _linear(picture: Picture) -> Tensor:
    return linear_from_srgb(torch.from_numpy(picture.copy()).float() / 255)


def _light(pixels: Picture) -> Tensor:
    """(N, 3) light of sRGB pixels (N, 3)."""
    return light_from_display(_linear(pixels))


def _gathered(places: Tensor, values: Tensor) -> Tensor:
    """(C, along, v, u) sums in cells of values (N, C) at places (N, 3), shared by neighbours."""
    sums = values.new_zeros(prod(HAIR_CELLS), values.shape[1])
    for cell, weight in _corners(places):
        sums.index_add_(0, cell, values * weight[:, None])
    cells: Tensor = sums.T.reshape(-1, *HAIR_CELLS).contiguous()
    return cells


def _corners(places: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
    """Numbers (N,) and shares (N,) of the eight cells around places (N, 3): u, v, along."""
    along, v, u = HAIR_CELLS
    size = places.new_tensor([u, v, along])
    exact = (places * size - 0.5).clamp(min=0)
    first = torch.minimum(exact.floor(), size - 1)
    part = exact - first
    for corner in product((0, 1), repeat=3):
        at = torch.minimum(first + places.new_tensor(corner), size - 1).long()
        share = torch.where(places.new_tensor(corner) > 0, part, 1 - part).prod(1)
        yield (at[:, 2] * v + at[:, 1]) * u + at[:, 0], share


def _blurred(cells: Tensor, width: int) -> Tensor:
    """Means (C, along, v, u) over so many cells along each side; beyond the edge is nothing."""
    if width == 1:
        return cells
    along = min(width, 2 * (HAIR_CELLS[0] // 2) - 1)
    size = (along, width, width)
    padding = tuple(side // 2 for side in size)
    mean: Tensor = functional.avg_pool3d(cells[None], size, 1, padding)[0]
    return mean
