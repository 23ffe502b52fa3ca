from __future__ import annotations

import pytest
import torch

from head360.model.field import (
    VARIANTS,
    HairField,
    HairPlanes,
    HeadField,
    Variant,
    surface_distance,
)
from head360.model.planes import EMPTY_DEPTH, HEAD_BOX, VIEW_AXES

RADIUS = 0.08


def ball_planes(size: int = 64) -> torch.Tensor:
    """Head planes of a grey ball about the box's centre, as a raster pass would draw them."""
    planes = torch.zeros(6, 12, size, size, dtype=torch.float64)
    planes[:, 7] = EMPTY_DEPTH
    axis = (2 * torch.arange(size, dtype=torch.float64) + 1) / size - 1
    for k in range(6):
        width, height = HEAD_BOX.half_size(k)
        x, y = axis[None, :] * width, axis[:, None] * height
        covered = x**2 + y**2 < RADIUS**2
        depth = (RADIUS**2 - x**2 - y**2).clamp(min=0).sqrt()
        planes[k, :4, covered] = 0.5
        planes[k, 7, covered] = depth[covered]
        planes[k, 8:12, covered] = torch.tensor([0.4, 0.6, 0.8, 1.0], dtype=torch.float64)[:, None]
        planes[k, 4:7] = _ball_normals(k, x, y, depth) * covered
    return planes


def _ball_normals(k: int, x: torch.Tensor, y: torch.Tensor, depth: torch.Tensor) -> torch.Tensor:
    from head360.model.planes import RIGHT_AXES, UP_AXES

    axes = torch.tensor((RIGHT_AXES[k], UP_AXES[k], VIEW_AXES[k]), dtype=torch.float64)
    local = torch.stack(torch.broadcast_tensors(x, y, depth)) / RADIUS
    return torch.einsum("ahw,ac->chw", local, axes)


def shell(scale: float, count: int = 500) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    directions = torch.randn(count, 3, generator=generator, dtype=torch.float64)
    directions = torch.nn.functional.normalize(directions, dim=-1)
    return torch.tensor(HEAD_BOX.centre, dtype=torch.float64) + directions * RADIUS * scale


def test_distance_is_negative_outside_and_positive_inside() -> None:
    planes = ball_planes()

    outside = surface_distance(planes, shell(1.06))
    inside = surface_distance(planes, shell(0.94))

    assert (outside < 0).all()
    assert (inside > 0).all()


def test_the_surface_looks_like_what_the_planes_see_even_at_outlines() -> None:
    field = HeadField().double()
    torch.nn.init.zeros_(field.decoder.output.weight)
    points = shell(1.0)

    sample = field(ball_planes(), points)

    expected = (points - points.new_tensor(HEAD_BOX.centre)) / RADIUS
    assert ((sample.normal * expected).sum(-1) > 0.99).all()
    torch.testing.assert_close(sample.albedo, torch.full_like(sample.albedo, 0.5))
    torch.testing.assert_close(sample.roughness, torch.full_like(sample.roughness, 0.4))
    assert sample.distance.abs().quantile(0.95) < 0.0023  # half a texel of these planes


def test_planes_that_see_nothing_leave_every_point_outside() -> None:
    planes = ball_planes()
    planes[2, :8] = 0
    planes[2, 8:] = 0
    planes[2, 7] = EMPTY_DEPTH

    distance = surface_distance(planes, shell(0.5))

    assert (distance < -0.001).all()


@pytest.mark.parametrize("variant", VARIANTS)
def test_gradients_reach_planes_and_points(variant: Variant) -> None:
    torch.manual_seed(0)
    field = HeadField(variant).double()
    planes = ball_planes(8).requires_grad_()
    points = shell(0.97, 3).requires_grad_()

    def loss(planes: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        sample = field(planes, points)
        return sample.albedo.sum() + sample.normal[:, 0].sum() + 50 * sample.distance.sum()

    assert torch.autograd.gradcheck(loss, (planes, points), atol=1e-5, fast_mode=True)


@pytest.mark.parametrize("variant", VARIANTS)
def test_hair_is_absent_where_the_grid_is_empty(variant: Variant) -> None:
    torch.manual_seed(0)
    grid = torch.full((8, 8, 8), -2.0)
    grid[:, :, 4:] = 5.0
    hair = HairPlanes(torch.rand(6, 11, 16, 16), grid)
    points = torch.tensor([[-0.1, 0.0, 0.0], [0.1, 0.0, 0.0]])

    sample = HairField(variant)(hair, points)

    assert sample.extinction[0] == 0
    assert sample.extinction[1] > 0
    torch.testing.assert_close(sample.tangent.norm(dim=-1), torch.ones(2))


@pytest.mark.parametrize("variant", VARIANTS)
def test_there_is_no_hair_beyond_its_box(variant: Variant) -> None:
    hair = HairPlanes(torch.rand(6, 11, 16, 16), torch.full((8, 8, 8), 5.0))
    points = torch.tensor([[0.0, 0.179, 0.0], [0.0, 0.181, 0.0], [0.0, 0.0, -0.3]])

    extinction = HairField(variant)(hair, points).extinction

    assert (extinction > 0).tolist() == [True, False, False]


@pytest.mark.parametrize("variant", VARIANTS)
def test_gradients_reach_hair_planes_and_grid(variant: Variant) -> None:
    torch.manual_seed(0)
    field = HairField(variant).double()
    planes = torch.rand(6, 11, 4, 4, dtype=torch.float64).requires_grad_()
    grid = (1 + torch.rand(3, 3, 3, dtype=torch.float64)).requires_grad_()
    points = 0.1 * torch.rand(4, 3, dtype=torch.float64)

    def loss(planes: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
        sample = field(HairPlanes(planes, grid), points)
        return sample.extinction.sum() + sample.root.sum() + sample.tone.sum()

    assert torch.autograd.gradcheck(loss, (planes, grid), atol=1e-5, fast_mode=True)
