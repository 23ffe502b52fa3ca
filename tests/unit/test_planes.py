from __future__ import annotations

import numpy as np
import torch

from head360.model.planes import (
    HEAD_BOX,
    RIGHT_AXES,
    UP_AXES,
    VIEW_AXES,
    from_atlas,
    heights,
    plane_coordinates,
    sample_grid,
    sample_planes,
    to_atlas,
)


def test_right_is_up_cross_view() -> None:
    crossed = np.cross(np.array(UP_AXES), np.array(VIEW_AXES))

    assert np.array_equal(crossed, np.array(RIGHT_AXES))


def test_front_plane_shows_x_to_the_right_and_y_up() -> None:
    corner = torch.tensor([HEAD_BOX.centre]) + torch.tensor([HEAD_BOX.half])

    coordinates = plane_coordinates(corner, HEAD_BOX)

    torch.testing.assert_close(coordinates[0, 0], torch.tensor([1.0, 1.0]))
    torch.testing.assert_close(coordinates[2, 0], torch.tensor([-1.0, 1.0]))
    torch.testing.assert_close(coordinates[4, 0], torch.tensor([1.0, -1.0]))


def test_heights_of_opposite_planes_cancel() -> None:
    points = torch.randn(5, 3)

    height = heights(points, HEAD_BOX)

    torch.testing.assert_close(height[0::2], -height[1::2])


def test_a_point_over_a_texel_centre_reads_that_texel() -> None:
    planes = torch.rand(6, 2, 8, 8)
    column, row = 5, 2
    unit = torch.tensor([(2 * column + 1) / 8 - 1, (2 * row + 1) / 8 - 1, 0.3])
    point = torch.tensor(HEAD_BOX.centre) + unit * torch.tensor(HEAD_BOX.half)

    sampled = sample_planes(planes, point[None], HEAD_BOX)

    torch.testing.assert_close(sampled[0, :, 0], planes[0, :, row, column])


def test_border_texels_continue_beyond_the_box() -> None:
    planes = torch.rand(6, 1, 4, 4)
    far = torch.tensor(HEAD_BOX.centre) + torch.tensor([[10.0, 10.0, 0.0]])

    sampled = sample_planes(planes, far, HEAD_BOX)

    torch.testing.assert_close(sampled[0, 0, 0], planes[0, 0, 3, 3])


def test_grid_is_indexed_z_y_x() -> None:
    grid = torch.zeros(4, 4, 4)
    grid[3, 0, 2] = 1.0
    unit = torch.tensor([0.25, -0.75, 0.75])
    point = torch.tensor(HEAD_BOX.centre) + unit * torch.tensor(HEAD_BOX.half)

    sampled = sample_grid(grid, point[None], HEAD_BOX)

    torch.testing.assert_close(sampled, torch.ones(1))


def test_atlas_round_trip() -> None:
    planes = torch.rand(6, 4, 8, 8)

    atlas = to_atlas(planes)

    assert atlas.shape == (16, 24, 4)
    np.testing.assert_array_equal(atlas[8:, :8], planes[3].permute(1, 2, 0).numpy())
    torch.testing.assert_close(from_atlas(atlas), planes)
