"""Six orthographic planes around a box: where they look, where points fall on them, their samples.

Plane k looks at the box along `VIEW_AXES[k]`, the axis that points towards its viewer: front, back,
head's left, head's right, top, bottom. A plane is an image (C, R, R) whose row 0 is its *bottom*
row, as OpenGL stores textures; texel (i, j) has its centre at plane coordinates
((2j + 1) / R - 1, (2i + 1) / R - 1). Six planes of four channels make one atlas of 3 x 2 tiles,
plane k at column k % 3 and row k // 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

Vector: TypeAlias = tuple[float, float, float]

PLANES = 6
#: From the box towards the viewer of each plane.
VIEW_AXES: tuple[Vector, ...] = (
    (0, 0, 1), (0, 0, -1), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0),
)  # fmt: skip
#: Upwards in each plane's image.
UP_AXES: tuple[Vector, ...] = ((0, 1, 0),) * 4 + ((0, 0, -1), (0, 0, 1))
#: To the right in each plane's image: up x view.
RIGHT_AXES: tuple[Vector, ...] = (
    (1, 0, 0), (-1, 0, 0), (0, 0, -1), (0, 0, 1), (1, 0, 0), (1, 0, 0),
)  # fmt: skip

#: Depth of texels that see nothing (every point is outside) and of texels that see the inside of
#: the surface first (the plane knows nothing: no point is outside), metres.
EMPTY_DEPTH, UNKNOWN_DEPTH = -1.0, 1.0


@dataclass(frozen=True, slots=True)
class PlaneBox:
    """The box six planes look at, in metres."""

    centre: Vector
    half: Vector  # half extents

    def half_size(self, plane: int) -> tuple[float, float]:
        """Half width and half height of one plane's image, metres."""
        return _extent(self.half, RIGHT_AXES[plane]), _extent(self.half, UP_AXES[plane])

    def half_depth(self, plane: int) -> float:
        """Half the box's extent along the plane's view axis, metres."""
        return _extent(self.half, VIEW_AXES[plane])


def _extent(half: Vector, axis: Vector) -> float:
    return sum(abs(a) * h for a, h in zip(axis, half, strict=True))


#: Holds the whole bust of every head the model can make.
HEAD_BOX = PlaneBox((0.0, -0.026, 0.014), (0.144, 0.200, 0.138))
#: Holds every hairstyle in the canonical frame (the mean head).
HAIR_BOX = PlaneBox((0.0, -0.03, -0.01), (0.18, 0.21, 0.19))


def plane_coordinates(points: Tensor, box: PlaneBox) -> Tensor:
    """Where points (N, 3) metres fall on the six planes: (6, N, 2), -1 ... 1 inside the box."""
    unit = (points - points.new_tensor(box.centre)) / points.new_tensor(box.half)
    return torch.stack([_along(unit, RIGHT_AXES), _along(unit, UP_AXES)], -1)


def heights(points: Tensor, box: PlaneBox) -> Tensor:
    """How far points (N, 3) metres lie towards the viewer of each plane: (6, N) metres."""
    return _along(points - points.new_tensor(box.centre), VIEW_AXES)


def _along(points: Tensor, axes: Sequence[Vector]) -> Tensor:
    """Coordinates (6, N) of points (N, 3) along axes of which all but one number are zero.

    No matrix product: graphics cards may round those to ten bits, a tenth of a millimetre.
    """
    x, y, z = points.unbind(-1)
    return torch.stack([_component((x, y, z), axis) for axis in axes])


def _component(columns: tuple[Tensor, Tensor, Tensor], axis: Vector) -> Tensor:
    number = next(i for i, share in enumerate(axis) if share)
    return columns[number] if axis[number] > 0 else -columns[number]


def sample_planes(planes: Tensor, points: Tensor, box: PlaneBox) -> Tensor:
    """Bilinear samples of planes (6, C, R, R) at points (N, 3) metres: (6, C, N).

    Beyond the box the border texels continue. Equal to an OpenGL LINEAR fetch from the atlas.
    """
    return _sample_images(planes, plane_coordinates(points, box))


def _sample_images(images: Tensor, coordinates: Tensor) -> Tensor:
    sampled = functional.grid_sample(
        images, coordinates[:, None], padding_mode="border", align_corners=False
    )
    return sampled[:, :, 0]


def sample_grid(grid: Tensor, points: Tensor, box: PlaneBox) -> Tensor:
    """Trilinear samples of a volume (D, H, W) = (z, y, x) of the box at (N, 3) metres: (N,)."""
    unit = (points - points.new_tensor(box.centre)) / points.new_tensor(box.half)
    sampled = functional.grid_sample(
        grid[None, None], unit[None, None, None], padding_mode="border", align_corners=False
    )
    return sampled[0, 0, 0, 0]


def sum_moved_lattice(
    grid: Tensor, size: tuple[int, int, int], offsets: Tensor, box: PlaneBox
) -> Tensor:
    """Sums of `sample_grid` at the centres of other cells over the box, moved by each offset.

    Trilinear sampling of a lattice is a matrix along each axis: a tenth of the work of asking for
    every place by itself.

    Args:
        grid: (z, y, x).
        size: cells along x, y, z.
        offsets: (S, 3) metres along x, y, z.
        box: what grid and cells fill.

    Returns:
        (size z, size y, size x).
    """
    along = [
        _lattice_weights(grid.shape[2 - axis], size[axis], offsets[:, axis] / (2 * box.half[axis]))
        for axis in range(3)
    ]
    moves, z, y = len(offsets), grid.shape[0], grid.shape[1]
    by_x = grid.reshape(z * y, -1) @ along[0].flatten(0, 1).T
    by_y = along[1][:, None] @ by_x.view(z, y, moves, size[0]).permute(2, 0, 1, 3)  # (S, z, ·, ·)
    by_z = along[2].transpose(0, 1).flatten(1) @ by_y.reshape(moves * z, -1)
    return by_z.view(size[::-1])


def _lattice_weights(cells: int, count: int, moved: Tensor) -> Tensor:
    """(S, count, cells) shares of cells in samples, moved by (S,) shares of the whole extent."""
    unit = (torch.arange(count).to(moved) + 0.5) / count + moved[:, None]
    place = (unit * cells - 0.5).clamp(0, cells - 1)  # from the first centre; borders continue
    return (1 - (place[..., None] - torch.arange(cells).to(moved)).abs()).clamp(min=0)


def sample_vectors(grid: Tensor, points: Tensor, box: PlaneBox) -> Tensor:
    """Trilinear samples (N, C) of a volume (z, y, x, C) of the box at points (N, 3) metres."""
    unit = (points - points.new_tensor(box.centre)) / points.new_tensor(box.half)
    sampled = functional.grid_sample(
        grid.to(points).permute(3, 0, 1, 2)[None],
        unit[None, None, None],
        padding_mode="border",
        align_corners=False,
    )
    return sampled[0, :, 0, 0].T


def cell_centres(box: PlaneBox, size: tuple[int, int, int]) -> Tensor:
    """(N, 3) metres: centres of the cells of a grid over a box, x fastest, then y, then z."""
    axes = [(torch.arange(n) + 0.5) / n * 2 - 1 for n in size]
    z, y, x = torch.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    unit = torch.stack([x, y, z], -1).reshape(-1, 3)
    return unit * torch.tensor(box.half) + torch.tensor(box.centre)


def contains(box: PlaneBox, points: Tensor) -> Tensor:
    """(N,) whether points (N, 3) metres lie in a box."""
    unit = (points - points.new_tensor(box.centre)) / points.new_tensor(box.half)
    return (unit.abs() <= 1).all(-1)


def sideways(planes: Tensor) -> Tensor:
    """Six planes (6, C, R, R) of the same thing with x and -x exchanged, about x = 0.

    What channels hold is not touched.
    """
    return planes[[0, 1, 3, 2, 4, 5]].flip(-1)


def to_atlas(planes: Tensor) -> npt.NDArray[np.float32]:
    """Six planes (6, C, R, R) as one texture (2R, 3R, C), bottom row first."""
    _, channels, rows, columns = planes.shape
    tiles = planes.detach().float().cpu().reshape(2, 3, channels, rows, columns)
    atlas = tiles.permute(0, 3, 1, 4, 2).reshape(2 * rows, 3 * columns, channels)
    return np.ascontiguousarray(atlas.numpy())


def from_atlas(atlas: npt.NDArray[np.float32]) -> Tensor:
    """The planes (6, C, R, R) of a texture (2R, 3R, C); the inverse of `to_atlas`."""
    rows, columns, channels = atlas.shape[0] // 2, atlas.shape[1] // 3, atlas.shape[2]
    tiles = torch.from_numpy(np.array(atlas, np.float32)).reshape(2, rows, 3, columns, channels)
    return tiles.permute(0, 2, 4, 1, 3).reshape(PLANES, channels, rows, columns).contiguous()
