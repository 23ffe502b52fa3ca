"""Landmarks in pictures: iBUG's 68 and MediaPipe's 478, in pixels, and whether they are seen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.model.topology import Topology

Floats = npt.NDArray[np.float32]

#: How far in front of a point something must lie to hide it, metres: landmarks lie on edges and
#: folds, and a pixel away the surface may be this much nearer.
_HIDDEN = 0.004


def landmarks68(topology: Topology, vertices: Floats) -> Floats:
    """(68, 3) metres."""
    points: Floats = vertices[topology.landmarks68]
    return points


def landmarks478(topology: Topology, vertices: Floats) -> Floats:
    """(478, 3) metres, in MediaPipe's order: 468 of the face, then five of each iris.

    The right iris comes first; its centre, then the rim towards the head's left, top, the head's
    right, and bottom, as one sees it in a picture from the front.
    """
    corners = vertices[topology.mp_triangles]  # (468, 3, 3)
    face = np.einsum("pcx,pc->px", corners, topology.mp_barycentric)
    irises = [_iris(vertices[points]) for points in topology.iris_landmarks]
    found: Floats = np.concatenate([face, *irises]).astype(np.float32)
    return found


def _iris(points: Floats) -> Floats:
    """(5, 3) centre and rim points (1, 0, 0), up, (-1, 0, 0) and down from it."""
    rim = points[1:] - points[0]
    order = [rim[:, 0].argmax(), rim[:, 1].argmax(), rim[:, 0].argmin(), rim[:, 1].argmin()]
    ordered: Floats = points[[0, *(1 + k for k in order)]]
    return ordered


def in_picture(points: Floats, camera: OrbitCamera, depth: Floats) -> Floats:
    """Where points (N, 3) metres lie in a square picture.

    Args:
        points: head space.
        camera: what the picture was taken with.
        depth: (H, H) metres along the camera's axis, 0 where nothing is; hair included.

    Returns:
        (N, 3) column and row in pixels (0 = outer edge of the first), and 1 where a point is seen,
        0 where something hides it or it lies outside.
    """
    size = depth.shape[0]
    view = points @ camera.view_from_head[:3, :3].T + camera.view_from_head[:3, 3]
    tangent = np.tan(np.radians(camera.fov_degrees) / 2)
    away = -view[:, 2]
    column = (view[:, 0] / (away * tangent) + 1) / 2 * size
    row = (1 - view[:, 1] / (away * tangent)) / 2 * size
    seen = _seen(np.stack([column, row], 1), away, depth)
    found: Floats = np.stack([column, row, seen], 1).astype(np.float32)
    return found


def _seen(
    pixels: npt.NDArray[np.float64], away: npt.NDArray[np.float64], depth: Floats
) -> npt.NDArray[np.bool_]:
    """Whether, in one of the nine pixels about a point, nothing lies before it."""
    size = depth.shape[0]
    inside = (pixels >= 0).all(1) & (pixels < size).all(1)
    steps = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), -1).reshape(-1, 2)
    column, row = np.moveaxis((pixels[:, None].astype(int) + steps).clip(0, size - 1), -1, 0)
    nearest = depth[row, column]  # (N, 9)
    free = np.where(nearest > 0, nearest, np.inf) > away[:, None] - _HIDDEN
    seen: npt.NDArray[np.bool_] = inside & free.any(1)
    return seen
