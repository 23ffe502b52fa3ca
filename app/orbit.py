"""How mouse and keys move the camera: plain arithmetic, no widgets."""

from __future__ import annotations

from math import radians, tan

import numpy as np
import numpy.typing as npt

from head360.camera import OrbitCamera

DEGREES_PER_PIXEL = 0.4
ZOOM_PER_NOTCH = 0.89  # distance factor of one wheel notch (120 eighths of a degree)
NEAREST_M, FARTHEST_M = 0.35, 4.0
REACH_M = 0.35  # how far the target may stray from the head's middle

#: An ellipsoid about the head, good enough to guess which point was clicked (metres).
HEAD_CENTER = np.array([0.0, -0.01, 0.0])
HEAD_RADII = np.array([0.085, 0.125, 0.105])

Vector = npt.NDArray[np.float64]

#: Yaw and pitch in degrees of the named views; yaw 90 sees the head's own left.
NAMED_VIEWS: dict[str, tuple[float, float]] = {
    "front": (0.0, 0.0),
    "right": (-90.0, 0.0),
    "left": (90.0, 0.0),
    "back": (180.0, 0.0),
    "top": (0.0, 85.0),
}


def orbited(camera: OrbitCamera, dx_px: float, dy_px: float) -> OrbitCamera:
    """The head follows the pointer, as if it were dragged by its front."""
    yaw = (camera.yaw_degrees - dx_px * DEGREES_PER_PIXEL + 180.0) % 360.0 - 180.0
    pitch = camera.pitch_degrees + dy_px * DEGREES_PER_PIXEL
    return camera.with_(yaw_degrees=yaw, pitch_degrees=pitch)


def panned(camera: OrbitCamera, dx_px: float, dy_px: float, height_px: float) -> OrbitCamera:
    """The point under the pointer stays under it."""
    metres = _metres_per_pixel(camera, height_px)
    right, up, _ = camera.axes
    return _aimed(camera, np.asarray(camera.target) + metres * (dy_px * up - dx_px * right))


def zoomed(
    camera: OrbitCamera, notches: float, x_px: float, y_px: float, height_px: float
) -> OrbitCamera:
    """Come closer (notches > 0) to the point at (x, y), measured from the middle, y down."""
    wanted = camera.distance * ZOOM_PER_NOTCH**notches
    distance = min(max(wanted, NEAREST_M), FARTHEST_M)
    metres = _metres_per_pixel(camera, height_px) * (1 - distance / camera.distance)
    right, up, _ = camera.axes
    target = np.asarray(camera.target) + metres * (x_px * right - y_px * up)
    return _aimed(camera.with_(distance=distance), target)


def centered(camera: OrbitCamera, x_px: float, y_px: float, height_px: float) -> OrbitCamera:
    """Aim at the point of the head at (x, y), measured from the middle, y down."""
    metres = _metres_per_pixel(camera, height_px)
    right, up, _ = camera.axes
    on_plane = np.asarray(camera.target) + metres * (x_px * right - y_px * up)
    return _aimed(camera, _hit(camera.eye, on_plane))


def turned_to(camera: OrbitCamera, view: str) -> OrbitCamera:
    """Look from one of `NAMED_VIEWS`, at the same distance and target."""
    yaw, pitch = NAMED_VIEWS[view]
    return camera.with_(yaw_degrees=yaw, pitch_degrees=pitch)


def between(start: OrbitCamera, end: OrbitCamera, t: float) -> OrbitCamera:
    """A camera on the way, the short way round; t 0 … 1."""
    if t >= 1.0:
        return end
    turn = (end.yaw_degrees - start.yaw_degrees + 180.0) % 360.0 - 180.0
    here, there = np.asarray(start.target), np.asarray(end.target)
    x, y, z = (here + t * (there - here)).tolist()
    return start.with_(
        yaw_degrees=start.yaw_degrees + t * turn,
        pitch_degrees=start.pitch_degrees + t * (end.pitch_degrees - start.pitch_degrees),
        distance=start.distance + t * (end.distance - start.distance),
        target=(x, y, z),
    )


def _metres_per_pixel(camera: OrbitCamera, height_px: float) -> float:
    return 2 * camera.distance * tan(radians(camera.fov_degrees) / 2) / max(height_px, 1.0)


def _aimed(camera: OrbitCamera, target: Vector) -> OrbitCamera:
    offset = target - HEAD_CENTER
    length = float(np.linalg.norm(offset))
    if length > REACH_M:
        target = HEAD_CENTER + offset * (REACH_M / length)
    x, y, z = target.tolist()
    return camera.with_(target=(x, y, z))


def _hit(eye: Vector, on_plane: Vector) -> Vector:
    """First point of the head's ellipsoid on the way from `eye`; `on_plane` if it misses."""
    ray = (on_plane - eye) / HEAD_RADII
    start = (eye - HEAD_CENTER) / HEAD_RADII
    a, b, c = ray @ ray, ray @ start, start @ start - 1.0
    root = b * b - a * c
    if root <= 0.0:
        return on_plane
    hit: Vector = eye + (on_plane - eye) * ((-b - np.sqrt(root)) / a)
    return hit
