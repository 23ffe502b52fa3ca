"""Draws triangles into an image of triangle numbers and barycentric weights, differentiably.

The picture of *which* triangle is seen has no gradient; *where* in it a pixel falls does, so
interpolated attributes carry gradients to attributes and to vertex positions. Follows OpenGL:
pixel centres at half integers, nearest depth wins, perspective-correct interpolation.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

#: Triangles smaller than this are edge-on, square pixels (twice the area).
_MIN_AREA = 1e-9
_NOTHING = -1


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """What each pixel sees."""

    triangle: Tensor  # (H, W) int64, _NOTHING = -1 where no triangle is seen
    barycentric: Tensor  # (H, W, 3) weights of the triangle's corners, 0 where nothing is seen

    @property
    def covered(self) -> Tensor:
        """(H, W) bool."""
        return self.triangle >= 0


@torch.no_grad()
def _visible(points: Tensor, triangles: Tensor, size: tuple[int, int], perspective: bool) -> Tensor:
    """(H, W) number of the nearest triangle over each pixel centre, -1 = none."""
    height, width = size
    triangle, column, row = _candidates(points[triangles], height, width)
    weights = _barycentric(points[triangles[triangle]], column + 0.5, row + 0.5)
    inside = (weights >= 0).all(-1)
    triangle, pixel, weights = triangle[inside], (row * width + column)[inside], weights[inside]
    corner_depth = points[triangles[triangle], 2]
    depth = _interpolated_depth(weights, corner_depth, perspective)
    nearest = depth.new_full((height * width,), torch.inf)
    nearest.scatter_reduce_(0, pixel, depth, "amin")
    first = depth == nearest[pixel]
    none = len(triangles)
    seen = torch.full((height * width,), none, dtype=torch.long, device=points.device)
    seen.scatter_reduce_(0, pixel[first], triangle[first], "amin")
    return torch.where(seen < none, seen, _NOTHING).view(height, width)


def rasterize(
    points: Tensor, triangles: Tensor, size: tuple[int, int], *, perspective: bool
) -> Raster:
    """Draw a mesh; both sides of triangles are drawn.

    Args:
        points: (V, 3) column and row in pixels (0 = outer edge of the first pixel), and depth,
            growing away from the viewer; in metres along the view axis, if `perspective`.
        triangles: (F, 3) int64 into points; all corners must lie in front of the camera.
        size: height and width in pixels.
        perspective: interpolate in space (for perspective cameras), not in the image.
    """
    triangle = _visible(points.detach(), triangles, size, perspective)
    rows, columns = torch.nonzero(triangle >= 0, as_tuple=True)
    corners = points[triangles[triangle[rows, columns]]]  # (P, 3 corners, 3)
    weights = _barycentric(corners, columns + 0.5, rows + 0.5)
    if perspective:
        weights = weights / corners[..., 2]
        weights = weights / weights.sum(-1, keepdim=True)
    barycentric = points.new_zeros(*size, 3).index_put((rows, columns), weights)
    return Raster(triangle, barycentric)


def interpolate(raster: Raster, attributes: Tensor, triangles: Tensor) -> Tensor:
    """Attributes (V, C) at every pixel: (H, W, C), 0 where nothing is seen.

    `triangles` (F, 3) may index other vertices than those drawn (e.g. UV corners), triangle by
    triangle.
    """
    covered = raster.covered
    seen = torch.nonzero(covered.flatten())[:, 0]
    image = attributes.new_zeros(covered.numel(), attributes.shape[-1])
    image = image.index_put((seen,), interpolated(raster, attributes, triangles, seen))
    return image.view(*covered.shape, -1)


def interpolated(raster: Raster, attributes: Tensor, triangles: Tensor, pixels: Tensor) -> Tensor:
    """The same at some pixels (P,) of the flattened picture: (P, C)."""
    corners = attributes[triangles[raster.triangle.flatten()[pixels]]]  # (P, 3, C)
    return torch.einsum("pk,pkc->pc", raster.barycentric.flatten(0, 1)[pixels], corners)


def _candidates(corners: Tensor, height: int, width: int) -> tuple[Tensor, Tensor, Tensor]:
    """Every (triangle, column, row) whose pixel centre lies in the triangle's bounding box."""
    x, y = corners[..., 0], corners[..., 1]
    left, right = _pixel_range(x, width)
    bottom, top = _pixel_range(y, height)
    columns, rows = (right - left + 1).clamp(min=0), (top - bottom + 1).clamp(min=0)
    flat = _doubled_area(corners).abs() <= _MIN_AREA
    counts = torch.where(flat, 0, columns * rows)
    triangle = torch.repeat_interleave(torch.arange(len(corners), device=corners.device), counts)
    offset = torch.arange(len(triangle), device=corners.device)
    offset = offset - torch.repeat_interleave(counts.cumsum(0) - counts, counts)
    span = columns[triangle]
    return triangle, left[triangle] + offset % span, bottom[triangle] + offset // span


def _pixel_range(coordinate: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """First and last pixel whose centre lies between the corners (F, 3)."""
    first = (coordinate.amin(1) - 0.5).ceil().clamp(0, size).long()
    last = (coordinate.amax(1) - 0.5).floor().clamp(-1, size - 1).long()
    return first, last


def _barycentric(corners: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """(P, 3) weights in the image of points x, y (P,) within corners (P, 3, 2+)."""
    (ax, bx, cx), (ay, by, cy) = corners[..., 0].unbind(-1), corners[..., 1].unbind(-1)
    area = _doubled_area(corners)
    second = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
    third = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
    return torch.stack([1 - second - third, second, third], -1)


def _doubled_area(corners: Tensor) -> Tensor:
    a, b, c = corners[..., :2].unbind(-2)
    first, second = b - a, c - a
    return first[..., 0] * second[..., 1] - second[..., 0] * first[..., 1]


def _interpolated_depth(weights: Tensor, depth: Tensor, perspective: bool) -> Tensor:
    if perspective:
        return 1 / (weights / depth).sum(-1)
    return (weights * depth).sum(-1)
