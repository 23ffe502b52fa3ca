"""The head as a groomer meets it: where hair may root, and what a strand must not pass through.

Two distance fields stand in for the mesh. `body` is the skin, closed downwards by a torso so that
long hair hangs past the cut shoulders instead of curling under them. `curtain` adds a prism in
front of the face: hair that is not a fringe falls around it, so no strand strays over the face.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.spatial import cKDTree

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Bools: TypeAlias = npt.NDArray[np.bool_]

#: Centre of the cranium of the mean head, metres; hairlines are drawn in angles around it.
CRANIUM = np.array([0.0, 0.05, 0.0])
#: Lower hairline: elevation over azimuth (0 = front, 180 = nape), degrees, drawn on the mean head.
_AZIMUTHS = (0, 12, 25, 36, 46, 56, 64, 72, 80, 88, 96, 106, 116, 128, 140, 155, 180)
_ELEVATIONS = (33, 33.5, 34, 34, 29, 19, 10, -4, -17, -2, 9, 4, -14, -30, -40, -45, -47)

#: Half width of the face that hair leaves free, over height, metres.
_FACE_HEIGHTS = (-0.30, -0.14, -0.10, -0.06, -0.02, 0.02, 0.05, 0.08, 0.10, 0.115)
_FACE_HALF_WIDTHS = (0.034, 0.036, 0.044, 0.056, 0.063, 0.066, 0.062, 0.045, 0.018, -0.04)

#: How far hair that is not a fringe may hang forward, over height, metres.
_WALL_HEIGHTS = (-0.30, -0.16, -0.10, -0.06, 0.0, 0.03, 0.06, 0.08, 0.10, 0.115, 0.13, 0.145, 0.17)
_WALL_DEPTHS = (
    0.095, 0.085, 0.062, 0.052, 0.052, 0.058, 0.072, 0.088, 0.102, 0.099, 0.089, 0.072, 0.066,
)  # fmt: skip
#: A pad over each ear, metres, so that hair hangs over ears instead of wrapping them.
_PAD_CENTRE = np.array([0.060, 0.010, -0.010])
_PAD_RADII = np.array([0.037, 0.105, 0.060])

_BOX_LOW = np.array([-0.19, -0.26, -0.21])
_BOX_HIGH = np.array([0.19, 0.19, 0.19])


def smoothstep(low: float, high: float, x: npt.ArrayLike) -> Floats:
    """0 below `low`, 1 above `high` (or falling, if low > high), smooth between."""
    t: Floats = np.clip((np.asarray(x, np.float64) - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def unit(vectors: npt.ArrayLike) -> Floats:
    """(*B, 3) scaled to length 1; zero stays zero."""
    v = np.asarray(vectors, np.float64)
    lengths = np.sqrt(np.einsum("...i,...i->...", v, v))[..., None]
    scaled: Floats = v / np.maximum(lengths, 1e-12)
    return scaled


def polar_degrees(points: Floats) -> tuple[Floats, Floats]:
    """Azimuth (0 = front, + = left) and elevation about the cranium, both (N,) degrees."""
    d = points - CRANIUM
    azimuth = np.degrees(np.arctan2(d[:, 0], d[:, 2]))
    return azimuth, np.degrees(np.arctan2(d[:, 1], np.hypot(d[:, 0], d[:, 2])))


def above_hairline(points: Floats, recede: float = 0.0) -> Floats:
    """(N,) degrees of elevation above the hairline; `recede` 0 … 1 opens the temples."""
    azimuth, elevation = polar_degrees(points)
    side = np.abs(azimuth)
    line = np.interp(side, _AZIMUTHS, _ELEVATIONS)
    line += recede * (14 * np.exp(-(((side - 38) / 14) ** 2)) + 5 * np.exp(-((side / 20) ** 2)))
    return elevation - line


@dataclass(frozen=True, eq=False, slots=True)
class DistanceField:
    """Signed distance to a surface on a grid, positive outside."""

    low: Floats  # (3,) corner of the grid, metres
    cell: float  # metres
    values: npt.NDArray[np.float32]  # (X, Y, Z, 4) distance in metres, then its unit gradient

    @classmethod
    def from_grid(cls, low: Floats, cell: float, distance: Floats) -> DistanceField:
        gradient = unit(np.stack([np.gradient(distance, cell, axis=i) for i in range(3)], -1))
        values = np.concatenate([distance[..., None], gradient], -1).astype(np.float32)
        return cls(low, cell, values)

    def sample(self, points: Floats) -> tuple[Floats, Floats]:
        """(N,) distance in metres and (N, 3) outward unit direction at (N, 3) points."""
        size = np.array(self.values.shape[:3])
        position = np.clip((points - self.low) / self.cell, 0, size - 1.001)
        index = position.astype(np.int64)
        shares = (position - index).astype(np.float32).T[:, :, None]
        strides = (int(size[1] * size[2]), int(size[2]), 1)
        base, flat = index @ np.array(strides), self.values.reshape(-1, 4)

        def between(axis: int, corner: int) -> npt.NDArray[np.float32]:
            if axis == len(strides):
                values: npt.NDArray[np.float32] = flat[base + corner]
                return values
            low, high = between(axis + 1, corner), between(axis + 1, corner + strides[axis])
            high -= low
            high *= shares[axis]
            low += high
            return low

        found = between(0, 0).astype(np.float64)
        return found[:, 0], unit(found[:, 1:])

    def push_out(self, points: Floats, margin: npt.ArrayLike) -> Floats:
        """Move points that are closer than `margin` (metres, scalar or (N,)) out to it."""
        distance, outward = self.sample(points)
        return points + outward * np.maximum(np.asarray(margin) - distance, 0)[:, None]

    def push_out_strands(self, strands: Floats, margin: float, passes: int = 2) -> Floats:
        """`push_out` for all but the roots of (N, S, 3) strands, without bending them sharply."""
        pushed = strands
        for smoothing in (2,) * (passes - 1) + (0,):
            inner = self.push_out(pushed[:, 1:].reshape(-1, 3), margin)
            shift = np.zeros_like(strands)
            shift[:, 1:] = inner.reshape(len(strands), -1, 3) - pushed[:, 1:]
            for _ in range(smoothing):
                shift[:, 1:-1] = 0.5 * shift[:, 1:-1] + 0.25 * (shift[:, :-2] + shift[:, 2:])
            pushed = pushed + shift
        return pushed


@dataclass(frozen=True, eq=False, slots=True)
class Roots:
    """Where strands leave the scalp."""

    positions: Floats  # (N, 3) metres
    normals: Floats  # (N, 3) unit
    azimuth: Floats  # (N,) degrees, 0 = front, + = left
    elevation: Floats  # (N,) degrees
    above_hairline: Floats  # (N,) degrees

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, chosen: Bools) -> Roots:
        return Roots(
            self.positions[chosen],
            self.normals[chosen],
            self.azimuth[chosen],
            self.elevation[chosen],
            self.above_hairline[chosen],
        )


@dataclass(frozen=True, eq=False, slots=True)
class ScalpSurface:
    """One head, prepared for grooming."""

    corners: Floats  # (F, 3, 3) metres: scalp triangles
    normals: Floats  # (F, 3, 3) unit normals at their corners
    body: DistanceField
    curtain: DistanceField

    @classmethod
    def build(
        cls, vertices: npt.ArrayLike, triangles: npt.ArrayLike, cell: float = 0.004
    ) -> ScalpSurface:
        """Prepare a head of (V, 3) metres whose (F, 3) triangles are the outer skin only."""
        points = np.asarray(vertices, np.float64)
        faces = np.asarray(triangles, np.int64)
        normals = _vertex_normals(points, faces)
        low, distance = _skin_distance(points, normals, faces, cell)
        grid = _grid_points(low, distance.shape, cell)
        body = _smooth_union(distance, _torso_distance(grid).reshape(distance.shape), 0.012)
        obstacles = np.minimum(_face_distance(grid), _ear_pad_distance(grid))
        curtain = _smooth_union(body, obstacles.reshape(distance.shape), 0.012)
        scalp = faces[_is_scalp(points[faces].mean(1))]
        return cls(
            points[scalp],
            normals[scalp],
            DistanceField.from_grid(low, cell, body),
            DistanceField.from_grid(low, cell, gaussian_filter(curtain, 2.2)),
        )

    def sample_roots(
        self,
        count: int,
        rng: np.random.Generator,
        recede: float = 0.0,
        parting: float | None = None,
        growth: Callable[[Floats], Floats] | None = None,
    ) -> Roots:
        """About `count` roots, evenly spread, thinning out over the last degrees of hairline.

        Along a parting (at x metres) they stand closer, so that the scalp shows as a thin line.
        `growth` says how well hair grows at (N, 3) points: (N,) 0 … 1.
        """
        a, b, c = self.corners.swapaxes(0, 1)
        area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
        # One stratum per candidate keeps the scalp free of random gaps.
        candidates = int(count * (1.6 if parting is None and growth is None else 3.0))
        strata = (np.arange(candidates) + rng.random(candidates)) / candidates
        face = np.minimum(np.searchsorted(np.cumsum(area) / area.sum(), strata), len(area) - 1)
        u, v = np.sqrt(rng.random(candidates)), rng.random(candidates)
        weights = np.stack([1 - u, u * (1 - v), u * v], 1)[..., None]
        position = (self.corners[face] * weights).sum(1)
        above = above_hairline(position, recede)
        density = smoothstep(-4, 6, above) * _parting_density(position, parting)
        if growth is not None:
            density = density * growth(position)
        kept = np.flatnonzero(rng.random(candidates) < density)
        kept = np.sort(rng.permutation(kept)[:count])
        normal = unit((self.normals[face] * weights).sum(1)[kept])
        return Roots(position[kept], normal, *polar_degrees(position[kept]), above[kept])


def _parting_density(points: Floats, parting: float | None) -> Floats:
    """(N,) 0 … 1."""
    if parting is None:
        return np.ones(len(points))
    x, y, z = points.T
    on_top = smoothstep(-0.06, -0.04, z) * (y > CRANIUM[1])
    density: Floats = 0.5 + 0.5 * np.exp(-(((x - parting) / 0.008) ** 2)) * on_top
    return density


def _is_scalp(centres: Floats) -> Bools:
    """Triangles that may carry hair: above the hairline and not on an ear."""
    x, y, z = centres.T
    ear = (np.abs(x) > 0.076) & (y < 0.044) & (z < 0.025) & (z > -0.032)
    scalp: Bools = (above_hairline(centres) > -6) & ~ear
    return scalp


def _vertex_normals(points: Floats, faces: Ints) -> Floats:
    a, b, c = points[faces].swapaxes(0, 1)
    face_normals = np.cross(b - a, c - a)
    normals = np.zeros_like(points)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], face_normals)
    return unit(normals)


def _grid_points(low: Floats, shape: tuple[int, ...], cell: float) -> Floats:
    axes = [low[i] + cell * np.arange(n) for i, n in enumerate(shape)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


def _skin_distance(
    points: Floats, normals: Floats, faces: Ints, cell: float
) -> tuple[Floats, Floats]:
    """Grid corner (3,) and signed distance (X, Y, Z) in metres to the nearest skin sample."""
    centres, centre_normals = points[faces].mean(1), unit(normals[faces].mean(1))
    used = np.unique(faces)
    # What lies under an open rim is decided by the torso, not by the rim's own normals.
    samples = np.concatenate([points[used], centres])
    directions = np.concatenate([normals[used], centre_normals])
    on_rim = np.concatenate([_on_open_rim(faces, points)[used], np.zeros(len(centres), bool)])
    shape = tuple(np.ceil((_BOX_HIGH - _BOX_LOW) / cell).astype(int) + 1)
    grid = _grid_points(_BOX_LOW, shape, cell)
    nearest = _nearest(samples, grid, shape, cell)
    offset = grid - samples[nearest]
    distance = np.linalg.norm(offset, axis=1)
    along = np.einsum("nc,nc->n", offset, directions[nearest])
    # Near the surface the plane through the sample is more exact than the distance to it.
    sign = np.where(on_rim[nearest], 1.0, np.sign(along))
    signed = np.where((distance < cell) & (sign * along >= 0), along, sign * distance)
    return _BOX_LOW, gaussian_filter(signed.reshape(shape), 0.6)


def _on_open_rim(faces: Ints, points: Floats) -> Bools:
    """(V,) vertices of open edges at the bottom of the bust (none, if a cap closes it)."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
    pairs, count = np.unique(edges, axis=0, return_counts=True)
    rim = np.zeros(len(points), bool)
    rim[pairs[count == 1]] = True
    rim &= points[:, 1] < -0.09
    return rim


def _nearest(samples: Floats, grid: Floats, shape: tuple[int, ...], cell: float) -> Ints:
    """(G,) index of the sample nearest to each grid point: exact near the skin, close far away."""
    voxel = np.rint((samples - _BOX_LOW) / cell).astype(np.int64)
    inside = ((voxel >= 0) & (voxel < np.array(shape))).all(1)
    owner = np.full(shape, -1, np.int64)
    owner[tuple(voxel[inside].T)] = np.flatnonzero(inside)
    far, where = distance_transform_edt(owner < 0, return_indices=True)
    nearest: Ints = owner[tuple(where)].reshape(-1)
    near = np.flatnonzero(far.reshape(-1) < 4)
    nearest[near] = cKDTree(samples).query(grid[near])[1]
    return nearest


def _torso_distance(grid: Floats) -> Floats:
    """Below the cut shoulders: a chest and back for long hair to rest on."""
    x, y, z = grid.T
    # Rounded all around: strands catch on edges.
    round_ = (np.abs(x / 0.128) ** 2.6 + np.abs((z + 0.022) / 0.068) ** 2.6) ** (1 / 2.6)
    torso: Floats = -_smooth_union((1 - round_) * 0.068, -(y + 0.150), 0.03)
    return torso


def _face_distance(grid: Floats) -> Floats:
    """The prism that keeps the face free."""
    x, y, z = grid.T
    across = np.abs(x) - np.interp(y, _FACE_HEIGHTS, _FACE_HALF_WIDTHS)
    prism = np.maximum(across, 0.02 - z)
    wall = np.interp(y, _WALL_HEIGHTS, _WALL_DEPTHS) - z
    face: Floats = np.minimum(prism, wall)
    return face


def _ear_pad_distance(grid: Floats) -> Floats:
    """Approximate distance to the ellipsoids over the ears."""
    mirrored = np.abs(grid * np.array([1.0, 0.0, 0.0])) + grid * np.array([0.0, 1.0, 1.0])
    scaled = np.linalg.norm((mirrored - _PAD_CENTRE) / _PAD_RADII, axis=1)
    pad: Floats = (scaled - 1) * _PAD_RADII[0]
    return pad


def _smooth_union(a: Floats, b: Floats, blend: float) -> Floats:
    """Union of two distance grids with a fillet of about `blend` metres."""
    h = np.clip(0.5 + 0.5 * (b - a) / blend, 0, 1)
    union: Floats = b + (a - b) * h - blend * h * (1 - h)
    return union
