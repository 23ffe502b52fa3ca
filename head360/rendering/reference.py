"""The slow renderer everything else is measured by: plain torch, differentiable, sample by sample.

A posed mesh with texture maps becomes six planes; rays from a camera march through head and hair
and come back as G-buffers; a shading function turns those into colours. Nothing is cached, no
step is skipped. The viewer's exact mode computes the same picture in OpenGL.

Raster pass, for each plane: the nearest triangle over each texel's centre. If it turns its back,
the plane knows nothing there (all zero, depth `UNKNOWN_DEPTH`); if there is none, the texel is
empty (all zero, depth `EMPTY_DEPTH`). Otherwise maps are sampled bilinearly at the triangle's UV,
and the interpolated unit normal n is bent by the height map h (metres along n):
normalize(n - dh/du · grad u - dh/dv · grad v), with h's central differences over one texel to each
side, and the gradients of u and v in the triangle's own plane (1/m).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from head360.camera import OrbitCamera
from head360.model.field import HairPlanes
from head360.model.jaw import FollowingSeating
from head360.model.neck import Turn, TurnedMesh, TurnedSeating
from head360.model.planes import (
    EMPTY_DEPTH,
    HEAD_BOX,
    PLANES,
    UNKNOWN_DEPTH,
    VIEW_AXES,
    heights,
    plane_coordinates,
)
from head360.rendering.march import (
    HAIR_COLUMNS,
    HEAD_COLUMNS,
    NO_HIT,
    HairFunction,
    HeadFunction,
    Rays,
    Warp,
    march_hair,
    march_head,
    same_frame,
)
from head360.rendering.rasterize import Raster, interpolate, rasterize

#: Channels of the texture maps.
_HEIGHT = 7
#: What the height map's 0 … 1 spans, metres.
HEIGHT_RANGE = 0.001
#: Rays marched at once, unless something else is asked for.
_CHUNK = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """How a mesh is wired and where its UVs lie; lashes left out, they have no surface."""

    triangles: Tensor  # (F, 3) int64 into positions
    uv_triangles: Tensor  # (F, 3) int64 into uv
    uv: Tensor  # (N, 2) atlas coordinates, 0 … 1
    #: (F,) bool: where the mesh's own picture is shown instead of the field's; None: nowhere
    openings: Tensor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A posed, textured head."""

    layout: Layout
    vertices: Tensor  # (V, 3) metres, head space
    normals: Tensor  # (V, 3) unit
    maps: Tensor  # (8, rows, columns): albedo 3, occlusion, roughness, specular, scatter, height
    turned: TurnedMesh | None = None  # where its vertices are once the head has turned

    @property
    def placed(self) -> Tensor:
        """(V, 3) metres: the vertices as a camera or a lamp sees them."""
        return self.vertices if self.turned is None else self.turned.vertices


@dataclass(frozen=True, slots=True, eq=False)
class SeatedHair:
    """A hairstyle on a head."""

    planes: HairPlanes
    warp: Warp = same_frame  # from head space to the canonical frame, of a turned head, too


@dataclass(frozen=True, slots=True, eq=False)
class Buffers:
    """What each ray of a picture met, before shading. Zero, at `NO_HIT`, where it met nothing."""

    head: Tensor  # (H, W, 12) HEAD_COLUMNS
    hair: Tensor  # (H, W, 9) HAIR_COLUMNS
    directions: Tensor  # (H, W, 3) unit, head space


#: Turns G-buffers into linear RGB and alpha, (H, W, 4), colour times alpha.
Shade: TypeAlias = Callable[[Buffers], Tensor]


class Reference:
    """Draws heads with given fields."""

    def __init__(self, head: HeadFunction, hair: HairFunction, *, at_once: int = _CHUNK) -> None:
        """`at_once` rays are marched together; it bounds memory and changes nothing."""
        self._head = head
        self._hair = hair
        self._at_once = at_once

    def render(
        self,
        surface: Surface,
        hair: SeatedHair | None,
        camera: OrbitCamera,
        size: tuple[int, int],
        shade: Shade,
        *,
        plane_size: int = 256,
        supersamples: int = 1,
    ) -> Tensor:
        """Linear RGB and alpha (H, W, 4), colour times alpha, top row first.

        `size` is height and width in pixels; supersamples² rays a pixel are shaded, then averaged.
        """
        fine = (size[0] * supersamples, size[1] * supersamples)
        planes = head_planes(surface, plane_size)
        image = shade(self.trace(surface, planes, hair, camera, fine))
        pooled = functional.avg_pool2d(image.permute(2, 0, 1), supersamples)
        return pooled.permute(1, 2, 0)

    def trace(
        self,
        surface: Surface,
        planes: Tensor,
        hair: SeatedHair | None,
        camera: OrbitCamera,
        size: tuple[int, int],
    ) -> Buffers:
        """G-buffers of one ray through each pixel's centre; `planes` (6, 12, R, R)."""
        raster, mesh_t = _seen_mesh(surface.placed, surface.layout.triangles, camera, size)
        directions = torch.from_numpy(camera.rays(size[1], size[0])).to(mesh_t)
        origin = torch.from_numpy(camera.eye).to(mesh_t)
        rays = Rays(origin.expand(directions.numel() // 3, 3), directions.reshape(-1, 3))
        turned = surface.turned
        if turned is None:
            head = self._trace_head(planes, rays, mesh_t.reshape(-1))
        else:
            shares = interpolate(raster, turned.shares[:, None], surface.layout.triangles)
            head = self._trace_turned(
                turned.turn, planes, rays, mesh_t.reshape(-1), shares.reshape(-1)
            )
        head = _with_openings(head, surface, raster, mesh_t)
        hair_columns = self._trace_hair(hair, rays, head[:, HEAD_COLUMNS.index("t")])
        return Buffers(head.view(*size, -1), hair_columns.view(*size, -1), directions)

    def along(
        self, planes: Tensor, hair: SeatedHair | None, rays: Rays, mesh_t: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Columns (N, 12) of the head and (N, 9) of the hair for N rays, any rays.

        `planes` (6, 12, R, R); the rays meet the head's mesh at `mesh_t` (N,) metres. At `NO_HIT`
        everywhere there is no head, and hair is seen alone.
        """
        head = self._trace_head(planes, rays, mesh_t)
        return head, self._trace_hair(hair, rays, head[:, HEAD_COLUMNS.index("t")])

    def _trace_head(self, planes: Tensor, rays: Rays, mesh_t: Tensor) -> Tensor:
        columns = mesh_t.new_zeros(len(rays), len(HEAD_COLUMNS))
        columns[:, HEAD_COLUMNS.index("t")] = NO_HIT
        hits = torch.nonzero(mesh_t < NO_HIT)[:, 0]
        for part in hits.split(self._at_once) if len(hits) else ():
            found = march_head(self._head, planes, rays[part], mesh_t[part])
            columns = columns.index_put((part,), found)
        return columns

    def _trace_turned(
        self, turn: Turn, planes: Tensor, rays: Rays, mesh_t: Tensor, shares: Tensor
    ) -> Tensor:
        """March rays through the straight head: each is turned back as its place on the mesh is."""
        met = rays.origins + rays.directions * mesh_t[:, None]
        directions = turn.rotated(rays.directions, -shares)
        straight = Rays(turn.moved(met, -shares) - directions * mesh_t[:, None], directions)
        columns = self._trace_head(planes, straight, mesh_t)
        first = HEAD_COLUMNS.index("normal_x")
        normals = turn.rotated(columns[:, first : first + 3], shares)
        return torch.cat([columns[:, :first], normals, columns[:, first + 3 :]], 1)

    def _trace_hair(self, hair: SeatedHair | None, rays: Rays, limit: Tensor) -> Tensor:
        if hair is None:
            return limit.new_zeros(len(rays), len(HAIR_COLUMNS))
        parts = [
            march_hair(self._hair, hair.planes, rays[part], limit[part], warp=hair.warp)
            for part in torch.arange(len(rays), device=limit.device).split(self._at_once)
        ]
        return _turned_strands(torch.cat(parts), rays, hair.warp)


def _with_openings(head: Tensor, surface: Surface, raster: Raster, mesh_t: Tensor) -> Tensor:
    """Columns (N, 12) of the head, where openings are seen the mesh's own."""
    openings = surface.layout.openings
    if openings is None:
        return head
    shown = openings[raster.triangle.clamp(min=0)] & raster.covered
    return torch.where(shown.reshape(-1, 1), mesh_columns(surface, raster, mesh_t), head)


def _turned_strands(columns: Tensor, rays: Rays, warp: Warp) -> Tensor:
    """Hair columns (N, 9) whose tangents have turned with the head, at the mean distance met."""
    if not isinstance(warp, TurnedSeating | FollowingSeating):
        return columns
    t, first = HAIR_COLUMNS.index("t"), HAIR_COLUMNS.index("tangent_x")
    points = rays.origins + rays.directions * columns[:, t : t + 1]
    tangents = warp.turned(points, columns[:, first : first + 3])
    return torch.cat([columns[:, :first], tangents, columns[:, first + 3 :]], 1)


def head_planes(surface: Surface, size: int) -> Tensor:
    """Draw a head onto six planes (6, 12, size, size), HEAD_CHANNELS; see the module's text."""
    return painted_planes(plane_views(surface, size), surface.maps)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What pixels see of a surface, whatever is painted on it: leading dimensions (…, H, W)."""

    uv: Tensor  # (…, 2) atlas coordinates, 0 … 1
    normal: Tensor  # (…, 3) unit, before the height map bends it
    gradients: Tensor  # (…, 2, 3) of u and v in the triangle's plane, 1/m


@dataclass(frozen=True, slots=True, eq=False)
class PlaneViews:
    """A posed head on its six planes, not painted yet."""

    seen: Seen  # (6, R, R, …)
    depth: Tensor  # (6, R, R) metres towards the plane's viewer, or empty, or unknown
    coverage: Tensor  # (6, R, R) 1 where the plane sees the outside


def plane_views(surface: Surface, size: int) -> PlaneViews:
    """Draw a head's shape onto six planes; painting them (`painted_planes`) is quick."""
    coordinates = plane_coordinates(surface.vertices, HEAD_BOX)
    height = heights(surface.vertices, HEAD_BOX)
    gradients = uv_gradients(surface)
    parts = [_plane(surface, gradients, k, coordinates[k], height[k], size) for k in range(PLANES)]
    seen, depth, coverage = zip(*parts, strict=True)
    uv, normal, bends = (torch.stack(part) for part in zip(*seen, strict=True))
    return PlaneViews(Seen(uv, normal, bends), torch.stack(depth), torch.stack(coverage))


def painted_planes(views: PlaneViews, maps: Tensor) -> Tensor:
    """Planes (6, 12, R, R) of a shape under texture maps (8, rows, columns)."""
    flat = Seen(*(part.flatten(0, 1) for part in _parts(views.seen)))
    material, normal = (
        part.view(*views.depth.shape, part.shape[-1]) for part in attributes(maps, flat)
    )
    shown = views.coverage[..., None]
    channels = [material[..., :4] * shown, normal * shown, views.depth[..., None]]
    channels += [material[..., 4:7] * shown, shown]
    return torch.cat(channels, -1).permute(0, 3, 1, 2)


def _parts(seen: Seen) -> tuple[Tensor, Tensor, Tensor]:
    return seen.uv, seen.normal, seen.gradients


def _plane(
    surface: Surface,
    gradients: Tensor,
    number: int,
    coordinates: Tensor,
    height: Tensor,
    size: int,
) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor, Tensor]:
    """Parts of what one plane sees, its depth and its coverage."""
    layout = surface.layout
    points = torch.cat([(coordinates * 0.5 + 0.5) * size, -height[:, None]], -1)
    raster = rasterize(points, layout.triangles, (size, size), perspective=False)
    facing = _face_normals(surface) @ height.new_tensor(VIEW_AXES[number])
    front = raster.covered & (facing[raster.triangle.clamp(min=0)] > 0)
    depth = interpolate(raster, height[:, None], layout.triangles)[..., 0]
    depth = torch.where(front, depth, torch.where(raster.covered, UNKNOWN_DEPTH, EMPTY_DEPTH))
    return _parts(_seen(surface, gradients, raster)), depth, front.to(depth)


def _seen(surface: Surface, gradients: Tensor, raster: Raster) -> Seen:
    layout = surface.layout
    uv = interpolate(raster, layout.uv, layout.uv_triangles)
    normal = interpolate(raster, surface.normals, layout.triangles)
    normal = functional.normalize(normal, dim=-1, eps=1e-9)
    return Seen(uv, normal, gradients[raster.triangle.clamp(min=0)])


def attributes(maps: Tensor, seen: Seen) -> tuple[Tensor, Tensor]:
    """Material (H, W, 8) and bent unit normal (H, W, 3) of what each pixel sees."""
    rows, columns = maps.shape[1:]
    du, dv = maps.new_tensor([1 / columns, 0]), maps.new_tensor([0, 1 / rows])
    height = maps[_HEIGHT:] * HEIGHT_RANGE
    slope_u = sample_map(height, seen.uv + du) - sample_map(height, seen.uv - du)
    slope_v = sample_map(height, seen.uv + dv) - sample_map(height, seen.uv - dv)
    bend = slope_u * (columns / 2) * seen.gradients[..., 0, :]
    bend = bend + slope_v * (rows / 2) * seen.gradients[..., 1, :]
    normal = functional.normalize(seen.normal - bend, dim=-1, eps=1e-9)
    return sample_map(maps, seen.uv), normal


def sample_map(maps: Tensor, uv: Tensor) -> Tensor:
    """Bilinear samples (H, W, C) of (C, rows, columns) at (H, W, 2) in 0 … 1, row 0 at v = 0."""
    sampled: Tensor = functional.grid_sample(
        maps[None], uv[None] * 2 - 1, padding_mode="border", align_corners=False
    )
    return sampled[0].permute(1, 2, 0)


def _corners(surface: Surface) -> tuple[Tensor, Tensor]:
    """Edges from each triangle's first corner, (F, 3) metres each."""
    a, b, c = surface.vertices[surface.layout.triangles].unbind(1)
    return b - a, c - a


def _face_normals(surface: Surface) -> Tensor:
    """(F, 3), twice the triangle's area long."""
    normals: Tensor = torch.linalg.cross(*_corners(surface))
    return normals


def uv_gradients(surface: Surface) -> Tensor:
    """(F, 2, 3) gradients of u and v in each triangle's plane, 1/m."""
    first, second = _corners(surface)
    a, b, c = surface.layout.uv[surface.layout.uv_triangles].unbind(1)
    normal = torch.linalg.cross(first, second)
    squared = normal.square().sum(-1, keepdim=True).clamp(min=1e-24)
    along = torch.linalg.cross(second, normal) / squared
    across = torch.linalg.cross(normal, first) / squared
    gradients: Tensor = (b - a)[..., None] * along[:, None] + (c - a)[..., None] * across[:, None]
    return gradients


def mesh_distance(
    vertices: Tensor, triangles: Tensor, camera: OrbitCamera, size: tuple[int, int]
) -> Tensor:
    """(H, W) metres along the ray through each pixel's centre to the mesh; else `NO_HIT`."""
    return _seen_mesh(vertices, triangles, camera, size)[1]


def mesh_buffer(surface: Surface, camera: OrbitCamera, size: tuple[int, int]) -> Tensor:
    """The head's G-buffer (H, W, 12) as the mesh itself shows it: what the field should return."""
    raster, distance = _seen_mesh(surface.placed, surface.layout.triangles, camera, size)
    return mesh_columns(surface, raster, distance).view(*size, -1)


def mesh_columns(surface: Surface, raster: Raster, distance: Tensor) -> Tensor:
    """The same (N, 12) of what is on screen already, at distances (H, W) metres."""
    material, normal = attributes(surface.maps, _seen(surface, uv_gradients(surface), raster))
    turned = surface.turned
    if turned is not None:
        shares = interpolate(raster, turned.shares[:, None], surface.layout.triangles)
        straight = normal.flatten(0, 1)
        normal = turned.turn.rotated(straight, shares.reshape(-1)).view_as(normal)
    covered = raster.covered[..., None].to(distance)
    channels = [material[..., :3], covered, normal, distance[..., None]]
    channels += [material[..., 4:7], material[..., 3:4]]
    buffer = torch.cat(channels, -1).flatten(0, 1)
    shown = covered.reshape(-1, 1)
    return torch.cat([buffer[:, :7] * shown, buffer[:, 7:8], buffer[:, 8:] * shown], -1)


def _seen_mesh(
    vertices: Tensor, triangles: Tensor, camera: OrbitCamera, size: tuple[int, int]
) -> tuple[Raster, Tensor]:
    """What each pixel's ray meets first, and at which distance (H, W) metres."""
    height, width = size
    view = torch.from_numpy(camera.view_from_head).to(vertices)
    in_view = vertices @ view[:3, :3].T + view[:3, 3]
    focal = float(camera.clip_from_view()[1, 1]) * height / 2  # pixels
    depth = -in_view[:, 2]
    column = width / 2 + in_view[:, 0] / depth * focal
    row = height / 2 - in_view[:, 1] / depth * focal
    screen = torch.stack([column, row, depth], -1)
    raster = rasterize(screen, triangles, size, perspective=True)
    met = interpolate(raster, in_view, triangles)
    return raster, torch.where(raster.covered, met.norm(dim=-1), NO_HIT)
