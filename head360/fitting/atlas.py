"""The skin tile as a list of texels: where each lies on the mesh, and which one mirrors it.

A texel belongs to one triangle for every head (the atlas never changes), so whatever is known at
vertices is known at texels by three weights. The tile mirrors onto itself: u to 1 - u in the face
half, u to 3 - u in the half of the back of the head.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import binary_dilation
from scipy.sparse import coo_matrix, csr_matrix, diags_array
from torch import Tensor
from torch.nn import functional

from head360.likeness import SKIN_ROWS
from head360.model.topology import (
    ATLAS_ASPECT,
    EYE,
    MOUTH,
    SKIN,
    TEETH,
    Topology,
    shipped_topology,
)
from head360.rendering.rasterize import rasterize

#: Gaussians of so many texels are worked out on so many times fewer rows and columns.
_WIDE, _COARSER = 8.0, 4
#: Tiles are padded by so many texels at most; a texel and those around it, as steps from it.
_RINGS = 6
_DOWN, _ACROSS = np.indices((3, 3)).reshape(2, 1, 9) - 1


@dataclass(frozen=True, slots=True, eq=False)
class Atlas:
    """N texels of a tile of U rows and W columns."""

    rows: int
    columns: int
    texels: Tensor  # (N,) places in the flattened tile, row 0 at v = 0
    corners: Tensor  # (N, 3) vertices
    weights: Tensor  # (N, 3) of the corners

    def at_texels(self, values: Tensor) -> Tensor:
        """(N, C) of what is known at vertices, (V, C)."""
        a, b, c = (values[corner] for corner in self.corners.unbind(1))
        first, second, third = self.weights[:, :, None].unbind(1)
        return a * first + b * second + c * third

    def tile(self, values: Tensor) -> Tensor:
        """(C, U, W) of values (N, C) at texels, 0 where there is none."""
        flat = values.new_zeros(values.shape[1], self.rows * self.columns)
        flat[:, self.texels] = values.T
        return flat.view(-1, self.rows, self.columns)

    def listed(self, tile: Tensor) -> Tensor:
        """(N, C) of a tile (C, U, W)."""
        return tile.flatten(1)[:, self.texels].T

    def padded(self, tile: Tensor, steps: int = 6) -> Tensor:
        """A tile (C, U, W) whose texels reach some further, for bilinear look-ups."""
        return rim_of((self,)).padded(tile, steps)


@dataclass(frozen=True, slots=True, eq=False)
class Rim:
    """What lies around the texels of a tile (U, W), ring by ring."""

    known: Tensor  # (U, W) 1 at the texels, else 0
    #: of each ring (M,) places in the flattened tile, (M, 9) those around, (M, 9) weights
    rings: tuple[tuple[Tensor, Tensor, Tensor], ...]

    @classmethod
    def of(cls, known: npt.NDArray[np.bool_], rings: int) -> Rim:
        """Around what is known (U, W): in each ring the mean of all eight texels known before."""
        made, inner = [], known
        for _ in range(rings):
            fresh = binary_dilation(inner, np.ones((3, 3), bool)) & ~inner
            made.append(_ring(inner, fresh))
            inner = inner | fresh
        return cls(torch.from_numpy(known.astype(np.float32)), tuple(made))

    def padded(self, tile: Tensor, steps: int) -> Tensor:
        """A tile (C, U, W) whose known texels reach so many further."""
        whole = tile * self.known
        flat = whole.flatten(1)
        for places, around, weight in self.rings[:steps]:
            flat[:, places] = (flat[:, around] * weight).sum(2)
        return whole


def _ring(
    known: npt.NDArray[np.bool_], fresh: npt.NDArray[np.bool_]
) -> tuple[Tensor, Tensor, Tensor]:
    """One of a rim's rings: fresh texels (U, W) beside those that are known (U, W)."""
    row, column = (at[:, None] for at in np.nonzero(fresh))
    around = np.stack([row + _DOWN, column + _ACROSS])
    inside = ((around >= 0) & (around < np.array(known.shape)[:, None, None])).all(0)
    rows, columns = around * inside
    weight = (known[rows, columns] & inside).astype(np.float32)
    weight /= weight.sum(1, keepdims=True)
    places, others = np.flatnonzero(fresh), rows * known.shape[1] + columns
    return torch.from_numpy(places), torch.from_numpy(others), torch.from_numpy(weight)


@lru_cache(maxsize=4)
def rim_of(atlases: tuple[Atlas, ...]) -> Rim:
    """What lies around the texels of some atlases of equally many rows together, on the widest."""
    known = np.zeros((atlases[0].rows, max(each.columns for each in atlases)), bool)
    for each in atlases:
        row, column = np.divmod(each.texels.numpy(), each.columns)
        known[row, column] = True
    return Rim.of(known, _RINGS)


@dataclass(frozen=True, slots=True, eq=False)
class SkinAtlas(Atlas):
    """N texels of the skin tile, U rows and 2U columns."""

    mirrored: Tensor  # (N,) number of the texel on the other side, or the texel's own
    laplacian: csr_matrix  # (V, V) of the skin's edges, 0 for other vertices
    skin: npt.NDArray[np.int64]  # vertices of the skin

    def at_vertices(self, values: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Weighted means (V, C) at vertices of what is known at texels, and their weights (V,).

        Args:
            values: (N, C).
            weight: (N,) 0 … 1. A vertex all of whose texels weigh 1 has the weight 1.
        """
        count = self.laplacian.shape[0]
        flat, share = self.corners.reshape(-1), self.weights.reshape(-1)
        weighed = (self.weights * weight[:, None]).reshape(-1)
        total = values.new_zeros(count).index_add_(0, flat, share)
        seen = values.new_zeros(count).index_add_(0, flat, weighed)
        repeated = (values[:, None] * (self.weights * weight[:, None])[..., None]).flatten(0, 1)
        sums = values.new_zeros(count, values.shape[1]).index_add_(0, flat, repeated)
        return sums / seen.clamp(min=1e-6)[:, None], seen / total.clamp(min=1e-6)

    def blurred(self, values: Tensor, texels: float) -> Tensor:
        """Values (N, C) smoothed over the tile by a Gaussian, each half by itself."""
        both = self.tile(torch.cat([values, torch.ones_like(values[:, :1])], 1))
        halves = torch.stack([both[..., : self.rows], both[..., self.rows :]])
        soft = _widely(halves, texels) if texels >= _WIDE else _gaussian(halves, texels)
        whole = self.listed(torch.cat([soft[0], soft[1]], -1))
        return whole[:, :-1] / whole[:, -1:].clamp(min=1e-4)


@cache
def skin_atlas() -> SkinAtlas:
    """The atlas of the shipped mesh; made once, in half a second."""
    return made_atlas(shipped_topology(), SKIN_ROWS)


def made_atlas(topology: Topology, rows: int) -> SkinAtlas:
    """The texels of a mesh's skin tile of so many rows."""
    chosen = topology.triangle_material == SKIN
    texels, corners, weights = _texels(topology, chosen, rows, 2 * rows)
    count = len(topology.vertex_part)
    skin = np.unique(topology.triangles[chosen]).astype(np.int64)
    edges = _laplacian(topology.triangles[chosen], count)
    return SkinAtlas(rows, 2 * rows, texels, corners, weights, _mirrored(texels, rows), edges, skin)


@cache
def opening_atlases() -> tuple[Atlas, Atlas]:
    """The whole atlas's texels of mouth, teeth and left eye; and of the right eye.

    Both eyes share their texels.
    """
    topology = shipped_topology()
    columns = round(ATLAS_ASPECT * SKIN_ROWS)
    right = topology.eye[topology.triangles[:, 0]] == 2
    inside = np.isin(topology.triangle_material, (MOUTH, TEETH, EYE)) & ~right
    return (
        Atlas(SKIN_ROWS, columns, *_texels(topology, inside, SKIN_ROWS, columns)),
        Atlas(SKIN_ROWS, columns, *_texels(topology, right, SKIN_ROWS, columns)),
    )


def _texels(
    topology: Topology, chosen: npt.NDArray[np.bool_], rows: int, columns: int
) -> tuple[Tensor, Tensor, Tensor]:
    """(N,) texels of some triangles (F,) on the first columns of the atlas, corners, weights."""
    scale = torch.tensor([ATLAS_ASPECT * rows, rows])
    places = torch.from_numpy(topology.uv).float() * scale
    points = torch.cat([places, torch.ones_like(places[:, :1])], 1)
    flat = torch.from_numpy(topology.uv_triangles[chosen]).long()
    raster = rasterize(points, flat, (rows, columns), perspective=False)
    texels = torch.nonzero(raster.covered.flatten())[:, 0]
    triangles = torch.from_numpy(topology.triangles[chosen]).long()
    corners = triangles[raster.triangle.flatten()[texels]]
    return texels, corners, raster.barycentric.flatten(0, 1)[texels]


def _mirrored(texels: Tensor, rows: int) -> Tensor:
    row, column = texels // (2 * rows), texels % (2 * rows)
    half = column // rows
    other = row * 2 * rows + half * rows + (rows - 1 - column % rows)
    number = torch.full((2 * rows * rows,), -1)
    number[texels] = torch.arange(len(texels))
    found = number[other]
    return torch.where(found >= 0, found, torch.arange(len(texels)))


def _laplacian(triangles: npt.NDArray[np.int32], count: int) -> csr_matrix:
    """Of the graph of edges, each as strong as another."""
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    one, other = np.unique(np.sort(pairs, 1), axis=0).T
    joined = coo_matrix((np.ones(len(one)), (one, other)), (count, count)).tocsr()
    joined = joined + joined.T
    return csr_matrix(diags_array(np.asarray(joined.sum(1)).ravel()) - joined)


def _widely(images: Tensor, sigma: float) -> Tensor:
    """The same from a quarter of the rows: what is as wide needs no more."""
    size = images.shape[-2:]
    small = functional.avg_pool2d(images, _COARSER, ceil_mode=True)
    soft = _gaussian(small, sigma / _COARSER)
    return functional.interpolate(soft, size=size, mode="bilinear", align_corners=False)


def _gaussian(images: Tensor, sigma: float) -> Tensor:
    """(B, C, H, W) blurred along both sides; nothing beyond the edges."""
    reach = max(1, round(2.5 * sigma))
    kernel = torch.exp(-0.5 * (torch.arange(reach + 1) / sigma) ** 2)
    middle, *beside = (kernel / (2 * kernel.sum() - 1)).tolist()
    for axis in (-1, -2):  # ten times as quick as torch's convolution of single channels
        soft, size = images * middle, images.shape[axis]
        for step, weight in enumerate(beside[: size - 1], 1):
            low, high = (images.narrow(axis, at, size - step) for at in (0, step))
            soft.narrow(axis, step, size - step).add_(low, alpha=weight)
            soft.narrow(axis, 0, size - step).add_(high, alpha=weight)
        images = soft
    return images
