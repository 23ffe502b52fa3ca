"""The outline of face, neck and shoulders in a photo: found where it is one, and followed."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from head360.assets import resource
from head360.faces import LANDMARKS, MESH_LANDMARKS
from head360.fitting import solver
from head360.fitting.equations import IDENTITY_MODES, OWN, POSE
from head360.fitting.face_network import BACKGROUND, CLOTHES, HAIR, NECK, PARTS
from head360.fitting.landmarks import LandmarkModel
from head360.fitting.likely_shape import Belief, LikelyShape
from head360.fitting.outline import Body, Outliner
from head360.fitting.parsing import ClassMap
from head360.fitting.shaping import likely
from head360.fitting.solver import Sight, solve
from head360.fitting.view import FACING, PhotoCamera
from head360.model.bilinear import BilinearModel
from head360.params import EXPRESSIONS
from head360.rendering.rasterize import rasterize

SIZE = 512
STILL = np.zeros(len(EXPRESSIONS), np.float32)
NOBODY = np.zeros(IDENTITY_MODES, np.float32)


@pytest.fixture(scope="module")
def mesh() -> BilinearModel:
    return BilinearModel.load(resource("models", "mesh.safetensors"))


@pytest.fixture(scope="module")
def model(mesh: BilinearModel) -> LandmarkModel:
    return LandmarkModel.uncalibrated(mesh)


@pytest.fixture(scope="module")
def camera() -> PhotoCamera:
    turn = solver._rotation(np.array([0.05, np.radians(4), 0.02]))
    return PhotoCamera(FACING @ turn, np.array([0.0, -0.02, 1.1]), 1200.0, SIZE)


def _person(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=IDENTITY_MODES).clip(-2, 2).astype(np.float32)


def _points(mesh: BilinearModel, shape: np.ndarray) -> np.ndarray:
    code = torch.zeros(120)
    code[: len(shape)] = torch.from_numpy(shape)
    return mesh.neutral(code).double().numpy()


def _covered(mesh: BilinearModel, shape: np.ndarray, camera: PhotoCamera) -> np.ndarray:
    triangles = torch.from_numpy(mesh.topology.triangles[mesh.topology.drawn].astype(np.int64))
    pixels = torch.from_numpy(camera.pixels(_points(mesh, shape))).float()
    return rasterize(pixels, triangles, (SIZE, SIZE), perspective=True).covered.numpy()


def _body(covered: np.ndarray) -> Body:
    share = covered.astype(np.float64)
    return Body(share, 1 - share, np.ones_like(share))


def test_a_silhouette_of_ones_own_is_where_one_is(mesh: BilinearModel, camera: PhotoCamera) -> None:
    shape = _person(1)
    body = _body(_covered(mesh, shape, camera))

    outline = Outliner(mesh).outline(body, camera, shape, STILL, 20.0)

    assert outline is not None
    points = outline.placed(shape.astype(float))
    missed = outline.missed(camera.pixels(points)[:, :2] - SIZE / 2)
    assert abs(missed.mean()) < 0.2
    assert np.abs(missed).max() < 1.5
    assert len(missed) > 100


def test_shoulders_follow_the_outline(
    mesh: BilinearModel, model: LandmarkModel, camera: PhotoCamera
) -> None:
    shape = _person(2)
    sight = _sight(model, shape, camera)
    belief = Belief(np.zeros(IDENTITY_MODES), np.eye(IDENTITY_MODES))
    plain = solve(model, [sight], belief=belief)
    body = _body(_covered(mesh, shape, camera))
    found = plain
    for reach in (30.0, 15.0):
        outline = Outliner(mesh).outline(body, found.first.camera, found.shape, STILL, reach)
        found = solve(model, [sight], found, belief=replace(belief, outline=outline))

    def off(code: np.ndarray) -> float:
        low = mesh.mean.numpy()[:, 1] < -0.1
        moved = _points(mesh, code)[low] - _points(mesh, shape)[low]
        return float(np.sqrt(np.square(moved - moved.mean(0)).sum(1).mean()))

    assert np.abs(plain.shape).max() < 1e-3  # landmarks tell nothing of it any more
    assert off(found.shape) < 0.7 * off(plain.shape)
    before = (_covered(mesh, plain.shape, plain.first.camera) != (body.share > 0.5)).sum()
    after = (_covered(mesh, found.shape, found.first.camera) != (body.share > 0.5)).sum()
    assert after < 0.35 * before


@pytest.mark.parametrize("part", [HAIR, CLOTHES])
def test_hair_and_clothes_have_no_outline(
    mesh: BilinearModel, camera: PhotoCamera, part: int
) -> None:
    labels = np.where(_covered(mesh, NOBODY, camera), part, BACKGROUND)

    assert _outlined(mesh, camera, labels) == 0


def test_only_what_is_bare_has_an_outline(mesh: BilinearModel, camera: PhotoCamera) -> None:
    covered = _covered(mesh, NOBODY, camera)
    bare, dressed = np.where(covered, NECK, BACKGROUND), np.where(covered, NECK, BACKGROUND)
    dressed[340:][covered[340:]] = CLOTHES

    assert 0.2 < _outlined(mesh, camera, dressed) / _outlined(mesh, camera, bare) < 0.9


def test_the_photos_edge_is_no_outline(mesh: BilinearModel, camera: PhotoCamera) -> None:
    labels = np.where(_covered(mesh, NOBODY, camera), NECK, BACKGROUND)
    edge = np.zeros((SIZE, SIZE), bool)

    assert _outlined(mesh, camera, labels) > 100
    assert _outlined(mesh, camera, labels, edge) == 0


@pytest.mark.parametrize(("further", "kept"), [(0.0, True), (5.0, False)])
def test_an_outline_that_nobody_has_is_not_believed(
    mesh: BilinearModel, model: LandmarkModel, camera: PhotoCamera, further: float, kept: bool
) -> None:
    sight = _sight(model, NOBODY, camera)
    covered = _covered(mesh, np.float32(further) * _person(2), camera)
    labels = np.where(covered, NECK, BACKGROUND)
    stock = SimpleNamespace(
        landmarks=lambda: model, likely=LikelyShape.load, outliner=lambda: Outliner(mesh)
    )

    shaped = likely(stock, [sight], solve(model, [sight]), _parsed(labels))  # type: ignore[arg-type]

    assert (shaped.outline is not None) == kept
    assert np.linalg.norm(shaped.solution.shape) < 5


def test_slopes_are_those_of_the_projection(
    mesh: BilinearModel,
    model: LandmarkModel,
    camera: PhotoCamera,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shape = _person(3).astype(np.float64)
    guess = solver._Guess.first(model, _sight(model, _person(3), camera), shape)
    body = _body(_covered(mesh, NOBODY, camera))
    outline = Outliner(mesh).outline(body, camera, NOBODY, STILL, 20.0)
    assert outline is not None
    monkeypatch.setattr(solver, "weights", np.ones_like)  # those are no part of the slopes
    heard: list[tuple[np.ndarray, np.ndarray]] = []
    listener = type("Listener", (), {"add": lambda _self, _number, *told: heard.append(told)})()

    guess.ask_outline(listener, outline, shape)
    for mode in (0, 7, 99):
        guess.ask_outline(listener, outline, shape + 1e-5 * np.eye(IDENTITY_MODES)[mode])
    for own in range(POSE):
        moved = replace(guess, offset=guess.offset.copy())
        moved.take(1e-5 * np.eye(OWN)[own])
        moved.ask_outline(listener, outline, shape)

    (rows, start), *others = heard
    order = [0, 7, 99, *range(IDENTITY_MODES, IDENTITY_MODES + POSE)]
    for place, (_, there) in zip(order, others, strict=True):
        slope = rows[:, place]
        assert np.abs((there - start) / 1e-5 - slope).max() < 2e-3 * np.abs(slope).max()


def _sight(model: LandmarkModel, shape: np.ndarray, camera: PhotoCamera) -> Sight:
    pixels = camera.pixels(model.points.neutral(shape.astype(np.float64)))
    depth = (pixels[:, 2] - pixels[:, 2].mean()) * camera.focal / pixels[:, 2].mean()
    landmarks = np.zeros((LANDMARKS, 3), np.float32)
    landmarks[:MESH_LANDMARKS] = np.concatenate([pixels[:, :2], depth[:, None]], 1)
    return Sight(landmarks, STILL, camera.size)


def _outlined(
    mesh: BilinearModel, camera: PhotoCamera, labels: np.ndarray, inside: np.ndarray | None = None
) -> int:
    """How many points of the mean head's silhouette meet an outline."""
    body = Body.of(_parsed(labels, inside))
    outline = Outliner(mesh).outline(body, camera, NOBODY, STILL, 20.0)
    return 0 if outline is None else len(outline.target)


def _parsed(labels: np.ndarray, inside: np.ndarray | None = None) -> ClassMap:
    shares = np.stack([labels == part for part in range(len(PARTS))]).astype(np.float32)
    return ClassMap(labels.astype(np.uint8), shares, (), inside)
