"""What a photo shows of each texel of the skin: its colour, and how much to trust it.

A texel is trusted where the mesh, posed as in the photo, shows it: in front of everything else,
turned towards the camera, inside the picture, and away from eyes, mouth and whatever is not skin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import binary_dilation, binary_erosion
from torch import Tensor
from torch.nn import functional

from head360.fitting.atlas import Atlas, SkinAtlas
from head360.fitting.distances import depth_inside
from head360.model.bilinear import vertex_normals
from head360.model.topology import SKIN, Topology
from head360.rendering.rasterize import Raster, interpolate, rasterize

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Skin this far behind the surface that is seen starts to be hidden, and then is, metres.
_HIDDEN_FROM, _HIDDEN_AT = 0.0012, 0.0032
_FAR = 1e3
#: Cosines to the view between which skin becomes trusted.
_GRAZING, _FACING = 0.22, 0.58
#: How far trust keeps from what is not skin and grows within it, and how far from eyes and mouth;
#: as shares of the picture's side.
_MARGIN, _FEATHER, _OPENING = 3 / 512, 8 / 512, 1.8 / 512
#: The same of what is as the photo shows it in its moment only: margin and growth; and cosines.
_EDGE, _EDGE_ON = (0.5 / 512, 3 / 512), (0.08, 0.45)


@dataclass(frozen=True, slots=True, eq=False)
class Posed:
    """The mesh as it stood before the camera."""

    topology: Topology
    vertices: Tensor  # (V, 3) metres, head space
    normals: Tensor  # (V, 3) unit
    #: (3, 4) from head space to column · depth, row · depth and depth: pixels from the outer edge
    pixels_from_head: Doubles

    @classmethod
    def of(cls, topology: Topology, vertices: Tensor, pixels_from_head: Doubles) -> Posed:
        """With the normals that the vertices make."""
        triangles = torch.from_numpy(topology.triangles).long()
        return cls(topology, vertices, vertex_normals(vertices, triangles), pixels_from_head)

    @property
    def eye(self) -> Tensor:
        """(3,) metres: where the camera stands."""
        matrix = self.pixels_from_head
        return torch.tensor(-np.linalg.solve(matrix[:, :3], matrix[:, 3]), dtype=torch.float32)

    def project(self, points: Tensor) -> Tensor:
        """(N, 3) column and row in pixels, and depth in metres."""
        matrix = torch.tensor(self.pixels_from_head, dtype=torch.float32)
        homogeneous = points @ matrix[:, :3].T + matrix[:, 3]
        depth = homogeneous[:, 2:]
        return torch.cat([homogeneous[:, :2] / depth, depth], 1)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """N texels of skin in a photo."""

    color: Tensor  # (N, 3) sRGB-encoded, 0 … 1
    shown: Tensor  # (N,) 0 hidden … 1 in front and turned towards the camera
    trust: Tensor  # (N,) the same where eyes, mouth and what is not allowed are far enough
    normals: Tensor  # (N, 3) unit, head space
    view: Tensor  # (N, 3) unit, towards the camera
    facing: Tensor  # (N,) cosine of the angle between both
    told: Tensor  # (N, C) what else is known of the photo's pixels
    near: Tensor  # (N,) like `trust`, but up to the very edges of what is allowed
    hair: Tensor  # (N,) 0 … 1 whether hair is seen instead
    at: Tensor  # (N, 2) column and row of the photo


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What each pixel of a photo shows of the mesh; lashes left out."""

    raster: Raster
    depth: Tensor  # (H, W) metres along the camera's axis, far beside the mesh

    @classmethod
    def of(cls, posed: Posed, size: tuple[int, int]) -> View:
        """In a picture of a height and width."""
        points = posed.project(posed.vertices)
        triangles = torch.from_numpy(posed.topology.triangles[posed.topology.drawn]).long()
        raster = rasterize(points, triangles, size, perspective=True)
        depth = interpolate(raster, points[:, 2:], triangles)[..., 0]
        return cls(raster, torch.where(raster.covered, depth, _FAR))

    def shows(self, topology: Topology, material: int) -> Tensor:
        """(H, W) where a material is seen."""
        of_triangle = torch.from_numpy(topology.triangle_material[topology.drawn])
        seen: Tensor = of_triangle[self.raster.triangle.clamp(min=0)] == material
        return seen & self.raster.covered


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where N texels lie, and what the camera sees of them."""

    at: Tensor  # (N, 2) column and row of the photo
    normals: Tensor  # (N, 3) unit, head space
    view: Tensor  # (N, 3) unit, towards the camera
    facing: Tensor  # (N,) cosine of the angle between both
    open: Tensor  # (N,) 0 … 1: inside the picture, and nothing of the mesh before it

    @classmethod
    def of(cls, view: View, posed: Posed, atlas: Atlas) -> Placed:
        """On the head in a photo of which each pixel shows what `view` says."""
        height, width = view.depth.shape
        both = atlas.at_texels(torch.cat([posed.vertices, posed.normals], 1))
        places, normals = both[:, :3], functional.normalize(both[:, 3:], dim=1)
        at = posed.project(places)
        towards = functional.normalize(posed.eye - places, dim=1)
        nearest = at_pixels(view.depth[None], at[:, :2])[:, 0]
        behind = (at[:, 2] - nearest - _HIDDEN_FROM) / (_HIDDEN_AT - _HIDDEN_FROM)
        inside = ((at[:, :2] > 1) & (at[:, :2] < at.new_tensor([width - 1, height - 1]))).all(1)
        facing = (normals * towards).sum(1)
        return cls(at[:, :2], normals, towards, facing, (1 - behind).clamp(0, 1) * inside)


def unprojected(
    photo: Tensor,
    view: View,
    posed: Posed,
    atlas: SkinAtlas,
    allowed: Bools | None = None,
    told: Tensor | None = None,
    hair: Bools | None = None,
) -> Seen:
    """What a photo shows of each texel.

    Args:
        photo: (H, W, 3) sRGB-encoded, 0 … 1.
        view: what its pixels show.
        posed: the head in it.
        atlas: whose texels are meant.
        allowed: (H, W) where skin may be: no hair, no background, nothing before the face.
        told: (C, H, W) what else is known of each pixel, to be known of texels.
        hair: (H, W) where there is hair.
    """
    height, width = photo.shape[:2]
    skin, covered = view.shows(posed.topology, SKIN), view.raster.covered
    image_trust = torch.stack(_image_trust(skin.numpy(), covered.numpy(), allowed, hair))
    placed = Placed.of(view, posed, atlas)
    more = photo.new_zeros(0, height, width) if told is None else told
    maps = torch.cat([photo.permute(2, 0, 1), image_trust, more])
    sampled = at_pixels(maps, placed.at)
    shown = placed.open * smooth(_GRAZING, _FACING, placed.facing)
    edge = placed.open * smooth(*_EDGE_ON, placed.facing)
    return Seen(
        sampled[:, :3], shown, shown * sampled[:, 3], placed.normals, placed.view, placed.facing,
        sampled[:, 6:], edge * sampled[:, 4], edge * sampled[:, 5], placed.at,
    )  # fmt: skip


def _image_trust(
    skin: Bools, covered: Bools, allowed: Bools | None, hair: Bools | None
) -> tuple[Tensor, Tensor, Tensor]:
    """(H, W) 0 … 1: how far within trusted skin a pixel lies; with eyes and mouth; and hair."""
    side = max(skin.shape)
    reach = max(1, round(_OPENING * side))
    opening = binary_dilation(covered & ~skin, iterations=reach)
    trust = near = np.ones(skin.shape)
    some = np.zeros(skin.shape) if hair is None else (hair & covered).astype(np.float64)
    if allowed is not None:
        trust = _inwards(allowed, side)
        wider = allowed | binary_dilation(opening, iterations=reach) | (some > 0)
        near = _inwards(wider & binary_erosion(covered), side, _EDGE)
    made = trust * ~opening, near, near * some
    first, second, third = (torch.from_numpy(each.astype(np.float32)) for each in made)
    return first, second, third


def _inwards(allowed: Bools, side: int, edge: tuple[float, float] = (_MARGIN, _FEATHER)) -> Doubles:
    margin, feather = edge
    return ((depth_inside(allowed) - margin * side) / (feather * side)).clip(0, 1)


def at_pixels(maps: Tensor, at: Tensor) -> Tensor:
    """Bilinear samples (N, C) of (C, H, W) at (N, 2) columns and rows in pixels."""
    height, width = maps.shape[1:]
    grid = at / at.new_tensor([width, height]) * 2 - 1
    found: Tensor = functional.grid_sample(
        maps[None], grid[None, None], padding_mode="border", align_corners=False
    )
    return found[0, :, 0].T


def smooth(low: float, high: float, value: Tensor) -> Tensor:
    """0 up to a low value, 1 from a high one on."""
    share = ((value - low) / (high - low)).clamp(0, 1)
    return share * share * (3 - 2 * share)
