from __future__ import annotations

import torch

from head360.rendering.rasterize import interpolate, rasterize

QUAD = torch.tensor([[0, 1, 2], [0, 2, 3]])


def square(depth: float, left: float = 0.0, right: float = 4.0) -> torch.Tensor:
    return torch.tensor(
        [[left, 0, depth], [right, 0, depth], [right, 4, depth], [left, 4, depth]],
        dtype=torch.float64,
    )


def test_a_square_covers_exactly_its_pixels() -> None:
    raster = rasterize(square(1.0, 1.0, 3.0), QUAD, (4, 5), perspective=False)

    assert raster.covered.sum(1).tolist() == [2, 2, 2, 2]
    assert raster.covered[0].tolist() == [False, True, True, False, False]


def test_the_nearer_surface_is_seen() -> None:
    points = torch.cat([square(2.0), square(1.0, 2.0)])
    triangles = torch.cat([QUAD, QUAD + 4])

    raster = rasterize(points, triangles, (4, 4), perspective=False)

    assert (raster.triangle[:, :2] < 2).all()
    assert (raster.triangle[:, 2:] >= 2).all()


def test_interpolated_positions_are_pixel_centres() -> None:
    points = square(1.0)

    raster = rasterize(points, QUAD, (4, 4), perspective=False)
    image = interpolate(raster, points, QUAD)

    expected = torch.arange(4, dtype=torch.float64) + 0.5
    torch.testing.assert_close(image[0, :, 0], expected)
    torch.testing.assert_close(image[:, 0, 1], expected)


def test_perspective_halves_the_weight_of_what_is_twice_as_far() -> None:
    points = torch.tensor([[0.0, 0, 1], [4, 0, 2], [4, 1, 2], [0, 1, 1]], dtype=torch.float64)
    along = torch.tensor([[0.0], [1.0], [1.0], [0.0]], dtype=torch.float64)

    raster = rasterize(points, QUAD, (1, 4), perspective=True)
    image = interpolate(raster, along, QUAD)[0, :, 0]

    share = torch.tensor([0.125, 0.375, 0.625, 0.875], dtype=torch.float64)
    torch.testing.assert_close(image, share / 2 / ((1 - share) + share / 2))


def test_triangles_outside_the_image_and_edge_on_are_left_out() -> None:
    points = torch.tensor([[-9.0, 0, 1], [-5, 0, 1], [-5, 4, 1], [1, 1, 1], [3, 1, 1], [2, 1, 1]])

    raster = rasterize(points, torch.tensor([[0, 1, 2], [3, 4, 5]]), (4, 4), perspective=False)

    assert not raster.covered.any()


def test_gradients_reach_positions_and_attributes() -> None:
    generator = torch.Generator().manual_seed(0)
    points = square(1.0) + 0.1 * torch.rand(4, 3, generator=generator, dtype=torch.float64)
    attributes = torch.rand(4, 2, generator=generator, dtype=torch.float64)

    def image(points: torch.Tensor, attributes: torch.Tensor) -> torch.Tensor:
        raster = rasterize(points, QUAD, (4, 4), perspective=True)
        return interpolate(raster, attributes, QUAD)

    inputs = (points.requires_grad_(), attributes.requires_grad_())
    assert torch.autograd.gradcheck(image, inputs)
