"""Draws single short hairs onto the skin tile: brows that grow hair by hair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy.interpolate import LinearNDInterpolator

from training.synhead.skin_atlas import FACE, FloatMap, Head, Texels
from training.synhead.skin_zones import Points, curve

_FINER = 8  # strokes are drawn this much finer than texels
_KNOTS = 160  # rows of the tile whose places are triangulated: skin is smooth between them


class FaceMap:
    """Finds the texel of a point of the face seen from the front."""

    def __init__(self, head: Head, texels: Texels, height: tuple[float, float]) -> None:
        part = head.part[texels.triangle]
        x, y, z = np.moveaxis(texels.position, -1, 0)
        near = (part == FACE) & texels.covered & (z > 5) & (y > height[0]) & (y < height[1])
        near[:, texels.shape[1] // 2 :] = (
            False  # a few of the face's triangles lie in the next tile
        )
        stride = max(1, texels.shape[0] // _KNOTS)
        grid = np.zeros_like(near)
        grid[::stride, ::stride] = True
        near &= grid
        places = np.stack(np.nonzero(near)[::-1], 1).astype(np.float64)  # column, row
        self._find = LinearNDInterpolator(np.stack([x[near], y[near]], 1), places)
        self._shape = texels.shape

    def draw(self, hairs: Points, widths: npt.NDArray[np.float64]) -> FloatMap:
        """Coverage (H, W) of hairs (N, S, 2) cm with widths (N,) in texels, tapering to the tip."""
        places = self._find(hairs.reshape(-1, 2)).reshape(hairs.shape) + 0.5
        seen = np.isfinite(places).all((1, 2))
        first = np.floor(places[seen].min((0, 1))).astype(int) - 1  # column, row
        columns, rows = np.ceil(places[seen].max((0, 1))).astype(int) + 1 - first
        picture = Image.new("L", (columns * _FINER, rows * _FINER))
        pen = ImageDraw.Draw(picture)
        for hair, width in zip(places[seen] - first, widths[seen], strict=True):
            _draw_hair(pen, hair * _FINER, width * _FINER)
        drawn = np.zeros(self._shape, np.float32)
        small = np.asarray(picture.resize((columns, rows), Image.Resampling.BOX), np.float32) / 255
        drawn[first[1] : first[1] + rows, first[0] : first[0] + columns] = small
        return drawn


def _draw_hair(pen: ImageDraw.ImageDraw, hair: Points, width: float) -> None:
    for step in range(len(hair) - 1):
        taper = 1 - 0.75 * step / (len(hair) - 1)
        pen.line(
            [tuple(hair[step]), tuple(hair[step + 1])], fill=255, width=max(1, round(width * taper))
        )


def brow_line(head: Head, side: int) -> Points:
    """(N, 2) cm along one brow's middle, from the nose outwards; side -1 right, 1 left."""
    points = head.landmarks[[21, 20, 19, 18, 17], :2] if side < 0 else head.landmarks[22:27, :2]
    inner = points[0] + 0.30 * (points[0] - points[1]) * [1.0, 0.3]
    return curve(np.vstack([inner, points]), 100)


def grow_brows(
    head: Head,
    rng: np.random.Generator,
    *,
    count: int,
    thickness: float,
    arch: float,
    length: float = 0.55,
) -> Points:
    """Hairs (2 * count, 7, 2) cm of both brows.

    They rise at the inner end, lean outwards along the body, and from the upper edge slope down,
    so that the two directions meet in a fine seam, as real brows do.

    Args:
        head: whose brows.
        rng: where hairs stand and lean.
        count: hairs of one brow.
        thickness: cm of the body.
        arch: cm by which the outer third is raised.
        length: cm of a hair in the body.
    """
    sides: Sequence[int] = (-1, 1)
    return np.concatenate(
        [_one_brow(brow_line(head, s), rng, s, count, thickness, arch, length) for s in sides]
    )


def _one_brow(
    line: Points, rng: np.random.Generator, side: int, count: int, thickness: float, arch: float,
    length: float,
) -> Points:  # fmt: skip
    along = np.clip(rng.beta(1.05, 1.15, count) + rng.normal(0, 0.01, count), 0, 1)
    across = np.clip(rng.normal(0, 0.42, count), -1, 1)  # -1 lower edge ... 1 upper edge
    root = np.stack([np.interp(along, np.linspace(0, 1, 100), line[:, k]) for k in (0, 1)], 1)
    body = thickness * np.interp(along, [0, 0.12, 0.5, 1], [0.62, 0.95, 0.85, 0.18])
    root[:, 1] += across * body / 2 + arch * np.exp(-(((along - 0.66) / 0.22) ** 2)) - 0.12
    lean = np.interp(along, [0, 0.1, 0.3, 0.7, 1], [82, 66, 34, 8, -22])
    lean = lean - 30 * np.clip(across, 0, 1) * np.interp(along, [0, 0.15, 0.4], [0.2, 0.6, 1])
    angle = np.radians(lean + rng.normal(0, 9, count))
    reach = (
        length
        * np.interp(along, [0, 0.2, 0.7, 1], [0.75, 1, 0.85, 0.6])
        * rng.uniform(0.6, 1.1, count)
    )
    bend = np.radians(np.interp(along, [0, 0.3, 1], [-30, -38, -18]) + rng.normal(0, 10, count))
    steps = np.linspace(0, 1, 7)
    turned = angle[:, None] + bend[:, None] * steps
    pace = reach[:, None] / 6
    path = np.stack([np.cos(turned) * side, np.sin(turned)], -1) * pace[..., None]
    path[:, 0] = 0
    return root[:, None] + np.cumsum(path, 1)


def draw_lashes(head: Head, texels: Texels) -> FloatMap:
    """Coverage (H, W) by lashes, lying on the lids: the mesh's own lash ribbons are not drawn."""
    face = FaceMap(head, texels, (1.8, 5.2))
    rng = np.random.default_rng(12)
    hairs = [
        _lash_row(head.landmarks[rows, :2], side, length, count, rng)
        for rows, side, length, count in (
            ([39, 38, 37, 36], -1, 0.24, 90), ([42, 43, 44, 45], 1, 0.24, 90),
            ([39, 40, 41, 36], -1, -0.12, 46), ([42, 47, 46, 45], 1, -0.12, 46),
        )
    ]  # fmt: skip
    drawn = [face.draw(row, np.full(len(row), 0.22)) for row in hairs]
    covered: FloatMap = np.clip(1.1 * np.maximum.reduce(drawn), 0, 1).astype(np.float32)
    return covered


def _lash_row(
    lid: Points, side: int, length: float, count: int, rng: np.random.Generator
) -> Points:
    """(count, 5, 2) cm from the nose outwards; `length` is negative on the lower lid."""
    line = curve(lid, 100)
    along = np.sort(rng.uniform(0.06, 1, count))
    root = np.stack([np.interp(along, np.linspace(0, 1, 100), line[:, k]) for k in (0, 1)], 1)
    fan = np.radians(np.interp(along, [0, 1], [105, 38]) + rng.normal(0, 8, count))
    reach = (
        np.abs(length)
        * np.interp(along, [0, 0.4, 1], [0.55, 0.9, 1.1])
        * rng.uniform(0.7, 1, count)
    )
    up = np.sign(length)
    steps = np.linspace(0, 1, 5)
    away = np.stack([np.cos(fan) * side, np.sin(fan) * up], 1)
    lashes: Points = root[:, None] + away[:, None] * (reach[:, None] * steps)[..., None]
    return lashes
