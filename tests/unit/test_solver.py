"""Photos of heads that are known: the solver must find what their landmarks were made from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from head360.assets import resource
from head360.faces import LANDMARKS, MESH_LANDMARKS
from head360.fitting import solver
from head360.fitting.crop import crop_face, placement
from head360.fitting.gaze import gaze
from head360.fitting.landmarks import LandmarkModel, moved
from head360.fitting.shape import free_form
from head360.fitting.solver import IDENTITY_MODES, Sight, solve
from head360.fitting.view import FACING, PhotoCamera
from head360.model.bilinear import BilinearModel
from head360.params import EXPRESSIONS

SIZE = 512
SMILE = EXPRESSIONS.index("mouthSmileLeft")


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


@pytest.fixture(scope="module")
def model(mesh: BilinearModel) -> LandmarkModel:
    return LandmarkModel.uncalibrated(mesh)


def _camera(yaw: float = 0.0, distance: float = 1.1) -> PhotoCamera:
    turn = solver._rotation(np.array([0.05, np.radians(yaw), 0.02]))
    focal = 1200.0 * distance / 1.1
    return PhotoCamera(FACING @ turn, np.array([0.01, -0.02, distance]), focal, SIZE)


def _person(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=IDENTITY_MODES).clip(-2, 2).astype(np.float32)


def _sight(
    model: LandmarkModel, shape: np.ndarray, camera: PhotoCamera, weights: np.ndarray
) -> Sight:
    code = shape.astype(np.float64)
    points = model.points.neutral(code)
    points = points + np.tensordot(weights.astype(float), model.points.expressions(code), 1)
    pixels = camera.pixels(points)
    scale = camera.focal / pixels[:, 2].mean()
    depth = (pixels[:, 2] - pixels[:, 2].mean()) * scale
    landmarks = np.zeros((LANDMARKS, 3), np.float32)
    landmarks[:MESH_LANDMARKS] = np.concatenate([pixels[:, :2], depth[:, None]], 1)
    return Sight(landmarks, weights.astype(np.float32), camera.size)


def test_points_are_where_the_mesh_has_them(mesh: BilinearModel, model: LandmarkModel) -> None:
    code = torch.from_numpy(np.random.default_rng(1).normal(size=120)).float()
    weights = torch.zeros(len(EXPRESSIONS))
    weights[SMILE], weights[EXPRESSIONS.index("jawOpen")] = 0.6, 0.4

    vertices = mesh.pose(mesh.identity(code), weights).numpy()
    found = model.points.neutral(code.double().numpy()) + np.tensordot(
        weights.double().numpy(), model.points.expressions(code.double().numpy()), 1
    )

    corners = vertices[mesh.topology.mp_triangles]
    expected = np.einsum("lkc,lk->lc", corners, mesh.topology.mp_barycentric)
    assert np.abs(found - expected).max() < 1e-6


def test_exact_landmarks_are_explained(model: LandmarkModel) -> None:
    shape, weights = _person(2), np.zeros(len(EXPRESSIONS))
    weights[SMILE] = 0.7
    camera = _camera(yaw=12)

    found = solve(model, [_sight(model, shape, camera, weights)])

    assert found.first.errors.mean() < 0.5
    assert found.first.expression[SMILE] == pytest.approx(0.7, abs=0.08)
    yaw = found.first.camera.head_angles_degrees[0]
    assert yaw == pytest.approx(camera.head_angles_degrees[0], abs=1.0)
    assert found.first.camera.distance == pytest.approx(1.1, rel=0.1)
    truth = model.points.neutral(shape.astype(float))
    solved = model.points.neutral(found.shape.astype(float))
    mean = model.points.mean
    off, none = (np.linalg.norm(face - truth, axis=1).mean() for face in (solved, mean))
    assert off < 0.75 * none


def test_slopes_are_those_of_the_projection(model: LandmarkModel) -> None:
    shape = _person(3).astype(np.float64)
    guess = solver._Guess.first(
        model, _sight(model, _person(3), _camera(), np.zeros(len(EXPRESSIONS))), shape
    )
    guess.linearise(model, shape, robust=False)
    before, slopes = guess.residual.copy(), guess.jacobian.copy()
    pose, count = solver.POSE, IDENTITY_MODES

    for own in [0, 1, 2, 3, 4, 5, 6, pose + 3, pose + 40]:
        step = np.zeros(pose + len(solver.SOLVED))
        step[own] = 1e-5
        other = replace(guess, offset=guess.offset.copy(), expression=guess.expression + 0.1)
        other.linearise(model, shape, robust=False)
        start = other.residual.copy()
        slope, whitening = other.jacobian[:, :, count + own].copy(), other.whitening
        other.take(step)
        other.linearise(model, shape, robust=False)
        measured = np.einsum("lij,lj->li", whitening, other.residual - start) / 1e-5
        assert np.abs(measured - slope).max() < 1e-2 * max(1.0, np.abs(slope).max())
    assert np.isfinite(before).all()
    assert np.isfinite(slopes).all()


def test_slopes_of_the_shape_are_those_of_the_projection(model: LandmarkModel) -> None:
    shape = _person(3).astype(np.float64)
    sight = _sight(model, _person(3), _camera(yaw=10), np.zeros(len(EXPRESSIONS)))
    guess = solver._Guess.first(model, sight, shape)
    guess.linearise(model, shape, robust=False)
    start, slopes, whitening = guess.residual, guess.jacobian, guess.whitening

    for mode in (0, 7, 99):
        guess.linearise(model, shape + 1e-4 * np.eye(IDENTITY_MODES)[mode], robust=False)
        measured = np.einsum("lij,lj->li", whitening, guess.residual - start) / 1e-4
        assert np.abs(measured - slopes[:, :, mode]).max() < 1e-3 * np.abs(slopes).max()


def test_outlines_slide_unless_a_person_placed_them(model: LandmarkModel) -> None:
    sight = _sight(model, _person(4), _camera(), np.zeros(len(EXPRESSIONS)))
    side = 234  # of the outline, where that runs up and down

    free, placed = (
        solver._slides(sight.landmarks[:MESH_LANDMARKS].astype(float), fixed)[side]
        for fixed in ((), (side,))
    )

    counts = free @ free
    assert counts[0, 0] == pytest.approx(1.0, abs=0.05)
    assert counts[1, 1] == pytest.approx(1 - solver._SLIDING, abs=0.05)
    assert (placed == np.eye(2)).all()


def test_a_dragged_landmark_is_followed_as_if_solved_anew(model: LandmarkModel) -> None:
    sight = _sight(model, _person(9), _camera(), np.zeros(len(EXPRESSIONS)))
    before = solve(model, [sight])
    chin = sight.landmarks[152, :2] + [2, 6]
    dragged = moved(sight.landmarks, 152, (float(chin[0]), float(chin[1])))
    after = replace(sight, landmarks=dragged, fixed=(152,))

    followed, anew = solve(model, [after], before), solve(model, [after])

    assert np.abs(followed.first.projected - anew.first.projected).max() < 0.02
    assert np.abs(followed.shape - anew.shape).max() < 5e-3
    assert followed.rounds < anew.rounds
    assert solve(model, [after], anew).rounds == 1


def test_a_known_lens_is_kept(model: LandmarkModel) -> None:
    sight = _sight(model, _person(4), _camera(distance=0.6), np.zeros(len(EXPRESSIONS)))

    free = solve(model, [sight])
    known = solve(model, [replace(sight, focal=_camera(distance=0.6).focal)])

    assert known.first.camera.focal == pytest.approx(_camera(distance=0.6).focal, rel=1e-3)
    assert known.first.camera.distance == pytest.approx(0.6, rel=0.03)
    assert free.deviations["log_focal"] > 10 * known.deviations["log_focal"]


def test_expressions_stay_within_bounds(model: LandmarkModel) -> None:
    weights = np.zeros(len(EXPRESSIONS))
    weights[EXPRESSIONS.index("jawOpen")] = 1.4

    found = solve(model, [_sight(model, _person(5), _camera(), weights)])

    assert (found.first.expression >= 0).all()
    assert (found.first.expression <= 1).all()


def test_a_second_photo_tells_more_of_the_shape(model: LandmarkModel) -> None:
    shape, still = _person(6), np.zeros(len(EXPRESSIONS))
    front = _sight(model, shape, _camera(), still)
    profile = replace(_sight(model, shape, _camera(yaw=65), still), hides_far_side=True)
    truth = model.points.neutral(shape.astype(float))

    def depth_error(sights: list[Sight]) -> float:
        found = model.points.neutral(solve(model, sights).shape.astype(float))
        return float(np.abs(found - truth)[:, 2].mean())

    assert depth_error([front, profile]) < 0.8 * depth_error([front])


def test_what_a_person_placed_counts_more(model: LandmarkModel) -> None:
    sight = _sight(model, _person(7), _camera(), np.zeros(len(EXPRESSIONS)))
    to = sight.landmarks[152, :2] + [0, 12]
    dragged = moved(sight.landmarks, 152, (float(to[0]), float(to[1])))

    plain = solve(model, [replace(sight, landmarks=dragged)])
    placed = solve(model, [replace(sight, landmarks=dragged, fixed=(152,))])

    assert placed.first.errors[152] < 0.7 * plain.first.errors[152]


def test_small_offsets_bring_landmarks_home(mesh: BilinearModel, model: LandmarkModel) -> None:
    sight = _sight(model, _person(8), _camera(), np.zeros(len(EXPRESSIONS)))
    noisy = sight.landmarks.copy()
    rng = np.random.default_rng(0)
    noisy[:MESH_LANDMARKS, :2] += rng.normal(size=(12, 2))[rng.integers(12, size=MESH_LANDMARKS)]
    seen = solve(model, [replace(sight, landmarks=noisy)]).first

    offsets = free_form(model, mesh.topology, mesh.mean.numpy(), seen, noisy)

    assert offsets.shape == mesh.mean.shape
    corners = offsets[mesh.topology.mp_triangles]
    at_points = np.einsum("lkc,lk->lc", corners, mesh.topology.mp_barycentric)
    moved_by = at_points @ seen.camera.rotation[:2].T * (seen.camera.focal / seen.depths)[:, None]
    frontal = seen.facing > 0.6
    missing = noisy[:MESH_LANDMARKS, :2] - seen.projected
    before = np.linalg.norm(missing, axis=1)[frontal].mean()
    after = np.linalg.norm(missing - moved_by, axis=1)[frontal].mean()
    assert after < 0.8 * before
    assert (offsets[mesh.mean.numpy()[:, 2] < -0.05] == 0).mean() > 0.9


def test_eyes_look_where_irises_say(mesh: BilinearModel) -> None:
    person = mesh.identity(torch.zeros(50))
    weights = torch.zeros(len(EXPRESSIONS))
    for name in ("eyeLookOutLeft", "eyeLookInRight", "eyeLookDownLeft", "eyeLookDownRight"):
        weights[EXPRESSIONS.index(name)] = 0.5
    looking = mesh.pose(person, weights).numpy()
    camera = _camera()
    landmarks = np.zeros((LANDMARKS, 3), np.float32)
    for row, first in ((0, 468), (1, 473)):
        points = looking[mesh.topology.iris_landmarks[row]].astype(float)
        landmarks[first : first + 5, :2] = camera.pixels(points)[:, :2]

    found = gaze(
        camera, mesh.topology, person.neutral.numpy(), person.eye_centers.numpy(), landmarks,
        np.zeros(len(EXPRESSIONS), np.float32),
    )  # fmt: skip

    assert np.abs(found - weights.numpy()).max() < 0.06


def test_our_camera_sees_what_the_photo_camera_sees() -> None:
    photo = _camera(yaw=20)
    points = np.random.default_rng(0).normal(size=(40, 3)) * 0.08

    camera, roll = photo.orbit()
    view = points @ camera.view_from_head[:3, :3].T + camera.view_from_head[:3, 3]
    scale = SIZE / 2 / np.tan(np.radians(camera.fov_degrees) / 2)
    flat = view[:, :2] * [1, -1] / -view[:, 2:] * scale
    angle = np.radians(roll)
    clockwise = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    expected = photo.pixels(points)[:, :2] - SIZE / 2
    assert np.abs(flat @ clockwise.T - expected).max() < 1e-6


def test_crops_are_upright_and_exact() -> None:
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[140:144, 250:254] = 255  # around column 252, row 142
    rng = np.random.default_rng(0)
    landmarks = (rng.normal(size=(LANDMARKS, 3)) * 30 + [230, 150, 0]).astype(np.float32)
    landmarks[33, :2], landmarks[263, :2] = (200, 140), (260, 160)

    crop = crop_face(picture, landmarks, 512)

    eyes = crop.from_photo(landmarks)[[33, 263]]
    assert eyes[0, 1] == pytest.approx(eyes[1, 1], abs=1e-3)
    assert np.abs(crop.to_photo(crop.from_photo(landmarks)) - landmarks).max() < 1e-2
    spot = crop.from_photo(np.array([[252, 142, 0]], np.float32))[0, :2]
    bright = crop.image[..., 0].astype(float)
    rows, columns = np.mgrid[:512, :512] + 0.5
    centre = [(bright * columns).sum() / bright.sum(), (bright * rows).sum() / bright.sum()]
    assert np.abs(spot - centre).max() < 0.3
    assert placement(landmarks, 1024)[0, 0] == pytest.approx(2 * placement(landmarks, 512)[0, 0])
    assert not crop.inside.all()
