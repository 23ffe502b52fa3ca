"""Where on the mean head every texel of the UV atlas lies: what procedural skin is painted on.

Lengths are centimetres here, as in the source data: skin is described by numbers one can picture.
Row 0 of every map is v = 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import distance_transform_edt

from head360.rendering.rasterize import interpolate, rasterize

FloatMap = npt.NDArray[np.floating[Any]]

#: Parts of the source mesh.
FACE, NECK, MOUTH, SOCKETS, GUMS, TEETH, LEFT_EYE, RIGHT_EYE, LASHES = (
    0,
    1,
    2,
    (3, 4),
    5,
    6,
    7,
    8,
    15,
)
_LEFT_SCLERA = 4  # material: the eyeball's outer shell

#: Lower left corner and size of the tiles on the 2.5 x 1 atlas.
TILES = {
    "skin": (0.0, 0.0, 2.0, 1.0),
    "eye": (2.0, 0.0, 0.5, 0.5),
    "gums": (2.0, 0.5, 0.25, 0.25),
    "teeth": (2.25, 0.5, 0.25, 0.25),
    "lashes": (2.0, 0.75, 0.25, 0.25),
    "cap": (2.25, 0.75, 0.25, 0.25),
}


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The source mesh, as far as painting needs it."""

    vertices: npt.NDArray[np.float64]  # (V, 3) cm
    triangles: npt.NDArray[np.int64]  # (F, 3)
    uv: npt.NDArray[np.float64]  # (F, 3, 2) as in the source: tiles side by side
    part: npt.NDArray[np.uint8]  # (F,)
    material: npt.NDArray[np.uint8]  # (F,)
    landmarks: npt.NDArray[np.float64]  # (68, 3) cm
    iris: npt.NDArray[np.float64]  # (5, 3) cm: the left eye's centre and four points of the rim
    eye_centre: npt.NDArray[np.float64]  # (3,) cm: the left eyeball
    occlusion: npt.NDArray[np.float64]  # (V,) 0 ... 1
    scalp: npt.NDArray[np.float64]  # (V,) 0 ... 1
    tongue: npt.NDArray[np.float64]  # (V,) 0 ... 1


@dataclass(frozen=True, slots=True, eq=False)
class Texels:
    """One tile of the atlas, every texel filled: outside the charts with the nearest one inside."""

    position: FloatMap  # (H, W, 3) cm
    occlusion: FloatMap  # (H, W)
    scalp: FloatMap  # (H, W)
    tongue: FloatMap  # (H, W)
    triangle: npt.NDArray[np.int64]  # (H, W)
    covered: npt.NDArray[np.bool_]  # (H, W)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.covered.shape[0], self.covered.shape[1]


def load_head(source: Path) -> Head:
    """Read ict_head.npz of the source data."""
    with np.load(source / "ict_head.npz") as data:
        vertices = data["verts"].astype(np.float64)
        return Head(
            vertices=vertices,
            triangles=data["tris"].astype(np.int64),
            uv=data["uv"].astype(np.float64)[data["tri_uv"].astype(np.int64)],
            part=data["tri_part"],
            material=data["tri_mat"],
            landmarks=vertices[data["lmk68"].astype(np.int64)],
            iris=vertices[data["iris_lmk"][1].astype(np.int64)],
            eye_centre=data["eye_center_neutral"][0].astype(np.float64),
            occlusion=data["ao"] / 255.0,
            scalp=data["scalp_weight"] / 255.0,
            tongue=data["tongue_weight"] / 255.0,
        )


def tile_texels(head: Head, tile: str, rows: int) -> Texels:
    """Texels of a tile of an atlas `rows` high."""
    chosen, offset, scale = _tile_triangles(head, tile)
    _, _, width, height = TILES[tile]
    size = (round(height * rows), round(width * rows))
    corners = (head.uv[chosen] - offset) * scale * rows
    points = np.concatenate([corners, np.zeros((*corners.shape[:2], 1))], -1).reshape(-1, 3)
    own = torch.arange(len(points)).view(-1, 3)
    raster = rasterize(torch.from_numpy(points), own, size, perspective=False)
    attributes = _vertex_table(head)[head.triangles[chosen]].reshape(len(points), -1)
    values = interpolate(raster, torch.from_numpy(attributes), own).numpy()
    covered = raster.covered.numpy()
    nearest: Any = distance_transform_edt(~covered, return_distances=False, return_indices=True)
    filled = values[nearest[0], nearest[1]].astype(np.float32)
    return Texels(
        position=filled[..., :3],
        occlusion=filled[..., 3],
        scalp=filled[..., 4],
        tongue=filled[..., 5],
        triangle=chosen[raster.triangle.numpy()[nearest[0], nearest[1]]],
        covered=covered,
    )


def _vertex_table(head: Head) -> npt.NDArray[np.float64]:
    extra = np.stack([head.occlusion, head.scalp, head.tongue], 1)
    return np.concatenate([head.vertices, extra], 1)


def _tile_triangles(
    head: Head, tile: str
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], float]:
    """Triangles of a tile, the source UV of its lower left corner, and the tile's scale."""
    if tile == "skin":
        chosen = head.part < GUMS
        return np.flatnonzero(chosen), np.zeros(2), 1.0
    if tile == "eye":
        chosen = (head.part == LEFT_EYE) & (head.material == _LEFT_SCLERA)
        return np.flatnonzero(chosen), np.zeros(2), 0.5
    part, column = {"gums": (GUMS, 2.0), "teeth": (TEETH, 3.0), "lashes": (LASHES, 6.0)}[tile]
    return np.flatnonzero(head.part == part), np.array([column, 0.0]), 0.25
