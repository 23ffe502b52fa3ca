"""The detach stage: head and hair learn apart, from pictures of the same head with and without.

The bald picture teaches the head alone, that of the hair alone teaches the hair alone, and the
whole picture both. What a style then holds is hair and nothing else, so it sits on any head.

`detachment = false` is what the stage is measured against: a style that nobody has told what is
hair. It starts as six views of the whole, head included, and learns from whole pictures only; what
it takes in of its own head's surface it carries to every other head.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from head360.model.bilinear import vertex_normals
from head360.model.field import HAIR_CHANNELS, HairPlanes
from head360.model.planes import HAIR_BOX, UP_AXES, VIEW_AXES, heights, plane_coordinates
from head360.model.topology import Topology
from head360.rendering.lighting import volume_points
from head360.rendering.rasterize import interpolate, rasterize
from training.stages.joint_config import PictureStage
from training.stages.sittings import Layer, Sitting

#: Cells so near to the head's surface, in cells, are as dense as dense hair, log(1/m).
_SURFACE_REACH, _SURFACE_LOG_EXTINCTION = 0.75, 7.0
#: A plane sees the head where it is nearer than hair, or hair covers less of a texel than this.
_COVERED = 0.5
_NEUTRAL_ALONG, _MIDDLE_ROOT = 0.5, 0.5


def layers_of(sitting: Sitting, stage: PictureStage) -> tuple[Layer, ...]:
    """The pictures of a sitting that a stage learns from."""
    worn = sitting.params.hairstyle is not None
    if stage.detach and stage.detachment and worn:
        return ("whole", "bald", "hair")
    return ("whole",)


@torch.no_grad()
def undivided(
    styles: Mapping[str, HairPlanes], topology: Topology, mean: Tensor
) -> dict[str, HairPlanes]:
    """Styles as six views of hair and mean head (V, 3) together would start them."""
    triangles = torch.from_numpy(topology.triangles[topology.drawn]).long()
    normals = vertex_normals(mean, torch.from_numpy(topology.triangles).long())
    shells = {cells: _shell(cells, mean) for cells in {h.grid.shape[0] for h in styles.values()}}
    made = {}
    for name, hair in styles.items():
        planes = [
            _whole_plane(plane, number, mean, normals, triangles)
            for number, plane in enumerate(hair.planes)
        ]
        surface = torch.where(shells[hair.grid.shape[0]], _SURFACE_LOG_EXTINCTION, -torch.inf)
        whole = torch.maximum(hair.grid, surface)
        made[name] = HairPlanes(torch.stack(planes), whole, hair.counted)
    return made


def _shell(cells: int, vertices: Tensor) -> Tensor:
    """(cells, cells, cells) whether a cell of the hair box lies at the head's surface."""
    near, _ = cKDTree(vertices.numpy()).query(volume_points((cells, cells, cells)).numpy())
    cell = 2 * max(HAIR_BOX.half) / cells
    return torch.from_numpy(near < _SURFACE_REACH * cell).view(cells, cells, cells)


def _whole_plane(
    plane: Tensor, number: int, vertices: Tensor, normals: Tensor, triangles: Tensor
) -> Tensor:
    """One plane (11, R, R) of hair with the head's surface where that is seen first."""
    size = plane.shape[-1]
    height = heights(vertices, HAIR_BOX)[number]
    at = plane_coordinates(vertices, HAIR_BOX)[number]
    points = torch.cat([(at * 0.5 + 0.5) * size, -height[:, None]], -1)
    raster = rasterize(points, triangles, (size, size), perspective=False)
    depth = interpolate(raster, height[:, None], triangles)[..., 0]
    normal = interpolate(raster, normals, triangles)
    up = normal.new_tensor(UP_AXES[number])
    across = torch.linalg.cross(normal, up.expand_as(normal))
    along = torch.nn.functional.normalize(torch.linalg.cross(across, normal), dim=-1, eps=1e-6)
    values = {
        "coverage": torch.ones_like(depth), "depth": depth, "spread": torch.zeros_like(depth),
        "along": torch.full_like(depth, _NEUTRAL_ALONG),
        "tangent_x": along[..., 0], "tangent_y": along[..., 1], "tangent_z": along[..., 2],
        "feature_0": torch.zeros_like(depth), "root_u": torch.full_like(depth, _MIDDLE_ROOT),
        "root_v": torch.full_like(depth, _MIDDLE_ROOT), "feature_1": torch.zeros_like(depth),
    }  # fmt: skip
    head = torch.stack([values[name] for name in HAIR_CHANNELS])
    facing = (normal @ normal.new_tensor(VIEW_AXES[number])) > 0
    hidden = (plane[0] >= _COVERED) & (plane[1] > depth)
    return torch.where(raster.covered & facing & ~hidden, head, plane)
