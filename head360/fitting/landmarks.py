"""Where the face detector's 468 points lie on our mesh, and how far each can be trusted.

The detector was taught on other faces with other ideas of where, say, the edge of a cheek is. So
it was run on pictures of our own heads (`python -m training calibrate`), and what it finds there,
against where the points really are, gives one constant offset a landmark, which ships with the
program. On real photos that more than halves the landmark error.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from head360.assets import resource
from head360.faces import MESH_LANDMARKS, OVAL
from head360.model.bilinear import BilinearModel, vertex_normals
from head360.model.checkpoint import load_arrays
from head360.model.points import PointModel

Doubles = npt.NDArray[np.float64]

CALIBRATION_FILE = "landmarks.safetensors"

LIPS_OUTER = (
    61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146,
)  # fmt: skip
LIPS_INNER = (
    78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95,
)  # fmt: skip
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
BROWS = (
    70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 300, 293, 334, 296, 336, 285, 295, 282, 283, 276,
)  # fmt: skip
NOSE = (
    168, 6, 197, 195, 5, 4, 1, 19, 94, 2, 98, 97, 326, 327, 294, 278, 344, 440, 275, 45, 220, 115,
    48, 64,
)  # fmt: skip
FOREHEAD = (
    10, 338, 297, 332, 284, 109, 67, 103, 54, 21, 251, 151, 337, 299, 333, 298, 108, 69, 104, 68, 9,
)  # fmt: skip
#: Top of the forehead, and chin.
TOP, CHIN = 10, 152
#: Outer corners of the head's right and left eye.
EYE_CORNERS = (33, 263)

#: How far points of each part can be trusted against each other; later ones win. Measured as the
#: detector's repeatability on rendered heads; hair hides and shifts the forehead's.
_TRUST: tuple[tuple[tuple[int, ...], float], ...] = (
    (tuple(range(MESH_LANDMARKS)), 0.45),
    (NOSE, 1.0), (BROWS, 0.6), (LIPS_OUTER, 1.0), (LIPS_INNER, 1.3), (RIGHT_EYE, 1.3),
    (LEFT_EYE, 1.3), (FOREHEAD, 0.25), (OVAL, 0.6), ((10, 338, 297, 109, 67), 0.15),
)  # fmt: skip
#: What a user moves by hand takes points within this share of the face's height along.
_HAND_REACH = 0.06


@dataclass(frozen=True, slots=True, eq=False)
class LandmarkModel:
    """The detector's points on our mesh."""

    points: PointModel
    normals: Doubles  # (468, 3) unit, of the mean head
    trust: Doubles  # (468,)

    @classmethod
    def of(cls, mesh: BilinearModel, calibration: Path | None = None) -> LandmarkModel:
        """From the mesh and the shipped offsets, or those of another file.

        Raises:
            ResourceError: the offsets are missing or damaged.
        """
        plain = cls.uncalibrated(mesh)
        found = load_arrays(calibration or resource("models", CALIBRATION_FILE))
        offsets = found["offsets"].astype(np.float64)
        points = replace(plain.points, mean=plain.points.mean + offsets)
        return replace(plain, points=points)

    @classmethod
    def uncalibrated(cls, mesh: BilinearModel) -> LandmarkModel:
        """Without any offsets: where the points ought to be."""
        topology = mesh.topology
        corners, weights = topology.mp_triangles, topology.mp_barycentric
        triangles = torch.from_numpy(topology.triangles.astype(np.int64))
        normals = vertex_normals(mesh.mean, triangles).numpy()[corners]
        mixed = np.einsum("lkc,lk->lc", normals, weights).astype(np.float64)
        mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
        return cls(PointModel.of(mesh, corners, weights), mixed, trust())


def trust() -> Doubles:
    """(468,) weight of each landmark."""
    weights = np.empty(MESH_LANDMARKS)
    for places, weight in _TRUST:
        weights[list(places)] = weight
    return weights


def face_height(landmarks: npt.NDArray[np.floating]) -> float:
    """From the top of the forehead to the chin, pixels; of a nodding head at least its width."""
    flat = landmarks[:, :2]
    width = np.ptp(flat[list(OVAL)], axis=0)[0]
    return float(max(np.linalg.norm(flat[TOP] - flat[CHIN]), 1.15 * width))


def moved(
    landmarks: npt.NDArray[np.float32], index: int, to: tuple[float, float]
) -> npt.NDArray[np.float32]:
    """Landmarks (478, 3) after one was dragged to a column and row; its neighbours follow."""
    by = np.array(to, np.float32) - landmarks[index, :2]
    away = np.linalg.norm(landmarks[:, :2] - landmarks[index, :2], axis=1)
    share = np.exp(-0.5 * (away / (_HAND_REACH * face_height(landmarks))) ** 2)
    changed = landmarks.copy()
    changed[:, :2] += share[:, None] * by
    return changed
