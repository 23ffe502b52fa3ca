"""Cameras as 25 numbers: the convention of EG3D and its kin, the paper's code included.

16 numbers are the camera-to-world matrix, row by row, 9 the intrinsics, row by row. Their camera
looks along +z with y downwards (OpenCV); ours looks along -z with y upwards (OpenGL). Intrinsics
are shares of the picture: focal length over its side, principal point (½, ½).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import asin, atan, atan2, degrees, radians, tan
from typing import Any

import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera
from head360.errors import Head360Error

Numbers = npt.NDArray[np.float64]

#: Between OpenGL's and OpenCV's axes: y and z turn round. It is its own inverse.
_FLIP = np.diag([1.0, -1.0, -1.0, 1.0])
#: How exactly a camera must fit to be one that orbits.
_TOLERANCE = 1e-4
_FIELDS = ("yaw_degrees", "pitch_degrees", "distance", "target", "fov_degrees")


class CameraError(Head360Error):
    """A camera that ours cannot be: rolled, sheared, or off centre."""


def numbers_of(camera: OrbitCamera, scale: float = 1.0) -> Numbers:
    """(25,) of a camera; `scale` is the length of a metre in the units of the world."""
    world_from_camera = np.linalg.inv(camera.view_from_head) @ _FLIP
    world_from_camera[:3, 3] *= scale
    focal = 0.5 / tan(radians(camera.fov_degrees) / 2)
    intrinsics = np.array([[focal, 0, 0.5], [0, focal, 0.5], [0, 0, 1]])
    return np.concatenate([world_from_camera.ravel(), intrinsics.ravel()])


def camera_of(numbers: npt.ArrayLike, scale: float = 1.0) -> OrbitCamera:
    """The camera that 25 numbers describe; it orbits the point of its axis nearest to our heads.

    Raises:
        CameraError: not 25 numbers, or a camera that is rolled, sheared or off centre.
    """
    given = np.asarray(numbers, np.float64)
    if given.shape != (25,) or not np.isfinite(given).all():
        raise CameraError("A camera must be 25 finite numbers.")
    pose, intrinsics = given[:16].reshape(4, 4) @ _FLIP, given[16:].reshape(3, 3)
    axes = pose[:3, :3].T  # rows: right, up, backward
    if np.abs(axes @ axes.T - np.eye(3)).max() > 10 * _TOLERANCE or np.linalg.det(axes) < 0:
        raise CameraError("The camera's axes are not three unit vectors at right angles.")
    if abs(axes[0, 1]) > 10 * _TOLERANCE:
        raise CameraError("The camera is rolled.")
    back, eye = axes[2], pose[:3, 3] / scale
    distance = float(back @ (eye - np.asarray(OrbitCamera().target)))
    target = eye - distance * back
    if distance <= 0:
        raise CameraError("The camera looks away from the head.")
    return OrbitCamera(
        degrees(atan2(back[0], back[2])),
        degrees(asin(np.clip(back[1], -1, 1))),
        distance,
        (float(target[0]), float(target[1]), float(target[2])),
        _field_of_view(intrinsics),
    )


def recorded_camera(record: Mapping[str, Any]) -> OrbitCamera:
    """The camera of a view's record in head.json."""
    values = {name: record[name] for name in _FIELDS}
    return OrbitCamera(**{**values, "target": tuple(values["target"])})


def _field_of_view(intrinsics: Numbers) -> float:
    focal = intrinsics[0, 0]
    expected = np.array([[focal, 0, 0.5], [0, focal, 0.5], [0, 0, 1]])
    if focal <= 0 or np.abs(intrinsics - expected).max() > _TOLERANCE * max(1, focal):
        raise CameraError("The camera's picture is off centre, sheared, or no square.")
    return degrees(2 * atan(0.5 / focal))
