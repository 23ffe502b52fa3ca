"""Random heads straight from the source data, with noise for skin: enough to train the decoder.

The decoder corrects what six projections lose, whatever the texture; it needs variety and sharp
edges in every channel, not beauty.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy.ndimage import gaussian_filter

from head360.rendering.reference import Layout, Surface
from training.synhead.grooms_scalp import unit

#: Parts of the source mesh that have a surface: all but the lashes.
_LASHES = 15
_EYES = (7, 8)
_GUMS, _TEETH = 5, 6
_MODES = 60


class StandIns:
    """Random people from ict_head.npz."""

    def __init__(self, source: Path) -> None:
        with np.load(source / "ict_head.npz") as data:
            part, faces = data["tri_part"], data["tris"].astype(np.int64)
            drawn = (part < _LASHES) & ~_inner_iris(data)
            self._triangles = faces[drawn]
            self._step = float(data["step_cm"]) * 0.01
            self._mean = data["verts"].astype(np.float64) * 0.01
            self._modes = data["id_deltas"][:_MODES]
            self._expressions = data["expr_deltas"]
            uv = data["uv"].astype(np.float64)[data["tri_uv"].astype(np.int64)[drawn]]
        corners = _atlas(uv, part[drawn]).reshape(-1, 2).astype(np.float32)
        self._layout = Layout(
            torch.from_numpy(self._triangles),
            torch.arange(len(corners)).view(-1, 3),
            torch.from_numpy(corners),
        )

    def surface(self, seed: int, texture_rows: int = 512) -> Surface:
        """One person: shape, two or three expressions at once, textures."""
        rng = np.random.default_rng(seed)
        codes = 0.7 * rng.normal(size=len(self._modes))
        vertices = self._mean + self._step * np.tensordot(codes, self._modes, 1)
        for shape in rng.choice(len(self._expressions), 2, replace=False):
            vertices = vertices + self._step * rng.uniform(0, 0.8) * self._expressions[shape]
        return Surface(
            self._layout,
            torch.from_numpy(vertices.astype(np.float32)),
            torch.from_numpy(self._normals(vertices).astype(np.float32)),
            torch.from_numpy(_noise_maps(rng, texture_rows)),
        )

    def _normals(self, vertices: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        a, b, c = vertices[self._triangles].swapaxes(0, 1)
        faces = np.cross(b - a, c - a)
        normals = np.zeros_like(vertices)
        for corner in range(3):
            np.add.at(normals, self._triangles[:, corner], faces)
        return unit(normals)


def _inner_iris(data: npt.NDArray[np.void]) -> npt.NDArray[np.bool_]:
    iris = [i for i, name in enumerate(data["mat_names"]) if "ris" in str(name)]
    return np.isin(data["tri_mat"], iris)


def _atlas(uv: npt.NDArray[np.float64], part: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Source UVs (F, 3, 2) as places on the 2.5 x 1 atlas, scaled to 0 … 1."""
    placed = uv.copy()
    eye, gums, teeth = np.isin(part, _EYES), part == _GUMS, part == _TEETH
    placed[eye] = [2, 0] + uv[eye] * 0.5
    placed[gums] = [2, 0.5] + (uv[gums] - [2, 0]) * 0.25
    placed[teeth] = [2.25, 0.5] + (uv[teeth] - [3, 0]) * 0.25
    placed[..., 0] /= 2.5
    return placed


def _noise_maps(rng: np.random.Generator, rows: int) -> npt.NDArray[np.float32]:
    """(8, rows, 2.5 rows): skin-like means with soft blotches and sharp spots in every channel."""
    shape = (rows, rows * 5 // 2)
    means = np.array([0.70, 0.55, 0.47, 0.85, 0.5, 0.5, 0.8, 0.5])
    means[:3] = means[:3] * rng.uniform(0.35, 1.25) + rng.normal(0, 0.03, 3)
    spots = (gaussian_filter(rng.normal(size=shape), 1.6) * 6 > 1.6).astype(np.float64)
    maps = []
    for mean in means:
        soft = gaussian_filter(rng.normal(size=shape), 24) * 24 * 2
        fine = gaussian_filter(rng.normal(size=shape), 3) * 3 * 2
        maps.append(mean + 0.06 * soft + 0.03 * fine - rng.uniform(0, 0.25) * spots)
    maps[7] = 0.5 + 0.25 * gaussian_filter(rng.normal(size=shape), 2) * 4
    clipped: npt.NDArray[np.float32] = np.clip(np.stack(maps), 0, 1).astype(np.float32)
    return clipped
