"""What the shape code cannot follow: small smooth offsets that put lids and lips where they are.

The solver leaves a pixel or so between the mesh's landmarks and the detector's. Here they become
displacements of the vertices across the line of sight, spread by a Gaussian process (Matérn 3/2)
that is sceptical of each landmark and fades away from the face. Depth stays as it was: one photo
says nothing of it. This makes textures land where they belong; it does not make a likeness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from head360.faces import MESH_LANDMARKS
from head360.fitting.landmarks import FOREHEAD, LEFT_EYE, RIGHT_EYE, LandmarkModel
from head360.fitting.solver import Seen
from head360.model.topology import LASH, SKIN, Topology

Doubles = npt.NDArray[np.float64]

#: Length over which offsets go together, and how far from landmarks they reach, metres.
_LENGTH, _REACH = 0.018, 0.03
#: Variance of the landmarks' noise, of that of true offsets.
_NOISE = 0.35
#: Hair sits on foreheads.
_FOREHEAD_SHARE = 0.3
#: Landmarks on surface that turns away count ever less, and nothing from here on.
_TURNED_AWAY, _IN_FULL = 0.1, 0.5
_LIMIT, _LEAST = 0.008, 1e-5  # metres
_FADED = 1e-4  # of an offset: less than that moves nothing


@dataclass(frozen=True, slots=True, eq=False)
class FreeForm:
    """The Gaussian process on one mesh: linear, so that its matrix is made once for all photos."""

    vertices: int
    near: npt.NDArray[np.int64]  # (N,) vertices that move at all
    spread: npt.NDArray[np.float32]  # (N, 468) how far each landmark's offset moves them
    told: Doubles  # (468, 468) landmarks' offsets of their misses, sceptically

    @classmethod
    def of(
        cls, model: LandmarkModel, topology: Topology, mean: npt.NDArray[np.float32]
    ) -> FreeForm:
        """The process for landmarks on a mesh whose mean head is (V, 3) metres."""
        places = model.points.mean
        kernel = _kernel(_distances(places, places)).numpy()
        told = np.linalg.inv(kernel + _NOISE * np.eye(MESH_LANDMARKS)).astype(np.float64)
        moving = _moving(topology)
        away = _distances(mean[moving], places.astype(np.float32))
        fade = torch.exp(-((away.amin(1) - 0.006).clamp(min=0) / _REACH).square())
        near = torch.nonzero(fade > _FADED)[:, 0]
        spread = [(_kernel(away[near]) * fade[near, None]).numpy()]
        vertices = [moving[near.numpy()]]
        for side, lids in enumerate((LEFT_EYE, RIGHT_EYE)):
            eye = np.flatnonzero(topology.eye == side + 1)
            mixed = kernel[list(lids)].mean(0).astype(np.float32)
            spread.append(np.repeat(mixed[None], len(eye), 0))
            vertices.append(eye)
        return cls(len(mean), np.concatenate(vertices), np.concatenate(spread), told)

    def offsets(self, seen: Seen, landmarks: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(V, 3) metres on the neutral head.

        Args:
            seen: how the solver explained the photo.
            landmarks: (478, 3) pixels, where the detector has them.
        """
        moved = self.spread @ (self.told @ _wanted(seen, landmarks)).astype(np.float32)
        size = np.linalg.norm(moved, axis=1, keepdims=True)
        moved[size[:, 0] < _LEAST] = 0
        offsets = np.zeros((self.vertices, 3), np.float32)
        offsets[self.near] = moved * (_LIMIT / size.clip(min=_LIMIT))
        return offsets


def free_form(
    model: LandmarkModel,
    topology: Topology,
    mean: npt.NDArray[np.float32],
    seen: Seen,
    landmarks: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """`FreeForm.offsets` of a process that is used once."""
    return FreeForm.of(model, topology, mean).offsets(seen, landmarks)


def remaining(
    topology: Topology,
    seen: Seen,
    landmarks: npt.NDArray[np.float32],
    offsets: npt.NDArray[np.float32],
) -> Doubles:
    """(468,) pixels by which landmarks still miss once the head has these offsets (V, 3)."""
    corners = offsets[topology.mp_triangles].astype(np.float64)
    moved = np.einsum("lkc,lk->lc", corners, topology.mp_barycentric)
    flat = moved @ seen.camera.rotation[:2].T * (seen.camera.focal / seen.depths)[:, None]
    left: Doubles = np.linalg.norm(landmarks[:MESH_LANDMARKS, :2] - seen.projected - flat, axis=1)
    return left


def _wanted(seen: Seen, landmarks: npt.NDArray[np.float32]) -> Doubles:
    """(468, 3) metres of head space by which the landmarks miss, across the line of sight."""
    camera = seen.camera
    missing = landmarks[:MESH_LANDMARKS, :2] - seen.projected
    share = ((seen.facing - _TURNED_AWAY) / (_IN_FULL - _TURNED_AWAY)).clip(0, 1)
    share[list(FOREHEAD)] *= _FOREHEAD_SHARE
    across = missing * (share * seen.depths / camera.focal)[:, None]
    wanted: Doubles = across @ camera.rotation[:2]
    return wanted


def _distances(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> Tensor:
    """(N, M) between points (N, 3) and (M, 3)."""
    return torch.cdist(torch.from_numpy(one), torch.from_numpy(other))


def _kernel(distance: Tensor) -> Tensor:
    scaled = distance * (3**0.5 / _LENGTH)
    return (1 + scaled) * torch.exp(-scaled)


def _moving(topology: Topology) -> npt.NDArray[np.int64]:
    """Vertices of skin and lashes; gums, teeth and sockets stay."""
    moves = np.isin(topology.triangle_material, (SKIN, LASH))
    found: npt.NDArray[np.int64] = np.unique(topology.triangles[moves]).astype(np.int64)
    return found
