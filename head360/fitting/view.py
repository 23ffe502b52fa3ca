"""The pinhole camera that took a photo, as seen from the head.

Points go to the camera's own axes, x right, y down, z away, as `camera_from_head @ point`, and on
to pixels: column and row, 0 at the outer edge of the first pixel. The lens sees straight ahead in
the middle of the normalised crop; a face away from the middle of a photo is a camera turned to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import atan, atan2, degrees, hypot

import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera

Doubles = npt.NDArray[np.float64]

#: From head axes (x left of the head, y up, z out of the face) to camera axes, face to face.
FACING = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True, slots=True, eq=False)
class PhotoCamera:
    """Where the camera stood, in head space."""

    rotation: Doubles  # (3, 3) camera axes from head axes
    offset: Doubles  # (3,) the head's origin in camera axes, metres
    focal: float  # pixels of the crop
    size: int  # pixels along each side of the crop

    def viewed(self, points: Doubles) -> Doubles:
        """Points (N, 3) of head space in camera axes, metres."""
        seen: Doubles = points @ self.rotation.T + self.offset
        return seen

    def pixels(self, points: Doubles) -> Doubles:
        """Points (N, 3) as column, row in pixels, and distance along the axis in metres."""
        seen = self.viewed(points)
        flat = seen[:, :2] / seen[:, 2:] * self.focal + self.size / 2
        found: Doubles = np.concatenate([flat, seen[:, 2:]], 1)
        return found

    @property
    def pixels_from_head(self) -> Doubles:
        """(3, 4) from head space to column · depth, row · depth and depth."""
        middle = self.size / 2
        lens = np.array([[self.focal, 0, middle], [0, self.focal, middle], [0, 0, 1]])
        matrix: Doubles = lens @ np.concatenate([self.rotation, self.offset[:, None]], 1)
        return matrix

    @property
    def eye(self) -> Doubles:
        """(3,) where the camera stood, metres."""
        at: Doubles = -self.rotation.T @ self.offset
        return at

    @property
    def distance(self) -> float:
        """Metres from the head's origin."""
        return float(np.linalg.norm(self.offset))

    @property
    def head_angles_degrees(self) -> tuple[float, float, float]:
        """How the head is turned from facing the camera, as `HeadParams.head_pose` counts."""
        turn = FACING @ self.rotation
        pitch = np.degrees(np.arcsin(np.clip(-turn[1, 2], -1, 1)))
        yaw = degrees(atan2(turn[0, 2], turn[2, 2]))
        roll = degrees(atan2(turn[1, 0], turn[1, 1]))
        return yaw, float(pitch), -roll

    def scaled(self, size: int) -> PhotoCamera:
        """The same camera for the same crop with another number of pixels."""
        return PhotoCamera(self.rotation, self.offset, self.focal * size / self.size, size)

    def orbit(self) -> tuple[OrbitCamera, float]:
        """The nearest camera of ours, and what is left: degrees to turn its picture clockwise."""
        right, down, ahead = self.rotation
        target = self.eye + ahead * self.offset[2]
        camera = OrbitCamera(
            yaw_degrees=degrees(atan2(-ahead[0], -ahead[2])),
            pitch_degrees=degrees(atan2(-ahead[1], hypot(ahead[0], ahead[2]))),
            distance=float(self.offset[2]),
            target=(float(target[0]), float(target[1]), float(target[2])),
            fov_degrees=2 * degrees(atan(self.size / 2 / self.focal)),
        )
        up = camera.axes[1]
        return camera, degrees(atan2(float(up @ right), float(-up @ down)))
