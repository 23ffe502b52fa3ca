"""The turn of a head in the forms that programs exchange: angles, matrices, quaternions.

Ours is yaw after pitch after roll, seen from the head: to its left, down, to its left shoulder.
Unity's axes (VMC, iFacialMocap) are ours with x turned round, which makes them left-handed.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from head360.params import POSE_LIMITS, FloatArray

Matrix: TypeAlias = npt.NDArray[np.float64]

#: Up to this share of its limit a live head turns as far as the person; beyond, ever less.
_KNEE = 0.7


def matrix_from_pose(pose: npt.ArrayLike) -> Matrix:
    """(3, 3) rotation of a pose (3,) degrees: R_y(yaw) · R_x(pitch) · R_z(−roll)."""
    yaw, pitch, roll = np.radians(np.asarray(pose, float))
    (cy, cp, cr), (sy, sp, sr) = np.cos([yaw, pitch, -roll]), np.sin([yaw, pitch, -roll])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    rotation: Matrix = about_y @ about_x @ about_z
    return rotation


def pose_from_matrix(rotation: Matrix) -> FloatArray:
    """(3,) degrees of a rotation (3, 3); straight up or down, all turn counts as yaw."""
    pitch = np.arcsin(np.clip(-rotation[1, 2], -1, 1))
    if abs(rotation[1, 2]) > 1 - 1e-9:
        yaw, roll = np.arctan2(-rotation[2, 0], rotation[0, 0]), 0.0
    else:
        yaw = np.arctan2(rotation[0, 2], rotation[2, 2])
        roll = -np.arctan2(rotation[1, 0], rotation[1, 1])
    return np.degrees([yaw, pitch, roll]).astype(np.float32)


def pose_from_quaternion(x: float, y: float, z: float, w: float) -> FloatArray | None:
    """(3,) degrees of a quaternion of any length; None if it is no rotation."""
    quaternion = np.array([x, y, z, w], float)
    length = float(np.linalg.norm(quaternion)) if np.isfinite(quaternion).all() else 0.0
    if not 1e-6 < length < 1e6:
        return None
    x, y, z, w = quaternion / length
    rotation = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip
    return pose_from_matrix(rotation)


def quaternion_from_pose(pose: npt.ArrayLike) -> tuple[float, float, float, float]:
    """x, y, z, w of a pose (3,) degrees, w not negative."""
    yaw, pitch, roll = np.radians(np.asarray(pose, float)) / 2
    (cy, cp, cr), (sy, sp, sr) = np.cos([yaw, pitch, -roll]), np.sin([yaw, pitch, -roll])
    w = cy * cp * cr + sy * sp * sr
    x = cy * sp * cr + sy * cp * sr
    y = sy * cp * cr - cy * sp * sr
    z = cy * cp * sr - sy * sp * cr
    sign = -1.0 if w < 0 else 1.0
    return float(sign * x), float(sign * y), float(sign * z), float(sign * w)


def relative_pose(pose: npt.ArrayLike, rest: npt.ArrayLike) -> FloatArray:
    """(3,) degrees: how the head is turned as seen from where it was at rest."""
    return pose_from_matrix(matrix_from_pose(rest).T @ matrix_from_pose(pose))


def within_neck(pose: npt.ArrayLike) -> FloatArray:
    """A pose (..., 3) degrees brought within POSE_LIMITS without a hard stop."""
    angles, limits = np.asarray(pose, float), np.array(POSE_LIMITS)
    knee = _KNEE * limits
    beyond = np.maximum(np.abs(angles) - knee, 0)
    rest = limits - knee
    bent = np.minimum(np.abs(angles), knee) + rest * np.tanh(beyond / rest)
    held: FloatArray = (np.sign(angles) * bent).astype(np.float32)
    return held
