"""Scatters points over a head and through its hair, coloured as the viewer lights them.

Each point is a Gaussian as well: flat on the skin, long along strands. Colours are those that a
viewer sees who looks at each point squarely, so they do not change with the view.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, fields, replace
from typing import TypeAlias

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor
from torch.nn import functional

from head360.export.bust import Floats
from head360.export.hair import seated
from head360.export.hair_paths import hair_points
from head360.model.neck import turn_shares
from head360.params import HeadParams
from head360.rendering.reference import Surface
from head360.rendering.reference_picture import lit_scene, surface_of
from head360.rendering.request import RenderRequest
from head360.rendering.scene import Models, Scene, WornHair
from head360.rendering.shade import LitScene, skin_colors, srgb_from_linear, strand_colors

#: Where the viewer of a point stands, metres along its normal.
_FROM = 1.0
#: Standard deviations of a Gaussian on the skin: share of the spacing, and across, metres.
_SPREAD, _THIN = 0.75, 0.0003
#: Of one in hair: along and across strands, metres; and how opaque it is.
_LONG, _FINE, _HAIR_OPACITY = 0.0035, 0.0006, 0.75
_SKIN_OPACITY = 0.97
_AT_ONCE = 20_000

Shader: TypeAlias = Callable[[Tensor, Tensor, LitScene], Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """N coloured points that are Gaussians."""

    points: Floats  # (N, 3) metres
    normals: Floats  # (N, 3) unit
    colors: Floats  # (N, 3) sRGB, 0 … 1
    opacity: Floats  # (N,) 0 … 1
    sizes: Floats  # (N, 3) standard deviations along its own axes, metres
    turns: Floats  # (N, 4) quaternions w, x, y, z: from its own axes to head space


def cloud_of(
    models: Models, scene: Scene, params: HeadParams, count: int, *, hair: bool = True
) -> Generator[None, None, Cloud]:
    """About `count` points of a scene, a third of them in hair if there is any."""
    rng = np.random.default_rng(360)
    surface = surface_of(models.mesh.topology, scene)
    lit = lit_scene(surface, scene, RenderRequest(params))
    worn = scene.hair if hair else None
    on_skin = count - count // 3 if worn else count
    parts = [(yield from _skin(surface, lit, on_skin, rng))]
    if worn is not None:
        parts.append((yield from _hair(models, worn, lit, count - on_skin, rng)))
    names = [entry.name for entry in fields(Cloud)]
    return Cloud(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _skin(
    surface: Surface, lit: LitScene, count: int, rng: np.random.Generator
) -> Generator[None, None, Cloud]:
    triangles, uv_triangles = surface.layout.triangles, surface.layout.uv_triangles
    corners = surface.placed[triangles]
    areas = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = areas.norm(dim=1).numpy() / 2
    chosen = torch.from_numpy(rng.choice(len(area), count, p=area / area.sum()))
    weights = torch.from_numpy(_barycentric(count, rng))

    def mixed(values: Tensor) -> Tensor:
        return torch.einsum("nk,nkc->nc", weights, values)

    points = mixed(corners[chosen])
    normals = functional.normalize(mixed(_placed_normals(surface)[triangles[chosen]]), dim=1)
    uv = mixed(surface.layout.uv[uv_triangles[chosen]])
    colors = yield from _skin_colors(surface, lit, points, normals, uv)
    spacing = float(np.sqrt(area.sum() / count))
    sizes = np.tile(np.array([_SPREAD * spacing] * 2 + [_THIN], np.float32), (count, 1))
    return Cloud(
        points.numpy(), normals.numpy(), colors, np.full(count, _SKIN_OPACITY, np.float32),
        sizes, _quaternions(_facing(normals)),
    )  # fmt: skip


def _skin_colors(
    surface: Surface, lit: LitScene, points: Tensor, normals: Tensor, uv: Tensor
) -> Generator[None, None, Floats]:
    grid = (uv * 2 - 1)[None, None]
    maps = functional.grid_sample(
        surface.maps[None], grid, padding_mode="border", align_corners=False
    )[0, :, 0].T
    one = torch.ones_like(points[:, :1])
    head = torch.cat([maps[:, :3], one, normals, _FROM * one, maps[:, 4:7], maps[:, 3:4]], 1)
    return (yield from _lit(head, points, normals, lit, skin_colors))


def _hair(
    models: Models, worn: WornHair, lit: LitScene, count: int, rng: np.random.Generator
) -> Generator[None, None, Cloud]:
    canonical = hair_points(models.hair, worn.style, count, rng)
    yield
    place, found = seated(canonical.numpy(), worn.seating)
    canonical, straight = canonical[found], torch.from_numpy(place[found])
    sample = models.hair(worn.style, canonical)
    points, tangents = straight, sample.tangent
    if worn.turned is not None:
        shares = turn_shares(canonical)
        points = worn.turned.turn.moved(points, shares)
        tangents = worn.turned.turn.rotated(tangents, shares)
    outside = functional.normalize(points - points.new_tensor([0.0, 0.03, 0.0]), dim=1)
    normals = outside - tangents * (outside * tangents).sum(1, keepdim=True)
    normals = functional.normalize(normals, dim=1)
    one = torch.ones(len(points), 1)
    columns = [one, sample.tone[:, None], sample.along[:, None], _FROM * one, tangents, sample.root]
    colors = yield from _lit(torch.cat(columns, 1), points, normals, lit, strand_colors)
    number = len(points)
    sizes = np.tile(np.array([_LONG, _FINE, _FINE], np.float32), (number, 1))
    frames = torch.stack([tangents, torch.linalg.cross(normals, tangents), normals], 2)
    return Cloud(
        points.numpy(), normals.numpy(), colors, np.full(number, _HAIR_OPACITY, np.float32),
        sizes, _quaternions(frames),
    )  # fmt: skip


def _lit(
    columns: Tensor, points: Tensor, normals: Tensor, lit: LitScene, shader: Shader
) -> Generator[None, None, Floats]:
    """(N, 3) sRGB of rows of a G-buffer, each looked at along its normal."""
    found = []
    for some in torch.arange(len(points)).split(_AT_ONCE):
        rays = -normals[some]
        there = replace(lit, eye=points[some] - rays * _FROM)
        found.append(srgb_from_linear(shader(columns[some], rays, there)).clamp(0, 1))
        yield
    colors: Floats = torch.cat(found).numpy()
    return colors


def _placed_normals(surface: Surface) -> Tensor:
    turned = surface.turned
    if turned is None:
        return surface.normals
    return turned.turn.rotated(surface.normals, turned.shares)


def _barycentric(count: int, rng: np.random.Generator) -> Floats:
    """(N, 3) weights, evenly over triangles."""
    root, share = np.sqrt(rng.random(count)), rng.random(count)
    weights = np.stack([1 - root, root * (1 - share), root * share], 1)
    return weights.astype(np.float32)


def _facing(normals: Tensor) -> Tensor:
    """(N, 3, 3) frames whose third column is a normal (N, 3)."""
    helper = torch.zeros_like(normals)
    helper.scatter_(1, normals.abs().argmin(1, keepdim=True), 1.0)
    first = functional.normalize(torch.linalg.cross(helper, normals), dim=1)
    return torch.stack([first, torch.linalg.cross(normals, first), normals], 2)


def _quaternions(frames: Tensor) -> Floats:
    """(N, 4) w, x, y, z of rotations (N, 3, 3)."""
    turns = Rotation.from_matrix(frames.numpy()).as_quat()
    return turns[:, [3, 0, 1, 2]].astype(np.float32)
