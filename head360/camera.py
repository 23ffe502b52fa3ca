"""A camera that orbits the head."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, radians, sin, tan
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

NEAR_M, FAR_M = 0.2, 6.0
PITCH_LIMIT_DEGREES = 85.0


@dataclass(frozen=True, slots=True)
class OrbitCamera:
    """Looks at `target` from `distance`; yaw 0 sees the face, yaw 90 the head's left ear."""

    yaw_degrees: float = 0.0
    pitch_degrees: float = 0.0  # positive looks down from above
    distance: float = 1.18  # metres
    target: tuple[float, float, float] = (0.0, -0.012, -0.003)  # metres, head space
    fov_degrees: float = 18.2  # vertical field of view

    def with_(self, **changes: Any) -> OrbitCamera:
        """Return a copy with some fields replaced; pitch is clamped to ±85°."""
        camera = replace(self, **changes)
        limit = PITCH_LIMIT_DEGREES
        return replace(camera, pitch_degrees=min(max(camera.pitch_degrees, -limit), limit))

    @property
    def eye(self) -> Matrix:
        """(3,) position in metres, head space."""
        yaw, pitch = radians(self.yaw_degrees), radians(self.pitch_degrees)
        direction = np.array([sin(yaw) * cos(pitch), sin(pitch), cos(yaw) * cos(pitch)])
        return np.asarray(self.target) + self.distance * direction

    @property
    def axes(self) -> Matrix:
        """(3, 3) rows: right, up, and backward (towards the eye) unit vectors in head space."""
        yaw, pitch = radians(self.yaw_degrees), radians(self.pitch_degrees)
        back = np.array([sin(yaw) * cos(pitch), sin(pitch), cos(yaw) * cos(pitch)])
        right = np.array([cos(yaw), 0.0, -sin(yaw)])
        return np.stack([right, np.cross(back, right), back])

    @property
    def view_from_head(self) -> Matrix:
        """(4, 4) rigid transform."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.axes
        matrix[:3, 3] = -self.axes @ self.eye
        return matrix

    def clip_from_view(self, aspect: float = 1.0) -> Matrix:
        """(4, 4) OpenGL projection; `aspect` is width / height."""
        t = tan(radians(self.fov_degrees) / 2)
        matrix = np.zeros((4, 4))
        matrix[0, 0], matrix[1, 1] = 1 / (t * aspect), 1 / t
        matrix[2, 2] = (FAR_M + NEAR_M) / (NEAR_M - FAR_M)
        matrix[2, 3] = 2 * FAR_M * NEAR_M / (NEAR_M - FAR_M)
        matrix[3, 2] = -1
        return matrix

    def rays(self, width: int, height: int) -> Matrix:
        """(H, W, 3) unit directions through the pixel centres, head space, top row first."""
        t = tan(radians(self.fov_degrees) / 2)
        x = ((np.arange(width) + 0.5) / width * 2 - 1) * t * width / height
        y = (1 - (np.arange(height) + 0.5) / height * 2) * t
        right, up, back = self.axes
        directions = x[None, :, None] * right + y[:, None, None] * up - back
        unit: Matrix = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
        return unit
