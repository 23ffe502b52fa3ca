from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import distance_transform_edt

from head360.model.planes import HAIR_BOX, cell_centres, sample_grid, sum_moved_lattice
from head360.rendering.empty_space import bounds, distances, with_empty_space


@pytest.mark.parametrize("share", [0.0005, 0.01, 0.4])
def test_distances_are_those_of_scipy(share: float) -> None:
    occupied = np.random.default_rng(1).random((19, 24, 21)) < share
    occupied[3, 20, 5] = True
    cell = np.array([0.0046, 0.0047, 0.0045])

    found = distances(occupied, cell)

    expected = distance_transform_edt(~occupied, sampling=cell)
    np.testing.assert_allclose(found, expected, atol=1e-7)


def test_no_ray_skips_hair() -> None:
    density = np.zeros((31, 36, 33), np.float32)  # odd sides, too
    density[9, 30, 11] = density[22, 4, 25] = 20.0
    cell = 2 * np.array(HAIR_BOX.half)[::-1] / np.array(density.shape)

    marked = with_empty_space(density)

    assert marked.shape == density.shape
    assert (marked[density > 0] == 20).all()
    places = np.argwhere(marked < 0)
    for hair in np.argwhere(density > 0):
        away = np.linalg.norm((places - hair) * cell, axis=1)
        assert (-marked[tuple(places.T)] * 0.003 <= away).all()
    assert marked.min() < -20


def test_a_volume_without_hair_is_left_by_the_first_step() -> None:
    density = np.zeros((8, 8, 8), np.float32)

    assert (with_empty_space(density) == -100).all()
    low, high = bounds(density)
    np.testing.assert_allclose(high, low)


def test_sums_over_a_lattice_are_those_of_its_places() -> None:
    grid = torch.rand(10, 12, 14, generator=torch.Generator().manual_seed(3))
    size = (7, 12, 5)
    offsets = torch.tensor([[0.0, 0.0, 0.0], [0.013, -0.022, 0.031], [-0.09, 0.2, -0.4]])

    found = sum_moved_lattice(grid, size, offsets, HAIR_BOX)

    places = cell_centres(HAIR_BOX, size)
    expected = sum(sample_grid(grid, places + offset, HAIR_BOX) for offset in offsets)
    torch.testing.assert_close(found.flatten(), expected, atol=2e-5, rtol=1e-5)
