"""What the shape code cannot follow: small smooth offsets that put lids and lips where they are.

The solver leaves a pixel or so between the mesh's landmarks and the detector's. Here they become
displacements of the vertices across the line of sight, spread by a Gaussian process (Matérn 3/2)
that is sceptical of each landmark and fades away from the face. Depth stays as it was: one photo
says nothing of it. This makes textures land where they belong; it does not make a likeness.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

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


def free_form(
    model: LandmarkModel,
    topology: Topology,
    mean: npt.NDArray[np.float32],
    seen: Seen,
    landmarks: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Offsets (V, 3) metres on the neutral head.

    Args:
        model: the landmarks on the mesh.
        topology: the mesh's wiring.
        mean: (V, 3) metres, the mean head.
        seen: how the solver explained the photo.
        landmarks: (478, 3) pixels, where the detector has them.
    """
    wanted = _wanted(seen, landmarks)
    places = model.points.mean
    weights = np.linalg.solve(
        _kernel(cdist(places, places)) + _NOISE * np.eye(MESH_LANDMARKS), wanted
    )
    offsets = np.zeros((len(mean), 3))
    moving = _moving(topology)
    away = cdist(mean[moving].astype(np.float64), places)
    fade = np.exp(-np.square((away.min(1) - 0.006).clip(0) / _REACH))
    offsets[moving] = (_kernel(away) @ weights) * fade[:, None]
    at_eyes = _kernel(cdist(places, places)) @ weights
    for side, lids in enumerate((LEFT_EYE, RIGHT_EYE)):
        offsets[topology.eye == side + 1] = at_eyes[list(lids)].mean(0)
    size = np.linalg.norm(offsets, axis=1, keepdims=True)
    offsets[size[:, 0] < _LEAST] = 0
    limited: npt.NDArray[np.float32] = (offsets * (_LIMIT / size.clip(min=_LIMIT))).astype("f4")
    return limited


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


def _kernel(distance: Doubles) -> Doubles:
    scaled = np.sqrt(3) * distance / _LENGTH
    kernel: Doubles = (1 + scaled) * np.exp(-scaled)
    return kernel


def _moving(topology: Topology) -> npt.NDArray[np.int64]:
    """Vertices of skin and lashes; gums, teeth and sockets stay."""
    moves = np.isin(topology.triangle_material, (SKIN, LASH))
    found: npt.NDArray[np.int64] = np.unique(topology.triangles[moves]).astype(np.int64)
    return found
