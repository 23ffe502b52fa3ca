"""Where the eyes look: from the irises in a photo to the eyeLook shapes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from head360.faces import LEFT_IRIS, RIGHT_IRIS
from head360.fitting.view import PhotoCamera
from head360.model.bilinear import EYE_PITCH, EYE_YAW
from head360.model.topology import Topology
from head360.params import EXPRESSIONS, FloatArray

Doubles = npt.NDArray[np.float64]

#: Eyes look at one thing: most of each one's direction is what both have in common.
_COMMON = 0.7
#: A nearly closed eye shows no iris to go by.
_CLOSED = 0.55


def gaze(
    camera: PhotoCamera,
    topology: Topology,
    neutral: npt.NDArray[np.float32],
    centers: npt.NDArray[np.float32],
    landmarks: npt.NDArray[np.float32],
    expression: FloatArray,
) -> FloatArray:
    """The expression (52,) with its eyeLook weights as the irises say.

    Args:
        camera: what took the photo.
        topology: the mesh's wiring.
        neutral: (V, 3) metres, this person's neutral head.
        centers: (2, 3) metres, middles of the left and right eyeball.
        landmarks: (478, 3) pixels of the crop.
        expression: (52,) weights as solved.
    """
    blinks = [expression[EXPRESSIONS.index(f"eyeBlink{side}")] for side in ("Left", "Right")]
    if max(blinks) > _CLOSED:
        return expression
    turns = []
    for side, (iris, row) in enumerate(((LEFT_IRIS, 1), (RIGHT_IRIS, 0))):
        rest = neutral[topology.iris_landmarks[row, 0]] - centers[side]
        direction = _looking(camera, centers[side], float(np.linalg.norm(rest)), landmarks[iris])
        turns.append(_angles(direction) - _angles(rest.astype(np.float64)))
    both = np.mean(turns, axis=0)
    changed = expression.copy()
    for name_of_side, turn in zip(("Left", "Right"), turns, strict=True):
        yaw, pitch = (_COMMON * both + (1 - _COMMON) * turn) / np.array([EYE_YAW, EYE_PITCH])
        out = yaw if name_of_side == "Left" else -yaw
        weights = {"Out": out, "In": -out, "Down": pitch, "Up": -pitch}
        for name, weight in weights.items():
            changed[EXPRESSIONS.index(f"eyeLook{name}{name_of_side}")] = np.clip(weight, 0, 1)
    return changed


def _looking(
    camera: PhotoCamera, center: npt.NDArray[np.float32], radius: float, iris: FloatArray
) -> Doubles:
    """(3,) from the eyeball's middle to where the ray through the iris meets it."""
    ray = np.append((iris[:2] - camera.size / 2) / camera.focal, 1.0) @ camera.rotation
    ray /= np.linalg.norm(ray)
    to_eye = camera.eye - center
    along = to_eye @ ray
    reach = along**2 - (to_eye @ to_eye - radius**2)
    direction: Doubles = to_eye + ray * (-along - max(float(reach), 0.0) ** 0.5)
    return direction


def _angles(direction: Doubles) -> Doubles:
    """(2,) yaw to the head's left and pitch down, radians."""
    x, y, z = direction
    return np.array([np.arctan2(x, z), np.arctan2(-y, np.hypot(x, z))])
