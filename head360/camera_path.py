"""A camera that moves: keys at times, and smooth ways between them."""

from __future__ import annotations

from dataclasses import dataclass

from head360.camera import OrbitCamera
from head360.keyframes import Curve


@dataclass(frozen=True, slots=True)
class CameraPath:
    """Cameras at rising times, seconds. Before the first and after the last it stands still.

    Between keys every number of the camera follows a monotone cubic. Yaw is not wrapped: a key at
    360° after one at 0° makes a whole turn.

    Raises:
        ValueError: there is no key, or times do not rise.
    """

    keys: tuple[tuple[float, OrbitCamera], ...]

    def __post_init__(self) -> None:
        if not self.keys:
            raise ValueError("a camera path needs at least one key")
        self._curve("distance")  # refuses times that do not rise

    def at(self, time_s: float) -> OrbitCamera:
        """The camera at a time."""
        target = tuple(float(self._target(axis)(time_s)) for axis in range(3))
        numbers = {
            name: float(self._curve(name)(time_s))
            for name in ("yaw_degrees", "pitch_degrees", "distance", "fov_degrees")
        }
        return self.keys[0][1].with_(target=target, **numbers)

    def _curve(self, name: str) -> Curve:
        return Curve(tuple((time, getattr(camera, name)) for time, camera in self.keys))

    def _target(self, axis: int) -> Curve:
        return Curve(tuple((time, camera.target[axis]) for time, camera in self.keys))
