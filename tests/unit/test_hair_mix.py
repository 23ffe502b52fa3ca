"""What lies between two hairstyles, on boxes of hair."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from head360.model.field import HairPlanes
from head360.model.hair_mix import HairMorph

CELLS, TEXELS = 32, 24
DENSE, EMPTY = 6.0, -2.0
Rows = tuple[int, int]


def box(
    rows: Rows, columns: Rows = (10, 22), *, cells: int = CELLS, look: float = 0.0
) -> HairPlanes:
    """Dense hair in some rows (of y) and columns (of x and z) of a grid; all looks alike."""
    grid = torch.full((cells, cells, cells), EMPTY)
    grid[columns[0] : columns[1], rows[0] : rows[1], columns[0] : columns[1]] = DENSE
    planes = torch.full((6, 11, TEXELS, TEXELS), look)
    planes[:, 0] = 0.0
    for side, (low, high) in ((slice(4), rows), (slice(4, 6), columns)):
        planes[side, 0, low * TEXELS // cells : high * TEXELS // cells] = 1.0
    return HairPlanes(planes, grid)


def lowest_row(hair: HairPlanes) -> int:
    """Where the hair in the middle of a grid ends."""
    middle = len(hair.grid) // 2
    return int(torch.nonzero(hair.grid[middle, :, middle] > 3)[0, 0])


def test_the_ends_are_the_styles_themselves() -> None:
    long, short = box((2, 26)), box((18, 26))
    morph = HairMorph(long, short)

    assert morph.at(0.0) is long
    assert morph.at(1.0) is short


def test_hair_gets_shorter_step_by_step() -> None:
    morph = HairMorph(box((2, 26)), box((18, 26)))

    ends = [lowest_row(morph.at(share)) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]

    assert ends == sorted(ends)
    assert min(after - before for before, after in pairwise(ends)) >= 2


def test_hair_between_is_solid_and_does_not_fade() -> None:
    morph = HairMorph(box((2, 26)), box((18, 26)))

    between = morph.at(0.5).grid[16, :, 16]

    half_there = (between > DENSE - 3) & (between < DENSE - 0.8)
    assert int(half_there.sum()) <= 2
    assert int((between > DENSE - 0.8).sum()) >= 12


def test_all_parts_arrive_together() -> None:
    """A part that has little to go does not get there before one that has far to go."""
    near, far = (12, 14), (18, 20)  # columns of x
    long, short = box((20, 26)), box((20, 26))
    long.grid[12:20, 16:20, near[0] : near[1]] = DENSE
    long.grid[12:20, 4:20, far[0] : far[1]] = DENSE

    between = HairMorph(long, short).at(0.5).grid[16]

    assert (between[:, near[0]] > 3).sum() < (long.grid[16, :, near[0]] > 3).sum()
    assert (between[:, near[0]] > 3).sum() > (short.grid[16, :, near[0]] > 3).sum()
    assert (between[:, far[0]] > 3).sum() < (long.grid[16, :, far[0]] > 3).sum()


def test_a_style_mixed_with_itself_stays_that_style() -> None:
    hair = box((8, 24), look=0.3)

    found = HairMorph(hair, hair).at(0.4)

    torch.testing.assert_close(found.grid, hair.grid, atol=1e-2, rtol=0)
    seen = hair.planes[:, 3:]
    torch.testing.assert_close(found.planes[:, 3:], seen, atol=1e-3, rtol=0)


def test_planes_show_the_hair_that_is_left() -> None:
    morph = HairMorph(box((2, 26)), box((18, 26)))

    front = morph.at(0.5).planes[0, 0, :, TEXELS // 2]

    assert front[-8:-6].min() > 0.9  # of both
    assert front[2:4].max() < 0.1  # of the long one alone, and cut off by now


def test_looks_blend_where_both_styles_have_hair() -> None:
    morph = HairMorph(box((8, 24), look=0.0), box((8, 24), look=1.0))

    along = morph.at(0.25).planes[0, 3, TEXELS // 2, TEXELS // 2]

    assert float(along) == pytest.approx(0.25, abs=0.02)


def test_a_coarse_style_mixes_with_a_finer_one() -> None:
    morph = HairMorph(box((8, 24)), box((12, 36), (15, 33), cells=48))

    assert morph.at(0.5).grid.shape == (48, 48, 48)


def test_counts_of_strands_are_mixed_as_grids_are() -> None:
    long, short = box((2, 26)), box((18, 26))
    thin = replace(short, counted=short.grid[::2, ::2, ::2] - 1.0)

    between = HairMorph(long, thin).at(0.5)

    assert between.counted is not None
    assert between.counted.shape == between.grid.shape
    middle = (16, slice(20, 25), 16)
    assert (between.counted[middle] < between.grid[middle] - 0.2).all()
    assert lowest_row(between) == lowest_row(HairMorph(long, short).at(0.5))
    plain = HairMorph(long, short).at(0.5)
    assert torch.equal(plain.shading, plain.grid)
