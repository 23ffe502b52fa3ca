from __future__ import annotations

import numpy as np
import pytest

from head360.camera import OrbitCamera
from training.synhead.cameras import CameraError, camera_of, numbers_of, recorded_camera
from training.synhead.views import random_cameras, rig

POINTS = np.array([[0.03, 0.02, 0.09], [-0.05, -0.08, 0.01], [0.0, 0.1, -0.07]])


def opencv_pixels(numbers: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Shares of the picture, top left first: the textbook's pinhole."""
    world_from_camera, intrinsics = numbers[:16].reshape(4, 4), numbers[16:].reshape(3, 3)
    seen = (np.linalg.inv(world_from_camera) @ np.c_[points, np.ones(len(points))].T)[:3]
    assert (seen[2] > 0).all()  # in front of a camera that looks along +z
    flat = intrinsics @ seen
    return (flat[:2] / flat[2]).T


def opengl_pixels(camera: OrbitCamera, points: np.ndarray) -> np.ndarray:
    clip = camera.clip_from_view() @ camera.view_from_head @ np.c_[points, np.ones(len(points))].T
    ndc = clip[:2] / clip[3]
    return np.stack([ndc[0] * 0.5 + 0.5, 0.5 - ndc[1] * 0.5], 1)


@pytest.mark.parametrize("camera", [*rig(5), *random_cameras(4, 3)])
def test_both_conventions_see_a_point_at_the_same_place(camera: OrbitCamera) -> None:
    numbers = numbers_of(camera)

    assert np.allclose(opencv_pixels(numbers, POINTS), opengl_pixels(camera, POINTS), atol=1e-9)


def test_a_scaled_world_looks_the_same() -> None:
    camera = OrbitCamera(40.0, 20.0)

    pixels = opencv_pixels(numbers_of(camera, 2.25), POINTS * 2.25)
    assert np.allclose(pixels, opengl_pixels(camera, POINTS), atol=1e-9)


def test_a_camera_before_the_face_looks_along_minus_z_of_the_head() -> None:
    pose = numbers_of(OrbitCamera())[:16].reshape(4, 4)

    assert np.allclose(pose[:3, 2], [0, 0, -1])  # forward
    assert np.allclose(pose[:3, 1], [0, -1, 0])  # down
    assert np.allclose(pose[:3, 0], [1, 0, 0])  # right in the picture is the head's left
    assert pose[2, 3] > 1


@pytest.mark.parametrize("camera", [*rig(7), *random_cameras(5, 1)])
@pytest.mark.parametrize("scale", [1.0, 2.25])
def test_there_and_back(camera: OrbitCamera, scale: float) -> None:
    again = camera_of(numbers_of(camera, scale), scale)

    assert again.yaw_degrees == pytest.approx(camera.yaw_degrees, abs=1e-9)
    assert again.pitch_degrees == pytest.approx(camera.pitch_degrees, abs=1e-9)
    assert again.distance == pytest.approx(camera.distance)
    assert again.target == pytest.approx(camera.target)
    assert again.fov_degrees == pytest.approx(camera.fov_degrees)


def test_a_camera_that_looks_past_the_head_keeps_its_rays() -> None:
    camera = OrbitCamera(30.0, 10.0, target=(0.1, 0.2, -0.1))

    again = camera_of(numbers_of(camera))

    assert np.allclose(again.rays(5, 5), camera.rays(5, 5))
    assert np.allclose(again.eye, camera.eye)


def test_numbers_of_the_family_are_understood() -> None:
    """A pose as EG3D's LookAtPoseSampler makes it: radius 2.7, focal length 4.2647."""
    pose = [1, 0, 0, 0, 0, -1, 0, 0, 0, 0, -1, 2.7, 0, 0, 0, 1]

    camera = camera_of([*pose, 4.2647, 0, 0.5, 0, 4.2647, 0.5, 0, 0, 1], scale=2.25)

    assert camera.yaw_degrees == pytest.approx(0)
    assert camera.eye == pytest.approx([0, 0, 1.2])
    assert camera.fov_degrees == pytest.approx(13.373, abs=1e-3)


def changed(at: int, value: float) -> np.ndarray:
    numbers = numbers_of(OrbitCamera(20.0, 10.0))
    numbers[at] = value
    return numbers


def rolled() -> np.ndarray:
    numbers = numbers_of(OrbitCamera())
    turn = np.array([[0.8, -0.6, 0, 0], [0.6, 0.8, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    return np.concatenate([(numbers[:16].reshape(4, 4) @ turn).ravel(), numbers[16:]])


@pytest.mark.parametrize(
    "numbers",
    [rolled(), changed(0, 2.0), changed(18, 0.6), changed(17, 0.1), changed(16, -3.0),
     changed(20, 9.0), changed(3, np.nan), np.zeros(24), np.zeros(25)],
)  # fmt: skip
def test_what_ours_cannot_be_is_refused(numbers: np.ndarray) -> None:
    with pytest.raises(CameraError):
        camera_of(numbers)


def test_a_record_gives_the_camera_back() -> None:
    from tests.unit.synhead_stand_ins import camera_record

    camera = OrbitCamera(12.5, -3.25)
    assert recorded_camera({**camera_record(camera), "eye": [0, 0, 0]}) == camera
