"""How the head mesh is wired: triangles, UV atlas, parts, landmarks. Never changes with the person.

The UV atlas is 2.5 x 1 tiles, scaled to 0 … 1 in both directions: face, then back of the head with
neck and sockets, then a half-size tile that both eyeballs share, and above it four quarter-size
tiles for gums and tongue, teeth, lashes, and the cap below the neck.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from head360.assets import resource
from head360.model.checkpoint import Arrays, load_arrays

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]

#: Materials of triangles.
SKIN, MOUTH, TEETH, EYE, LASH = range(5)
#: Columns of the atlas for each row.
ATLAS_ASPECT = 2.5
PREFIX = "topology."
#: Rings of triangles from where lips end inside to some millimetres beyond where they meet; and
#: around lids.
_LIP_RINGS, _LID_RINGS = 11, 7
#: iBUG 68: below the nose; rings around these points that are nostrils' rims, and that reach into
#: them, where the surface lies less open than this.
_BELOW_NOSE, _NOSTRIL_RINGS, _HIDDEN = slice(31, 36), (4, 12), 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """The mesh without its shape: V vertices, F triangles, N places on the atlas."""

    triangles: Indices  # (F, 3) into vertices, counter-clockwise from outside
    uv_triangles: Indices  # (F, 3) into uv
    uv: Floats  # (N, 2) atlas, 0 … 1, v upwards
    triangle_material: npt.NDArray[np.uint8]  # (F,) SKIN, MOUTH, TEETH, EYE or LASH
    vertex_part: npt.NDArray[np.uint8]  # (V,) part of the source mesh
    occlusion: Floats  # (V,) how open the neutral surface lies, 0 … 1
    scalp: Floats  # (V,) share of hair-bearing scalp, 0 … 1
    eye: npt.NDArray[np.uint8]  # (V,) 0 no eyeball, 1 left, 2 right
    landmarks68: Indices  # (68,) iBUG
    mp_triangles: Indices  # (468, 3) MediaPipe face mesh as corners …
    mp_barycentric: Floats  # (468, 3) … and weights
    iris_landmarks: Indices  # (2, 5) right and left: centre and four rim points
    rigid: Indices  # cranium, for rigid alignment
    upper_lids: Indices  # (2, M) left and right margins of the upper lids, from nose to temple
    lower_lids: Indices  # (2, M)
    render_vertex: Indices  # (R,) vertex of each pair of vertex and UV
    render_uv: Floats  # (R, 2)
    render_triangles: Indices  # (F, 3) into the pairs

    @classmethod
    def load(cls, path: Path) -> Topology:
        """Read it from the mesh file.

        Raises:
            ResourceError: the file is missing or damaged.
        """
        return cls.of(load_arrays(path))

    @classmethod
    def of(cls, arrays: Arrays) -> Topology:
        """The topology among all arrays of the mesh file."""
        return cls(**{entry.name: arrays[PREFIX + entry.name] for entry in fields(cls)})

    @property
    def drawn(self) -> npt.NDArray[np.bool_]:
        """(F,) True for triangles that have a surface: all but the lashes."""
        drawn: npt.NDArray[np.bool_] = self.triangle_material != LASH
        return drawn

    @property
    def inside(self) -> npt.NDArray[np.bool_]:
        """(F,) True for the mouth's inside and its teeth."""
        inside: npt.NDArray[np.bool_] = np.isin(self.triangle_material, (MOUTH, TEETH))
        return inside

    @property
    def openings(self) -> npt.NDArray[np.bool_]:
        """(F,) True for the mouth's inside, eyes, edges of lips and lids around them, nostrils."""
        skin = self.triangle_material == SKIN
        loop = np.intersect1d(self.triangles[skin], self.triangles[self.triangle_material == MOUTH])
        lids = np.concatenate([self.upper_lids, self.lower_lids], None)
        edges = self._around(loop, _LIP_RINGS) | self._around(lids, _LID_RINGS)
        below, hidden = self.landmarks68[_BELOW_NOSE], self.occlusion[self.triangles] < _HIDDEN
        rim, inner = (self._around(below, rings) for rings in _NOSTRIL_RINGS)
        edges |= rim | (inner & hidden.all(1))
        found: npt.NDArray[np.bool_] = self.inside | (self.triangle_material == EYE) | edges
        return found

    def _around(self, vertices: Indices, rings: int) -> npt.NDArray[np.bool_]:
        """(F,) triangles of skin in so many rings around some vertices."""
        near = np.zeros(len(self.vertex_part), np.bool_)
        near[vertices] = True
        found = np.zeros_like(self.drawn)
        for _ in range(rings):
            found = near[self.triangles].any(1) & (self.triangle_material == SKIN)
            near[self.triangles[found]] = True
        return found


@cache
def shipped_topology() -> Topology:
    """The topology of the model in resources/models."""
    return Topology.load(resource("models", "mesh.safetensors"))


def render_pairs(triangles: Indices, uv_triangles: Indices) -> tuple[Indices, Indices, Indices]:
    """Vertex (R,), UV (R,) and triangles (F, 3) of the distinct pairs of both."""
    pairs = np.stack([triangles.ravel(), uv_triangles.ravel()], 1)
    distinct, inverse = np.unique(pairs, axis=0, return_inverse=True)
    wired = inverse.reshape(triangles.shape).astype(np.int32)
    return distinct[:, 0].astype(np.int32), distinct[:, 1].astype(np.int32), wired
