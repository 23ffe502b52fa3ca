"""What lies around known texels: ring by ring the mean of all that are known there."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from head360.fitting.atlas import Rim, rim_of, skin_atlas


def pooled(tile: torch.Tensor, known: torch.Tensor, steps: int) -> torch.Tensor:
    """The same by means over the whole tile."""
    filled = tile * known
    for _ in range(steps):
        weight = functional.avg_pool2d(known[None], 3, 1, 1)[0]
        soft = functional.avg_pool2d(filled[None], 3, 1, 1)[0] / weight.clamp(min=1e-6)
        fresh = (known == 0) & (weight > 0)
        filled, known = torch.where(fresh, soft, filled), torch.where(fresh, 1.0, known)
    return filled


def test_texels_reach_further_up_to_the_edges_of_a_tile() -> None:
    known = np.random.default_rng(2).random((24, 30)) > 0.97
    tile = torch.rand(3, 24, 30)
    truth = pooled(tile, torch.from_numpy(known)[None].float(), 4)
    torch.testing.assert_close(Rim.of(known, 6).padded(tile, 4), truth)


def test_the_tile_that_is_padded_stays() -> None:
    atlas = skin_atlas()
    tile = torch.ones(1, atlas.rows, atlas.columns)
    atlas.padded(tile, 2)
    assert (tile == 1).all()


def test_a_rim_of_several_atlases_is_as_wide_as_the_widest() -> None:
    assert rim_of((skin_atlas(),)).known.shape == (512, 1024)
