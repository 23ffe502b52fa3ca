"""Random heads for the head's decoder: from the source data with noise for skin, or the product's.

The decoder corrects what six projections lose, whatever the texture; it needs variety and sharp
edges in every channel. The product's own people show it what it will meet.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from head360.assets import resource
from head360.model.bilinear import BilinearModel, vertex_normals
from head360.model.sampling import random_person
from head360.model.texture import TextureModel
from head360.model.texture_generator import activate
from head360.rendering.reference import Layout, Surface
from training.synhead.views import expression

#: Parts of the source mesh that have a surface: all but the lashes.
_LASHES = 15
_EYES = (7, 8)
_GUMS, _TEETH = 5, 6
_MODES = 60
#: Views of a person among which the expression is chosen; see `training.synhead.views`.
_FACES = 9


class ProductPeople:
    """The product's own random people: model, generated skin, attributes, expressions."""

    def __init__(self, device: torch.device) -> None:
        """`device` is where skin is generated, and where surfaces will be."""
        self._device = device
        self._mesh = BilinearModel.load(resource("models", "mesh.safetensors"))
        self._texture = TextureModel.load(resource("models", "texture.safetensors"))
        self._generator = self._texture.generator.to(device)
        topology = self._mesh.topology
        drawn = topology.drawn
        self._triangles = torch.from_numpy(topology.triangles).long()
        self._layout = Layout(
            torch.from_numpy(topology.triangles[drawn]).long(),
            torch.from_numpy(topology.uv_triangles[drawn]).long(),
            torch.from_numpy(topology.uv),
        )

    @torch.inference_mode()
    def surface(self, seed: int) -> Surface:
        """One person with an expression, bald."""
        person = random_person(seed)
        identity = self._mesh.identity(torch.from_numpy(np.array(person.shape)))
        face = torch.from_numpy(expression(seed, seed % _FACES))
        vertices = self._mesh.pose(identity, face)
        normals = vertex_normals(vertices, self._triangles)
        code = torch.from_numpy(np.array(person.texture))[None].to(self._device)
        skin = activate(self._generator(code)[0]).cpu()
        maps = self._texture.painted(skin, person, 0.0).to(self._device)
        layout = moved(self._layout, self._device)
        return Surface(layout, vertices.to(self._device), normals.to(self._device), maps)


def moved(layout: Layout, device: torch.device) -> Layout:
    """A layout on another device."""
    return Layout(layout.triangles.to(device), layout.uv_triangles.to(device), layout.uv.to(device))


class StandIns:
    """Random people from ict_head.npz."""

    def __init__(self, source: Path, device: torch.device) -> None:
        self._device = device
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
        device = self._device
        rng = np.random.default_rng(seed)
        codes = 0.7 * rng.normal(size=len(self._modes))
        shape = self._mean + self._step * np.tensordot(codes, self._modes, 1)
        for number in rng.choice(len(self._expressions), 2, replace=False):
            shape = shape + self._step * rng.uniform(0, 0.8) * self._expressions[number]
        vertices = torch.from_numpy(shape.astype(np.float32)).to(device)
        layout = moved(self._layout, device)
        normals = vertex_normals(vertices, layout.triangles)
        return Surface(layout, vertices, normals, _noise_maps(rng, texture_rows, device))


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


def _noise_maps(rng: np.random.Generator, rows: int, device: torch.device) -> Tensor:
    """(8, rows, 2.5 rows): skin-like means with soft blotches and sharp spots in every channel."""
    means = np.array([0.70, 0.55, 0.47, 0.85, 0.5, 0.5, 0.8, 0.5])
    means[:3] = means[:3] * rng.uniform(0.35, 1.25) + rng.normal(0, 0.03, 3)
    depths = rng.uniform(0, 0.25, 8)

    def each(values: npt.NDArray[np.float64]) -> Tensor:
        return torch.from_numpy(values.astype(np.float32)).to(device)[:, None, None]

    soft, fine = _noise(rng, 8, rows, 60, device), _noise(rng, 8, rows, 8, device)
    spots = (_noise(rng, 1, rows, 4, device) > 1.5).float()
    maps = each(means) + 0.034 * soft + 0.017 * fine - each(depths) * spots
    maps[7] = 0.5 + 0.14 * _noise(rng, 1, rows, 5, device)[0]
    return maps.clamp(0, 1)


def _noise(
    rng: np.random.Generator, count: int, rows: int, cell: int, device: torch.device
) -> Tensor:
    """(count, rows, 2.5 rows) smooth noise of unit deviation; `cell` texels from bump to bump."""
    size = (rows, rows * 5 // 2)
    coarse = rng.normal(size=(1, count, size[0] // cell + 2, size[1] // cell + 2))
    small = torch.from_numpy(coarse.astype(np.float32)).to(device)
    grown = functional.interpolate(small, size=size, mode="bicubic", align_corners=False)[0]
    return grown / grown.std().clamp(min=1e-6)
