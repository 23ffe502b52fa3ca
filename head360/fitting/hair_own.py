"""Makes a style this person's: in each direction hair reaches as far as in the photo.

A smooth lattice over the hair's box says how far hair stands off, where it ends and how it is
swept (`model.own_hair`). It moves until the silhouette is the photo's, from blurred pictures to
sharp ones, so that an edge that is far away pulls, too. What the photo does not show follows what
it shows: the lattice is smooth, and one side is like the other.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from math import log

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from head360.fitting.descent import Adam
from head360.fitting.hair import Worn
from head360.fitting.hair_lines import HairLines
from head360.model.field import EMPTY_LOG_EXTINCTION
from head360.model.hair_shape import VOLUME
from head360.model.own_hair import FURTHEST_OFF, at_points, displacement
from head360.model.planes import HAIR_BOX, cell_centres, sample_grid, sample_vectors
from head360.model.seating import GRID_SIZE
from head360.model.strand_ends import at_roots, left_of_strands, raggedness
from head360.own_hair import CUT_GRID, WAYS_GRID
from head360.params import HairShape

#: Of each stage: blur of the style (cells) and of the silhouettes (pixels), step of the codes,
#: and rounds.
_STAGES = ((3, 2.5, 0.12, 10), (1, 1.0, 0.12, 10), (0, 0.0, 0.06, 10))
#: What a code of 1 means: natural logarithm, metres, metres.
_SCALE = (0.35, 0.02, 0.02)
#: What it costs: all, where neighbours differ, where they differ from between their neighbours,
#: where left and right do, and codes themselves.
_PRIOR, _ROUGH, _BUMPY, _ONE_SIDED, _LARGE = 0.25, 1.0, 0.1, 0.15, 0.02
#: … and that hair moves along the camera's view, which no silhouette shows.
_UNSEEN = 8.0
#: How much strands that run another way than the photo's cost.
_LINES = 0.1
#: A blurred style's cells are so thick (metres) where its share of them is turned to extinction.
_THICK, _FULL, _FAINTEST = 0.008, 0.98, 0.1
#: Most that is cut off; what it costs where neighbours differ, where left and right do, and at all.
_CUT_SCALE, _CUT_ROUGH, _CUT_ONE_SIDED, _CUT_LARGE = 0.7, 2.0, 0.02, 0.1
#: … and, however little, per share: what no ray sees is not cut at all.
_CUT_ANY = 0.015
#: A search starts with all hair cut a little, or nothing would tell which ends to cut; and goes so
#: much more slowly, or ends that are not seen at first would be whole for good.
_CUT_START, _CUT_SLOWER = 0.12, 0.25
#: Adam's memories.
_MEMORIES = (0.8, 0.95)


@dataclass(frozen=True, slots=True, eq=False)
class OwnWays:
    """How a style becomes a person's hair."""

    ways: npt.NDArray[np.float32]  # (3, *WAYS_GRID)
    cut: npt.NDArray[np.float32]  # CUT_GRID shares of strands
    ragged: float  # 0 … 1 how far their ends are
    unlike: float  # of the silhouettes, 0 … 1
    stretched: float  # mean square of how much further the hair that is seen stands off


def fit_own_hair(
    worn: Worn,
    grid: Tensor,
    strands: Tensor,
    shape: HairShape | None = None,
    lines: HairLines | None = None,
) -> Generator[float, None, OwnWays]:
    """Find a style's ways; yields the share done between rounds of some 50 ms.

    Args:
        worn: the photo's silhouette and where hair sits on this head, with a shaper.
        grid: (z, y, x) of the style, already mirrored if it is worn so.
        strands: (z, y, x, 3) of the style, `strands_volume`.
        shape: what is bent: the style in its fitted shape.
        lines: which way the photo's strands run, and its own; None: nobody knows.
    """
    search = _Search(worn, grid, shape or HairShape(), lines, strands)
    with torch.inference_mode(False):
        grid = grid.clone()  # another may have read it without gradients
    lattice = _Codes(torch.zeros(3, *WAYS_GRID), torch.full(CUT_GRID, _CUT_START))
    total = sum(stage[3] for stage in _STAGES)
    done = 0
    for cells, pixels, step, rounds in _STAGES:
        blurred, wanted = _blurred(grid, cells), _soft(worn.seen.share, pixels)
        for moved in search.rounds(lattice, blurred, wanted, step, rounds, pixels / 2):
            lattice, done = moved, done + 1
            yield done / total
    return search.found(lattice, grid)


@dataclass(frozen=True, slots=True, eq=False)
class _Codes:
    """What is sought, in steps of `_SCALE` and `_CUT_SCALE`."""

    ways: Tensor  # (3, *WAYS_GRID)
    cut: Tensor  # CUT_GRID, 0 … 1


class _Search:
    """One silhouette's search, over codes (3, z, y, x)."""

    def __init__(
        self,
        worn: Worn,
        grid: Tensor,
        shape: HairShape,
        lines: HairLines | None,
        strands: Tensor,
    ) -> None:
        self._seen, self._lines = worn.seen, lines
        codes = torch.tensor([shape.length, shape.volume, shape.fringe])
        with torch.inference_mode(False):
            self._ray, self._step = worn.rays.clone(), worn.steps.clone()
            self._at, self._points = worn.asked(codes).clone(), worn.canonical.clone()
            self._away = worn.away.clone() * VOLUME**-shape.volume
            self._fuller = shape.volume * log(VOLUME)
            self._ahead = _ahead(worn, grid).clone()
            self._strands, self._ragged = strands.clone(), raggedness(grid)
            self._scale = torch.tensor(_SCALE).view(3, 1, 1, 1)

    def rounds(
        self,
        lattice: _Codes,
        grid: Tensor,
        wanted: Tensor,
        step: float,
        count: int,
        blur: float,
    ) -> Generator[_Codes, None, None]:
        """The codes after each of some rounds."""
        with torch.inference_mode(False), torch.enable_grad():
            codes = lattice.ways.detach().clone().requires_grad_()
            cut = lattice.cut.detach().clone().requires_grad_()
            bending, cutting = Adam(codes, _MEMORIES), Adam(cut, _MEMORIES)
        for _ in range(count):
            with torch.inference_mode(False), torch.enable_grad():
                moved = displacement(self._away, codes * self._scale)
                shares = _soft(self._shares(moved, grid, cut * _CUT_SCALE)[0], blur)
                loss = self._apart(shares, wanted) + _PRIOR * (_cost(codes) + self._unseen(moved))
                loss = loss + _cost_of_cut(cut)
                if self._lines is not None:
                    loss = loss + _LINES * self._lines.apart(moved)
                slopes = torch.autograd.grad(loss, (codes, cut))
                bending.take(slopes[0], step)
                cutting.take(slopes[1], _CUT_SLOWER * step)
                cut.data.clamp_(0, 1)
            yield _Codes(codes.detach(), cut.detach())

    def found(self, lattice: _Codes, grid: Tensor) -> OwnWays:
        """What a search has come to."""
        with torch.no_grad():
            ways, cut = lattice.ways * self._scale, lattice.cut * _CUT_SCALE
            shares, met = self._shares(displacement(self._away, ways), grid, cut)
            off = at_points(ways[:1], self._points)[:, 0].clamp(-FURTHEST_OFF, FURTHEST_OFF)
            off = (off + self._fuller).clamp(min=0)
            seen = met.clamp(max=1) * self._seen.share[self._ray]
            stretched = float((off.square() * seen).sum() / seen.sum().clamp(min=1e-6))
        unlike = float(self._seen.unlike(shares[None]))
        return OwnWays(ways.numpy(), cut.numpy(), self._ragged, unlike, stretched)

    def _unseen(self, moved: Tensor) -> Tensor:
        """What it costs that hair comes nearer to the camera or goes away from it."""
        along = torch.einsum("zyxc,zyxc->zyx", moved, self._ahead)
        return _UNSEEN * (along / _SCALE[1]).square().mean()

    def _shares(self, moved: Tensor, grid: Tensor, cut: Tensor) -> tuple[Tensor, Tensor]:
        """(R,) how much of each ray hair stops, and (N,) optical depths of samples."""
        at = self._at + sample_vectors(moved, self._points, HAIR_BOX)
        unit = (at - at.new_tensor(HAIR_BOX.centre)) / at.new_tensor(HAIR_BOX.half)
        logs = functional.grid_sample(
            grid[None, None], unit.view(1, 1, 1, -1, 3), padding_mode="border", align_corners=False
        )[0, 0, 0, 0]
        along, *root = sample_vectors(self._strands, at, HAIR_BOX).unbind(1)
        left = left_of_strands(along, at_roots(cut, torch.stack(root, 1)), self._ragged)
        met = _extinction(logs) * left * self._step
        depth = met.new_zeros(len(self._seen.share)).index_add(0, self._ray, met)
        return 1 - torch.exp(-depth), met

    def _apart(self, shares: Tensor, wanted: Tensor) -> Tensor:
        weight = self._seen.weight
        wrong = ((shares - wanted).square() * weight).sum()
        return wrong / ((shares.detach() + wanted) * weight).sum().clamp(min=1e-6)


def _ahead(worn: Worn, grid: Tensor) -> Tensor:
    """(z, y, x, 3) ways from the camera at a seating's nodes, longer where more hair is."""
    seating = worn.seating
    nodes = cell_centres(HAIR_BOX, GRID_SIZE)
    eye = seating.matrix @ worn.seen.eye + seating.offset
    away = functional.normalize(nodes - eye, dim=1)
    hair = 1 - torch.exp(-_extinction(sample_grid(_blurred(grid, 3), nodes, HAIR_BOX)) * _THICK)
    return (away * (hair / hair.mean()).sqrt()[:, None]).view(*GRID_SIZE[::-1], 3)


def _cost(codes: Tensor) -> Tensor:
    """What codes (3, z, y, x) cost."""
    rough = codes.new_zeros(())
    for axis in (1, 2, 3):
        slope = codes.diff(dim=axis)
        rough = rough + slope.square().mean() + _BUMPY * slope.diff(dim=axis).square().mean()
    other = codes.flip(-1) * codes.new_tensor([1.0, 1.0, -1.0]).view(3, 1, 1, 1)
    one_sided = (codes - other).square().mean()
    return _ROUGH * rough + _ONE_SIDED * one_sided + _LARGE * codes.square().mean()


def _cost_of_cut(cut: Tensor) -> Tensor:
    """What it costs that strands are cut, (v, u)."""
    rough = cut.new_zeros(())
    for axis in range(2):
        rough = rough + cut.diff(dim=axis).square().mean()
    one_sided = (cut - cut.flip(-1)).square().mean()
    large = _CUT_LARGE * cut.square().mean() + _CUT_ANY * cut.mean()
    return _CUT_ROUGH * rough + _CUT_ONE_SIDED * one_sided + large


def _blurred(grid: Tensor, cells: int) -> Tensor:
    """(z, y, x) of a style (z, y, x) log(extinction in 1/m), spread over some cells."""
    if cells == 0:
        return grid
    spread = (1 - torch.exp(-_extinction(grid) * _THICK))[None, None]
    kernel, reach = _gaussian(cells), 3 * cells
    for axis in range(3):
        shape, margin = [1, 1, 1, 1, 1], [0] * 6
        shape[2 + axis] = -1
        margin[4 - 2 * axis : 6 - 2 * axis] = [reach, reach]
        spread = functional.conv3d(
            functional.pad(spread, margin, mode="replicate"), kernel.view(shape)
        )
    thin = -torch.log1p(-spread[0, 0].clamp(max=_FULL)) / (2 * _THICK)
    return thin.clamp(min=_FAINTEST).log()


def _extinction(logs: Tensor) -> Tensor:
    """1/m, as `fitting.hair` has it."""
    return (logs - EMPTY_LOG_EXTINCTION).clamp(0, 1) * logs.exp()


def _soft(share: Tensor, pixels: float) -> Tensor:
    """(R,) shares of a square picture, blurred."""
    if pixels == 0:
        return share
    kernel, side = _gaussian(pixels), round(len(share) ** 0.5)
    reach = len(kernel) // 2
    picture = share.view(1, 1, side, side)
    for shape, margin in (
        ((1, 1, -1, 1), (0, 0, reach, reach)),
        ((1, 1, 1, -1), (reach, reach, 0, 0)),
    ):
        padded = functional.pad(picture, margin, mode="replicate")
        picture = functional.conv2d(padded, kernel.view(shape))
    return picture.flatten()


def _gaussian(sigma: float) -> Tensor:
    away = torch.arange(-round(3 * sigma), round(3 * sigma) + 1) / sigma
    weights = torch.exp(-0.5 * away.square())
    return weights / weights.sum()
