from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import moderngl
import numpy as np
import numpy.typing as npt
import pytest
import torch

from head360.model.field import HairField, HairPlanes, HeadField, surface_distance
from head360.model.planes import HAIR_BOX, HEAD_BOX, to_atlas
from head360.rendering.field_glsl import hair_field_source, head_field_source
from head360.rendering.gpu_hair import noise_texture
from head360.rendering.offscreen import texture
from tests.unit.test_field import ball_planes

TRIANGLE = """#version 330
void main() { vec2 p = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2);
    gl_Position = vec4(p * 2.0 - 1.0, 0.0, 1.0); }"""
HEADER = """#version 330
uniform sampler2D u_points;
layout(location = 0) out vec4 f_one;
layout(location = 1) out vec4 f_two;
"""
WIDTH, COUNT = 50, 4000


@pytest.fixture
def ctx() -> Iterator[moderngl.Context]:
    context = moderngl.create_standalone_context(backend="egl")
    yield context
    context.release()


def evaluate(
    ctx: moderngl.Context,
    source: str,
    textures: dict[str, moderngl.Texture | moderngl.Texture3D],
    points: torch.Tensor,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Run a fragment shader once for each point; both outputs are (N, 4)."""
    program = ctx.program(vertex_shader=TRIANGLE, fragment_shader=source)
    size = (WIDTH, COUNT // WIDTH)
    textures = {**textures, "u_points": ctx.texture(size, 3, points.numpy().tobytes(), dtype="f4")}
    for unit, (name, each) in enumerate(textures.items()):
        nearest = name == "u_points"
        each.filter = (moderngl.NEAREST if nearest else moderngl.LINEAR,) * 2
        each.use(unit)
        if name in program:
            program[name] = unit
    targets = [ctx.texture(size, 4, dtype="f4") for _ in range(2)]
    ctx.framebuffer(targets).use()
    ctx.vertex_array(program, []).render(moderngl.TRIANGLES, vertices=3)
    one, two = (np.frombuffer(target.read(), np.float32).reshape(-1, 4) for target in targets)
    return one, two


def atlas(ctx: moderngl.Context, planes: torch.Tensor) -> moderngl.Texture:
    pixels = to_atlas(planes)
    made = ctx.texture(pixels.shape[1::-1], 4, pixels.tobytes(), dtype="f4")
    made.repeat_x = made.repeat_y = False
    return made


def close(actual: npt.NDArray[np.float32], expected: torch.Tensor) -> None:
    """Equal but for a few points that sit exactly on a threshold."""
    difference = np.abs(actual - expected.detach().numpy())
    assert np.quantile(difference, 0.999) < 2e-4


@torch.no_grad()
def test_head_field_equals_its_reference(ctx: moderngl.Context) -> None:
    torch.manual_seed(0)
    field = HeadField()
    torch.nn.init.normal_(field.decoder.output.weight)
    planes = ball_planes(64).float()
    near = torch.nn.functional.normalize(torch.randn(COUNT, 3), dim=-1)
    points = near * (0.08 + 0.004 * torch.randn(COUNT, 1)) + torch.tensor(HEAD_BOX.centre)
    body = """void main() { vec3 point = texelFetch(u_points, ivec2(gl_FragCoord.xy), 0).xyz;
        HeadSample s = head_field(point); f_one = vec4(s.distance, s.albedo);
        f_two = vec4(s.occlusion, s.normal.z, s.roughness, head_distance(point)); }"""

    one, two = evaluate(
        ctx,
        HEADER + head_field_source(field) + body,
        {
            "u_head_color": atlas(ctx, planes[:, 0:4]),
            "u_head_shape": atlas(ctx, planes[:, 4:8]),
            "u_head_surface": atlas(ctx, planes[:, 8:12]),
        },
        points,
    )

    sample = field(planes, points)
    close(one[:, 0], sample.distance)
    close(one[:, 1:], sample.albedo)
    close(two[:, 0], sample.occlusion)
    close(two[:, 1], sample.normal[:, 2])
    close(two[:, 2], sample.roughness)
    coarse = np.abs(two[:, 3] - surface_distance(planes, points).numpy())
    assert np.quantile(coarse, 0.95) < 2e-4


@torch.no_grad()
def test_hair_field_equals_its_reference(ctx: moderngl.Context) -> None:
    torch.manual_seed(0)
    field = HairField()
    torch.nn.init.normal_(field.decoder.output.weight, std=0.3)
    gains = torch.rand(5, 6, 7) - 0.5
    hair = HairPlanes(torch.rand(6, 11, 32, 32), 10 * torch.rand(8, 8, 8) - 4, gains=gains)
    cut = 0.6 * torch.rand(6, 5)
    hair = replace(hair, cut=cut, ragged=0.7)
    hair.planes[:, 1:3] *= 0.05
    unit = 2 * torch.rand(COUNT, 3) - 1
    points = unit * torch.tensor(HAIR_BOX.half) + torch.tensor(HAIR_BOX.centre)
    padded = torch.cat([hair.planes, torch.zeros(6, 1, 32, 32)], 1)
    grid = ctx.texture3d((8, 8, 8), 1, hair.grid.numpy().tobytes(), dtype="f4")
    lit = ctx.texture3d((7, 6, 5), 1, gains.numpy().tobytes(), alignment=1, dtype="f4")
    for each in (grid, lit):
        each.repeat_x = each.repeat_y = each.repeat_z = False
    source = HEADER + head_field_source(HeadField()) + hair_field_source(field)
    source = source.replace("uniform float u_hair_ragged", "const float u_hair_ragged = 0.7")
    body = """void main() { vec3 point = texelFetch(u_points, ivec2(gl_FragCoord.xy), 0).xyz;
        HairSample s = hair_field(point);
        f_one = vec4(s.extinction / 1000.0, s.tangent); f_two = vec4(s.along, s.root, s.tone); }"""

    one, two = evaluate(
        ctx,
        source + body,
        {
            "u_hair_shape": atlas(ctx, padded[:, 0:4]),
            "u_hair_strand": atlas(ctx, padded[:, 4:8]),
            "u_hair_root": atlas(ctx, padded[:, 8:12]),
            "u_hair_grid": grid,
            "u_hair_gains": lit,
            "u_hair_cut": texture(ctx, (5, 6), 1, cut.numpy()),
            "u_hair_ends": noise_texture(ctx),
        },
        points,
    )

    sample = field(hair, points)
    there = sample.extinction.numpy() > 0
    assert there.mean() > 0.5
    close(one[:, 0], sample.extinction / 1000)
    close(one[there, 1:], sample.tangent[there])
    rest = torch.cat([sample.along[:, None], sample.root, sample.tone[:, None]], 1)
    close(two[there], rest[there])
