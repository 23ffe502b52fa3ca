"""Distances near a mask, against those of the whole picture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from head360.fitting.distances import depth_inside, edge_distance

RNG = np.random.default_rng(3)


def blob(at: tuple[int, int], size: tuple[int, int]) -> np.ndarray:
    mask = np.zeros((60, 80), bool)
    mask[at[0] : at[0] + size[0], at[1] : at[1] + size[1]] = RNG.random(size) > 0.1
    return mask


@pytest.mark.parametrize(
    "mask", [blob((20, 30), (15, 9)), blob((0, 70), (25, 10)), ~blob((9, 9), (3, 3))]
)
def test_depth_is_that_of_the_whole_picture(mask: np.ndarray) -> None:
    np.testing.assert_array_equal(depth_inside(mask), distance_transform_edt(mask))


@pytest.mark.parametrize("reach", [1.0, 4.5, 200.0])
@pytest.mark.parametrize("mask", [blob((20, 30), (15, 9)), blob((0, 70), (25, 10))])
def test_edges_are_as_far_as_in_the_whole_picture(mask: np.ndarray, reach: float) -> None:
    truth = np.where(mask, distance_transform_edt(mask) - 0.5, 0.5 - distance_transform_edt(~mask))
    found = edge_distance(mask, reach)
    np.testing.assert_array_equal(found.clip(-reach, None), truth.clip(-reach, None))


def test_nothing_is_far_from_everything() -> None:
    nothing = np.zeros((5, 6), bool)
    assert not depth_inside(nothing).any()
    assert (edge_distance(nothing, 2.0) < -2).all()
