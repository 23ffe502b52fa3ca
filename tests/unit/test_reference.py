from __future__ import annotations

import math

import pytest
import torch

from head360.camera import OrbitCamera
from head360.model.field import HairField, HairPlanes, HeadField
from head360.model.planes import EMPTY_DEPTH, HEAD_BOX, sample_planes
from head360.rendering.march import NO_HIT, Rays, march_hair, march_head
from head360.rendering.reference import (
    Buffers,
    Layout,
    Reference,
    SeatedHair,
    Surface,
    head_planes,
    mesh_distance,
)

RADIUS = 0.08
CENTRE = torch.tensor(HEAD_BOX.centre, dtype=torch.float64)
CAMERA = OrbitCamera(yaw_degrees=30, target=HEAD_BOX.centre, distance=1.0)


def ball(rows: int = 24, columns: int = 48, bump: float = 0.0) -> Surface:
    """A ball, albedo (0.2, 0.4, 0.6), u once around from the back, v upwards."""
    v, u = torch.meshgrid(
        torch.linspace(0.01, 0.99, rows + 1, dtype=torch.float64),
        torch.linspace(0, 1, columns + 1, dtype=torch.float64),
        indexing="ij",
    )
    polar, turn = math.pi * v, 2 * math.pi * (u - 0.5)
    normals = torch.stack(
        [polar.sin() * turn.sin(), -polar.cos(), polar.sin() * turn.cos()], -1
    ).reshape(-1, 3)
    first = (torch.arange(rows)[:, None] * (columns + 1) + torch.arange(columns)).reshape(-1, 1)
    quads = first + torch.tensor([0, 1, columns + 2, columns + 1])
    triangles = torch.cat([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    uv = torch.stack([u, v], -1).reshape(-1, 2)
    values = torch.tensor([0.2, 0.4, 0.6, 0.9, 0.5, 0.6, 0.7, 0.5], dtype=torch.float64)
    maps = values[:, None, None].repeat(1, 32, 64)
    maps[7] += bump * torch.linspace(-0.5, 0.5, 64, dtype=torch.float64)
    return Surface(Layout(triangles, triangles, uv), CENTRE + RADIUS * normals, normals, maps)


def head_field() -> HeadField:
    """A field whose network changes nothing."""
    field = HeadField().double()
    torch.nn.init.zeros_(field.decoder.output.weight)
    return field


def raw(buffers: Buffers) -> torch.Tensor:
    """Albedo and alpha, unlit."""
    return buffers.head[..., :4]


def test_mesh_distance_is_measured_along_the_ray() -> None:
    surface = ball(96, 192)

    distance = mesh_distance(surface.vertices, surface.layout.triangles, CAMERA, (9, 9))

    assert distance[4, 4] == pytest.approx(1.0 - RADIUS, abs=2e-4)
    assert distance[0, 0] == NO_HIT


def test_planes_hold_the_depth_normal_and_material_of_the_surface() -> None:
    planes = head_planes(ball(), 48)

    middle = sample_planes(planes, CENTRE[None], HEAD_BOX)[..., 0]
    torch.testing.assert_close(middle[:, :4], middle.new_tensor([0.2, 0.4, 0.6, 0.9]).expand(6, 4))
    assert (middle[:4, 7] - RADIUS).abs().max() < 1e-3
    assert (middle[0, 4:7] - middle.new_tensor([0, 0, 1])).abs().max() < 0.02
    assert (planes[:, 7, 0, 0] == EMPTY_DEPTH).all()
    assert (planes[:, 11].unique() == planes.new_tensor([0, 1])).all()


def test_a_slope_in_the_height_map_bends_the_normal_downhill() -> None:
    flat, sloped = head_planes(ball(), 48), head_planes(ball(bump=1.0), 48)

    change = (sloped - flat)[0, 4, 24, 24]

    # u grows with x in front: one millimetre of height once around the ball.
    assert change == pytest.approx(-0.001 / (2 * math.pi * RADIUS), rel=0.05)


def test_an_inside_out_surface_is_unknown_not_empty() -> None:
    surface = ball()
    layout = surface.layout
    turned = Layout(layout.triangles.flip(1), layout.uv_triangles.flip(1), layout.uv)

    planes = head_planes(Surface(turned, surface.vertices, surface.normals, surface.maps), 32)

    assert planes[:, 11].max() == 0
    assert (planes[:, 7, 16, 16] > 0.5).all()


def test_a_ray_returns_the_surface_it_hits() -> None:
    surface = ball(96, 192)
    reference = Reference(head_field(), HairField().double())

    buffers = reference.trace(surface, head_planes(surface, 128), None, CAMERA, (33, 33))

    hit = buffers.head[..., 3] > 0
    pixel = buffers.head[16, 16].detach()
    assert 0.18 < hit.double().mean() < 0.22
    torch.testing.assert_close(pixel[:3], pixel.new_tensor([0.2, 0.4, 0.6]), atol=1e-6, rtol=0)
    assert pixel[7] == pytest.approx(1.0 - RADIUS, abs=5e-4)
    assert (pixel[4:7] @ -buffers.directions[16, 16]) > 0.99
    assert (buffers.head[~hit][:, 7] == NO_HIT).all()


def test_supersampling_averages_shaded_rays() -> None:
    surface = ball(12, 24)
    reference = Reference(head_field(), HairField().double())

    once = reference.render(surface, None, CAMERA, (16, 16), raw, plane_size=32)
    twice = reference.render(surface, None, CAMERA, (8, 8), raw, plane_size=32, supersamples=2)

    expected = once.reshape(8, 2, 8, 2, 4).mean((1, 3))
    torch.testing.assert_close(twice, expected)


def test_gradients_reach_the_texture_and_the_mesh() -> None:
    surface = ball(8, 16)
    maps = surface.maps[:, ::8, ::8].clone().requires_grad_()
    vertices = surface.vertices.clone().requires_grad_()
    reference = Reference(head_field(), HairField().double())

    def image(maps: torch.Tensor, vertices: torch.Tensor) -> torch.Tensor:
        moved = Surface(surface.layout, vertices, surface.normals, maps)
        return reference.render(moved, None, CAMERA, (6, 6), lambda b: b.head, plane_size=16)

    assert torch.autograd.gradcheck(
        lambda m: image(m, vertices), (maps,), atol=1e-5, fast_mode=True
    )
    (gradient,) = torch.autograd.grad(image(maps, vertices)[..., 7].sum(), vertices)
    assert gradient.abs().sum() > 0


def test_march_head_is_differentiable_in_planes_and_distance() -> None:
    torch.manual_seed(0)
    field = HeadField().double()
    planes = head_planes(ball(8, 16), 12).requires_grad_()
    directions = torch.tensor([[0.0, 0, -1], [0.02, 0.01, -1]], dtype=torch.float64)
    directions = torch.nn.functional.normalize(directions, dim=-1)
    rays = Rays((CENTRE + torch.tensor([0.0, 0, 1.0])).expand(2, 3), directions)
    mesh_t = torch.tensor([0.9195, 0.9198], dtype=torch.float64, requires_grad=True)

    assert torch.autograd.gradcheck(
        lambda p, t: march_head(field, p, rays, t), (planes, mesh_t), atol=1e-4, fast_mode=True
    )


def constant_hair(log_extinction: float) -> HairPlanes:
    planes = torch.zeros(6, 11, 4, 4, dtype=torch.float64)
    planes[:, 0] = 1.0
    planes[:, 5] = 1.0
    planes[:, 8:10] = 0.25
    return HairPlanes(planes, torch.full((4, 4, 4), log_extinction, dtype=torch.float64))


def flat_hair_field() -> HairField:
    field = HairField().double()
    torch.nn.init.zeros_(field.decoder.output.weight)
    return field


def test_constant_hair_attenuates_by_beers_law() -> None:
    rays = Rays(
        torch.tensor([[0.0, -0.03, 1.0]], dtype=torch.float64),
        torch.tensor([[0.0, 0.0, -1.0]], dtype=torch.float64),
    )
    hair = constant_hair(1.0)

    columns = march_hair(flat_hair_field(), hair, rays, torch.tensor([2.0]).double()).detach()
    half = march_hair(flat_hair_field(), hair, rays, torch.tensor([1.0]).double()).detach()

    extinction = math.e
    assert columns[0, 0] == pytest.approx(1 - math.exp(-extinction * 0.38))
    assert half[0, 0] == pytest.approx(1 - math.exp(-extinction * 0.18))
    torch.testing.assert_close(columns[0, 4:9], columns.new_tensor([0, 1, 0, 0.25, 0.25]))


def test_rays_beside_the_box_meet_no_hair() -> None:
    rays = Rays(torch.tensor([[1.0, 0.0, 1.0]]).double(), torch.tensor([[0, 0, -1.0]]).double())

    columns = march_hair(flat_hair_field(), constant_hair(3.0), rays, torch.tensor([9.0]).double())

    assert (columns == 0).all()


def test_hair_behind_the_head_is_hidden() -> None:
    surface = ball()
    reference = Reference(head_field(), flat_hair_field())
    hair = SeatedHair(constant_hair(2.0))

    with_head = reference.trace(surface, head_planes(surface, 64), hair, CAMERA, (5, 5))

    through = with_head.hair[2, 2, 0]
    assert 0 < through < with_head.hair[0, 0, 0]
