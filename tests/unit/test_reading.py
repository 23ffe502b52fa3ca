"""Faces whose landmarks are known must be read as what they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from head360.assets import resource
from head360.driving import tracker as tracker_module
from head360.driving.capture import CameraSource
from head360.driving.reading import READ, FaceReader, Look, network_inputs
from head360.driving.resting import RestingFace, rest_of_film
from head360.driving.source import KnowsRest
from head360.driving.tracker import FaceTracker
from head360.faces import LANDMARKS, MESH_LANDMARKS, Face
from head360.fitting.landmarks import LandmarkModel
from head360.model.bilinear import BilinearModel
from head360.params import EXPRESSIONS
from training.faces_learnt import mirrored_landmarks

TONGUE = EXPRESSIONS.index("tongueOut")
FACES = {
    "smile": {"mouthSmileLeft": 0.7, "mouthSmileRight": 0.7},
    "left half of a smile": {"mouthSmileLeft": 0.8},
    "open jaw": {"jawOpen": 0.7},
    "jaw sideways": {"jawLeft": 0.9},
    "sneer": {"noseSneerLeft": 0.9, "noseSneerRight": 0.9},
    "frown": {"browDownLeft": 0.9, "browDownRight": 0.9},
    "raised brows": {"browOuterUpLeft": 0.9, "browOuterUpRight": 0.9},
    "mouth sideways": {"mouthRight": 0.8},
    "funnel": {"mouthFunnel": 0.8},
}


@pytest.fixture(scope="module")
def reader() -> FaceReader:
    return FaceReader.load()


@pytest.fixture(scope="module")
def mesh() -> LandmarkModel:
    return LandmarkModel.of(BilinearModel.load(resource("models", "mesh.safetensors")))


def weights_of(named: dict[str, float]) -> np.ndarray:
    weights = np.zeros(len(EXPRESSIONS), np.float32)
    for name, weight in named.items():
        weights[EXPRESSIONS.index(name)] = weight
    return weights


def shown(
    mesh: LandmarkModel, named: dict[str, float], *, seed: int = 1, yaw: float = 0.0,
    noise: np.ndarray | None = None,
) -> Face:  # fmt: skip
    """Somebody's face far away, by our mesh alone: scores tell nothing."""
    shape = np.random.default_rng(seed).normal(size=50)
    weights = weights_of(named).astype(float)
    points = mesh.points.neutral(shape)
    points = points + np.tensordot(weights, mesh.points.expressions(shape), 1)
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    turned = points @ np.array([[c, 0, -s], [0, 1, 0], [s, 0, c]])
    landmarks = np.zeros((LANDMARKS, 3), np.float32)
    landmarks[:MESH_LANDMARKS] = turned * [1500, -1500, -1500] + [200, 180, 0]
    for iris, corners in ((range(468, 473), (33, 133)), (range(473, 478), (362, 263))):
        landmarks[iris] = landmarks[list(corners)].mean(0)
    if noise is not None:
        landmarks += noise
    scores = np.zeros(len(EXPRESSIONS), np.float32)
    scores[TONGUE] = np.nan
    return Face(landmarks, scores, 0.0, np.eye(4, dtype=np.float32))


def looked(reader: FaceReader, face: Face) -> Look:
    look = reader.look(face)
    assert look is not None
    return look


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", FACES)
def test_a_known_face_is_read(
    reader: FaceReader, mesh: LandmarkModel, name: str, seed: int
) -> None:
    rest = looked(reader, shown(mesh, {}, seed=seed))

    found = reader.read(looked(reader, shown(mesh, FACES[name], seed=seed)), rest)

    asked = [EXPRESSIONS.index(shape) for shape in FACES[name]]
    others = np.delete(found, [*asked, TONGUE])
    # By landmarks alone, against scores that deny it: cautious, and a funnel is half a pucker.
    assert found[asked].min() > 0.15
    assert others.max() < 1.1 * found[asked].min()
    assert np.isnan(found[TONGUE])


def test_rest_is_nothing_and_noise_stays_small(reader: FaceReader, mesh: LandmarkModel) -> None:
    rest, rng = looked(reader, shown(mesh, {})), np.random.default_rng(0)
    shakes = rng.normal(0, 0.5, (40, LANDMARKS, 3)).astype(np.float32)

    still = reader.read(rest, rest)
    noisy = [reader.read(looked(reader, shown(mesh, {}, noise=shake)), rest) for shake in shakes]

    assert np.nanmax(still) == 0
    assert np.std(noisy, axis=0)[READ].mean() < 0.01
    assert np.mean(noisy, axis=0)[READ].max() < 0.05


def test_turning_the_head_is_no_face(reader: FaceReader, mesh: LandmarkModel) -> None:
    rest = looked(reader, shown(mesh, {}))
    ahead = reader.read(looked(reader, shown(mesh, FACES["smile"])), rest)

    turned = reader.read(looked(reader, shown(mesh, FACES["smile"], yaw=15)), rest)

    assert np.nanmax(np.abs(turned - ahead)) < 0.3
    assert np.nanmean(np.abs(turned - ahead)) < 0.03


def test_a_looking_glass_swaps_the_sides(reader: FaceReader, mesh: LandmarkModel) -> None:
    face, rest = shown(mesh, FACES["left half of a smile"]), shown(mesh, {})

    def flipped(face: Face) -> Face:
        landmarks = face.landmarks[mirrored_landmarks()] * np.array([-1, 1, 1], np.float32)
        return Face(landmarks, face.expression, 0.0, face.pose)

    read = reader.read(looked(reader, flipped(face)), looked(reader, flipped(rest)))

    right, left = (EXPRESSIONS.index(f"mouthSmile{side}") for side in ("Right", "Left"))
    assert read[right] > 0.25
    assert read[left] < 0.1


@pytest.mark.parametrize("nonsense", [np.nan, np.inf, 1e30, 0.0])
def test_nonsense_is_not_looked_at(
    reader: FaceReader, mesh: LandmarkModel, nonsense: float
) -> None:
    face = shown(mesh, {})
    face.landmarks[:] = nonsense

    assert reader.look(face) is None
    assert reader.look(Face(face.landmarks[:7], face.expression, 0.0, face.pose)) is None


def test_rest_is_learnt_from_calm_moments(reader: FaceReader, mesh: LandmarkModel) -> None:
    resting = RestingFace(reader)
    smile, calm = shown(mesh, FACES["smile"]), shown(mesh, {})
    smiling = smile.expression.copy()
    smiling[[EXPRESSIONS.index(name) for name in FACES["smile"]]] = 0.8
    smile = Face(smile.landmarks, smiling, 0.0, smile.pose)

    for moment in range(20):
        resting.read(looked(reader, smile), smile.expression, moment / 20)
    for moment in range(20, 40):
        still = resting.read(looked(reader, calm), calm.expression, moment / 20)
    again = resting.read(looked(reader, smile), smile.expression, 2.0)

    asked = [EXPRESSIONS.index(name) for name in FACES["smile"]]
    assert np.nanmax(still) < 0.1
    assert again[asked].min() > 0.4


def test_calibrated_rest_stays(reader: FaceReader, mesh: LandmarkModel) -> None:
    resting = RestingFace(reader)
    frown, calm = shown(mesh, FACES["frown"]), shown(mesh, {})
    assert not resting.calibrate(0.0)
    resting.read(looked(reader, frown), frown.expression, 0.0)
    for moment in range(5):
        resting.read(looked(reader, calm), calm.expression, 1.0 + moment)

    assert resting.calibrate(1.0)

    asked = [EXPRESSIONS.index(name) for name in FACES["frown"]]
    for moment in range(50):
        read = resting.read(looked(reader, frown), frown.expression, 10.0 + moment)
    assert read[asked].min() > 0.15
    assert np.nanmax(resting.read(looked(reader, calm), calm.expression, 99.0)) == 0


def test_a_film_knows_its_rest(reader: FaceReader, mesh: LandmarkModel) -> None:
    calm = looked(reader, shown(mesh, {}))
    smile = looked(reader, shown(mesh, FACES["smile"]))
    smile = Look(smile.points, smile.turned, smile.scores + 0.3)

    guessed = rest_of_film(reader, [smile] * 8 + [calm] * 3)
    told = rest_of_film(reader, [smile, calm], np.array([True, False]))

    assert np.allclose(guessed.numbers, calm.numbers)
    assert np.allclose(told.numbers, smile.numbers)


class Detector:
    """Finds the next of some faces."""

    def __init__(self, found: list[list[Face]]) -> None:
        self._found = iter(found)

    def detect(self, picture: np.ndarray, time_ms: int) -> list[Face]:
        return next(self._found)

    def close(self) -> None:
        pass


def tracker_of(monkeypatch: pytest.MonkeyPatch, found: list[list[Face]]) -> FaceTracker:
    monkeypatch.setattr(tracker_module, "FaceDetector", lambda mode: Detector(found))
    return FaceTracker(film=True)


def test_a_face_may_be_lost_or_nonsense(
    monkeypatch: pytest.MonkeyPatch, mesh: LandmarkModel
) -> None:
    calm, broken = shown(mesh, {}), shown(mesh, {})
    broken.landmarks[5] = np.nan
    broken.expression[EXPRESSIONS.index("jawOpen")] = 0.6
    tracker = tracker_of(monkeypatch, [[calm], [], [broken], [calm]])
    picture = np.zeros((8, 8, 3), np.uint8)

    samples = [tracker.track(picture, moment / 20) for moment in range(4)]

    assert samples[1] is None
    assert samples[2].expression[EXPRESSIONS.index("jawOpen")] == pytest.approx(0.6)
    assert samples[0].unknown == samples[3].unknown == {"tongueOut"}
    assert samples[3].expression.max() < 0.05
    tracker.close()


def test_a_film_is_read_again_by_its_rest(
    monkeypatch: pytest.MonkeyPatch, mesh: LandmarkModel
) -> None:
    calm, frown = shown(mesh, {}), shown(mesh, FACES["frown"])
    tracker = tracker_of(monkeypatch, [[frown]] * 6 + [[calm]] * 3)
    picture = np.zeros((8, 8, 3), np.uint8)
    tracked = [tracker.track(picture, moment / 20) for moment in range(9)]

    frowns = tracker.settled([sample for sample in tracked if sample], 0.25)

    assert frowns[0].expression.max() == 0
    assert frowns[0].head_pose is tracked[0].head_pose


class Pictures:
    """A camera whose pictures never end."""

    title, fps, frame_count, live = "Test camera", 30.0, 0, True

    def frames(self) -> Iterator[tuple[np.ndarray, float]]:
        return iter(())


def test_cameras_pass_calibration_on_to_what_tracks() -> None:
    source = CameraSource(Pictures(), lambda: FaceTracker())

    assert isinstance(source, KnowsRest)
    assert not source.rest_since(0.0)  # nothing tracks yet


def test_what_is_read_lies_between_the_sum_and_the_network(
    reader: FaceReader, mesh: LandmarkModel
) -> None:
    rest, smile = (looked(reader, shown(mesh, face)) for face in ({}, FACES["smile"]))
    assert reader.network is not None
    summed = reader.summed(smile.since(rest))
    guessed = reader.network(network_inputs(smile.since(rest), summed))

    found = reader.read(smile, rest)[READ] / reader.stretch

    low, high = np.minimum(summed, guessed), np.maximum(summed, guessed)
    inside = found < 0.99 / reader.stretch  # what is strong is cut at 1
    assert (found[inside] >= low[inside] - 1e-6).all()
    assert (found[inside] <= high[inside] + 1e-6).all()
    assert (found[(summed == 0) | (guessed == 0)] == 0).all()
    sum_alone = replace(reader, network=None).read(smile, rest)[READ]
    assert np.allclose(sum_alone, (reader.stretch * summed).clip(0, 1), atol=1e-6)
