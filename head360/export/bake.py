"""Bakes a head's maps into the pictures that other programs shade with.

The atlas is cut in two: the skin's tile (2 : 1) and the column of eye, gums, teeth and cap (1 : 2).
Pictures are as wide as asked; what the neural texture does not hold is interpolated, not invented.
Heights become a normal map in the tangent space that readers derive from UVs (MikkTSpace).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn import functional

from head360.export.bust import Image
from head360.model.topology import Topology
from head360.rendering.rasterize import interpolate, rasterize
from head360.rendering.reference import HEIGHT_RANGE

#: Share of the atlas's width that the skin's tile takes.
SKIN_WIDTH = 0.8
_OCCLUSION, _ROUGHNESS, _HEIGHT = 3, 4, 7
#: No slope of the height map is steeper.
_STEEPEST = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Baked:
    """Pictures of one half of the atlas, top row first."""

    color: Image  # (H, W, 3) sRGB
    normal: Image  # (H, W, 3) tangent space, green up
    surface: Image  # (H, W, 3) occlusion, roughness, nothing


def bake(
    maps: Tensor, topology: Topology, neutral: Tensor, size: int
) -> Generator[None, None, tuple[Baked, Baked]]:
    """The skin (size / 2, size) and the rest (size / 2, size / 4) of a head's maps.

    Args:
        maps: (8, U, 2.5 U), as `TextureModel.maps` gives them.
        topology: how they lie on the mesh.
        neutral: (V, 3) metres, the face at rest, whose size decides how steep heights are.
        size: width of the skin's pictures, pixels.
    """
    frames = _frames(topology, neutral, (maps.shape[1], maps.shape[2]))
    yield
    split = round(SKIN_WIDTH * maps.shape[2])
    skin = yield from _baked(maps[:, :, :split], frames[:, :, :split], (size // 2, size))
    rest = yield from _baked(maps[:, :, split:], frames[:, :, split:], (size // 2, size // 4))
    return skin, rest


def _baked(maps: Tensor, frames: Tensor, size: tuple[int, int]) -> Generator[None, None, Baked]:
    color = _picture(_resized(maps[:3], size))
    yield
    surface = _resized(maps[[_OCCLUSION, _ROUGHNESS]], size)
    yield
    surface = torch.cat([surface, torch.zeros_like(surface[:1])])
    normal = _normal_map(maps[_HEIGHT], frames, size)
    yield
    return Baked(color, _picture(normal * 0.5 + 0.5), _picture(surface))


def _resized(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """(C, H, W) smoothly."""
    resized: Tensor = functional.interpolate(
        maps[None], size, mode="bicubic", align_corners=False, antialias=True
    )
    return resized[0]


def _picture(values: Tensor) -> Image:
    """(H, W, C) bytes, top row first, of (C, H, W) 0 … 1, row 0 at v = 0."""
    scaled = (values.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0)
    return np.ascontiguousarray(scaled.numpy()[::-1])


def _normal_map(height: Tensor, frames: Tensor, size: tuple[int, int]) -> Tensor:
    """(3, H, W) unit vectors in tangent space.

    `frames` (3, h, w) say how a change of height over the whole width and the whole height of the
    *atlas* tilts the surface: along the tangent per u, along the bitangent per u and per v, 1/m.
    """
    rows, columns = height.shape
    fine = _resized(height[None], size)[0] * HEIGHT_RANGE
    # Metres of height from one side of the atlas to the other: texels of the *small* maps tell
    # how much of the atlas this part is, since both share its texel size.
    along_u = _difference(fine, 1) * (size[1] / columns) * _atlas_columns(frames)
    along_v = _difference(fine, 0) * (size[0] / rows) * rows
    per_u, skew, per_v = _smooth(frames, size)
    slope = torch.stack([along_u * per_u, along_u * skew + along_v * per_v])
    length = slope.norm(dim=0).clamp(min=1e-9)
    slope = slope * (length.clamp(max=_STEEPEST) / length)
    return functional.normalize(torch.cat([-slope, torch.ones_like(slope[:1])]), dim=0)


def _atlas_columns(frames: Tensor) -> int:
    """Columns of the whole atlas at the maps' own size."""
    return frames.shape[1] * 5 // 2


def _difference(values: Tensor, axis: int) -> Tensor:
    """Central differences per texel."""
    ends = functional.pad(values[None, None], (1, 1, 1, 1), mode="replicate")[0, 0]
    if axis == 1:
        return (ends[1:-1, 2:] - ends[1:-1, :-2]) / 2
    return (ends[2:, 1:-1] - ends[:-2, 1:-1]) / 2


def _smooth(frames: Tensor, size: tuple[int, int]) -> Tensor:
    resized: Tensor = functional.interpolate(
        frames[None], size, mode="bilinear", align_corners=False
    )
    return resized[0]


def _frames(topology: Topology, neutral: Tensor, size: tuple[int, int]) -> Tensor:
    """(3, rows, columns) tilts over the atlas, see `_normal_map`; continued beyond the islands."""
    uv = torch.from_numpy(topology.uv)
    corners = torch.from_numpy(topology.uv_triangles).long()
    tilts = _face_tilts(neutral[torch.from_numpy(topology.triangles).long()], uv[corners])
    at_uv = torch.zeros(len(uv), 3)
    count = torch.zeros(len(uv), 1)
    for corner in range(3):
        at_uv.index_add_(0, corners[:, corner], tilts)
        count.index_add_(0, corners[:, corner], torch.ones(len(corners), 1))
    at_uv /= count.clamp(min=1)
    screen = torch.cat([uv * uv.new_tensor([size[1], size[0]]), torch.zeros(len(uv), 1)], 1)
    raster = rasterize(screen, corners, size, perspective=False)
    image = interpolate(raster, at_uv, corners).permute(2, 0, 1).numpy()
    return torch.from_numpy(_continued(image, raster.covered.numpy()))


def _face_tilts(points: Tensor, uv: Tensor) -> Tensor:
    """(F, 3) of triangles (F, 3, 3) metres with (F, 3, 2) UVs: grad u along the tangent, grad u and
    grad v along the bitangent, 1/m.
    """
    a, b = points[:, 1] - points[:, 0], points[:, 2] - points[:, 0]
    p, q = uv[:, 1] - uv[:, 0], uv[:, 2] - uv[:, 0]
    area = p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]
    safe = torch.where(area.abs() < 1e-12, 1e-12, area)[:, None]
    along_u = (a * q[:, 1:] - b * p[:, 1:]) / safe
    along_v = (b * p[:, :1] - a * q[:, :1]) / safe
    tangent = functional.normalize(along_u, dim=1)
    sign = area.sign()[:, None]
    normal = functional.normalize(torch.linalg.cross(along_u, along_v), dim=1) * sign
    bitangent = torch.linalg.cross(normal, tangent) * sign
    width = along_u.norm(dim=1).clamp(min=1e-4)
    high = (along_v * bitangent).sum(1)
    high = torch.where(high.abs() < 1e-4, 1e-4, high)
    lean = (along_v * tangent).sum(1)
    return torch.stack([1 / width, -lean / (width * high), 1 / high], 1)


def _continued(
    image: npt.NDArray[np.float32], covered: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """(C, H, W) with the nearest covered texel's values where nothing is."""
    nearest = distance_transform_edt(~covered, return_distances=False, return_indices=True)
    filled: npt.NDArray[np.float32] = image[:, nearest[0], nearest[1]]
    return filled
