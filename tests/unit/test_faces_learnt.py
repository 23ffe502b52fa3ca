"""What driving learns of faces, from people drawn by the mesh alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from head360.assets import resource
from head360.driving.reading import READ, FaceReader
from head360.faces import LANDMARKS, MESH_LANDMARKS
from head360.fitting.landmarks import LandmarkModel
from head360.model.bilinear import BilinearModel
from head360.params import EXPRESSIONS
from training import faces_learnt
from training.faces_made import KNOWN_FACES, acted, made_face, sides
from training.faces_network import trained
from training.faces_shown import Shown

PICTURES = 30


def person(mesh: LandmarkModel, seed: int) -> Shown:
    """Somebody who makes faces before a detector that is always right, but for a little noise."""
    rng = np.random.default_rng(seed)
    shape = rng.normal(size=50)
    weights = np.stack([made_face(rng) for _ in range(PICTURES)])
    weights[:3] = 0
    points = np.zeros((PICTURES, LANDMARKS, 3))
    moves = np.tensordot(weights.astype(float), mesh.points.expressions(shape), 1)
    points[:, :MESH_LANDMARKS] = mesh.points.neutral(shape) + moves
    points = points * [1500, -1500, -1500] + 200 + rng.normal(0, 0.1, points.shape)
    for iris, corners in ((range(468, 473), (33, 133)), (range(473, 478), (362, 263))):
        points[:, iris] = points[:, list(corners)].mean(1)[:, None]
    return Shown(
        points.astype(np.float32), np.zeros_like(weights), np.tile(np.eye(4), (PICTURES, 1, 1)),
        weights, np.zeros((PICTURES, 3), np.float32), np.arange(PICTURES) < 3,
    )  # fmt: skip


@pytest.fixture(scope="module")
def seen() -> faces_learnt.Lessons:
    mesh = LandmarkModel.of(BilinearModel.load(resource("models", "mesh.safetensors")))
    return faces_learnt.lessons([person(mesh, seed) for seed in range(8)])


def test_others_faces_teach_to_read_new_people(seen: faces_learnt.Lessons) -> None:
    held = seen.person >= 6

    found = faces_learnt.read_all(faces_learnt.learnt(seen, ~held), seen, held)

    moves = seen.weights[held].std(0) > 0.05
    told = faces_learnt.correlations(seen.weights[held], found)[moves]
    assert np.median(told) > 0.9


def test_the_network_learns_what_is_no_sum() -> None:
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(3000, 4))
    wanted = np.stack([inputs[:, 0] * inputs[:, 1] > 0, inputs[:, 2] > 0], 1).astype(float)

    net = trained(inputs[:2500], wanted[:2500])
    told = np.stack([net(one) for one in inputs[2500:]])
    assert ((told > 0.5) == (wanted[2500:] > 0.5)).mean(0).min() > 0.8


def test_everybody_is_seen_in_a_looking_glass_too(seen: faces_learnt.Lessons) -> None:
    left, right = (list(READ).index(EXPRESSIONS.index(f"mouthSmile{s}")) for s in ("Left", "Right"))

    assert len(seen.moves) == 8 * 2 * PICTURES
    assert seen.weights[:, left].sum() == pytest.approx(seen.weights[:, right].sum())
    first = seen.weights[:PICTURES]
    assert np.array_equal(first[:, left], seen.weights[PICTURES : 2 * PICTURES, right])


def test_what_was_learnt_is_kept(seen: faces_learnt.Lessons, tmp_path: Path) -> None:
    reader = faces_learnt.learnt(seen)
    faces_learnt.write(reader, tmp_path / "reading.safetensors")

    again = FaceReader.load(tmp_path / "reading.safetensors")

    some = seen.person == 0
    before, after = (faces_learnt.read_all(r, seen, some) for r in (reader, again))
    assert np.abs(before - after).max() < 0.02


def test_only_well_told_shapes_are_made_stronger(seen: faces_learnt.Lessons) -> None:
    truth = seen.weights[: 4 * PICTURES]
    found = truth * 0.8
    found[:, 0] = np.random.default_rng(0).uniform(0, 0.1, len(found))

    stretch = faces_learnt.stretched(seen.reader, truth, found).stretch

    moves = truth[:, 1:].std(0) > 0
    assert stretch[0] == 1
    assert np.allclose(stretch[1:][moves], 1.25)


def test_faces_are_made_by_chance_alone_and_without_a_tongue() -> None:
    faces = np.stack([made_face(np.random.default_rng(seed)) for seed in range(300)])

    assert np.array_equal(faces[3], made_face(np.random.default_rng(3)))
    assert faces.min() >= 0
    assert faces.max() <= 1
    assert (faces[:, EXPRESSIONS.index("tongueOut")] == 0).all()
    assert (faces[:, READ].max(0) > 0.3).all()
    closed, jaw = EXPRESSIONS.index("mouthClose"), EXPRESSIONS.index("jawOpen")
    assert (faces[faces[:, closed] > 0, jaw] > 0).all()
    assert all(
        name in EXPRESSIONS for face in KNOWN_FACES.values() for s in face for name in sides(s)
    )


def test_acting_begins_at_rest_and_is_smooth() -> None:
    take = acted(20, 6.0, seed=4)

    assert take.expression[take.times < 0.95].max() == 0
    assert take.expression.max() > 0.5
    assert np.abs(np.diff(take.expression, axis=0)).max() < 0.3
    assert np.array_equal(take.expression, acted(20, 6.0, seed=4).expression)
